//! The names of snapshots and of files that are being written.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;

use crate::{process_table::ProcessName, reason::Reason};

/// The first and the last second whose year has four digits.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Returns whether a snapshot may have the name.
pub(crate) fn is_snapshot(name: &str) -> bool {
    name.starts_with("ttlog-") && name.ends_with(".bin")
}

/// Returns whether a file that is being written may have the name.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(".ttlog-") && name.ends_with(".tmp")
}

/// The names of a snapshot: process, second and reason, and a number if the name is in use.
pub(crate) struct SnapshotNames {
    stem: String,
}

impl SnapshotNames {
    pub(crate) fn new(pid: u32, now: SystemTime, reason: &Reason) -> Self {
        let reason = reason.file_name_part();
        let time = digits(now);
        Self {
            stem: format!("ttlog-{pid}-{time}-{reason}"),
        }
    }

    /// Returns the name with a number. The first is 1.
    pub(crate) fn numbered(&self, number: u32) -> String {
        let stem = &self.stem;
        match number {
            1 => format!("{stem}.bin"),
            number => format!("{stem}-{number}.bin"),
        }
    }
}

/// Returns `YYYYMMDDHHMMSS`. Years before 0 and after 9999 become the first and the last such year.
fn digits(time: SystemTime) -> String {
    let seconds = seconds(time).clamp(*SECONDS.start(), *SECONDS.end());
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y%m%d%H%M%S").to_string()
}

/// Returns the whole seconds since 1970, which are negative before.
fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let whole = before.as_secs() + u64::from(before.subsec_nanos() != 0);
            i64::try_from(whole).map_or(i64::MIN, |seconds| -seconds)
        }
    }
}

/// Returns the name of a file that a process is writing. `serial` differs for each file of the process,
/// and `time` for each process if `name.start` is not known.
pub(crate) fn temporary(name: ProcessName, serial: u32, time: SystemTime) -> String {
    let ProcessName { pid, start, scope } = name;
    let unique = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let unique = unique.subsec_nanos();
    format!(".ttlog-{pid}-{start}-{scope:08x}-{serial}-{unique}.tmp")
}

/// Returns the process that writes a temporary file, if the name states it.
pub(crate) fn process_of(temporary: &str) -> Option<ProcessName> {
    let rest = temporary.strip_prefix(".ttlog-")?.strip_suffix(".tmp")?;
    let mut parts = rest.split('-');
    let name = ProcessName {
        pid: parts.next()?.parse().ok()?,
        start: parts.next()?.parse().ok()?,
        scope: u32::from_str_radix(parts.next()?, 16).ok()?,
    };
    (parts.count() == 2).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_name_has_fourteen_digits_whatever_the_clock_states() {
        let day = Duration::from_hours(24);
        for (time, expected) in [
            (UNIX_EPOCH, "19700101000000"),
            (UNIX_EPOCH - Duration::from_millis(1), "19691231235959"),
            (UNIX_EPOCH + day * 20_000, "20241004000000"),
            (UNIX_EPOCH - day * 800_000, "00000101000000"),
            (UNIX_EPOCH + day * 4_000_000, "99991231235959"),
            (
                UNIX_EPOCH + Duration::from_secs(i64::MAX as u64),
                "99991231235959",
            ),
        ] {
            let names = SnapshotNames::new(7, time, &Reason::new("late"));
            assert_eq!(names.numbered(1), format!("ttlog-7-{expected}-late.bin"));
            assert_eq!(names.numbered(2), format!("ttlog-7-{expected}-late-2.bin"));
        }
    }

    #[test]
    fn the_name_of_a_temporary_file_states_its_process() {
        let name = ProcessName {
            pid: 7,
            start: 1_234,
            scope: 0xabc,
        };
        let temporary = temporary(name, 3, UNIX_EPOCH - Duration::from_secs(1));
        assert!(is_temporary(&temporary) && !is_snapshot(&temporary));
        assert_eq!(process_of(&temporary), Some(name));
        for other in [".ttlog-.tmp", ".ttlog-7-3-1700.tmp", ".ttlog-a-b-c-d-e.tmp"] {
            assert!(is_temporary(other));
            assert_eq!(process_of(other), None, "{other}");
        }
    }
}
