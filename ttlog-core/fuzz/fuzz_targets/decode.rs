//! Reads any bytes as a snapshot: as they are, and as contents of blocks of both format versions with
//! right checksums, which a fuzzer would hardly find. Nothing may panic, and no more events may be found
//! than fit in the bytes.

#![no_main]

use core::fmt::{self, Write};

use crc::{CRC_32_ISO_HDLC, Crc};
use libfuzzer_sys::fuzz_target;
use ttlog_core::{
    CallsiteInfo, Event,
    decode::{Content, Snapshot, TimeBase},
    render_value,
    snapshot::{BLOCK_MAX_BYTES, FILE_MAGIC},
};

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&framed(bytes, 1));
    read(&framed(bytes, 2));
});

/// Makes a file of the parts that a marker separates. Each part is the content of a block, behind two
/// bytes that choose its kind and its codec.
fn framed(bytes: &[u8], version: u8) -> Vec<u8> {
    let mut file = [&FILE_MAGIC[..], &[version, 0, !version, !0]].concat();
    let (magic, run): (_, &[u8]) = match version {
        1 => (b"\x1eTTB", &[]),
        _ => (b"\x1eTT2", &[7; 8]),
    };
    for (sequence, part) in bytes.split(|byte| *byte == 0xA5).enumerate() {
        let [kind, codec, content @ ..] = part else {
            continue;
        };
        let stored = &content[..content.len().min(BLOCK_MAX_BYTES)];
        let raw_bytes = if codec % 2 == 0 {
            stored.len()
        } else {
            BLOCK_MAX_BYTES
        };
        let numbers =
            [sequence, raw_bytes, stored.len()].map(|number| (number as u16).to_le_bytes());
        let fields = [run, &[kind % 6, codec % 2], &numbers.concat()].concat();
        let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&[&fields[..], stored].concat());
        file.extend([magic, &fields[..], &crc.to_le_bytes(), stored].concat());
    }
    file
}

fn read(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::new(bytes) else {
        return;
    };
    let (mut first, mut second) = (
        Box::new([0; BLOCK_MAX_BYTES]),
        Box::new([0; BLOCK_MAX_BYTES]),
    );
    let is_header = |content: &Content<'_>| matches!(content, Content::Header(_));
    let time = match first_block(snapshot, is_header, &mut first) {
        Some(Content::Header(header)) => TimeBase::new(&header),
        _ => TimeBase::default(),
    };
    let is_callsites = |content: &Content<'_>| matches!(content, Content::Callsites(_));
    let callsites: Vec<CallsiteInfo<'_>> = match first_block(snapshot, is_callsites, &mut second) {
        Some(Content::Callsites(entries)) => entries.take(4).collect(),
        _ => vec![],
    };
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        let chunks = match block.map(|block| block.content) {
            Ok(Content::Pages(chunks)) => chunks,
            Ok(Content::OpenSpans(spans)) => {
                let mut count = 0;
                for span in spans {
                    count += 1;
                    let callsite = callsites.get(span.record.callsite as usize % 4);
                    show(&Event::new(span.record, callsite));
                }
                assert!(count * 52 <= BLOCK_MAX_BYTES);
                continue;
            }
            _ => continue,
        };
        let mut events = 0;
        for record in chunks.flat_map(|chunk| chunk.records()) {
            events += 1;
            core::hint::black_box(time.ns(record.ticks));
            let callsite = callsites.get(record.callsite as usize % 4);
            show(&Event::new(record, callsite));
        }
        assert!(events * 8 <= BLOCK_MAX_BYTES);
    }
}

/// Returns the content of the first block that `is_it` accepts.
fn first_block<'b>(
    snapshot: Snapshot<'_>,
    is_it: impl Fn(&Content<'_>) -> bool,
    buffer: &'b mut [u8; BLOCK_MAX_BYTES],
) -> Option<Content<'b>> {
    let mut seen = snapshot.blocks();
    loop {
        // The block is read again, because it borrows the buffer until it is returned.
        let mut blocks = seen.clone();
        let block = seen.next(buffer)?;
        if block.is_ok_and(|block| is_it(&block.content)) {
            return blocks.next(buffer)?.ok().map(|block| block.content);
        }
    }
}

/// Renders an event, up to a maximum length.
fn show(event: &Event<'_>) {
    let _ = write!(Room(4096), "{}", event.message());
    for (_, value) in event.fields() {
        let _ = render_value(&value, &mut Room(4096));
    }
}

/// Takes this number of bytes of text.
struct Room(usize);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}
