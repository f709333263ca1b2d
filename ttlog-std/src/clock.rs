//! The clock: ticks for every event, and the wall clock of the run.
//!
//! - `source`, `counter`: the ticks, and readings of the wall clock at a tick (`reading`).
//! - `discipline`: decides which segment comes next. Pure arithmetic.
//! - `segment_list`: the segments so far. Read without a lock.
//! - `run_clock`: the three together, for one recorder.

mod counter;
mod discipline;
mod reading;
mod run_clock;
mod segment_list;
#[cfg(test)]
pub(crate) mod simulated;
mod source;

pub(crate) use self::{
    counter::read as counter_ticks,
    run_clock::RunClock,
    segment_list::SegmentBuffer,
    source::{hz, is_counter, monotonic_ticks, now, ticks},
};
