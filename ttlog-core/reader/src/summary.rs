//! The first and the last blocks of a snapshot, read without the blocks between them.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use ttlog_core::{
    Totals,
    decode::{Content, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    accounting::total, clock::Clock, file_header::FileHeader, input, open_error::OpenError,
    time::Time,
};

/// The header and the totals of a snapshot.
///
/// # Cost
///
/// Reads less than 70 kB, whatever the size of the file.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
/// use ttlog_reader::Summary;
///
/// let summary = Summary::read(path)?;
/// assert_eq!(summary.header.reason.as_deref(), Some("order_placed"));
/// assert_eq!(summary.moment().unwrap().to_string(), "2023-11-27T15:38:36.629023000Z");
/// assert_eq!(summary.events(), Some(36));
/// # Ok::<(), ttlog_reader::OpenError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// The header.
    pub header: FileHeader,
    /// The clock of the run, from the header.
    pub clock: Clock,
    /// The content of the end block; `None` if it is damaged or cut off.
    pub totals: Option<Totals>,
}

/// Size of the read at the start of the file: the preamble, the block header, and the largest block.
const HEAD_BYTES: u64 = 12 + 24 + BLOCK_MAX_BYTES as u64;
/// Size of the read at the end of the file, which is several times the size of an end block.
const TAIL_BYTES: u64 = 2048;

impl Summary {
    /// Reads the summary of a file.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the path is not a regular file, and for the errors of
    /// [`read_from`](Self::read_from).
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_reader::{OpenError, Summary};
    ///
    /// let directory = std::env::temp_dir();
    /// assert!(matches!(Summary::read(directory), Err(OpenError::Directory)));
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let mut file = input::open(path.as_ref())?;
        Self::read_from(&mut file)
    }

    /// Reads the summary of an open file.
    ///
    /// # Errors
    ///
    /// - Returns [`OpenError::Io`] if the file cannot be read.
    /// - Returns [`OpenError::NotASnapshot`] if the file is not a snapshot.
    /// - Returns [`OpenError::NoHeader`] if the header is damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use std::io::Cursor;
    /// use ttlog_reader::Summary;
    ///
    /// let bytes = std::fs::read(path)?;
    /// let summary = Summary::read_from(&mut Cursor::new(bytes))?;
    /// assert_eq!(summary.header.pid, Some(4_711));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_from(file: &mut (impl Read + Seek)) -> Result<Self, OpenError> {
        let mut head = Vec::new();
        let read = file.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
        read.map_err(OpenError::Io)?;
        let head = Snapshot::new(&head).map_err(OpenError::NotASnapshot)?;
        let header = find(head, |content, run_id| match content {
            Content::Header(header) => Some((FileHeader::new(header), Clock::of(header), run_id)),
            _ => None,
        });
        let (header, clock, own_run_id) = header.ok_or(OpenError::NoHeader)?;
        Ok(Self {
            header,
            clock,
            totals: read_totals(file, own_run_id).map_err(OpenError::Io)?,
        })
    }

    /// Returns the moment of the snapshot. Returns `None` if the moment or the clock is not known.
    #[must_use]
    pub fn moment(&self) -> Option<Time> {
        self.clock.time(self.header.moment_ticks?)
    }

    /// Returns the number of events in the snapshot. Includes events that were recorded while it was
    /// written. Returns `None` if the end block is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::Summary;
    ///
    /// let bytes = std::fs::read(path)?;
    /// let cut_off = &bytes[..bytes.len() - 1]; // without the end block
    /// let summary = Summary::read_from(&mut std::io::Cursor::new(cut_off))?;
    /// assert_eq!(summary.events(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn events(&self) -> Option<u64> {
        let kept = total(&self.totals?.kept);
        Some(kept.min(self.header.events_max.unwrap_or(u64::MAX)))
    }
}

fn read_totals(
    file: &mut (impl Read + Seek),
    own_run_id: Option<u64>,
) -> io::Result<Option<Totals>> {
    let bytes = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.by_ref().take(TAIL_BYTES).read_to_end(&mut tail)?;
    let Ok(tail) = Snapshot::new(&tail) else {
        return Ok(None);
    };
    Ok(find(tail, |content, run_id| match content {
        Content::End(totals) if run_id == own_run_id => Some(*totals),
        _ => None,
    }))
}

/// Passes the content and the run of each block to `pick`, and returns its first result.
fn find<T>(
    snapshot: Snapshot<'_>,
    mut pick: impl FnMut(&Content<'_>, Option<u64>) -> Option<T>,
) -> Option<T> {
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        // The bytes are a part of the file, so the damage of the cut is ignored.
        let Ok(block) = block else { continue };
        if let Some(found) = pick(&block.content, block.run_id) {
            return Some(found);
        }
    }
    None
}
