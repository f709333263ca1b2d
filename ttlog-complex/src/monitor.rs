//! The monitor.

pub mod process;
