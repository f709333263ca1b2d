//! A file's content: decompressed once, counted, and what is wrong with it noted.

mod accounting;
mod budget;
mod damage;
mod origin;
mod runs;
mod statement;

use core::{error::Error, fmt, slice};
use std::collections::HashMap;

use ttlog_core::{
    Totals,
    decode::{Block, Content, Damage, NotASnapshot, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use self::budget::Budget;
pub(crate) use self::{
    accounting::{Accounting, total},
    damage::{Damages, Flaw},
    origin::Origin,
    runs::{Run, Runs},
    statement::Statement,
};
use crate::{image::Image, merge::Merge, time::Clock};

/// A snapshot, ready to be shown.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The file's name, as it was given.
    pub(crate) path: String,
    /// Where in the file it begins.
    pub(crate) offset: usize,
    /// Where it is no snapshot but a ring in an image of a memory, what is known of that.
    pub(crate) image: Option<Image>,
    /// `None` where the header is lost.
    pub(crate) origin: Option<Origin>,
    pub(crate) clock: Clock,
    last_event_ticks: u64,
    pub(crate) accounting: Accounting,
    pub(crate) damages: Damages,
    /// By the id in records.
    pub(crate) statements: HashMap<u32, Statement>,
    /// In the order in which they were begun.
    pub(crate) runs: Vec<Run>,
}

/// Reads a snapshot out of `bytes`. `memory_bytes` is how much of memory its content may take;
/// otherwise that is 16 times the file, and at least 32 MiB.
///
/// Damage is noted and passed over, as long as one block of a snapshot is whole.
///
/// `offset` is where the bytes begin in the file.
pub(crate) fn load(
    path: &str,
    offset: usize,
    bytes: &[u8],
    memory_bytes: Option<usize>,
) -> Result<Loaded, Unreadable> {
    let snapshot = Snapshot::new(bytes).map_err(Unreadable::NotASnapshot)?;
    let mut loader = Loader {
        offset,
        budget: memory_bytes.map_or_else(|| Budget::for_file(bytes.len()), Budget::new),
        ..Loader::default()
    };
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        match block {
            Ok(block) => loader.take(block),
            Err(damage) => loader.damaged(damage),
        }
    }
    loader.finish(path)
}

#[derive(Default)]
struct Loader {
    offset: usize,
    blocks: u64,
    budget: Budget,
    origin: Option<Origin>,
    clock: Clock,
    totals: Option<Totals>,
    damages: Damages,
    statements: HashMap<u32, Statement>,
    runs: Runs,
}

impl Loader {
    fn damaged(&mut self, damage: Damage) {
        // What follows in a page does not follow what was read of it any more.
        self.runs.interrupt();
        self.damages
            .note(self.offset + damage.offset, Flaw::Block(damage.kind));
    }

    fn take(&mut self, block: Block<'_>) {
        self.blocks += 1;
        let taken = match block.content {
            Content::Header(header) => {
                if self.origin.is_none() {
                    self.origin = Some(Origin::new(&header));
                    self.clock = Clock::new(&header);
                }
                Ok(())
            }
            Content::Callsites(mut callsites) => callsites.try_for_each(|info| {
                self.budget.take(Statement::cost_bytes(&info))?;
                // A later description of the same statement knows more of it.
                self.statements.insert(info.id, Statement::new(&info));
                Ok(())
            }),
            Content::Pages(mut chunks) => chunks.try_for_each(|chunk| {
                let taken_ticks = self.origin.as_ref().and_then(Origin::last_ticks);
                let taken_ticks = taken_ticks.unwrap_or(u64::MAX);
                let unread_bytes = self.runs.take(&chunk, taken_ticks, &mut self.budget)?;
                if unread_bytes != 0 {
                    self.damages.note(
                        self.offset + block.offset,
                        Flaw::Records {
                            page: chunk.page,
                            unread_bytes,
                        },
                    );
                }
                Ok(())
            }),
            Content::End(totals) => {
                self.totals = Some(totals);
                Ok(())
            }
            // A later version's addition, which it counts on being passed over.
            _ => Ok(()),
        };
        if let Err(full) = taken {
            self.runs.interrupt();
            self.damages
                .note_once(self.offset + block.offset, Flaw::Full(full));
        }
    }

    fn finish(self, path: &str) -> Result<Loaded, Unreadable> {
        if self.blocks == 0 {
            return Err(Unreadable::NoBlock {
                problem: self.damages.to_string(),
            });
        }
        let last_event_ticks = self.runs.last_ticks();
        let (runs, kept, late) = self.runs.finish();
        let mut accounting = Accounting::new(kept, late, self.totals);
        let mut loaded = Loaded {
            path: path.into(),
            offset: self.offset,
            image: None,
            last_event_ticks,
            origin: self.origin,
            clock: self.clock,
            accounting,
            damages: self.damages,
            statements: self.statements,
            runs,
        };
        let oldest = Merge::new(slice::from_ref(&loaded));
        for found in oldest.take(usize::try_from(loaded.surplus()).unwrap_or(usize::MAX)) {
            accounting.trim(&found.record);
        }
        loaded.accounting = accounting;
        Ok(loaded)
    }
}

impl Loaded {
    /// When the snapshot was taken; where it does not say so, when its last event was.
    pub(crate) fn end_ticks(&self) -> u64 {
        let taken_ticks = self.origin.as_ref().and_then(Origin::last_ticks);
        taken_ticks.unwrap_or(self.last_event_ticks)
    }

    /// How many events there are over the number that the snapshot is to show.
    fn surplus(&self) -> u64 {
        let events_max = self.origin.as_ref().and_then(Origin::events_max);
        events_max.map_or(0, |max| total(&self.accounting.kept).saturating_sub(max))
    }
}

/// Nothing in a file can be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is no snapshot.
    NotASnapshot(NotASnapshot),
    /// It begins as a snapshot, but no block of it is whole.
    NoBlock {
        /// The first damage.
        problem: String,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot(error) => error.fmt(f),
            Self::NoBlock { problem } => {
                write!(
                    f,
                    "this begins as a snapshot, but nothing of it is whole: {problem}"
                )
            }
        }
    }
}

impl Error for Unreadable {}
