//! Snapshots: how a service asks the recorder to keep what led up to this moment.

use core::{fmt, time::Duration};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Instant, SystemTime},
};

use ttlog_std::SnapshotSender;

use crate::shared::Shared;

/// Reasons that begin so are evidence: each such moment must be in some snapshot. Of all others, a
/// sample is enough.
const EVIDENCE: [&str; 2] = ["order_failed", "chaos_"];

/// Reasons that begin so are rare, and each such moment gets a snapshot of its own.
const SINGULAR: &str = "chaos_";

/// A service's way to ask for a snapshot. Without a recorder, as in tests, asking does nothing.
///
/// Asking never blocks. Requests that come too close together for one reason are merged, so a
/// service asks whenever it has cause and counts nothing itself.
#[derive(Clone, Default)]
pub struct Snapshots(Option<Arc<Desk>>);

/// Where the requests arrive.
struct Desk {
    sender: SnapshotSender,
    /// How far apart two snapshots of one reason are.
    apart: Duration,
    asked: Shared<Asked>,
}

#[derive(Default)]
struct Asked {
    requests: u64,
    last: HashMap<String, Instant>,
    /// Evidence that is in no snapshot yet.
    owed: Option<Owed>,
    /// Whether each reason gets its first snapshot only.
    thrifty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Owed {
    first: SystemTime,
    last: SystemTime,
    /// What the last one was.
    reason: String,
}

impl Snapshots {
    /// Asks the recorder behind `sender`, for each reason once in a time of `apart`.
    #[must_use]
    pub fn through(sender: SnapshotSender, apart: Duration) -> Self {
        Self(Some(Arc::new(Desk {
            sender,
            apart,
            asked: Shared::default(),
        })))
    }

    /// Asks for a snapshot named after `reason`.
    pub fn take(&self, reason: &str) {
        self.take_after(reason, Duration::ZERO);
    }

    /// Asks for a snapshot after some time, to hold what followed as well.
    pub fn take_after(&self, reason: &str, delay: Duration) {
        let Some(desk) = &self.0 else { return };
        let due = desk
            .asked
            .lock()
            .ask(reason, desk.apart, Instant::now(), SystemTime::now());
        if due {
            // Nobody waits for the file: the album finds it, and a failure is in the recorder's
            // own counts.
            drop(desk.sender.request_snapshot_after(reason, delay));
        }
    }

    /// Since when there is evidence that no snapshot holds, and the reason of the last of it.
    #[must_use]
    pub fn owed(&self) -> Option<(SystemTime, String)> {
        let desk = self.0.as_ref()?;
        let owed = desk.asked.lock().owed.clone()?;
        Some((owed.first, owed.reason))
    }

    /// Says whether the recorder has written more than it should: then each reason gets its first
    /// snapshot only, until that is over.
    pub fn be_thrifty(&self, thrifty: bool) {
        if let Some(desk) = &self.0 {
            desk.asked.lock().thrifty = thrifty;
        }
    }

    /// A snapshot holds everything up to `taken`.
    pub fn covered(&self, taken: SystemTime) {
        if let Some(desk) = &self.0 {
            desk.asked.lock().cover(taken);
        }
    }

    /// How many times anybody asked.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.0.as_ref().map_or(0, |desk| desk.asked.lock().requests)
    }
}

impl Asked {
    /// Notes a request; answers whether it is due, or comes too soon after the last one.
    fn ask(&mut self, reason: &str, apart: Duration, now: Instant, wall: SystemTime) -> bool {
        self.requests += 1;
        if EVIDENCE.iter().any(|start| reason.starts_with(start)) {
            self.owed = Some(Owed {
                first: self.owed.as_ref().map_or(wall, |owed| owed.first),
                last: wall,
                reason: reason.to_owned(),
            });
        }
        let last = self.last.get(reason);
        let too_soon = !reason.starts_with(SINGULAR)
            && last
                .is_some_and(|last| self.thrifty || now.saturating_duration_since(*last) < apart);
        if !too_soon {
            self.last.insert(reason.to_owned(), now);
        }
        !too_soon
    }

    fn cover(&mut self, taken: SystemTime) {
        if self.owed.as_ref().is_some_and(|owed| owed.last <= taken) {
            self.owed = None;
        } else if let Some(owed) = &mut self.owed {
            owed.first = owed.first.max(taken);
        }
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.is_some();
        out.debug_struct("Snapshots").field("kept", &kept).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_reason_is_asked_for_once_in_a_time() {
        let mut asked = Asked::default();
        let (start, wall) = (Instant::now(), SystemTime::now());
        let mut ask = |reason, at| asked.ask(reason, 10 * SECOND, start + at, wall);
        assert!(ask("a", SECOND));
        assert!(ask("b", 2 * SECOND));
        assert!(!ask("a", 10 * SECOND));
        assert!(ask("a", 11 * SECOND));
        assert!(ask("chaos_CPU_Spike", SECOND));
        assert!(ask("chaos_CPU_Spike", 2 * SECOND));
        assert_eq!(asked.requests, 6);
    }

    #[test]
    fn evidence_is_owed_until_a_later_snapshot_holds_it() {
        let mut asked = Asked::default();
        let wall = SystemTime::now();
        let ask = |asked: &mut Asked, reason, at| {
            asked.ask(reason, SECOND, Instant::now(), wall + at);
        };
        ask(&mut asked, "order_placed", SECOND);
        assert_eq!(asked.owed, None);
        ask(&mut asked, "order_failed_payment", 2 * SECOND);
        ask(&mut asked, "chaos_CPU_Spike", 4 * SECOND);
        let owed = |asked: &Asked| asked.owed.as_ref().map(|owed| [owed.first, owed.last]);
        asked.cover(wall + SECOND);
        assert_eq!(owed(&asked), Some([wall + 2 * SECOND, wall + 4 * SECOND]));
        asked.cover(wall + 3 * SECOND);
        assert_eq!(owed(&asked), Some([wall + 3 * SECOND, wall + 4 * SECOND]));
        asked.cover(wall + 4 * SECOND);
        assert_eq!(owed(&asked), None);
    }

    #[test]
    fn who_is_thrifty_takes_the_first_of_each_reason_only() {
        let mut asked = Asked {
            thrifty: true,
            ..Asked::default()
        };
        let (start, wall) = (Instant::now(), SystemTime::now());
        assert!(asked.ask("a", SECOND, start, wall));
        assert!(!asked.ask("a", SECOND, start + 9 * SECOND, wall));
        asked.thrifty = false;
        assert!(asked.ask("a", SECOND, start + 9 * SECOND, wall));
    }

    #[test]
    fn without_a_recorder_asking_does_nothing() {
        let snapshots = Snapshots::default();
        snapshots.take("order_failed_payment");
        assert_eq!((snapshots.requests(), snapshots.owed()), (0, None));
    }
}
