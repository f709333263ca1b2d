//! The pool: a bounded number of connections, lent out one at a time.
//!
//! ```text
//!           ┌────────── drop ──────────┐
//! lease ◄─ idle                      Lease ─► discard
//!   ▲        └─► found unsound ─┐               │
//!   └─ connect ◄────────────── vacant ◄─────────┘
//! ```
//!
//! A pool has as many places as it has room for connections, and each place is idle, leased or
//! vacant. A vacant place is filled by whoever needs it, so a connection that broke is replaced
//! when there is work for it, and a database that takes no connections is not bothered by others.

pub mod lease;
pub mod places;
pub mod reading;

use core::{fmt, sync::atomic::Ordering::Relaxed, time::Duration};
use std::{sync::Arc, time::Instant};

use crossbeam_channel::bounded;
use ttlog_std::warn;

pub use self::{
    lease::Lease,
    places::{Connect, Settings},
    reading::Reading,
};
use self::{
    places::{Place, Places},
    reading::Tally,
};
use crate::clock::Clock;

/// How long a lessee waits before it tries again to connect.
const RECONNECT_AFTER: Duration = Duration::from_millis(10);

/// A bounded number of connections. Clones share them.
pub struct Pool<C: Connect>(Arc<Places<C>>);

/// No connection could be had in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// From which pool.
    pub pool: &'static str,
    /// How long was waited.
    pub limit: Duration,
    /// Why none was opened, where there was room for one.
    pub refused: Option<String>,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pool, limit, .. } = self;
        write!(out, "no connection from pool {pool} within {limit:?}: ")?;
        match &self.refused {
            Some(why) => out.write_str(why),
            None => out.write_str("all are in use"),
        }
    }
}

impl core::error::Error for Exhausted {}

impl<C: Connect> Pool<C> {
    /// A pool of vacant places.
    #[must_use]
    pub fn new(settings: Settings, connect: C, clock: Clock) -> Self {
        let places = Places {
            settings,
            connect,
            clock,
            idle: bounded(settings.size),
            vacant: bounded(settings.size),
            tally: Tally::default(),
        };
        for _ in 0..settings.size {
            places.vacate();
        }
        Self(Arc::new(places))
    }

    /// Lends a connection out until the lease is dropped. Waits for one no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], at the limit.
    pub fn lease(&self, limit: Duration) -> Result<Lease<C>, Exhausted> {
        let tally = &self.0.tally;
        let asked = self.0.clock.now();
        tally.waiting.fetch_add(1, Relaxed);
        let lease = self.wait(limit);
        let waiting = tally.waiting.fetch_sub(1, Relaxed) - 1;
        tally.count_wait(self.0.clock.now().saturating_sub(asked), lease.is_ok());
        if let Err(why) = &lease {
            let Settings {
                name: pool, size, ..
            } = self.0.settings;
            let idle = self.0.idle.1.len();
            warn!("pool.exhausted pool={pool} size={size} idle={idle} waiting={waiting} why={why}");
        }
        lease
    }

    fn wait(&self, limit: Duration) -> Result<Lease<C>, Exhausted> {
        let deadline = Instant::now() + limit;
        let mut refused = None;
        loop {
            let place = match self.0.free() {
                // Refused a moment ago: only what somebody brings back is of use for now.
                Some(Place::Vacant) if refused.is_some() && !is_over(deadline) => {
                    self.0.vacate();
                    let pause = left(deadline).min(RECONNECT_AFTER);
                    match self.0.idle.1.recv_timeout(pause) {
                        Ok(idle) => Some(Place::Idle(idle)),
                        Err(_) => self.0.free(),
                    }
                }
                Some(place) => Some(place),
                None => self.0.freed(left(deadline)),
            };
            match place.map(|place| Lease::begin(&self.0, place)) {
                Some(Ok(lease)) => return Ok(lease),
                Some(Err(Some(why))) => refused = Some(why.to_string()),
                // It was not sound, and its place is vacant now.
                Some(Err(None)) => continue,
                None => {}
            }
            if is_over(deadline) {
                return Err(Exhausted {
                    pool: self.0.settings.name,
                    limit,
                    refused,
                });
            }
        }
    }

    /// Checks the connections that have been idle for a while, and drops those that are not sound.
    pub fn check(&self) {
        for _ in 0..self.0.settings.size {
            let Ok(idle) = self.0.idle.1.try_recv() else {
                break;
            };
            if let Some(idle) = self.0.checked(idle) {
                self.0.shelve(idle);
            }
        }
    }

    /// Reads what the pool has counted, and what it is like at the moment.
    #[must_use]
    pub fn reading(&self) -> Reading {
        let Settings { name, size, .. } = self.0.settings;
        let (idle, vacant) = (self.0.idle.1.len(), self.0.vacant.1.len());
        self.0.tally.read(name, size, idle, vacant)
    }
}

impl<C: Connect> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn is_over(deadline: Instant) -> bool {
    left(deadline).is_zero()
}

#[cfg(test)]
mod tests;
