//! The rings in a raw image of a memory, for example one that a debugger has saved, or a core file.

mod old_layout;

use old_layout::Converted;
use ttlog_core::{
    SnapshotHeader, Word,
    region::{Corruption, REGION_MAGIC, RecoveryState, Region, RegionError},
    snapshot::{ByteSink, Encoder, SnapshotKind},
};

use crate::{
    budget::Budget,
    damage::Flaw,
    image_state::Image,
    load::{Loaded, load},
};

/// The offset of bytes that look like a region, and the reason why they are none.
pub(crate) type Problem = (usize, RegionError);

const WORD_BYTES: usize = 4;
/// Maximum size of a block when a ring is converted to a snapshot.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Reads all regions in an image, in the order of their addresses. Also returns the first problem.
pub(crate) fn read(bytes: &[u8], budget: &mut Budget) -> (Vec<Loaded>, Option<Problem>) {
    let mut found = Vec::new();
    let (mut first_problem, mut first_checksum) = (None, None);
    for order in [u32::from_le_bytes, u32::from_be_bytes] {
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        if !words.iter().any(|word| order(*word) == REGION_MAGIC) {
            continue;
        }
        let words: Vec<_> = words.iter().map(|word| Word::new(order(*word))).collect();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            let offset = at * WORD_BYTES;
            match Region::read(rest) {
                Ok(region) => {
                    found.extend(load_region(region, offset, None, budget));
                    at += region.words();
                    continue;
                }
                Err(RegionError::Magic) => {}
                Err(error) => {
                    if let Some(converted) = old_layout::convert(rest)
                        && let Ok(region) = Region::read(&converted.memory)
                    {
                        found.extend(load_region(region, offset, Some(&converted), budget));
                        at += converted.words;
                        continue;
                    }
                    if error == RegionError::Checksum {
                        first_checksum.get_or_insert((offset, error));
                    }
                    first_problem.get_or_insert((offset, error));
                }
            }
            at += 1;
        }
    }
    // The program's code also contains the magic, followed by arbitrary bytes. If a region was found,
    // only a region whose sizes are consistent is a problem.
    let problem = if found.is_empty() {
        first_problem
    } else {
        first_checksum
    };
    (found, problem)
}

/// Converts a region to a snapshot, and reads that. `converted` is what the region was made of, if it had an
/// older layout.
fn load_region(
    region: Region<'_>,
    offset: usize,
    converted: Option<&Converted>,
    budget: &mut Budget,
) -> Option<Loaded> {
    let identity = region.identity();
    let ring = region.ring();
    let of_ring = SnapshotHeader::of(&ring, 0);
    let header = SnapshotHeader {
        kind: SnapshotKind::Image,
        service: identity.service(),
        reason: "image",
        target: identity.target(),
        build_id: identity.build_id(),
        page_words: converted.map_or(of_ring.page_words, |old| old.page_words(&region)),
        ..of_ring
    };
    let mut snapshot = Vec::new();
    let mut scratch = vec![0; SCRATCH_BYTES];
    // The sink does not fail, and the buffer is large enough.
    let encoded = Encoder::stored(&mut scratch).encode_region(
        &region,
        &header,
        &mut ByteSink(|byte| snapshot.push(byte)),
    );
    debug_assert!(encoded.is_ok());
    let has_seq = converted.is_none_or(|old| old.has_seq);
    let (mut loaded, _) = load(&snapshot, 0, has_seq, budget).ok()?;
    let state = region.check();
    if let RecoveryState::Corrupt(Corruption::Pages { damaged }) = state {
        loaded.file.damages.note(offset, Flaw::Pages { damaged });
    }
    loaded.file.damages.move_to(offset);
    loaded.file.offset = offset;
    loaded.file.image = Some(Image {
        state: state.name(),
        boot: region.boot(),
        is_acknowledged: region.is_acknowledged(),
        undescribed: region.undescribed(),
    });
    Some(loaded)
}
