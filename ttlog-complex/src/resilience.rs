//! Resilience: what keeps a fault, or somebody greedy, from taking the shop along.
//!
//! Each mechanism is plain state that is told the time, so its tests do not sleep.

pub mod limiter;
