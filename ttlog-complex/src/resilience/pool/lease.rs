//! The lease: a connection for as long as somebody needs it.

use core::{
    ops::{Deref, DerefMut},
    sync::atomic::Ordering::Relaxed,
    time::Duration,
};
use std::{sync::Arc, thread};

use ttlog_std::warn;

use super::places::{Connect, Idle, Place, Places};

/// A connection on loan. Dropped, it goes back; dropped by a panic, or [discarded](Self::discard),
/// it is closed, for nobody knows what it was in the middle of.
pub struct Lease<C: Connect> {
    places: Arc<Places<C>>,
    /// None only before it is handed out, and when it has been discarded.
    connection: Option<C::Connection>,
    begun: Duration,
}

impl<C: Connect> Lease<C> {
    /// Leases a place.
    ///
    /// # Errors
    ///
    /// Why no connection was opened, or nothing where the one that was there is not sound. The
    /// place is vacant then.
    pub(super) fn begin(
        places: &Arc<Places<C>>,
        place: Place<C>,
    ) -> Result<Self, Option<C::Error>> {
        let connection = match place {
            Place::Idle(idle) => Some(places.checked(idle).ok_or(None)?.connection),
            Place::Vacant => None,
        };
        // From here on the drop gives the place back, whatever happens.
        let mut lease = Self {
            places: Arc::clone(places),
            connection,
            begun: places.clock.now(),
        };
        if lease.connection.is_none() {
            lease.connection = Some(places.connect()?);
        }
        Ok(lease)
    }

    /// Closes a connection that broke; whoever needs its place opens another.
    pub fn discard(mut self) {
        self.lose();
    }

    fn lose(&mut self) {
        if self.connection.take().is_some() {
            let pool = self.places.settings.name;
            let count = self.places.tally.lost.fetch_add(1, Relaxed) + 1;
            let idle = self.places.idle.1.len();
            warn!("pool.connection_lost pool={pool} idle={idle} count={count}");
        }
    }

    fn count_time(&self) {
        let places = &self.places;
        let now = places.clock.now();
        let held = now.saturating_sub(self.begun);
        if held >= places.settings.slow_after {
            let pool = places.settings.name;
            let count = places.tally.slow.fetch_add(1, Relaxed) + 1;
            let held_ms = held.as_millis() as u64;
            let waiting = places.tally.waiting.load(Relaxed);
            warn!("pool.slow_query pool={pool} held_ms={held_ms} waiting={waiting} count={count}");
        }
    }
}

impl<C: Connect> Deref for Lease<C> {
    type Target = C::Connection;

    fn deref(&self) -> &C::Connection {
        self.connection.as_ref().expect("a lease has a connection")
    }
}

impl<C: Connect> DerefMut for Lease<C> {
    fn deref_mut(&mut self) -> &mut C::Connection {
        self.connection.as_mut().expect("a lease has a connection")
    }
}

impl<C: Connect> Drop for Lease<C> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.lose();
        }
        match self.connection.take() {
            None => self.places.vacate(),
            Some(connection) => {
                self.count_time();
                let sound_at = self.places.clock.now();
                self.places.shelve(Idle {
                    connection,
                    sound_at,
                });
            }
        }
    }
}
