//! The watch over the heartbeats of a recorder. The writer thread checks them between its snapshots.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, Ring, fields};

use crate::{
    heartbeat::{HeartbeatRegistry, Pulse},
    stall::{StallChange, StallReport, StallWatch},
};

/// Maximum number of heartbeats that get a snapshot each if they change in the same check. More of them get
/// one snapshot together.
const OWN_SNAPSHOTS_MAX: usize = 8;
/// The name of many heartbeats in the reason of their snapshot.
const MANY: &str = "many";
/// Maximum number of bytes of names in an event.
const NAMES_MAX_BYTES: usize = 400;

/// The heartbeats of a recorder, and the watch over them.
#[derive(Debug)]
pub(crate) struct StallMonitor {
    registry: Arc<HeartbeatRegistry>,
    ring: Ring<'static>,
    watch: StallWatch<Weak<Pulse>>,
}

impl StallMonitor {
    /// Creates a monitor that reports a heartbeat after `limit` without a beat.
    pub(crate) fn new(
        registry: Arc<HeartbeatRegistry>,
        ring: Ring<'static>,
        limit: Duration,
    ) -> Self {
        Self {
            registry,
            ring,
            watch: StallWatch::new(limit),
        }
    }

    /// Notes that the writer thread did something else until `now`. Call this after each snapshot.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.watch.resume(now);
    }

    /// Checks all heartbeats. Records events that name those which are missed or have returned, and calls
    /// `request` with the reasons of their snapshots. Returns the time of the next check, or `None` if
    /// there is no heartbeat.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        mut request: impl FnMut(String),
    ) -> Option<Instant> {
        let Self {
            registry,
            ring,
            watch,
        } = self;
        for new in registry.take_new() {
            if let Some(pulse) = new.pulse.upgrade() {
                watch.add(new.name, new.pulse, pulse.progress(ring));
            }
        }
        let mut changed: [Vec<Changed>; 2] = Default::default();
        let next = watch.check(
            now,
            |pulse| Some(pulse.upgrade()?.progress(ring)),
            |report| {
                let silent = report.silent;
                let name = report.name.to_owned();
                changed[usize::from(report.change == StallChange::Returned)]
                    .push(Changed { name, silent });
            },
        );
        let [missed, returned] = changed;
        report(StallChange::Missed, &missed, &mut request);
        report(StallChange::Returned, &returned, &mut request);
        next
    }
}

/// A heartbeat that has changed, and the time without a beat.
#[derive(Debug)]
struct Changed {
    name: String,
    silent: Duration,
}

/// Records the changes of one kind in a check, and requests their snapshots: one for each of a few, and one
/// for all of many.
fn report(change: StallChange, changed: &[Changed], request: &mut impl FnMut(String)) {
    fn of(change: StallChange, name: &str, silent: Duration) -> StallReport<'_> {
        StallReport {
            name,
            change,
            silent,
        }
    }
    if changed.len() <= OWN_SNAPSHOTS_MAX {
        for Changed { name, silent } in changed {
            let report = of(change, name, *silent);
            record(report);
            request(report.reason());
        }
        return;
    }
    // An event for each of them would overwrite what preceded the stall.
    let mut names = String::new();
    let mut silent = Duration::ZERO;
    for each in changed {
        if names.len() + each.name.len() > NAMES_MAX_BYTES {
            record(of(change, &names, silent));
            (names, silent) = (String::new(), Duration::ZERO);
        }
        if !names.is_empty() {
            names += "', '";
        }
        names += &each.name;
        silent = silent.max(each.silent);
    }
    record(of(change, &names, silent));
    request(of(change, MANY, Duration::ZERO).reason());
}

/// Records a report, even if the filter disables such an event.
fn record(report: StallReport<'_>) {
    static MISSED: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Error,
        target: "stall",
        file: file!(),
        line: line!(),
        text: "no beat of '{0}' for {1} ms",
        names: &["heartbeat", "silent_ms"],
        more_kinds: &[],
    };
    static RETURNED: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Warn,
        target: "stall",
        file: file!(),
        line: line!(),
        text: "'{0}' beats again after {1} ms",
        names: &["heartbeat", "silent_ms"],
        more_kinds: &[],
    };
    static MISSED_CALLSITE: Callsite = Callsite::new(&MISSED);
    static RETURNED_CALLSITE: Callsite = Callsite::new(&RETURNED);

    let silent_ms = u64::try_from(report.silent.as_millis()).unwrap_or(u64::MAX);
    let callsite = match report.change {
        StallChange::Missed => &MISSED_CALLSITE,
        StallChange::Returned => &RETURNED_CALLSITE,
    };
    callsite.record_always(fields![report.name, silent_ms]);
}

#[cfg(test)]
mod tests {
    use ttlog_core::{Geometry, RecordHeader, Word, Writer, ring::Run};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(4);

    /// A monitor, a writer that stands for a thread, and the time.
    struct Trial {
        monitor: StallMonitor,
        writer: Writer<'static>,
        now: Instant,
    }

    impl Trial {
        fn new() -> Self {
            let geometry = Geometry { page_words: 128 };
            let words = (0..geometry.memory_words(4)).map(|_| Word::new(0));
            let memory = words.collect::<Vec<_>>().leak();
            let ring = Ring::new(memory, geometry, Run::default()).unwrap();
            let writer = Writer::new();
            writer.set_number(ring.next_writer());
            Self {
                monitor: StallMonitor::new(Arc::default(), ring, LIMIT),
                writer,
                now: Instant::now(),
            }
        }

        fn log(&self) {
            let header = RecordHeader::new(1, Level::Info);
            let ring = &self.monitor.ring;
            (self.writer.write(ring, 0, header, &|_: &[Word]| {})).unwrap();
        }

        /// Checks once in each quarter of the limit. Returns the reasons of the snapshots.
        fn check(&mut self, times: u32) -> Vec<String> {
            let mut reasons = Vec::new();
            for _ in 0..times {
                self.monitor.check(self.now, |reason| reasons.push(reason));
                self.now += LIMIT / 4;
            }
            reasons
        }
    }

    #[test]
    fn a_heartbeat_that_is_not_beaten_is_missed_until_it_is_dropped() {
        let mut trial = Trial::new();
        let heartbeat = trial.monitor.registry.register("scheduler");
        assert_eq!(trial.check(4), [""; 0]);
        heartbeat.beat();
        assert_eq!(trial.check(4), [""; 0]);
        assert_eq!(trial.check(10), ["stall_scheduler"]);
        heartbeat.beat();
        assert_eq!(trial.check(1), ["stall_scheduler_over"]);
        drop(heartbeat);
        assert_eq!(trial.check(10), [""; 0]);
        assert_eq!(trial.monitor.check(trial.now, drop), None);
    }

    #[test]
    fn many_heartbeats_that_change_at_once_share_a_snapshot() {
        let mut trial = Trial::new();
        let register = |number: usize| {
            let name = format!("worker {number}");
            trial.monitor.registry.register(&name)
        };
        let few: Vec<_> = (0..OWN_SNAPSHOTS_MAX).map(register).collect();
        assert_eq!(trial.check(5).len(), OWN_SNAPSHOTS_MAX);
        let many: Vec<_> = (0..2_000)
            .map(|number| trial.monitor.registry.register(&number.to_string()))
            .collect();
        assert_eq!(trial.check(5), ["stall_many"]);
        for heartbeat in &many {
            heartbeat.beat();
        }
        assert_eq!(trial.check(1), ["stall_many_over"]);
        drop(few);
    }

    #[test]
    fn each_event_of_a_watched_thread_is_a_beat() {
        let mut trial = Trial::new();
        trial.log();
        let thread = trial.monitor.registry.register_thread("worker", 1);
        for _ in 0..100 {
            assert_eq!(trial.check(3), [""; 0]);
            trial.log();
        }
        assert_eq!(trial.check(10), ["stall_worker"]);
        trial.log();
        assert_eq!(trial.check(1), ["stall_worker_over"]);
        drop(thread);
    }

    #[test]
    fn an_event_in_a_shared_page_is_a_beat_of_a_thread_without_pages() {
        let mut trial = Trial::new();
        let thread = trial.monitor.registry.register_thread("worker", 9);
        trial.log();
        assert_eq!(trial.check(5), ["stall_worker"]);
        trial.monitor.ring.count_shared();
        assert_eq!(trial.check(1), ["stall_worker_over"]);
        drop(thread);
    }

    #[test]
    fn the_snapshot_after_a_return_differs_in_its_file_name_for_the_longest_name() {
        let mut trial = Trial::new();
        let name = "n".repeat(1_000);
        let heartbeat = trial.monitor.registry.register(&name);
        let missed = trial.check(5).remove(0);
        heartbeat.beat();
        let returned = trial.check(1).remove(0);
        let part = |reason: &str| crate::reason::Reason::new(reason).file_name_part();
        assert_ne!(part(&missed), part(&returned));
    }
}
