//! The setting: what the bus is given from outside.

use crate::{chaos::Weather, clock::Clock, resilience::balancer::Balance, snapshots::Snapshots};

/// What all services of a crew run under. The default is a real clock, fair weather, and nobody who
/// keeps snapshots.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Decides the choices of the balancers and the jitter of retries.
    pub seed: u64,
    /// What time it is for breakers, health, pauses and restarts. Deadlines are real time.
    pub clock: Clock,
    /// Which faults are about.
    pub weather: Weather,
    /// Where the moments worth keeping are named.
    pub snapshots: Snapshots,
    /// How an instance is chosen.
    pub balance: Balance,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            seed: 0,
            clock: Clock::real(),
            weather: Weather::default(),
            snapshots: Snapshots::default(),
            balance: Balance::default(),
        }
    }
}
