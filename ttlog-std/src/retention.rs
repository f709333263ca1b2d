//! The retention: limits of this service's snapshots in the directory.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::worth::{self, OwnFile};

/// The limits of a service's snapshots in the directory. After each snapshot, the recorder removes
/// snapshots until none of the limits is exceeded.
///
/// The recorder removes only snapshots whose headers state the same service, and that belong to the user
/// of the process. The snapshot that was just written always stays.
///
/// # Order
///
/// The least worth goes first, and among files of the same worth the oldest. The time of a file is the
/// moment that its header states, so copying a file does not make it newer. From least to most worth:
///
/// 1. Repetitions: a run has an older file with the same reason.
/// 2. The first file of each reason of a run.
/// 3. Repeated crashes: panics, signals, and rings that a killed process left behind.
/// 4. The first file of each reason among the crashes of a run.
///
/// A hundred snapshots of a noisy reason thus do not remove the file of a panic. The limit of age holds
/// for all files, whatever their worth.
///
/// # Cost
///
/// The recorder keeps a list of the files in memory. It lists the directory at most once a minute, and
/// reads the header of each file once. A snapshot of another process is noticed within a minute.
///
/// # Examples
///
/// At most 20 snapshots of the last day, up to 64 MiB:
///
/// ```
/// use std::time::Duration;
/// use ttlog_std::Retention;
///
/// let retention = Retention::default().count(20).bytes(64 << 20).age(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    count: usize,
    bytes: u64,
    age: Duration,
}

impl Default for Retention {
    /// Keeps 100 snapshots, up to 256 MiB.
    fn default() -> Self {
        Self {
            count: 100,
            bytes: 256 << 20,
            age: Duration::MAX,
        }
    }
}

impl Retention {
    /// Keeps all snapshots. Limits may be added:
    ///
    /// ```
    /// use std::time::Duration;
    /// use ttlog_std::Retention;
    ///
    /// let by_age = Retention::unlimited().age(Duration::from_hours(24 * 30));
    /// ```
    #[must_use]
    pub const fn unlimited() -> Self {
        Self {
            count: usize::MAX,
            bytes: u64::MAX,
            age: Duration::MAX,
        }
    }

    /// Keeps at most `count` snapshots. Default: 100.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().count(2);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Keeps at most `bytes` bytes of snapshots in all. Default: 256 MiB.
    ///
    /// # Examples
    ///
    /// The newest snapshot stays, whatever its size:
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().bytes(1);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Removes snapshots that are older than `age`. Default: no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().age(Duration::ZERO);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Returns the files to remove, least worth first. Never returns a file in `fresh`.
    ///
    /// Two threads may write a file at the same time. The limits hold without all but one of these files, so
    /// that a repetition which must not be removed yet does not remove a file of more worth.
    pub(crate) fn excess<'f>(
        &self,
        files: &'f [OwnFile],
        fresh: &[&str],
        now: SystemTime,
    ) -> Vec<&'f OwnFile> {
        let now_ns = unix_ns(now);
        let age_ns = self.age.as_nanos();
        let others = || {
            let mut fresh = files.iter().filter(|file| fresh.contains(&&*file.name));
            // The one that stays in the limits.
            let _ = fresh.next();
            fresh
        };
        let mut count = files.len() - others().count();
        let bytes = |file: &OwnFile| file.bytes;
        let mut bytes = files.iter().map(bytes).sum::<u64>() - others().map(bytes).sum::<u64>();
        let removable = worth::ordered(files).into_iter().map(|(_, file)| file);
        removable
            .filter(|file| !fresh.contains(&&*file.name))
            .filter(|file| {
                let is_old = now_ns.saturating_sub(file.moment_ns.into()) > age_ns;
                let is_excess = is_old || count > self.count || bytes > self.bytes;
                if is_excess {
                    count -= 1;
                    bytes -= file.bytes;
                }
                is_excess
            })
            .collect()
    }
}

/// Returns the nanoseconds since 1970; 0 before.
fn unix_ns(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use ttlog_core::snapshot::SnapshotKind;

    use super::*;

    fn file(second: u64, reason: &str, kind: SnapshotKind) -> OwnFile {
        OwnFile {
            name: format!("{second}"),
            run: Some(1),
            reason: reason.to_owned(),
            kind: Some(kind),
            moment_ns: second * 1_000_000_000,
            bytes: 10,
        }
    }

    fn names(files: &[OwnFile], retention: Retention, newest: &str, second: u64) -> Vec<String> {
        let now = UNIX_EPOCH + Duration::from_secs(second);
        let excess = retention.excess(files, &[newest], now);
        excess.iter().map(|file| file.name.clone()).collect()
    }

    #[test]
    fn repetitions_go_first_and_the_first_crash_goes_last() {
        use SnapshotKind::{Panic, Request, Signal};
        let files = [
            file(1, "panic", Panic),
            file(2, "slow", Request),
            file(3, "panic", Panic),
            file(4, "slow", Request),
            file(5, "slow", Request),
            file(6, "sigsegv", Signal),
            file(7, "other", Request),
            file(8, "slow", Request),
        ];
        let unlimited = Retention::unlimited();
        let all = names(&files, unlimited.count(0), "8", 9);
        assert_eq!(all, ["4", "5", "2", "7", "3", "1", "6"]);
        assert_eq!(names(&files, unlimited.count(6), "8", 9), ["4", "5"]);
        assert_eq!(
            names(&files, unlimited.bytes(45), "8", 9),
            ["4", "5", "2", "7"]
        );
        assert!(names(&files, unlimited, "8", 9).is_empty());
    }

    #[test]
    fn two_files_of_the_same_time_do_not_remove_the_first_crash() {
        use SnapshotKind::{Panic, Request};
        let files = [
            file(1, "panic", Panic),
            file(2, "slow", Request),
            file(3, "slow", Request),
            file(4, "slow", Request),
        ];
        let now = UNIX_EPOCH + Duration::from_secs(5);
        for retention in [
            Retention::unlimited().count(2),
            Retention::unlimited().bytes(20),
        ] {
            let removed = |fresh: &[&str]| -> Vec<_> {
                let excess = retention.excess(&files, fresh, now);
                excess.iter().map(|file| file.name.clone()).collect()
            };
            assert_eq!(removed(&["4", "3"]), ["2"]);
            assert_eq!(removed(&["4", "4"]), ["3", "2"]);
        }
    }

    #[test]
    fn the_limit_of_age_holds_for_all_files_but_the_newest() {
        let files = [1, 2, 3].map(|second| file(second, "panic", SnapshotKind::Panic));
        let retention = Retention::unlimited().age(Duration::from_secs(3));
        assert_eq!(names(&files, retention, "3", 5), ["1"]);
        assert_eq!(names(&files, retention, "1", 100), ["2", "3"]);
        // The clock was set back.
        assert!(names(&files, retention, "3", 0).is_empty());
    }
}
