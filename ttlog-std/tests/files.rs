//! Snapshot files: their names, their rights, and directories that refuse them.

mod support;

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use ttlog_std::{Builder, Retention, SnapshotError, Trace, info};

/// There is one recorder in a process at a time.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().unwrap();
    let builder = Trace::builder()
        .events(1_000)
        .service("filer")
        .cool_down(Duration::ZERO)
        .directory(directory.path());
    (turn, directory, builder)
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn a_name_has_the_process_the_second_and_the_reason_and_the_file_is_its_owners_only() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let path = trace.request_snapshot("order_placed").wait().unwrap();
    let prefix = format!("ttlog-{}-", std::process::id());
    let rest = name(&path).strip_prefix(&prefix).unwrap();
    let (second, rest) = rest.split_at(14);
    assert!(second.starts_with("20") && second.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(rest, "-order_placed.bin");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    // Nothing else is left, a temporary file for example.
    assert_eq!(support::files(directory.path()), [path]);
}

#[test]
fn files_of_one_second_and_one_reason_are_numbered_and_none_is_replaced() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let paths: Vec<_> = (0..10)
        .map(|number| {
            info!("event {number}");
            trace.request_snapshot("again").wait().unwrap()
        })
        .collect();
    assert!(
        paths
            .iter()
            .any(|path| name(path).ends_with("-again-2.bin")),
        "{paths:?}"
    );
    for (number, path) in paths.iter().enumerate() {
        assert_eq!(support::read(path).events.len(), number + 1);
    }
    assert_eq!(support::files(directory.path()).len(), 10);
}

#[test]
fn a_hostile_reason_is_a_clean_name_in_the_same_directory() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let long = "x".repeat(10_000);
    for reason in [
        "../../etc/passwd",
        "/",
        "..",
        "a\0b",
        "a\nb",
        "",
        "ö/ü",
        &long,
    ] {
        let path = trace.request_snapshot(reason).wait().unwrap();
        assert_eq!(path.parent(), Some(directory.path()));
        let name = name(&path);
        assert!(name.len() < 128, "{name}");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        );
        let read = support::read(&path);
        assert!(reason.starts_with(&read.reason), "{:?}", read.reason);
    }
    assert_eq!(support::files(directory.path()).len(), 8);
}

#[test]
fn a_link_that_was_planted_at_the_name_is_not_followed() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("target");
    fs::write(&target, "precious").unwrap();
    // At each second that the snapshot may be of.
    let now = chrono::Utc::now();
    let planted: Vec<_> = (0..5)
        .map(|seconds| {
            let time = (now + chrono::Duration::seconds(seconds)).format("%Y%m%d%H%M%S");
            let name = format!("ttlog-{}-{time}-planted.bin", std::process::id());
            let path = directory.path().join(name);
            symlink(&target, &path).unwrap();
            path
        })
        .collect();
    let path = trace.request_snapshot("planted").wait().unwrap();
    assert!(name(&path).ends_with("-planted-2.bin"), "{path:?}");
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(
        planted
            .iter()
            .all(|path| fs::symlink_metadata(path).unwrap().is_symlink())
    );
}

/// A request fails and names the directory; with a fallback it succeeds there.
fn assert_refused(builder: Builder, bad: &Path) {
    let trace = builder.directory(bad).build().unwrap();
    let error = trace.request_snapshot("refused").wait().unwrap_err();
    assert!(error.to_string().contains(bad.to_str().unwrap()), "{error}");
    assert!(matches!(error, SnapshotError::File { .. }), "{error:?}");
    let stats = trace.stats();
    assert_eq!((stats.snapshots_written, stats.snapshots_failed), (0, 1));
    info!("the program goes on");
    assert!(trace.stats().recorded > 0);
    drop(trace);

    let fallback = tempfile::tempdir().unwrap();
    let trace = Trace::builder()
        .events(1_000)
        .directory(bad)
        .fallback_directory(fallback.path())
        .build()
        .unwrap();
    let path = trace.request_snapshot("refused").wait().unwrap();
    assert_eq!(path.parent(), Some(fallback.path()));
    support::read(&path);
    assert_eq!(trace.stats().snapshots_failed, 0);
}

#[test]
fn a_directory_that_is_not_there_or_is_none_is_an_error_that_names_it() {
    let (_turn, directory, builder) = turn();
    assert_refused(builder, &directory.path().join("missing"));
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert_refused(Trace::builder().events(1_000), &file);
    let link = directory.path().join("link");
    symlink(tempfile::tempdir().unwrap().path(), &link).unwrap();
    assert_refused(Trace::builder().events(1_000), &link);
    // Nor one to a good directory, with a slash at its end.
    let target = tempfile::tempdir().unwrap();
    let link = directory.path().join("good link");
    symlink(target.path(), &link).unwrap();
    assert_refused(Trace::builder().events(1_000), &link);
    let trace = Trace::builder()
        .directory(format!("{}/", link.display()))
        .build()
        .unwrap();
    assert!(trace.request_snapshot("slash").wait().is_err());
    assert!(support::files(target.path()).is_empty());
}

#[test]
fn a_directory_that_takes_no_files_is_an_error_that_names_it() {
    let (_turn, _directory, builder) = turn();
    // Nobody may write there, not even root.
    assert_refused(builder, Path::new("/proc/sys"));
}

/// A file system of its own, gone with the value; `None` where this user may not have one.
struct Mount(TempDir);

impl Mount {
    fn new(options: &str) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(place.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("SKIPPED: a small file system cannot be mounted here; root could");
        }
        mounted.then(|| Self(place))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_file_system_is_an_error_and_leaves_no_half_a_file() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("size=16k") else {
        return;
    };
    fs::write(mount.0.path().join("filler"), [1; 12 << 10]).unwrap();
    let trace = builder.directory(mount.0.path()).build().unwrap();
    for number in 0..1_000_u64 {
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        info!("{noise} {}", noise.rotate_left(31) ^ 0x1234_5678_9abc_def0);
    }
    let error = trace.request_snapshot("full").wait().unwrap_err();
    assert!(
        error.to_string().contains(mount.0.path().to_str().unwrap()),
        "{error}"
    );
    assert_eq!(
        support::files(mount.0.path()),
        [mount.0.path().join("filler")]
    );
    drop(trace);
}

#[test]
fn a_read_only_file_system_is_an_error_that_names_it() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("ro,size=64k") else {
        return;
    };
    assert_refused(builder, mount.0.path());
}

/// Two snapshots of another service, one that is none, and a file of another name.
fn strangers(directory: &Path) -> Vec<std::path::PathBuf> {
    let trace = Trace::builder()
        .service("stranger")
        .directory(directory)
        .build()
        .unwrap();
    trace.request_snapshot("theirs").wait().unwrap();
    trace.request_snapshot("also_theirs").wait().unwrap();
    drop(trace);
    fs::write(
        directory.join("ttlog-1-20200101000000-none.bin"),
        "no snapshot",
    )
    .unwrap();
    fs::write(directory.join("notes.txt"), "mine").unwrap();
    let files = support::files(directory);
    for path in &files {
        make_old(path);
    }
    files
}

fn make_old(path: &Path) {
    let day = Duration::from_hours(24);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(SystemTime::now() - day)
        .unwrap();
}

#[test]
fn retention_by_count_keeps_the_newest_and_every_strangers() {
    let (_turn, directory, builder) = turn();
    let strangers = strangers(directory.path());
    let trace = builder
        .retention(Retention::unlimited().count(3))
        .build()
        .unwrap();
    let mut own: Vec<_> = (0..6)
        .map(|number| {
            trace
                .request_snapshot(format!("own{number}"))
                .wait()
                .unwrap()
        })
        .collect();
    assert_eq!(trace.stats().snapshots_removed, 3);
    let mut left = own.split_off(3);
    left.extend(strangers);
    left.sort();
    assert_eq!(support::files(directory.path()), left);
}

#[test]
fn retention_by_bytes_and_by_age_keeps_the_newest_and_every_strangers() {
    for retention in [
        Retention::unlimited().bytes(1),
        Retention::unlimited().age(Duration::from_hours(1)),
    ] {
        let (_turn, directory, builder) = turn();
        let mut left = strangers(directory.path());
        let trace = builder.retention(retention).build().unwrap();
        let first = trace.request_snapshot("first").wait().unwrap();
        assert!(first.exists(), "the newest one stays, whatever its size");
        make_old(&first);
        let last = trace.request_snapshot("last").wait().unwrap();
        left.push(last);
        left.sort();
        assert_eq!(support::files(directory.path()), left, "{retention:?}");
        assert_eq!(trace.stats().snapshots_removed, 1);
    }
}
