//! What is wrong with a file.

use core::fmt;

use ttlog_core::decode::{Damage, DamageKind};

use super::budget::Full;

/// The first places where a file is damaged, and how many there are.
#[derive(Debug, Default)]
pub(crate) struct Damages {
    pub(crate) first: Vec<(usize, Flaw)>,
    pub(crate) count: u64,
}

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flaw {
    /// A block.
    Block(DamageKind),
    /// Some of a page's records in a block that is whole.
    Records { page: u32, unread_bytes: usize },
    /// Some pages of a ring in an image.
    Pages { damaged: u32 },
    /// There is more than may be read.
    Full(Full),
}

impl Damages {
    /// How many places are kept.
    const FIRST_MAX: usize = 20;

    pub(crate) fn note(&mut self, offset: usize, flaw: Flaw) {
        self.count += 1;
        if self.first.len() < Self::FIRST_MAX {
            self.first.push((offset, flaw));
        }
    }

    /// Notes what is said once, however many blocks it is true of.
    pub(crate) fn note_once(&mut self, offset: usize, flaw: Flaw) {
        if self.first.iter().all(|(_, noted)| *noted != flaw) {
            self.note(offset, flaw);
        }
    }

    /// How many places there are beyond the first ones.
    pub(crate) fn more(&self) -> u64 {
        self.count - self.first.len() as u64
    }
}

/// The first damage, with its place.
impl fmt::Display for Damages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first.first() {
            Some((offset, flaw)) => write!(f, "at byte {offset}: {flaw}"),
            None => Ok(()),
        }
    }
}

/// Without its place.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(kind) => {
                // The core words it together with the place.
                let whole = Damage {
                    offset: 0,
                    kind: *kind,
                }
                .to_string();
                f.write_str(whole.strip_prefix("at byte 0: ").unwrap_or(&whole))
            }
            Self::Records { page, unread_bytes } => {
                write!(
                    f,
                    "{unread_bytes} bytes of page {page} in this block are no records"
                )
            }
            Self::Pages { damaged } => {
                write!(
                    f,
                    "{damaged} pages of the ring hold what nobody has written"
                )
            }
            Self::Full(full) => full.fmt(f),
        }
    }
}
