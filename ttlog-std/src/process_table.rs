//! Processes: the names that files have of them, and whether they are running.

use std::{
    fmt::Debug,
    fs, process,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{io::Errno, process::Pid};

/// A process, among all processes that may use a directory.
///
/// A process id alone is not enough: it is used again, and each container has process ids of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ProcessName {
    pub(crate) pid: u32,
    /// The start of the process, in ticks since the start of the machine; 0 if it is not known.
    pub(crate) start: u64,
    /// A hash of the start of the machine and of the name space of process ids.
    pub(crate) scope: u32,
}

/// The processes that this process can see.
pub(crate) trait ProcessTable: Debug + Send + Sync {
    /// Returns the name of this process. It changes if the process forks.
    fn this(&self) -> ProcessName;

    /// Returns whether a process of this scope is running. Returns `true` if that is not known.
    fn is_running(&self, name: ProcessName) -> bool;

    /// Returns the time at which the machine was started, if it is known.
    fn boot_time(&self) -> Option<SystemTime>;
}

/// The processes of the operating system.
#[derive(Debug, Default)]
pub(crate) struct OsProcessTable {
    /// The name of this process. A child after a fork has another one.
    this: Mutex<Option<ProcessName>>,
}

impl ProcessTable for OsProcessTable {
    fn this(&self) -> ProcessName {
        let pid = process::id();
        let read = || ProcessName {
            pid,
            start: start(pid).unwrap_or_default(),
            scope: scope(),
        };
        // A lock that is held, by a thread that did not survive a fork for example, is not waited for.
        let Ok(mut this) = self.this.try_lock() else {
            return read();
        };
        match *this {
            Some(name) if name.pid == pid => name,
            _ => *this.insert(read()),
        }
    }

    fn is_running(&self, name: ProcessName) -> bool {
        let Some(pid) = i32::try_from(name.pid).ok().and_then(Pid::from_raw) else {
            return false;
        };
        if rustix::process::test_kill_process(pid) == Err(Errno::SRCH) {
            return false;
        }
        // Another process may have the id now.
        match start(name.pid) {
            Some(start) => name.start == 0 || start == name.start,
            None => true,
        }
    }

    fn boot_time(&self) -> Option<SystemTime> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds.trim().parse().ok()?))
    }
}

/// Returns the start of a process, in ticks since the start of the machine.
fn start(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in brackets, and may contain spaces and brackets itself.
    let (_, fields) = stat.rsplit_once(')')?;
    // The first field after the name is the third of the line, and the start is the 22nd.
    fields.split_whitespace().nth(19)?.parse().ok()
}

fn scope() -> u32 {
    let boot = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let host = rustix::system::uname();
    [
        &*boot,
        space.as_os_str().as_encoded_bytes(),
        host.nodename().to_bytes(),
    ]
    .into_iter()
    .flatten()
    // FNV-1a, which is the same in every build.
    .fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn this_process_is_running_and_keeps_its_name() {
        let table = OsProcessTable::default();
        assert_eq!(table.this().pid, process::id());
        assert_eq!(table.this(), OsProcessTable::default().this());
        assert!(table.is_running(table.this()));
    }

    #[test]
    fn a_process_that_has_ended_is_not_running() {
        let table = OsProcessTable::default();
        let mut child = Command::new("true").spawn().unwrap();
        let ended = ProcessName {
            pid: child.id(),
            ..table.this()
        };
        child.wait().unwrap();
        assert!(!table.is_running(ended));
        for pid in [0, u32::MAX] {
            assert!(!table.is_running(ProcessName { pid, ..ended }));
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_later_process_with_the_same_id_is_another_one() {
        let table = OsProcessTable::default();
        let this = table.this();
        let earlier = ProcessName {
            start: this.start - 1,
            ..this
        };
        assert!(!table.is_running(earlier));
        assert!(table.boot_time().unwrap() < SystemTime::now());
    }
}
