//! Reads the rings in a raw image of a memory: one that a debugger has saved, a mapped file, a core
//! file.

use core::convert::Infallible;

use ttlog_core::{
    SnapshotHeader, Word,
    region::{Corrupt, Found, REGION_MAGIC, Region, RegionError},
    snapshot::{Encoder, Sink},
};

use crate::load::{Flaw, Loaded, load};

/// What is known of a ring in an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// `recovered`, `torn` or `corrupt`.
    pub(crate) state: &'static str,
    /// Which run of the program it is from.
    pub(crate) boot: u32,
    /// Whether the program said that it is not needed any more.
    pub(crate) is_done: bool,
    /// Log statements that found no room for their description.
    pub(crate) undescribed: u32,
}

const WORD_BYTES: usize = 4;
/// The largest blocks of the snapshot that each ring is read as.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Appends all regions in an image to `files`, in the order of their addresses. Answers whether
/// there is one.
pub(crate) fn read(
    path: &str,
    bytes: &[u8],
    memory_bytes: Option<usize>,
    files: &mut Vec<Loaded>,
) -> Result<bool, String> {
    let before = files.len();
    let (mut first_problem, mut first_checksum) = (None, None);
    for order in [u32::from_le_bytes, u32::from_be_bytes] {
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        if !words.iter().any(|word| order(*word) == REGION_MAGIC) {
            continue;
        }
        let words: Vec<_> = words.iter().map(|word| Word::new(order(*word))).collect();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            match Region::read(rest) {
                Ok(region) => {
                    files.push(file(path, at * WORD_BYTES, region, memory_bytes)?);
                    at += region.words();
                    continue;
                }
                Err(RegionError::Magic) => {}
                Err(error) => {
                    let problem = (at * WORD_BYTES, error);
                    if error == RegionError::Checksum {
                        first_checksum.get_or_insert(problem);
                    }
                    first_problem.get_or_insert(problem);
                }
            }
            at += 1;
        }
    }
    let has_found = files.len() > before;
    // The magic stands in the program's code, too, with anything behind it: beside a region that is
    // found, only what has sizes that go together is worth a word.
    let problem = if has_found {
        first_checksum
    } else {
        first_problem
    };
    match problem {
        Some((offset, error)) => Err(format!("at byte {offset}: {error}")),
        None => Ok(has_found),
    }
}

/// A region's content, as if the program had written a snapshot of it.
fn file(
    path: &str,
    offset: usize,
    region: Region<'_>,
    memory_bytes: Option<usize>,
) -> Result<Loaded, String> {
    let identity = region.identity();
    let ring = region.ring();
    let header = SnapshotHeader {
        service: identity.service(),
        reason: "image",
        target: identity.target(),
        build_id: identity.build_id(),
        ..SnapshotHeader::of(&ring, 0)
    };
    let mut snapshot = Bytes(Vec::new());
    let mut scratch = vec![0; SCRATCH_BYTES];
    Encoder::stored(&mut scratch)
        .encode_region(&region, &header, &mut snapshot)
        .map_err(|error| format!("at byte {offset}: {error:?}"))?;
    let mut file = load(path, 0, &snapshot.0, memory_bytes).map_err(|error| error.to_string())?;
    let found = region.check();
    if let Found::Corrupt(Corrupt::Pages { damaged }) = found {
        file.damages.note(offset, Flaw::Pages { damaged });
    }
    for (at, _) in &mut file.damages.first {
        *at = offset;
    }
    file.offset = offset;
    file.image = Some(Image {
        state: found.name(),
        boot: region.boot(),
        is_done: region.is_done(),
        undescribed: region.undescribed(),
    });
    Ok(file)
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
