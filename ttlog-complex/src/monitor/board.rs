//! The board: what the monitor has seen, for whoever looks.

use core::time::Duration;

use super::{process::Usage, slo::Burn};
use crate::bus::{BreakerReading, InstanceReading, meter::Reading};

/// What the monitor has seen last, and what it has done.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// When it looked, since the shop opened.
    pub at: Duration,
    /// The services, in the order in which they were started.
    pub services: Vec<Line>,
    /// The breakers, each from a caller to whom it calls.
    pub breakers: Vec<BreakerReading>,
    /// What the process takes.
    pub usage: Usage,
    /// How many cores it keeps busy.
    pub cores: Option<f64>,
    /// The most memory that it had.
    pub memory_max_bytes: u64,
    /// Instances that were added.
    pub scaled_out: u64,
    /// Instances that were taken away.
    pub scaled_in: u64,
    /// How often a service began to burn.
    pub burns: u64,
}

impl Board {
    /// How many instances a service had when the monitor looked last.
    #[must_use]
    pub fn instances(&self, service: &str) -> usize {
        let line = self.services.iter().find(|line| line.name == service);
        line.map_or(0, |line| line.instances.len())
    }
}

/// A service on the board.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: &'static str,
    /// Requests for each second.
    pub rate: f64,
    /// What its meter shows.
    pub reading: Reading,
    /// Its instances.
    pub instances: Vec<InstanceReading>,
    /// The part of their time that they are busy.
    pub busy: f64,
    /// How fast it uses up the errors that it may make.
    pub burn: Burn,
    /// Whether that is an alarm.
    pub burning: bool,
}

impl Line {
    /// Requests that wait.
    #[must_use]
    pub fn queue(&self) -> usize {
        self.instances.iter().map(|it| it.queue).sum()
    }
}
