//! The monkey: begins and ends faults when their time has come, and says so.

use core::{mem, time::Duration};
use std::{
    collections::VecDeque,
    io,
    thread::{Builder, JoinHandle},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ttlog_std::{info, warn};

use super::{burden::Burden, fault::Fault, schedule::Strike, weather::Weather};
use crate::{clock::Clock, shared::Shared, snapshots::Snapshots};

/// How often it looks whether a crash has struck.
const LOOK: Duration = Duration::from_millis(20);
/// How long after a fault its snapshot is taken, so that what followed is in it.
const CONSEQUENCES: Duration = Duration::from_millis(500);
/// How many of the latest faults the diary keeps.
const DIARY_ENTRIES: usize = 256;

/// A thread that makes the weather.
#[derive(Debug)]
pub struct Monkey {
    stop: Sender<()>,
    thread: JoinHandle<()>,
    diary: Shared<Diary>,
}

/// What chaos there was.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    /// How many faults have begun; they are numbered from 1.
    pub injected: u64,
    /// How many of them were crashes that struck.
    pub crashes: u64,
    /// The latest, the last one last.
    pub entries: VecDeque<Entry>,
}

/// One fault in the diary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: u64,
    /// What it is.
    pub fault: Fault,
    /// When it began, since the shop opened.
    pub began: Duration,
    /// When it ended; nothing while it is about.
    pub ended: Option<Duration>,
}

impl Monkey {
    /// Lets each of `strikes`, which are in the order of time, begin when the clock shows it.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(
        strikes: Vec<Strike>,
        weather: Weather,
        clock: Clock,
        snapshots: Snapshots,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded(1);
        let diary = Shared::default();
        let mut keeper = Keeper {
            coming: strikes.into(),
            about: Vec::new(),
            weather,
            snapshots,
            diary: diary.clone(),
        };
        let thread = Builder::new()
            .name("chaos".into())
            .spawn(move || keeper.run(&clock, &stopped))?;
        Ok(Self {
            stop,
            thread,
            diary,
        })
    }

    /// What chaos there has been so far.
    #[must_use]
    pub fn diary(&self) -> Shared<Diary> {
        self.diary.clone()
    }

    /// Ends every fault that is about; answers with what chaos there was.
    #[must_use]
    pub fn stop(self) -> Diary {
        // It may have ended by itself, when nothing was to come.
        let _ = self.stop.try_send(());
        if self.thread.join().is_err() {
            warn!("chaos.monkey panicked");
        }
        mem::take(&mut *self.diary.lock())
    }
}

/// The faults that are to come, and those that are about.
struct Keeper {
    coming: VecDeque<Strike>,
    about: Vec<Running>,
    weather: Weather,
    snapshots: Snapshots,
    diary: Shared<Diary>,
}

/// A fault that is about.
struct Running {
    number: u64,
    fault: Fault,
    began: Duration,
    ends: Duration,
    /// Given back when it is dropped.
    _burden: Burden,
}

impl Keeper {
    fn run(&mut self, clock: &Clock, stopped: &Receiver<()>) {
        while let Some(due) = self.step(clock.now()) {
            let wait = due.saturating_sub(clock.now());
            if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        self.end(|_| true, clock.now());
    }

    /// Ends and begins what is due; answers when to look again, if anything is left to do.
    fn step(&mut self, now: Duration) -> Option<Duration> {
        self.settle_crashes(now);
        self.end(|running| running.ends <= now, now);
        while let Some(strike) = self.coming.pop_front_if(|strike| strike.at <= now) {
            self.begin(strike, now);
        }
        let next = self.coming.front().map(|strike| strike.at);
        let ends = self.about.iter().map(|running| match running.fault {
            Fault::Crash { .. } => now + LOOK,
            _ => running.ends,
        });
        ends.chain(next).min()
    }

    fn begin(&mut self, strike: Strike, now: Duration) {
        let Strike { lasts, fault, .. } = strike;
        let number = self.note(&fault, now);
        warn!("chaos.injected number={number} fault={fault} for={lasts:?}");
        // A crash has consequences when it strikes.
        if !matches!(fault, Fault::Crash { .. }) {
            let delay = lasts.min(CONSEQUENCES);
            self.snapshots.take_after(fault.reason(), delay);
        }
        let burden = Burden::of(&fault);
        self.weather.begin(fault.clone());
        self.about.push(Running {
            number,
            fault,
            began: now,
            ends: now.saturating_add(lasts),
            _burden: burden,
        });
    }

    fn note(&self, fault: &Fault, began: Duration) -> u64 {
        let mut diary = self.diary.lock();
        diary.injected += 1;
        let number = diary.injected;
        if diary.entries.len() == DIARY_ENTRIES {
            diary.entries.pop_front();
        }
        diary.entries.push_back(Entry {
            number,
            fault: fault.clone(),
            began,
            ended: None,
        });
        number
    }

    /// Crashes that have struck are over.
    fn settle_crashes(&mut self, now: Duration) {
        let waiting = self.weather.faults();
        self.end(
            |running| {
                matches!(running.fault, Fault::Crash { .. }) && !waiting.contains(&running.fault)
            },
            now,
        );
    }

    /// Ends the faults of which `is_over` says so.
    fn end(&mut self, is_over: impl Fn(&Running) -> bool, now: Duration) {
        for running in self.about.extract_if(.., |running| is_over(running)) {
            let Running {
                number,
                fault,
                began,
                ..
            } = &running;
            let after = now.saturating_sub(*began);
            let was_about = self.weather.end(fault);
            let mut diary = self.diary.lock();
            if let Fault::Crash { .. } = fault {
                let struck = !was_about;
                diary.crashes += u64::from(struck);
                info!("chaos.ended number={number} fault={fault} after={after:?} struck={struck}");
                self.snapshots.take_after(fault.reason(), CONSEQUENCES);
            } else {
                info!("chaos.ended number={number} fault={fault} after={after:?}");
            }
            let entry = diary.entries.iter_mut().find(|it| it.number == *number);
            if let Some(entry) = entry {
                entry.ended = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn keeper(script: &str) -> Keeper {
        let script: super::super::script::Script = script.parse().unwrap();
        Keeper {
            coming: script.strikes(1, second(100)).into(),
            about: Vec::new(),
            weather: Weather::default(),
            snapshots: Snapshots::default(),
            diary: Shared::default(),
        }
    }

    fn about(keeper: &Keeper) -> Vec<String> {
        let faults = keeper.weather.faults();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn faults_begin_and_end_in_their_time() {
        let mut keeper = keeper("at 10s for 5s memory 1\nat 12s for 1s gateway 1s");
        assert_eq!(keeper.step(second(0)), Some(second(10)));
        assert!(about(&keeper).is_empty());
        assert_eq!(keeper.step(second(10)), Some(second(12)));
        assert_eq!(about(&keeper), ["memory 1"]);
        assert_eq!(keeper.step(second(12)), Some(second(13)));
        assert_eq!(about(&keeper), ["memory 1", "gateway 1s"]);
        assert_eq!(keeper.step(second(13)), Some(second(15)));
        assert_eq!(about(&keeper), ["memory 1"]);
        assert_eq!(keeper.step(second(15)), None);
        assert!(about(&keeper).is_empty());
        let diary = keeper.diary.lock().clone();
        assert_eq!((diary.injected, diary.crashes), (2, 0));
        let times = diary.entries.iter().map(|it| (it.began, it.ended));
        assert_eq!(
            times.collect::<Vec<_>>(),
            [
                (second(10), Some(second(15))),
                (second(12), Some(second(13)))
            ]
        );
    }

    #[test]
    fn a_crash_ends_when_it_strikes_and_one_that_strikes_nobody_ends_by_time() {
        let mut keeper = keeper("at 1s for 5s crash user\nat 3s for 1s crash search");
        assert_eq!(keeper.step(second(1)), Some(second(1) + LOOK));
        assert!(keeper.weather.crashes("user"));
        assert_eq!(keeper.step(second(2)), Some(second(3)));
        assert_eq!(keeper.diary.lock().crashes, 1);
        keeper.step(second(3));
        assert_eq!(keeper.step(second(4)), None);
        assert!(!keeper.weather.crashes("search"));
        assert_eq!(keeper.diary.lock().crashes, 1);
        assert_eq!(keeper.diary.lock().injected, 2);
    }

    #[test]
    fn a_monkey_that_is_stopped_leaves_fair_weather() {
        let script: super::super::script::Script = "at 0s for 1h latency user 1s".parse().unwrap();
        let weather = Weather::default();
        let monkey = Monkey::start(
            script.strikes(1, second(1)),
            weather.clone(),
            Clock::real(),
            Snapshots::default(),
        );
        let diary = monkey.unwrap().stop();
        assert!(weather.faults().is_empty());
        // Stopped before or after it could begin.
        assert!(diary.entries.iter().all(|entry| entry.ended.is_some()));
    }
}
