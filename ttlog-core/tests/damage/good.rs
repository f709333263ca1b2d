//! Good snapshots, the places of their blocks, and blocks made by hand.

use core::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};
use std::sync::LazyLock;

use crc::{CRC_32_ISO_HDLC, Crc};
use ttlog_core::{
    Context, Ring, SpanId, TraceId, fields,
    snapshot::{Encoder, lz4_table},
};

use crate::support::{Bytes, Decoded, Seen, decode, header, info, install, log};

/// Length of the magic, the version, and the inverted version.
pub(crate) const PREAMBLE_BYTES: usize = 12;

/// Number of bytes that lead the content of a block.
pub(crate) const LEAD_BYTES: usize = 24;

/// A snapshot, its blocks, and its events.
pub(crate) struct Good {
    pub(crate) bytes: Vec<u8>,
    pub(crate) blocks: Vec<Range<usize>>,
    /// The events, each with the number of its block.
    pub(crate) events: Vec<(usize, Seen)>,
}

/// Stored, with pages cut into chunks in several blocks.
pub(crate) static STORED: LazyLock<Good> = LazyLock::new(|| {
    let mut bytes = Bytes::default();
    let mut scratch = [0; 512];
    Encoder::stored(&mut scratch)
        .encode(&EVENTS, &header(&EVENTS), &mut bytes)
        .unwrap();
    Good::new(bytes.0)
});

/// Compressed.
pub(crate) static LZ4: LazyLock<Good> = LazyLock::new(|| {
    let mut bytes = Bytes::default();
    let mut scratch = [0; 1500];
    let mut table = lz4_table();
    Encoder::lz4(&mut scratch, &mut table)
        .encode(&EVENTS, &header(&EVENTS), &mut bytes)
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
        log(order, fields![number, "as soon as possible"]);
        log(stock, fields![]);
    }
    ring
});

impl Good {
    fn new(bytes: Vec<u8>) -> Self {
        let mut blocks = vec![];
        let mut at = PREAMBLE_BYTES;
        while at < bytes.len() {
            let content = usize::from(u16::from_le_bytes([bytes[at + 18], bytes[at + 19]]));
            blocks.push(at..at + LEAD_BYTES + content);
            at += LEAD_BYTES + content;
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

    /// Returns the number of the block that contains the byte at `offset`.
    pub(crate) fn block_at(&self, offset: usize) -> Option<usize> {
        self.blocks.iter().position(|block| block.contains(&offset))
    }

    /// Returns the bytes of a block.
    pub(crate) fn block(&self, number: usize) -> &[u8] {
        &self.bytes[self.blocks[number].clone()]
    }

    /// Checks that `decoded` has the events of all blocks that are `whole`, and no other events.
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

/// Returns whether both are the same event. If blocks are missing, the thread, the context and the
/// callsite may be unknown, but they are never others.
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

/// Returns the id of the run that [`STORED`] and [`LZ4`] are of.
pub(crate) fn run_id() -> u64 {
    EVENTS.run().id
}

/// Makes a block of the same run with any content and a right checksum.
pub(crate) fn block(kind: u8, codec: u8, sequence: u16, raw_bytes: u16, stored: &[u8]) -> Vec<u8> {
    block_of_run(run_id(), kind, codec, sequence, raw_bytes, stored)
}

/// Makes a block of any run.
pub(crate) fn block_of_run(
    run_id: u64,
    kind: u8,
    codec: u8,
    sequence: u16,
    raw_bytes: u16,
    stored: &[u8],
) -> Vec<u8> {
    let stored_bytes = stored.len() as u16;
    let numbers = [sequence, raw_bytes, stored_bytes]
        .map(u16::to_le_bytes)
        .concat();
    let fields = [&run_id.to_le_bytes()[..], &[kind, codec], &numbers].concat();
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&[&fields[..], stored].concat());
    [b"\x1eTT2", &fields[..], &crc.to_le_bytes(), stored].concat()
}

/// Copies a block with another run id and sequence, and a right checksum.
pub(crate) fn copy(block: &[u8], run_id: u64, sequence: u16) -> Vec<u8> {
    let (lead, content) = block.split_at(LEAD_BYTES);
    let raw_bytes = u16::from_le_bytes([lead[16], lead[17]]);
    block_of_run(run_id, lead[12], lead[13], sequence, raw_bytes, content)
}

/// Makes a pages block of these words.
pub(crate) fn pages(words: &[u32]) -> Vec<u8> {
    let content: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    block(3, 0, 0, content.len() as u16, &content)
}
