//! The process: the computing time and the memory that it takes, where the system tells.

use core::time::Duration;
use std::{fs, path::PathBuf};

/// What the process has taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Computing time of all its threads.
    pub cpu: Option<Duration>,
    /// Of that, the time of the thread that writes snapshots.
    pub writer: Option<Duration>,
    /// Memory that it has now.
    pub memory_bytes: Option<u64>,
}

impl Usage {
    /// The share of the snapshot writer in the computing time, from 0 to 1.
    #[must_use]
    pub fn writer_share(&self) -> Option<f64> {
        let cpu = self.cpu.filter(|cpu| !cpu.is_zero())?;
        Some(self.writer?.as_secs_f64() / cpu.as_secs_f64())
    }
}

/// Reads the usage of this process.
#[derive(Debug, Default)]
pub struct Process {
    /// Where the system shows the writer thread; looked for once it is there.
    writer: Option<PathBuf>,
}

/// The name of the thread that writes snapshots.
const WRITER: &str = "ttlog-writer";
/// Where Linux shows the threads of the process.
const TASKS: &str = "/proc/self/task";

impl Process {
    /// Reads what the system shows now; some ten microseconds.
    pub fn usage(&mut self) -> Usage {
        if self.writer.is_none() {
            self.writer = find_thread(WRITER);
        }
        Usage {
            cpu: cpu(),
            writer: self.writer.as_ref().and_then(|task| {
                let text = fs::read_to_string(task.join("schedstat")).ok()?;
                on_cpu(&text)
            }),
            memory_bytes: fs::read_to_string("/proc/self/status")
                .ok()
                .and_then(|text| resident_bytes(&text)),
        }
    }
}

#[cfg(unix)]
fn cpu() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

#[cfg(not(unix))]
fn cpu() -> Option<Duration> {
    None
}

fn find_thread(name: &str) -> Option<PathBuf> {
    let tasks = fs::read_dir(TASKS).ok()?;
    tasks.flatten().map(|task| task.path()).find(|task| {
        fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    })
}

/// The first number of a `schedstat`: nanoseconds on a core.
fn on_cpu(schedstat: &str) -> Option<Duration> {
    let ns = schedstat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(ns))
}

/// The resident set in a `status`: `VmRSS:     1234 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let rest = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_shows_is_understood() {
        assert_eq!(on_cpu("1500 66278 1\n"), Some(Duration::from_nanos(1500)));
        let status = "Name:\tshop\nVmPeak:\t 9 kB\nVmRSS:\t     12 kB\n";
        assert_eq!(resident_bytes(status), Some(12 << 10));
        assert_eq!((on_cpu(""), resident_bytes("VmRSS: much")), (None, None));
    }

    #[test]
    fn a_share_is_of_the_whole() {
        let usage = Usage {
            cpu: Some(Duration::from_secs(4)),
            writer: Some(Duration::from_secs(1)),
            memory_bytes: None,
        };
        assert_eq!(usage.writer_share(), Some(0.25));
        assert_eq!(Usage::default().writer_share(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_something() {
        let usage = Process::default().usage();
        assert!(usage.cpu.is_some() && usage.memory_bytes > Some(1 << 20));
    }
}
