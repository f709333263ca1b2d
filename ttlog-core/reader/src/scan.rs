//! The snapshots in a sequence of other bytes.

use core::{fmt, ops::Range};

use ttlog_core::decode::Scan;

/// Bytes that belong to no snapshot.
///
/// # Examples
///
/// ```
/// use ttlog_reader::Gap;
///
/// let gap = Gap { offset: 0, bytes: 8 };
/// assert_eq!(gap.to_string(), "at byte 0: 8 bytes that belong to no snapshot");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gap {
    /// Offset in the file, in bytes.
    pub offset: usize,
    /// Number of bytes.
    pub bytes: usize,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, bytes } = self;
        write!(
            f,
            "at byte {offset}: {bytes} bytes that belong to no snapshot"
        )
    }
}

/// Returns the ranges of the snapshots in `bytes`, and the gaps around them.
pub(crate) fn scan(bytes: &[u8]) -> (Vec<Range<usize>>, Vec<Gap>) {
    let found: Vec<_> = Scan::new(bytes).collect();
    let starts = found.iter().map(|range| range.start).chain([bytes.len()]);
    let ends = [0].into_iter().chain(found.iter().map(|range| range.end));
    let gaps = ends.zip(starts).filter(|(end, start)| end < start);
    let gaps = gaps.map(|(end, start)| Gap {
        offset: end,
        bytes: start - end,
    });
    let gaps = gaps.collect();
    (found, gaps)
}
