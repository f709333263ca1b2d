//! The places of the words in the ring's header.

use crate::{drop_cause::DropCause, level::Level};

pub(super) const MAGIC: usize = 0;
pub(super) const LAYOUT: usize = 1;
pub(super) const PAGE_WORDS: usize = 2;
pub(super) const PAGE_COUNT: usize = 3;
pub(super) const CLOCK_HZ: usize = 4;
pub(super) const START: usize = 6;
pub(super) const RUN_ID: usize = 8;
/// The turn at which the next page is released.
pub(super) const CLOSED: usize = 10;
/// The turn whose page is claimed next. The highest bit is set while pages are held.
pub(super) const NEXT: usize = 11;
/// The number and the state of the newest hold.
pub(super) const HOLD: usize = 12;
/// The first turn whose page is held.
pub(super) const HOLD_LIMIT: usize = 13;
pub(super) const HOLD_MOMENT: usize = 14;
/// The time at which the hold ends by itself.
pub(super) const HOLD_UNTIL: usize = 16;
/// The number of the newest writer.
pub(super) const WRITERS: usize = 18;
/// Events that were written into a page that several threads share.
pub(super) const SHARED: usize = 19;
/// Dropped events, by cause and level.
pub(super) const DROPPED: usize = 20;
pub(super) const TABLE: usize = DROPPED + DropCause::COUNT * Level::COUNT;
