//! An event that goes through the ring, a file and the reader.

use std::{fs, path::PathBuf};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, fields};
use ttlog_reader::{Check, Snapshots};

use crate::{
    error::{self, SnapshotError},
    schedule::RequestWait,
};

/// The reason of the snapshot.
const REASON: &str = "self_test";

/// Records an event that holds `number`, calls `request` for a snapshot, reads the snapshot, and removes it.
/// `request` gets the reason, and returns the path of the file, or the error and the cause for which the request
/// still waits. `number` should be random, so that no earlier event is taken for this one.
pub(crate) fn check_round_trip(
    number: u64,
    request: impl FnOnce(&str) -> Result<PathBuf, (SnapshotError, Option<RequestWait>)>,
) -> Check {
    const NAME: &str = "event";
    record(number);
    let path = match request(REASON) {
        Ok(path) => path,
        Err((error, wait)) => {
            let (text, cure) = no_snapshot(&error, wait);
            return Check::problem(NAME, format!("no snapshot: {text}"), cure);
        }
    };
    let shown = path.display();
    let found = find(&path, number);
    let removed = fs::remove_file(&path);
    match (found, removed) {
        (Ok(true), Ok(())) => Check::ok(NAME, "recorded, saved and read"),
        (Ok(true), Err(error)) => Check::problem(
            NAME,
            format!("saved and read, but {shown} cannot be removed: {error}"),
            "let the user of the program remove files in the directory, so that old snapshots do not fill it",
        ),
        (Ok(false), _) => Check::problem(
            NAME,
            format!("recorded, but not in {shown}"),
            "give the ring more room by `Builder::events`: other threads overwrote the event at once",
        ),
        (Err(problem), _) => Check::problem(
            NAME,
            format!("{shown} cannot be read: {problem}"),
            "check the disk, and that no other program changes the file",
        ),
    }
}

/// Returns the problem of a request that got no file, and its cure.
fn no_snapshot(error: &SnapshotError, wait: Option<RequestWait>) -> (String, &'static str) {
    match (error, wait) {
        (_, Some(RequestWait::Budget)) => (
            "the files or bytes that requests may write in a minute are used up".to_owned(),
            "raise `Builder::files_a_minute`, make fewer requests, or repeat the check a minute later",
        ),
        (_, Some(RequestWait::CoolDown)) => (
            "the cool-down of the check before has not ended".to_owned(),
            "repeat the check after `Builder::cool_down`, or set a shorter one",
        ),
        (SnapshotError::TimedOut, None) => (
            error.to_string(),
            "see whether the directory responds: a network or a failing disk may not",
        ),
        (SnapshotError::File { .. }, None) => (
            error::chain(error),
            "see the checks of the directory, space and descriptors",
        ),
        // These errors state their cure.
        (_, None) => (
            error.to_string(),
            "check before the recorder ends, and while it keeps up with its requests",
        ),
    }
}

/// Records the event, even if the filter disables it.
fn record(number: u64) {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Info,
        target: "self_test",
        file: file!(),
        line: line!(),
        text: "self_test.event number={0}",
        names: &["number"],
        more_kinds: &[],
    };
    static CALLSITE: Callsite = Callsite::new(&METADATA);
    CALLSITE.record_always(fields![number]);
}

/// Returns whether a snapshot is whole and holds the event.
fn find(path: &PathBuf, number: u64) -> Result<bool, String> {
    let mut snapshots = Snapshots::new();
    snapshots.open(path).map_err(|error| error.to_string())?;
    let damage = snapshots.files().iter().find_map(|file| {
        let place = file.damages.places().first();
        place.map(ToString::to_string)
    });
    if let Some(damage) = damage {
        return Err(damage);
    }
    let message = format!("self_test.event number={number}");
    let mut events = snapshots.events();
    Ok(events.any(|event| event.message().to_string() == message))
}

#[cfg(test)]
mod tests {
    use std::{env, process::Command};

    use super::*;

    #[test]
    fn a_request_that_waits_blames_what_it_waits_for_and_not_the_directory() {
        let request = |wait| {
            let error = SnapshotError::TimedOut;
            check_round_trip(1, |_| Err((error, wait))).to_string()
        };
        let budget = request(Some(RequestWait::Budget));
        assert!(
            budget.contains("files_a_minute") && !budget.contains("directory"),
            "{budget}"
        );
        let cool_down = request(Some(RequestWait::CoolDown));
        assert!(cool_down.contains("`Builder::cool_down`"), "{cool_down}");
        assert!(request(None).contains("directory responds"));
    }

    /// The variable that states the snapshot directory of the child process.
    const DIRECTORY: &str = "TTLOG_TEST_ROUND_TRIP";

    /// Other tests of this process start recorders too, so the test runs again in a child process.
    #[test]
    fn an_event_is_found_in_its_snapshot_and_the_file_is_removed() {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let trace = crate::Trace::builder().directory(&directory).filter("off");
            let trace = trace.cool_down(std::time::Duration::ZERO).build().unwrap();
            let save = |reason: &str| {
                let path = trace.request_snapshot(reason).wait();
                path.map_err(|error| (error, None))
            };
            let check = check_round_trip(7, save);
            assert!(check.is_ok(), "{check}");
            assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);

            let damage = |reason: &str| {
                let path = save(reason)?;
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
                Ok(path)
            };
            assert!(!check_round_trip(8, damage).is_ok());
            let before = save("before").unwrap();
            let check = check_round_trip(9, |_| Ok(before));
            assert!(
                check.to_string().contains("recorded, but not in"),
                "{check}"
            );
            fs::remove_dir(&directory).unwrap();
            let check = check_round_trip(10, save);
            assert!(check.to_string().contains("no snapshot: "), "{check}");
            return;
        }
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("snapshots");
        fs::create_dir(&directory).unwrap();
        let name = "self_test::round_trip::tests::an_event_is_found_in_its_snapshot_and_the_file_is_removed";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(DIRECTORY, &directory)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{stderr}");
    }
}
