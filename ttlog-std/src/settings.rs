//! The settings of a recorder.

use std::{path::PathBuf, time::Duration};

use crate::{
    budget::BudgetLimits, capacity::Capacity, retention::Retention, snapshot_signal::SnapshotSignal,
};

/// The settings of a [`Builder`](crate::Builder), without the console and the filter. A child process
/// after `fork` starts its own recorder with the same settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) capacity: Capacity,
    /// Maximum number of reasons that wait for a file.
    pub(crate) queue: usize,
    pub(crate) service: Option<String>,
    pub(crate) build_id: Option<String>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) fallback_directory: Option<PathBuf>,
    pub(crate) retention: Retention,
    pub(crate) cool_down: Duration,
    pub(crate) budget: BudgetLimits,
    pub(crate) shutdown_limit: Duration,
    pub(crate) exit_reason: Option<String>,
    pub(crate) panic_backtrace: bool,
    pub(crate) crash_signals: bool,
    /// Signals that request a snapshot.
    pub(crate) snapshot_signals: Vec<SnapshotSignal>,
    /// Time without a beat after which a heartbeat is missed.
    pub(crate) stall_after: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capacity: Capacity::Events(50_000),
            queue: 1024,
            service: None,
            build_id: None,
            directory: None,
            fallback_directory: None,
            retention: Retention::default(),
            cool_down: Duration::from_secs(1),
            budget: BudgetLimits::default(),
            shutdown_limit: Duration::from_secs(5),
            exit_reason: None,
            panic_backtrace: false,
            crash_signals: false,
            snapshot_signals: Vec::new(),
            stall_after: None,
        }
    }
}
