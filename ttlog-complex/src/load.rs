//! The load: customers who come and go at a rate of their own, however busy the shop is.
//!
//! ```text
//! arrivals (seed, rate) ─► queue (bounded) ─► customers' threads ─► a journey through the shop
//! ```
//!
//! Every choice comes from the seed and the number of the journey, so it does not depend on which
//! thread takes it. What the shop answers does depend on the others: whether goods are left, say.

pub mod arrivals;
pub mod choices;
pub mod journey;
pub mod population;

use core::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{
    io,
    thread::{self, Builder},
    time::Instant,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use ttlog_std::{debug, info, warn};

use self::{
    arrivals::Arrivals,
    journey::{End, Journey},
    population::Population,
};
use crate::shop::Front;

/// How many customers can be served at once.
const CUSTOMER_THREADS: usize = 8;
/// How many wait outside before the next is turned away.
const QUEUE_JOURNEYS: usize = 32;

/// What load to make.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Decides when customers come and what they do.
    pub seed: u64,
    /// Journeys for each second, on average.
    pub rate: f64,
    /// How long customers come.
    pub duration: Duration,
}

/// What became of the journeys.
#[derive(Debug, Default)]
pub struct Tally {
    /// Begun.
    pub started: AtomicU64,
    /// Ended with an order.
    pub bought: AtomicU64,
    /// Ended without one, as the customer wished.
    pub left: AtomicU64,
    /// Ended because the shop refused or failed.
    pub failed: AtomicU64,
    /// Not begun, because too many were under way.
    pub turned_away: AtomicU64,
}

impl Load {
    /// Sends customers into the shop until the time is over or `stop` says so, and waits until the
    /// last of them has left. Those who are inside then finish the step that they are at.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn run(
        self,
        front: &Front,
        population: &Population,
        stop: &Receiver<()>,
    ) -> io::Result<Tally> {
        let tally = Tally::default();
        let closing = AtomicBool::new(false);
        let (queue, journeys) = bounded(QUEUE_JOURNEYS);
        thread::scope(|scope| {
            for number in 1..=CUSTOMER_THREADS {
                let (journeys, tally, closing) = (journeys.clone(), &tally, &closing);
                let serve = move || {
                    for number in journeys.iter().take_while(|_| !closing.load(Relaxed)) {
                        let journey = Journey::new(self.seed, number, population, front);
                        tally.count(journey.run(closing));
                    }
                };
                Builder::new()
                    .name(format!("customer-{number}"))
                    .spawn_scoped(scope, serve)?;
            }
            drop(journeys);
            self.admit(&queue, &tally, stop);
            closing.store(true, Relaxed);
            drop(queue);
            Ok(())
        })
        .map(|()| tally)
    }

    /// Lets each customer in when the time has come.
    fn admit(self, queue: &Sender<u64>, tally: &Tally, stop: &Receiver<()>) {
        let opened = Instant::now();
        for (number, at) in (1..).zip(Arrivals::new(self.seed, self.rate)) {
            let at = at.min(self.duration);
            let wait = stop.recv_deadline(opened + at);
            if wait != Err(RecvTimeoutError::Timeout) {
                info!("load.stop asked for after {number} journeys");
                return;
            }
            if at == self.duration {
                debug!("load.end journeys={number}");
                return;
            }
            match queue.try_send(number) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => {
                    warn!("load.turned_away journey={number}");
                    tally.turned_away.fetch_add(1, Relaxed);
                }
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }
}

impl Tally {
    /// Started, bought, left, failed, turned away.
    #[must_use]
    pub fn read(&self) -> [u64; 5] {
        [
            &self.started,
            &self.bought,
            &self.left,
            &self.failed,
            &self.turned_away,
        ]
        .map(|counter| counter.load(Relaxed))
    }

    fn count(&self, end: End) {
        self.started.fetch_add(1, Relaxed);
        let counter = match end {
            End::Bought => &self.bought,
            End::Left => &self.left,
            End::Failed => &self.failed,
        };
        counter.fetch_add(1, Relaxed);
    }
}
