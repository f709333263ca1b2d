//! The places of a pool that are not leased: idle or vacant.

use core::{fmt, sync::atomic::Ordering::Relaxed, time::Duration};

use crossbeam_channel::{Receiver, Sender, select};
use ttlog_std::{debug, warn};

use super::reading::Tally;
use crate::clock::Clock;

/// Opens and checks connections.
pub trait Connect: Send + Sync + 'static {
    /// A connection.
    type Connection: Send + 'static;
    /// The reason why no connection was opened.
    type Error: fmt::Display;

    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// Returns the reason if it cannot be opened.
    fn connect(&self) -> Result<Self::Connection, Self::Error>;

    /// Returns whether a connection that has been idle still works.
    fn is_sound(&self, connection: &mut Self::Connection) -> bool;
}

/// The settings of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The name, for the log.
    pub name: &'static str,
    /// Maximum number of connections, at least one.
    pub size: usize,
    /// Minimum idle time after which a connection is checked before it is leased.
    pub check_after: Duration,
    /// Minimum duration of a lease that is logged as slow.
    pub slow_after: Duration,
}

/// The state that a pool shares with its leases.
pub(super) struct Places<C: Connect> {
    pub(super) settings: Settings,
    pub(super) connect: C,
    pub(super) clock: Clock,
    // Both hold as many as there are places, so nothing that is put in ever finds them full.
    pub(super) idle: (Sender<Idle<C>>, Receiver<Idle<C>>),
    pub(super) vacant: (Sender<()>, Receiver<()>),
    pub(super) tally: Tally,
}

/// A connection that is not leased.
pub(super) struct Idle<C: Connect> {
    pub(super) connection: C::Connection,
    /// The time at which it last worked.
    pub(super) sound_at: Duration,
}

/// A place that is about to be leased.
pub(super) enum Place<C: Connect> {
    /// The place has a connection.
    Idle(Idle<C>),
    /// The place has no connection.
    Vacant,
}

impl<C: Connect> Places<C> {
    /// Takes a place that is not leased, an idle one if there is one.
    pub(super) fn free(&self) -> Option<Place<C>> {
        if let Ok(idle) = self.idle.1.try_recv() {
            return Some(Place::Idle(idle));
        }
        self.vacant.1.try_recv().ok().map(|()| Place::Vacant)
    }

    /// Waits for a place that is returned.
    pub(super) fn freed(&self, within: Duration) -> Option<Place<C>> {
        select! {
            recv(self.idle.1) -> idle => idle.ok().map(Place::Idle),
            recv(self.vacant.1) -> vacant => vacant.ok().map(|()| Place::Vacant),
            default(within) => None,
        }
    }

    /// Returns the connection, unless a check was due and found it unsound.
    pub(super) fn checked(&self, mut idle: Idle<C>) -> Option<Idle<C>> {
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

    pub(super) fn connect(&self) -> Result<C::Connection, C::Error> {
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

    pub(super) fn shelve(&self, idle: Idle<C>) {
        // Cannot be full: there is room for every place. Cannot be closed: both ends are here.
        drop(self.idle.0.try_send(idle));
    }

    pub(super) fn vacate(&self) {
        let _ = self.vacant.0.try_send(());
    }
}
