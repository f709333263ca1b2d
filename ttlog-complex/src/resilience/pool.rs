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
pub mod reading;

use core::{fmt, sync::atomic::Ordering::Relaxed, time::Duration};
use std::{sync::Arc, time::Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select};
use ttlog_std::{debug, warn};

pub use self::{lease::Lease, reading::Reading};
use self::{lease::Place, reading::Tally};
use crate::clock::Clock;

/// How long a lessee waits before it tries again to connect.
const RECONNECT_AFTER: Duration = Duration::from_millis(10);

/// Opens connections, and says whether one is still good.
pub trait Connect: Send + Sync + 'static {
    /// What is opened.
    type Connection: Send + 'static;
    /// Why it was not.
    type Error: fmt::Display;

    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// The reason, when it cannot be opened.
    fn connect(&self) -> Result<Self::Connection, Self::Error>;

    /// Whether a connection that has been idle still answers.
    fn is_sound(&self, connection: &mut Self::Connection) -> bool;
}

/// What a pool is like.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Its name, for the log.
    pub name: &'static str,
    /// How many connections there are at most; at least one.
    pub size: usize,
    /// A connection that was not used for so long is checked before it is lent out.
    pub check_after: Duration,
    /// A lease that lasts so long is slow.
    pub slow_after: Duration,
}

/// A bounded number of connections. Clones share them.
pub struct Pool<C: Connect>(Arc<Places<C>>);

/// What a pool and the leases from it share.
struct Places<C: Connect> {
    settings: Settings,
    connect: C,
    clock: Clock,
    // Both hold as many as there are places, so nothing that is put in ever finds them full.
    idle: (Sender<Idle<C>>, Receiver<Idle<C>>),
    vacant: (Sender<()>, Receiver<()>),
    tally: Tally,
}

/// A connection that nobody uses.
struct Idle<C: Connect> {
    connection: C::Connection,
    /// When it was last known to be good.
    sound_at: Duration,
}

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

impl<C: Connect> Places<C> {
    /// A place that is not leased: an idle one if there is any.
    fn free(&self) -> Option<Place<C>> {
        if let Ok(idle) = self.idle.1.try_recv() {
            return Some(Place::Idle(idle));
        }
        self.vacant.1.try_recv().ok().map(|()| Place::Vacant)
    }

    /// The next place that is given back within some time.
    fn freed(&self, within: Duration) -> Option<Place<C>> {
        select! {
            recv(self.idle.1) -> idle => idle.ok().map(Place::Idle),
            recv(self.vacant.1) -> vacant => vacant.ok().map(|()| Place::Vacant),
            default(within) => None,
        }
    }

    /// The connection, unless a check was due and found it unsound.
    fn checked(&self, mut idle: Idle<C>) -> Option<Idle<C>> {
        let now = self.clock.now();
        let unused = now.saturating_sub(idle.sound_at);
        if unused < self.settings.check_after {
            return Some(idle);
        }
        if self.connect.is_sound(&mut idle.connection) {
            idle.sound_at = now;
            return Some(idle);
        }
        let pool = self.settings.name;
        let unused_ms = unused.as_millis() as u64;
        let count = self.tally.unhealthy.fetch_add(1, Relaxed) + 1;
        warn!("pool.unhealthy pool={pool} unused_ms={unused_ms} count={count}");
        self.vacate();
        None
    }

    fn connect(&self) -> Result<C::Connection, C::Error> {
        let pool = self.settings.name;
        let connected = self.connect.connect();
        match &connected {
            Ok(_) => {
                let count = self.tally.opened.fetch_add(1, Relaxed) + 1;
                debug!("pool.connected pool={pool} count={count}");
            }
            Err(why) => {
                let count = self.tally.refused.fetch_add(1, Relaxed) + 1;
                debug!("pool.refused pool={pool} count={count} why={why}");
            }
        }
        connected
    }

    fn shelve(&self, idle: Idle<C>) {
        // Cannot be full: there is room for every place. Cannot be closed: both ends are here.
        drop(self.idle.0.try_send(idle));
    }

    fn vacate(&self) {
        let _ = self.vacant.0.try_send(());
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
