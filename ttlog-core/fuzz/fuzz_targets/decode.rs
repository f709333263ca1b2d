//! Reads any bytes as a snapshot: as they are, and as contents of blocks with right checksums,
//! which chance would never find. Nothing may panic, and nothing may come out that was not there.

#![no_main]

use core::fmt::{self, Write};

use crc::{CRC_32_ISO_HDLC, Crc};
use libfuzzer_sys::fuzz_target;
use ttlog_core::{
    CallsiteInfo, Event,
    decode::{Block, Content, Snapshot, TimeBase},
    render_value,
    snapshot::{BLOCK_MAX_BYTES, FILE_MAGIC},
};

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&framed(bytes));
});

/// A file of the parts that a marker separates, each of them a block's content behind two bytes
/// that say which kind and codec.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut file = [&FILE_MAGIC[..], &[1, 0, 0, 0]].concat();
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
        let fields = [&[kind % 6, codec % 2][..], &numbers.concat()].concat();
        let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&[&fields[..], stored].concat());
        file.extend([b"\x1eTTB", &fields[..], &crc.to_le_bytes(), stored].concat());
    }
    file
}

fn read(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::new(bytes) else {
        return;
    };
    let mut described = Box::new([0; BLOCK_MAX_BYTES]);
    let callsites = callsites(snapshot, &mut described);
    let mut time = TimeBase::default();
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        match block.map(|block| block.content) {
            Ok(Content::Header(header)) => time = TimeBase::new(&header),
            Ok(Content::Pages(chunks)) => {
                let mut events = 0;
                for chunk in chunks {
                    for record in chunk.records() {
                        events += 1;
                        core::hint::black_box(time.ns(record.ticks));
                        show(&Event::new(
                            record,
                            callsites.get(record.callsite as usize % 4),
                        ));
                    }
                }
                assert!(events * 8 <= BLOCK_MAX_BYTES);
            }
            _ => {}
        }
    }
}

/// The first entries of the first block of callsites.
fn callsites<'b>(
    snapshot: Snapshot<'_>,
    buffer: &'b mut [u8; BLOCK_MAX_BYTES],
) -> Vec<CallsiteInfo<'b>> {
    let is_callsites = |kind: &Content<'_>| matches!(kind, Content::Callsites(_));
    let mut seen = snapshot.blocks();
    let mut blocks = seen.clone();
    while let Some(block) = seen.next(buffer) {
        if block.is_ok_and(|block| is_callsites(&block.content)) {
            break;
        }
        blocks = seen.clone();
    }
    match blocks.next(buffer) {
        Some(Ok(Block {
            content: Content::Callsites(entries),
            ..
        })) => entries.take(4).collect(),
        _ => vec![],
    }
}

/// Renders an event, as far as there is room.
fn show(event: &Event<'_>) {
    let _ = write!(Room(4096), "{}", event.message());
    for (_, value) in event.fields() {
        let _ = render_value(&value, &mut Room(4096));
    }
}

/// Takes so many bytes of text.
struct Room(usize);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}
