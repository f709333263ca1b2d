//! A good snapshot, and where its blocks are.

use core::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};
use std::sync::LazyLock;

use crc::{CRC_32_ISO_HDLC, Crc};
use ttlog_core::{
    Context, Ring, SpanId, TraceId,
    snapshot::{Encoder, lz4_table},
};

use crate::support::{Bytes, Decoded, Seen, decode, fields, header, info, install, log};

/// Bytes of the magic, the version and the zeros behind it.
pub(crate) const PREAMBLE_BYTES: usize = 12;

/// A snapshot and what is in it.
pub(crate) struct Good {
    pub(crate) bytes: Vec<u8>,
    pub(crate) blocks: Vec<Range<usize>>,
    /// The events, each with the block that it is in.
    pub(crate) events: Vec<(usize, Seen)>,
}

/// Stored, with pages cut into chunks in several blocks.
pub(crate) static STORED: LazyLock<Good> = LazyLock::new(|| {
    let mut bytes = Bytes::default();
    let mut scratch = [0; 512];
    Encoder::stored(&mut scratch)
        .encode(&EVENTS, &header(), &mut bytes)
        .unwrap();
    Good::new(bytes.0)
});

/// Compressed.
pub(crate) static LZ4: LazyLock<Good> = LazyLock::new(|| {
    let mut bytes = Bytes::default();
    let mut scratch = [0; 1500];
    let mut table = lz4_table();
    Encoder::lz4(&mut scratch, &mut table)
        .encode(&EVENTS, &header(), &mut bytes)
        .unwrap();
    Good::new(bytes.0)
});

static EVENTS: LazyLock<Ring<'static>> = LazyLock::new(|| {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    let ring = install(|| TICKS.fetch_add(1, Ordering::Relaxed), 2, 400);
    let order = info(
        "shop::order",
        "order.place id={0} note={1}",
        &["id", "note"],
    );
    let stock = info("shop::stock", "stock.low", &[]);
    for number in 0..30_u32 {
        let trace_id = TraceId(u128::from(number) + 1);
        let _context = (number % 3 != 0).then(|| {
            Context {
                trace_id,
                span_id: SpanId(7),
            }
            .enter()
        });
        log(order, fields!(number, "as soon as possible"));
        log(stock, fields!());
    }
    ring
});

impl Good {
    fn new(bytes: Vec<u8>) -> Self {
        let mut blocks = vec![];
        let mut at = PREAMBLE_BYTES;
        while at < bytes.len() {
            let content = usize::from(u16::from_le_bytes([bytes[at + 10], bytes[at + 11]]));
            blocks.push(at..at + 16 + content);
            at += 16 + content;
        }
        let mut events: Vec<(usize, Seen)> = vec![];
        for (number, block) in blocks.iter().enumerate() {
            let so_far = decode(&bytes[..block.end]).unwrap().events;
            let new = so_far
                .into_iter()
                .skip(events.len())
                .map(|event| (number, event));
            events.extend(new.collect::<Vec<_>>());
        }
        Self {
            bytes,
            blocks,
            events,
        }
    }

    /// The number of the block that has the byte at `offset`.
    pub(crate) fn block_at(&self, offset: usize) -> Option<usize> {
        self.blocks.iter().position(|block| block.contains(&offset))
    }

    /// The bytes of a block.
    pub(crate) fn block(&self, number: usize) -> &[u8] {
        &self.bytes[self.blocks[number].clone()]
    }

    /// Checks that `decoded` has the events of all blocks that are `whole`, and no others.
    pub(crate) fn check(&self, decoded: &Decoded, whole: impl Fn(usize) -> bool) {
        let mut found = decoded.events.iter();
        for (_, event) in self.events.iter().filter(|(block, _)| whole(*block)) {
            let found = found.next().expect("an event of a whole block is missing");
            let missing = !decoded.damage.is_empty();
            assert!(
                is_same(found, event, missing),
                "found {found:#?}, there was {event:#?}"
            );
        }
        assert_eq!(found.next(), None, "an event that was not there");
    }
}

impl Good {
    /// Checks that no event in `decoded` has another context than it was recorded in.
    pub(crate) fn check_contexts(&self, decoded: &Decoded) {
        for found in &decoded.events {
            let (_, event) = self
                .events
                .iter()
                .find(|(_, event)| event.ticks == found.ticks)
                .unwrap();
            assert!(
                found.context.is_none() || found.context == event.context,
                "{found:#?}"
            );
        }
    }
}

/// Whether both are the same event. Where something is missing, thread and context may not be
/// known, and the callsite neither, but none of them is another one.
fn is_same(found: &Seen, event: &Seen, missing: bool) -> bool {
    let mut known = event.clone();
    if missing && found.context.is_none() {
        known.context = None;
    }
    if missing && found.target.is_empty() {
        known.target.clear();
        known.fields.clear();
        known.message.clone_from(&found.message);
    }
    *found == known
}

/// A block of any content, with a right checksum.
pub(crate) fn block(kind: u8, codec: u8, sequence: u16, raw_bytes: u16, stored: &[u8]) -> Vec<u8> {
    let stored_bytes = stored.len() as u16;
    let numbers = [sequence, raw_bytes, stored_bytes]
        .map(u16::to_le_bytes)
        .concat();
    let fields = [&[kind, codec][..], &numbers].concat();
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&[&fields[..], stored].concat());
    [b"\x1eTTB", &fields[..], &crc.to_le_bytes(), stored].concat()
}

/// A pages block of these words.
pub(crate) fn pages(words: &[u32]) -> Vec<u8> {
    let content: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    block(3, 0, 0, content.len() as u16, &content)
}
