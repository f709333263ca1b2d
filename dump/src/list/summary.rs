//! What a snapshot's first and last blocks say, without the megabytes between.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use ttlog_core::{
    SnapshotHeader, Totals,
    decode::{Block, Content, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    load::{Origin, total},
    time::{Clock, Time},
};

/// A snapshot in short.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// `None` where it cannot be read.
    pub(super) origin: Option<Origin>,
    /// When it was taken.
    pub(super) taken: Option<Time>,
    /// How many events are in it.
    pub(super) events: Option<u64>,
    /// What is wrong with it, as far as the ends show.
    pub(super) problem: Option<String>,
}

impl Summary {
    pub(super) fn read(path: &Path) -> Self {
        let mut summary = Self::default();
        if let Err(problem) = summary.fill(path) {
            summary.problem = Some(problem);
        }
        summary
    }

    fn fill(&mut self, path: &Path) -> Result<(), String> {
        let (head, tail) = ends(path).map_err(|error| error.to_string())?;
        let head = Snapshot::new(&head).map_err(|error| error.to_string())?;
        let mut events_max = None;
        find(head, |content| {
            let Content::Header(header) = content else {
                return None;
            };
            events_max = self.take_header(header);
            Some(())
        })
        .ok_or("the header is damaged")?;
        let kept = Snapshot::new(&tail).ok().and_then(|tail| {
            find(tail, |content| match content {
                Content::End(Totals { kept, .. }) => Some(total(kept)),
                _ => None,
            })
        });
        let kept = kept.ok_or("the end is damaged or cut off")?;
        self.events = Some(kept.min(events_max.unwrap_or(u64::MAX)));
        Ok(())
    }

    /// Answers how many events are shown at most.
    fn take_header(&mut self, header: &SnapshotHeader<'_>) -> Option<u64> {
        let origin = Origin::new(header);
        let events_max = origin.events_max();
        self.taken = Clock::new(header).time(header.taken_ticks);
        self.origin = Some(origin);
        events_max
    }
}

/// The first and the last bytes of a file.
fn ends(path: &Path) -> io::Result<(Vec<u8>, Vec<u8>)> {
    /// What a header can take: file magic, block header, and the largest block.
    const HEAD_BYTES: u64 = 12 + 16 + BLOCK_MAX_BYTES as u64;
    /// What an end block can take, several times over.
    const TAIL_BYTES: u64 = 2048;

    // Opening a pipe would wait for somebody to write to it.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("this is not a file"));
    }
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&file).take(HEAD_BYTES).read_to_end(&mut head)?;
    let bytes = file.metadata()?.len();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES)))?;
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    Ok((head, tail))
}

/// What `pick` makes of the first block that it wants.
fn find<T>(snapshot: Snapshot<'_>, mut pick: impl FnMut(&Content<'_>) -> Option<T>) -> Option<T> {
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        // Where the other end was cut off is no damage.
        let Ok(Block { content, .. }) = block else {
            continue;
        };
        if let Some(found) = pick(&content) {
            return Some(found);
        }
    }
    None
}
