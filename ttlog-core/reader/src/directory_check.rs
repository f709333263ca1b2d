//! Checks of a directory of snapshots, and of the wall clock. They need no recorder.

use std::{
    fmt::Display,
    fs, io, iter,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::Access,
    process::{Pid, test_kill_process},
};

use crate::{
    check::Check,
    snapshots::{Snapshots, list},
};

/// Minimum free space. It holds a few snapshots of a ring of the default size.
const SPACE_MIN_BYTES: u64 = 32 << 20;

/// 2020-01-01T00:00:00Z. A clock before has not been set.
const CLOCK_MIN: Duration = Duration::from_secs(1_577_836_800);

/// Maximum time until a directory responds.
const RESPONSE_LIMIT: Duration = Duration::from_secs(5);

/// Maximum time of all checks. They read all snapshots in the directory.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// Maximum number of paths in a text.
const PATHS_MAX: usize = 3;

/// Checks that a process of this user can write snapshots to a directory, and the files in it: temporary files
/// of processes that have ended, and damaged snapshots. Changes nothing.
///
/// # Cost
///
/// Reads all snapshots in the directory. Waits for the file system without a limit;
/// [`check_directory_on`] has one.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use ttlog_reader::check_directory;
///
/// let checks = check_directory(dir.path());
/// assert_eq!(checks[0].name, "directory");
/// assert!(checks[0].is_ok());
///
/// let missing = check_directory(&dir.path().join("missing"));
/// assert!(!missing[0].is_ok());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn check_directory(path: &Path) -> Vec<Check> {
    directory_checks(path).collect()
}

/// Makes a check with each step of the iterator.
fn directory_checks(path: &Path) -> impl Iterator<Item = Check> {
    let directory = check_kind(path);
    let checks: &[fn(&Path) -> Check] = if directory.is_ok() {
        &[
            check_access,
            check_space,
            check_temporary_files,
            check_snapshots,
        ]
    } else {
        &[]
    };
    iter::once(directory).chain(checks.iter().map(move |check| check(path)))
}

/// Makes the checks of [`check_directory`] on another thread, because a file system may never respond. `start`
/// starts a thread that calls its argument. If the directory does not respond within five seconds, or if the
/// checks have not ended within a minute, that is the finding, and the thread continues.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use ttlog_reader::check_directory_on;
///
/// # let dir = tempfile::tempdir()?;
/// let start = |run| thread::Builder::new().spawn(run).map(drop);
/// let checks = check_directory_on(dir.path(), start);
/// assert!(checks[0].is_ok());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn check_directory_on<E: Display>(
    path: &Path,
    start: impl FnOnce(Box<dyn FnOnce() + Send>) -> Result<(), E>,
) -> Vec<Check> {
    const NAME: &str = "directory";
    let shown = path.display();
    let (send, receive) = mpsc::channel();
    let directory = path.to_owned();
    let started = start(Box::new(move || {
        // Fails only if the caller does not wait any more.
        let _ = directory_checks(&directory).try_for_each(|check| send.send(check));
    }));
    if let Err(error) = started {
        let text = format!("{shown} is not checked: {error}");
        let cure = "raise the limit of threads (`ulimit -u`) or of memory (`ulimit -v`)";
        return vec![Check::problem(NAME, text, cure)];
    }
    let begun = Instant::now();
    let mut checks = Vec::new();
    let mut limit = RESPONSE_LIMIT;
    loop {
        match receive.recv_timeout(limit.saturating_sub(begun.elapsed())) {
            Ok(check) => checks.push(check),
            Err(RecvTimeoutError::Disconnected) => return checks,
            Err(RecvTimeoutError::Timeout) => {
                let text = format!("{shown}: no response within {} s", limit.as_secs());
                let cure = "check the disk, or the server of the file system; or give a directory on a \
                            local disk";
                checks.push(Check::problem(NAME, text, cure));
                return checks;
            }
        }
        limit = READ_LIMIT;
    }
}

/// Checks that the wall clock has been set.
///
/// # Examples
///
/// ```
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use ttlog_reader::check_wall_clock;
///
/// assert!(check_wall_clock(SystemTime::now()).is_ok());
/// assert!(!check_wall_clock(UNIX_EPOCH).is_ok());
/// ```
#[must_use]
pub fn check_wall_clock(now: SystemTime) -> Check {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    if since < CLOCK_MIN {
        return Check::problem(
            "wall clock",
            format!("{} s after 1970: it has not been set", since.as_secs()),
            "set the clock of the machine, for example by a time server",
        );
    }
    Check::ok("wall clock", "set")
}

fn check_kind(path: &Path) -> Check {
    const NAME: &str = "directory";
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Check::ok(NAME, shown.to_string()),
        Ok(metadata) if metadata.is_symlink() => Check::problem(
            NAME,
            format!("{shown} is a link"),
            "give the path of the directory itself",
        ),
        Ok(_) => Check::problem(
            NAME,
            format!("{shown} is not a directory"),
            "give the path of a directory",
        ),
        Err(error) => Check::problem(
            NAME,
            format!("{shown}: {error}"),
            format!("mkdir -p {shown}"),
        ),
    }
}

fn check_access(path: &Path) -> Check {
    const NAME: &str = "permissions";
    let (mode, owner) = match path.metadata() {
        Ok(metadata) => (metadata.permissions().mode(), metadata.uid()),
        Err(error) => return unreadable(NAME, path, &error),
    };
    let is_open = mode & 0o002 != 0;
    let is_sticky = mode & 0o1000 != 0;
    match rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK) {
        Err(error) => Check::problem(
            NAME,
            format!(
                "this user cannot create files: {error} (mode {:04o}, owner {owner})",
                mode & 0o7777
            ),
            "let the user of the program write to the directory, or give another one",
        ),
        Ok(()) if is_open && !is_sticky => Check::problem(
            NAME,
            format!(
                "every user can remove snapshots (mode {:04o})",
                mode & 0o7777
            ),
            format!("chmod +t {}", path.display()),
        ),
        Ok(()) => Check::ok(NAME, format!("mode {:04o}", mode & 0o7777)),
    }
}

fn check_space(path: &Path) -> Check {
    const NAME: &str = "space";
    let space = match rustix::fs::statvfs(path) {
        Ok(space) => space,
        Err(error) => return unreadable(NAME, path, &error.into()),
    };
    space_check(
        space.f_bavail.saturating_mul(space.f_frsize),
        // Some file systems have no fixed number of files, and state 0 for both.
        (space.f_files > 0).then_some(space.f_favail),
    )
}

/// Judges the number of free bytes, and the number of files that can be created.
fn space_check(bytes: u64, files: Option<u64>) -> Check {
    const NAME: &str = "space";
    let mib = bytes >> 20;
    if files == Some(0) {
        Check::problem(
            NAME,
            "the file system can hold no more files",
            "remove files, or give a directory on another file system",
        )
    } else if bytes < SPACE_MIN_BYTES {
        let min = SPACE_MIN_BYTES >> 20;
        Check::problem(
            NAME,
            format!("{mib} MiB left: a few snapshots need {min} MiB"),
            "remove files, or give a directory on another file system",
        )
    } else {
        Check::ok(NAME, format!("{mib} MiB left"))
    }
}

fn check_temporary_files(path: &Path) -> Check {
    const NAME: &str = "temporary files";
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return unreadable(NAME, path, &error),
    };
    let left: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let pid = name.to_str().and_then(pid_of_temporary);
            pid.is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
        })
        .map(|entry| entry.path())
        .collect();
    if left.is_empty() {
        return Check::ok(NAME, "none of a process that has ended");
    }
    Check::problem(
        NAME,
        format!(
            "{} of processes that have ended: {}",
            left.len(),
            some_of(&left)
        ),
        "remove them; a process that was killed while it wrote a snapshot leaves such a file",
    )
}

/// Returns the process id in the name of a temporary file, `.ttlog-<pid>-….tmp`.
fn pid_of_temporary(name: &str) -> Option<Pid> {
    let name = name.strip_prefix(".ttlog-")?.strip_suffix(".tmp")?;
    Pid::from_raw(name.split('-').next()?.parse().ok()?)
}

fn check_snapshots(path: &Path) -> Check {
    const NAME: &str = "snapshots";
    let paths = match list(path) {
        Ok(paths) => paths,
        Err(error) => return unreadable(NAME, path, &error),
    };
    let is_damaged = |path: &&PathBuf| {
        let mut snapshots = Snapshots::new();
        snapshots.open(path).is_err()
            || snapshots
                .files()
                .iter()
                .any(|file| file.damages.count() > 0)
    };
    let damaged: Vec<_> = paths.iter().filter(is_damaged).cloned().collect();
    if damaged.is_empty() {
        return Check::ok(NAME, format!("{}, all whole", paths.len()));
    }
    Check::problem(
        NAME,
        format!(
            "{} of {} are damaged: {}",
            damaged.len(),
            paths.len(),
            some_of(&damaged)
        ),
        "`dump FILE` shows what can be read and where the damage is; check the disk",
    )
}

fn unreadable(name: &'static str, path: &Path, error: &io::Error) -> Check {
    Check::problem(
        name,
        format!("{}: {error}", path.display()),
        "let this user read the directory",
    )
}

/// Returns the first paths.
fn some_of(paths: &[PathBuf]) -> String {
    let shown = paths.iter().take(PATHS_MAX);
    let shown: Vec<_> = shown.map(|path| path.display().to_string()).collect();
    let more = if paths.len() > PATHS_MAX { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, process};

    use super::*;

    /// Returns the names of the checks that have found a problem.
    fn problems(path: &Path) -> Vec<&'static str> {
        let checks = check_directory(path).into_iter();
        checks
            .filter(|check| !check.is_ok())
            .map(|check| check.name)
            .collect()
    }

    #[test]
    fn an_empty_directory_of_this_user_has_no_problem() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(problems(directory.path()), [""; 0]);
    }

    #[test]
    fn a_path_that_is_no_directory_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("file"), "").unwrap();
        symlink(directory.path(), path("link")).unwrap();
        for name in ["file", "link", "missing"] {
            assert_eq!(problems(&path(name)), ["directory"]);
        }
    }

    #[test]
    fn a_directory_in_which_every_user_can_remove_files_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        for (mode, expected) in [(0o777, &["permissions"][..]), (0o1777, &[])] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(problems(directory.path()), expected);
        }
    }

    #[test]
    fn little_space_or_no_room_for_a_file_is_a_problem() {
        assert!(space_check(SPACE_MIN_BYTES, None).is_ok());
        assert!(!space_check(SPACE_MIN_BYTES - 1, None).is_ok());
        assert!(!space_check(u64::MAX, Some(0)).is_ok());
    }

    #[test]
    fn a_temporary_file_of_a_process_that_has_ended_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        let create = |pid: u32| {
            let name = format!(".ttlog-{pid}-0-7.tmp");
            fs::write(directory.path().join(name), "").unwrap();
        };
        create(process::id());
        fs::write(directory.path().join(".ttlog-x.tmp"), "").unwrap();
        assert_eq!(problems(directory.path()), [""; 0]);
        // No process has the largest number.
        create(i32::MAX as u32);
        assert_eq!(problems(directory.path()), ["temporary files"]);
    }

    #[test]
    fn a_damaged_snapshot_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
        let bytes = fs::read(golden).unwrap();
        let path = directory.path().join("ttlog-1-20260101000000-panic.bin");
        fs::write(&path, &bytes).unwrap();
        assert_eq!(problems(directory.path()), [""; 0]);
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(problems(directory.path()), ["snapshots"]);
    }
}
