//! The monitor: looks at all services each second, and acts on what it sees.
//!
//! ```text
//! meters ─► sample ─┬─► slo: does it burn?              ─► event, snapshot
//!                   └─► scaling: more or fewer?         ─► grow, shrink
//! process: computing time and memory ─► board ◄── all of it, for the dashboard and the report
//! ```

pub mod board;
pub mod process;
pub mod sample;
pub mod scaling;
pub mod slo;

use core::time::Duration;
use std::{
    io,
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ttlog_std::{debug, info, warn};

pub use self::board::Board;
use self::{
    board::Line,
    process::Process,
    sample::Sample,
    scaling::{Decision, Scaler, Work},
    slo::{Change, Slo},
};
use crate::{
    bus::{BreakerReading, Scalable, meter::Reading},
    clock::Clock,
    shared::Shared,
    snapshots::Snapshots,
};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);
/// The short window is this part of the run, within bounds; the long one is six times as long.
const SHORT_PARTS: u32 = 60;
const SHORT: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];
const LONG_SHORTS: u32 = 6;

/// Tells how the breakers stand.
pub type Breakers = Box<dyn Fn() -> Vec<BreakerReading> + Send>;

/// A thread that watches the services.
#[derive(Debug)]
pub struct Monitor {
    stop: Sender<()>,
    thread: JoinHandle<()>,
    board: Shared<Board>,
}

impl Monitor {
    /// Watches `services` and `breakers` in a run of `duration`.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(
        services: Vec<Arc<dyn Scalable>>,
        breakers: Breakers,
        duration: Duration,
        clock: Clock,
        snapshots: Snapshots,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded(1);
        let board = Shared::default();
        let [shortest, longest] = SHORT;
        let short = (duration / SHORT_PARTS).clamp(shortest, longest);
        let watches = services.into_iter().map(|service| Watch {
            service,
            slo: Slo::new(short, short * LONG_SHORTS),
            scaler: Scaler::default(),
            before: Sample::default(),
        });
        let mut watchman = Watchman {
            watches: watches.collect(),
            breakers,
            process: Process::default(),
            clock,
            snapshots,
            board: board.clone(),
        };
        let thread = Builder::new()
            .name("monitor".into())
            .spawn(move || watchman.run(&stopped))?;
        Ok(Self {
            stop,
            thread,
            board,
        })
    }

    /// What has been seen last.
    #[must_use]
    pub fn board(&self) -> Shared<Board> {
        self.board.clone()
    }

    /// Watches no more; answers with what was seen last.
    #[must_use]
    pub fn stop(self) -> Board {
        let _ = self.stop.try_send(());
        if self.thread.join().is_err() {
            warn!("monitor.watchman panicked");
        }
        self.board.lock().clone()
    }
}

struct Watchman {
    watches: Vec<Watch>,
    breakers: Breakers,
    process: Process,
    clock: Clock,
    snapshots: Snapshots,
    board: Shared<Board>,
}

/// What is known of one service.
struct Watch {
    service: Arc<dyn Scalable>,
    slo: Slo,
    scaler: Scaler,
    before: Sample,
}

impl Watchman {
    fn run(&mut self, stopped: &Receiver<()>) {
        loop {
            self.look();
            if stopped.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
    }

    fn look(&mut self) {
        let now = self.clock.now();
        let mut lines = Vec::with_capacity(self.watches.len());
        let (mut burns, mut outs, mut ins) = (0, 0, 0);
        for watch in &mut self.watches {
            let line = watch.look(now);
            burns += u64::from(watch.judge(&line, &self.snapshots));
            match watch.scale(&line, now) {
                Some(Decision::Out) => outs += 1,
                Some(Decision::In) => ins += 1,
                None => {}
            }
            lines.push(line);
        }
        let usage = self.process.usage();
        let mut board = self.board.lock();
        board.cores = usage.cpu.zip(board.usage.cpu).map(|(cpu, before)| {
            let seconds = now.saturating_sub(board.at).as_secs_f64();
            cpu.saturating_sub(before).as_secs_f64() / seconds.max(0.001)
        });
        let memory_bytes = usage.memory_bytes.unwrap_or_default();
        board.memory_max_bytes = board.memory_max_bytes.max(memory_bytes);
        board.at = now;
        board.usage = usage;
        board.services = lines;
        board.breakers = (self.breakers)();
        board.burns += burns;
        board.scaled_out += outs;
        board.scaled_in += ins;
        let cores = board.cores.unwrap_or_default();
        drop(board);
        debug!("monitor.process cores={cores:.2} memory_bytes={memory_bytes}");
    }
}

impl Watch {
    fn look(&mut self, now: Duration) -> Line {
        let reading = self.service.reading();
        let instances = self.service.instances();
        let queue = instances.iter().map(|it| it.queue).sum();
        let sample = sample(now, &reading, queue, instances.len());
        let (rate, busy) = (sample.rate(&self.before), sample.busy_share(&self.before));
        self.before = sample;
        Line {
            name: self.service.name(),
            rate,
            reading,
            instances,
            busy,
            burn: self.slo.burn(),
            burning: self.slo.is_burning(),
        }
    }

    /// Says when the service begins to burn and when that ends; answers whether it has begun.
    fn judge(&mut self, line: &Line, snapshots: &Snapshots) -> bool {
        let change = self.slo.watch(self.before);
        let (service, burn) = (line.name, self.slo.burn());
        let (short, long) = (burn.short, burn.long);
        let p95_ms = self.before.p95.as_secs_f64() * 1e3;
        match change {
            Some(Change::Burning) => {
                warn!(
                    "slo.burning service={service} short={short:.1} long={long:.1} p95_ms={p95_ms:.1}"
                );
                snapshots.take(&format!("slo_burn_{service}"));
            }
            Some(Change::Calm) => info!("slo.calm service={service} short={short:.1}"),
            None => {}
        }
        change == Some(Change::Burning)
    }

    /// Adds or takes away an instance where that is wanted; answers with what was done.
    fn scale(&mut self, line: &Line, now: Duration) -> Option<Decision> {
        let work = Work {
            queue: line.queue(),
            busy: line.busy,
            instances: line.instances.len(),
        };
        let decision = self.scaler.decide(work, now)?;
        let Work {
            queue,
            busy,
            instances,
        } = work;
        let service = line.name;
        let done = match decision {
            Decision::Out => self.service.grow().unwrap_or_else(|error| {
                warn!("scale.out failed service={service} error={error}");
                false
            }),
            Decision::In => self.service.shrink(),
        };
        if !done {
            // As many or as few as there may be.
            return None;
        }
        self.scaler.rest(now);
        match decision {
            Decision::Out => info!(
                "scale.out service={service} instances={instances} queue={queue} busy={busy:.2}"
            ),
            Decision::In => info!(
                "scale.in service={service} instances={instances} queue={queue} busy={busy:.2}"
            ),
        }
        Some(decision)
    }
}

fn sample(at: Duration, reading: &Reading, queue: usize, instances: usize) -> Sample {
    let bad = reading.late + reading.lost + reading.failed;
    Sample {
        at,
        ended: reading.requests + reading.lost,
        bad,
        busy: reading.busy,
        p95: reading.recent_p95,
        queue,
        instances,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{InstanceReading, InstanceState};

    /// A service that does as it is told.
    #[derive(Default)]
    struct Fake(Shared<(Reading, usize, usize)>);

    impl Scalable for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn reading(&self) -> Reading {
            self.0.lock().0
        }

        fn instances(&self) -> Vec<InstanceReading> {
            let (_, instances, queue) = *self.0.lock();
            let instance = |number| InstanceReading {
                number,
                state: InstanceState::Fit,
                queue,
                in_hand: queue,
                handled: 0,
                crashes: 0,
                busy: Duration::ZERO,
            };
            (1..=instances).map(instance).collect()
        }

        fn grow(&self) -> io::Result<bool> {
            let mut fake = self.0.lock();
            let grows = fake.1 < 4;
            fake.1 += usize::from(grows);
            Ok(grows)
        }

        fn shrink(&self) -> bool {
            let mut fake = self.0.lock();
            let shrinks = fake.1 > 2;
            fake.1 -= usize::from(shrinks);
            shrinks
        }
    }

    /// Looks so many times, a second apart, at a service with so many bad ones of a hundred
    /// requests each second, and such a queue at each instance.
    fn look(watchman: &mut Watchman, fake: &Fake, times: u64, bad: u64, queue: usize) {
        for _ in 0..times {
            watchman.clock.pause(LOOK);
            let mut state = fake.0.lock();
            state.0.requests += 100;
            state.0.late += bad;
            state.2 = queue;
            drop(state);
            watchman.look();
        }
    }

    #[test]
    fn a_service_in_trouble_is_seen_and_helped_and_left_alone_afterwards() {
        let fake = Arc::new(Fake::default());
        fake.0.lock().1 = 2;
        let mut watchman = Watchman {
            watches: vec![Watch {
                service: fake.clone(),
                slo: Slo::new(3 * LOOK, 18 * LOOK),
                scaler: Scaler::default(),
                before: Sample::default(),
            }],
            breakers: Box::new(Vec::new),
            process: Process::default(),
            clock: Clock::manual(),
            snapshots: Snapshots::default(),
            board: Shared::default(),
        };
        look(&mut watchman, &fake, 20, 0, 1);
        let board = watchman.board.lock().clone();
        assert_eq!((board.burns, board.scaled_out, board.scaled_in), (0, 0, 0));
        assert_eq!(board.services[0].rate, 100.0);

        look(&mut watchman, &fake, 20, 20, 30);
        let board = watchman.board.lock().clone();
        assert_eq!((board.burns, board.scaled_out), (1, 2));
        assert!(board.services[0].burning);
        assert_eq!(board.services[0].queue(), 4 * 30);

        look(&mut watchman, &fake, 40, 0, 0);
        let board = watchman.board.lock().clone();
        assert_eq!((board.burns, board.scaled_in), (1, 2));
        assert!(!board.services[0].burning);
        assert_eq!(board.services[0].instances.len(), 2);
    }
}
