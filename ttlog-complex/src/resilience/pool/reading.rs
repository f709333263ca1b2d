//! What a pool counts, and how it reads.

use core::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

/// Counters of a pool, all since it was made.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) waiting: AtomicUsize,
    pub(super) opened: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) unhealthy: AtomicU64,
    pub(super) slow: AtomicU64,
    leases: AtomicU64,
    exhausted: AtomicU64,
    wait_sum_ns: AtomicU64,
    wait_max_ns: AtomicU64,
}

/// What a pool showed at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub pool: &'static str,
    /// How many connections there can be.
    pub size: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// Connections on loan.
    pub leased: usize,
    /// How many wait for one.
    pub waiting: usize,
    /// Leases that were given.
    pub leases: u64,
    /// Leases that were not given in time.
    pub exhausted: u64,
    /// Connections that were opened.
    pub opened: u64,
    /// Connections that could not be opened.
    pub refused: u64,
    /// Connections that broke in use.
    pub lost: u64,
    /// Connections that a check found to be broken.
    pub unhealthy: u64,
    /// Leases that took long.
    pub slow: u64,
    /// Mean wait for a lease, given or not.
    pub wait_mean: Duration,
    /// Longest such wait.
    pub wait_max: Duration,
}

impl Tally {
    /// Counts a wait for a lease, and whether there was one at its end.
    pub(super) fn count_wait(&self, wait: Duration, leased: bool) {
        let counter = if leased {
            &self.leases
        } else {
            &self.exhausted
        };
        counter.fetch_add(1, Relaxed);
        let wait_ns = wait.as_nanos() as u64;
        self.wait_sum_ns.fetch_add(wait_ns, Relaxed);
        self.wait_max_ns.fetch_max(wait_ns, Relaxed);
    }

    pub(super) fn read(
        &self,
        pool: &'static str,
        size: usize,
        idle: usize,
        vacant: usize,
    ) -> Reading {
        let (leases, exhausted) = (self.leases.load(Relaxed), self.exhausted.load(Relaxed));
        let wait_mean_ns = self
            .wait_sum_ns
            .load(Relaxed)
            .checked_div(leases + exhausted)
            .unwrap_or(0);
        Reading {
            pool,
            size,
            idle,
            // The two were read one after the other, and others go on meanwhile.
            leased: size.saturating_sub(idle + vacant),
            waiting: self.waiting.load(Relaxed),
            leases,
            exhausted,
            opened: self.opened.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
            unhealthy: self.unhealthy.load(Relaxed),
            slow: self.slow.load(Relaxed),
            wait_mean: Duration::from_nanos(wait_mean_ns),
            wait_max: Duration::from_nanos(self.wait_max_ns.load(Relaxed)),
        }
    }
}
