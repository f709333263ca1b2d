//! The load: customers who come and go at a rate of their own, however busy the shop is.
//!
//! ```text
//! day ─► arrivals (seed, rate) ─► queue (bounded) ─► customers' threads ─► a journey through the shop
//!  └───► pulse: the hour, and how busy it is
//! ```
//!
//! Every choice comes from the seed and the number of the journey, so it does not depend on which
//! thread takes it. What the shop answers does depend on the others: whether goods are left, say.

pub mod arrivals;
pub mod attack;
pub mod choices;
pub mod day;
pub mod journey;
pub mod population;
pub mod pulse;

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
    attack::{Attack, Attacker},
    day::{Day, Peak},
    journey::{End, Journey},
    population::Population,
    pulse::Pulse,
};
use crate::{security::Door, snapshots::Snapshots};

/// How many customers can be served at once.
const CUSTOMER_THREADS: usize = 16;
/// How many wait outside before the next is turned away.
const QUEUE_JOURNEYS: usize = 32;

/// What load to make.
#[derive(Clone)]
pub struct Load {
    /// Decides when customers come and what they do.
    pub seed: u64,
    /// Journeys for each second, on average over a day.
    pub rate: f64,
    /// How long customers come.
    pub duration: Duration,
    /// When there are more of them, and when fewer.
    pub day: Day,
    /// Where it can be seen how busy it is.
    pub pulse: Pulse,
    /// Where the busy times are named.
    pub snapshots: Snapshots,
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
    /// Begun to do harm; none of the above.
    pub attacks: AtomicU64,
}

impl Load {
    /// Sends customers into the shop until the time is over or `stop` says so, and waits until the
    /// last of them has left. Those who are inside then finish the step that they are at.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn run(
        &self,
        door: &Door,
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
                        self.journey(number, population, door, tally, closing);
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

    /// Carries out the journey of this number, or the attack that it is.
    fn journey(
        &self,
        number: u64,
        population: &Population,
        door: &Door,
        tally: &Tally,
        closing: &AtomicBool,
    ) {
        let seed = self.seed;
        if let Some(attack) = Attack::of(seed, number) {
            self.pulse.count_attack();
            tally.attacks.fetch_add(1, Relaxed);
            Attacker::new(seed, number, attack, population, door, closing).run();
        } else {
            tally.count(Journey::new(seed, number, population, door).run(closing));
        }
    }

    /// Lets each customer in when the time has come, and says what hour it is.
    fn admit(&self, queue: &Sender<u64>, tally: &Tally, stop: &Receiver<()>) {
        let opened = Instant::now();
        // Waits until the time has come; says whether customers still come then.
        let goes_on = |at: Duration| match stop.recv_deadline(opened + at.min(self.duration)) {
            Err(RecvTimeoutError::Timeout) if at < self.duration => true,
            Err(RecvTimeoutError::Timeout) => {
                debug!("load.end");
                false
            }
            _ => {
                info!("load.stop asked for");
                false
            }
        };
        let mut turns = (0..).map(|number| self.day.turn(number)).peekable();
        for (number, at) in (1..).zip(Arrivals::new(self.seed, self.rate, self.day)) {
            while let Some((hour, turn)) = turns.next_if(|&(_, turn)| turn <= at) {
                if !goes_on(turn) {
                    return;
                }
                self.strike(hour, turn);
            }
            if !goes_on(at) {
                return;
            }
            self.pulse.set(self.day.time(at), self.day.multiplier(at));
            self.pulse.count();
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

    /// Says that an hour begins, and whether it is a busy one.
    fn strike(&self, hour: u32, at: Duration) {
        let multiplier = self.day.multiplier(at);
        self.pulse.set(f64::from(hour), multiplier);
        let arrivals = self.pulse.read().arrivals;
        info!("load.hour hour={hour} multiplier={multiplier:.2} arrivals={arrivals}");
        if let Some(peak) = Peak::that_begins(hour) {
            let (name, length) = (peak.name, peak.length(self.day));
            info!("load.peak name={name} for={length:?}");
            // Taken at its height, to show what it does to the shop.
            self.snapshots.take_after("high_load_scenario", length / 2);
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
