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
/// The turn whose page is claimed next.
pub(super) const NEXT: usize = 11;
/// The number of the newest writer.
pub(super) const WRITERS: usize = 12;
/// Events that were written into a page that several threads share.
pub(super) const SHARED: usize = 13;
/// Dropped events, by cause and level.
pub(super) const DROPPED: usize = 14;
pub(super) const TABLE: usize = DROPPED + DropCause::COUNT * Level::COUNT;
