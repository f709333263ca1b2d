//! Snapshot files: names, permissions, retention, descriptors, and directories that cannot be written to.
#![allow(
    unsafe_code,
    reason = "the standard library does not close descriptors of others"
)]

mod support;

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    ops::Range,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use ttlog_std::{Builder, Retention, SnapshotError, Trace, info};

/// Waits until no other test of this file runs a recorder.
fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    let (turn, directory, builder) = support::turn();
    let builder = builder.events(1_000).service("filer");
    (turn, directory, builder.cool_down(Duration::ZERO))
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn a_file_name_has_process_second_and_reason_and_only_the_owner_may_read_the_file() {
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
    // No other file is left, such as a temporary file.
    assert_eq!(support::files(directory.path()), [path]);
}

#[test]
fn files_of_the_same_second_and_reason_are_numbered_and_none_is_replaced() {
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
fn a_hostile_reason_gives_a_clean_file_name_in_the_same_directory() {
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
        assert!(
            reason.starts_with(&read.header.reason.clone().unwrap()),
            "{:?}",
            read.header.reason
        );
    }
    assert_eq!(support::files(directory.path()).len(), 8);
}

#[test]
fn a_link_at_the_name_of_a_snapshot_is_not_followed() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("target");
    fs::write(&target, "precious").unwrap();
    // One link for each second in which the snapshot may be written.
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

/// Asserts that a request fails with an error that states the directory, and that it succeeds with a
/// fallback directory.
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
fn a_path_that_is_missing_or_not_a_directory_is_an_error_that_states_it() {
    let (_turn, directory, builder) = turn();
    assert_refused(builder, &directory.path().join("missing"));
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert_refused(Trace::builder().events(1_000), &file);
    let link = directory.path().join("link");
    symlink(tempfile::tempdir().unwrap().path(), &link).unwrap();
    assert_refused(Trace::builder().events(1_000), &link);
    // A link to a directory is also refused, even with a slash at its end.
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
fn a_directory_that_takes_no_files_is_an_error_that_states_it() {
    let (_turn, _directory, builder) = turn();
    // No user may write to this directory, including root.
    assert_refused(builder, Path::new("/proc/sys"));
}

/// A small file system, unmounted when the value is dropped.
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

/// Records events that do not compress.
fn record_noise(events: u64) {
    for number in 0..events {
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        info!("{noise} {}", noise.rotate_left(31) ^ 0x1234_5678_9abc_def0);
    }
}

#[test]
fn a_file_system_with_little_room_gets_the_newest_events() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("size=64k") else {
        return;
    };
    fs::write(mount.0.path().join("filler"), [1; 24 << 10]).unwrap();
    let trace = builder.directory(mount.0.path()).build().unwrap();
    record_noise(20_000);
    let path = trace.request_snapshot("full").wait().unwrap();
    let events = support::read(&path).events;
    assert!(events.len() > 50, "{}", events.len());
    let newest = trace.get_buffer().events().pop();
    assert_eq!(
        events.last().map(|event| &event.message),
        newest.as_ref().map(|event| &event.message)
    );
    let files = support::files(mount.0.path());
    assert_eq!(files, [mount.0.path().join("filler"), path]);
}

#[test]
fn a_full_file_system_is_an_error_that_states_it() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("size=16k") else {
        return;
    };
    let filler = mount.0.path().join("filler");
    fs::write(&filler, [1; 16 << 10]).unwrap();
    let trace = builder.directory(mount.0.path()).build().unwrap();
    record_noise(1_000);
    let error = trace.request_snapshot("full").wait().unwrap_err();
    assert!(
        error.to_string().contains(mount.0.path().to_str().unwrap()),
        "{error}"
    );
    assert_eq!(support::files(mount.0.path()), [filler]);
}

#[test]
fn a_file_system_full_of_snapshots_of_the_service_takes_another_one() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("size=200k") else {
        return;
    };
    let trace = builder.directory(mount.0.path()).build().unwrap();
    record_noise(20_000);
    for number in 0..20 {
        let path = trace.request_snapshot("again").wait().unwrap();
        assert!(support::read(&path).events.len() > 500, "{number}");
    }
    assert!(trace.stats().snapshots_removed > 10);
}

#[test]
fn a_read_only_file_system_is_an_error_that_states_it() {
    let (_turn, _directory, builder) = turn();
    let Some(mount) = Mount::new("ro,size=64k") else {
        return;
    };
    assert_refused(builder, mount.0.path());
}

/// Creates two snapshots of another service, a file that is not a snapshot, and a file with another
/// kind of name.
fn foreign_files(directory: &Path) -> Vec<PathBuf> {
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
fn retention_by_count_keeps_the_newest_and_all_foreign_files() {
    let (_turn, directory, builder) = turn();
    let foreign = foreign_files(directory.path());
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
    left.extend(foreign);
    left.sort();
    assert_eq!(support::files(directory.path()), left);
}

#[test]
fn retention_by_bytes_and_by_age_keeps_the_newest_and_all_foreign_files() {
    for retention in [
        Retention::unlimited().bytes(1),
        Retention::unlimited().age(Duration::ZERO),
    ] {
        let (_turn, directory, builder) = turn();
        let mut left = foreign_files(directory.path());
        let trace = builder.retention(retention).build().unwrap();
        let first = trace.request_snapshot("first").wait().unwrap();
        assert!(first.exists(), "the newest one stays, whatever its size");
        let last = trace.request_snapshot("last").wait().unwrap();
        left.push(last);
        left.sort();
        assert_eq!(support::files(directory.path()), left, "{retention:?}");
        assert_eq!(trace.stats().snapshots_removed, 1);
    }
}

#[test]
fn the_age_of_a_file_is_that_of_its_snapshot() {
    let (_turn, directory, builder) = turn();
    let retention = Retention::unlimited().age(Duration::from_hours(1));
    let trace = builder.retention(retention).build().unwrap();
    let first = trace.request_snapshot("first").wait().unwrap();
    // Copied from elsewhere, for example.
    make_old(&first);
    trace.request_snapshot("last").wait().unwrap();
    assert!(first.exists());
    assert_eq!(support::files(directory.path()).len(), 2);
}

#[test]
fn a_receipt_states_the_number_of_events_that_a_reader_shows() {
    // Of bytes: all events are shown. Of events: the newest.
    for is_of_bytes in [true, false] {
        let (_turn, _directory, builder) = turn();
        let builder = if is_of_bytes {
            builder.bytes(1 << 20)
        } else {
            builder
        };
        let trace = builder.build().unwrap();
        let is_done = AtomicBool::new(false);
        let receipts: Vec<_> = thread::scope(|scope| {
            // Records while the files are written.
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    record_noise(100);
                }
            });
            let request = |_| trace.request_snapshot("busy").receipt().unwrap();
            let receipts = (0..20).map(request).collect();
            is_done.store(true, Ordering::Relaxed);
            receipts
        });
        record_noise(5_000);
        let last = trace.request_snapshot("full").receipt().unwrap();
        assert!(is_of_bytes || last.events() == 1_000, "{last:?}");
        for receipt in receipts.iter().chain([&last]) {
            let shown = support::read(receipt.path()).events.len();
            assert_eq!(receipt.events(), shown as u64);
        }
    }
}

#[test]
fn a_file_of_several_reasons_is_stated_with_all_of_them() {
    let test = "a_file_of_several_reasons_is_stated_with_all_of_them";
    if let Some((_, directory)) = support::scenario() {
        let builder = Trace::builder()
            .files_a_minute(1, u64::MAX)
            .directory(directory);
        let trace = builder.build().unwrap();
        trace.request_snapshot("first").wait().unwrap();
        for reason in ["slow", "refused", "slow"] {
            drop(trace.request_snapshot(reason));
        }
        drop(trace);
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let child = support::run_scenario(test, test, directory.path());
    assert!(child.status.success(), "{}", child.stderr);
    let files = support::files(directory.path());
    let shared = files.iter().find(|path| name(path).ends_with("-slow.bin"));
    let expected = format!(
        "one snapshot of 2 reasons: {}: slow, refused\n",
        shared.unwrap().display()
    );
    assert!(child.stderr.contains(&expected), "{}", child.stderr);
}

/// Runs the test `test` again in a child process, with this scenario.
fn run_child(test: &str, directory: &Path) {
    let child = support::run_scenario(test, test, directory);
    assert!(child.status.success(), "{}", child.stderr);
}

#[test]
fn a_relative_directory_is_that_of_the_start() {
    let test = "a_relative_directory_is_that_of_the_start";
    if let Some((_, directory)) = support::scenario() {
        env::set_current_dir(&directory).unwrap();
        let builder = Trace::builder()
            .directory("relative/.")
            .cool_down(Duration::ZERO);
        let trace = builder.fallback_directory(".").build().unwrap();
        env::set_current_dir("/").unwrap();
        let path = trace.request_snapshot("order").wait().unwrap();
        assert_eq!(path.parent(), Some(&*directory));
        fs::create_dir(directory.join("relative")).unwrap();
        let path = trace.request_snapshot("order").wait().unwrap();
        assert_eq!(path.parent(), Some(&*directory.join("relative")));
        assert_eq!(trace.directory(), directory.join("relative"));
        return;
    }
    run_child(test, tempfile::tempdir().unwrap().path());
}

/// Maximum number of descriptors of a process that uses all of them.
const DESCRIPTORS_MAX: u64 = 64;

fn limit_descriptors() {
    let limit = rustix::process::Rlimit {
        current: Some(DESCRIPTORS_MAX),
        maximum: Some(DESCRIPTORS_MAX),
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
}

/// Opens files until no descriptor is free.
fn fill_descriptors() -> Vec<File> {
    let mut open = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        open.push(file);
    }
    open
}

/// Closes these descriptors, whatever they belong to.
fn close_all(descriptors: Range<i32>) {
    for number in descriptors {
        // SAFETY: the recorder checks its descriptors, and the test has none.
        unsafe { libc::close(number) };
    }
}

/// Files of the program. Each holds its number.
struct OwnFiles(Vec<(PathBuf, File)>);

impl OwnFiles {
    /// Creates as many files as the recorder may have had descriptors.
    fn new(directory: &Path) -> Self {
        fs::create_dir(directory).unwrap();
        let create = |number| {
            let path = directory.join(format!("{number}"));
            let file = File::create_new(&path).unwrap();
            (path, file)
        };
        Self((0..32).map(create).collect())
    }

    fn assert_untouched(&mut self) {
        for (number, (path, file)) in self.0.iter_mut().enumerate() {
            writeln!(file, "{number}").unwrap();
            assert_eq!(fs::read_to_string(path).unwrap(), format!("{number}\n"));
        }
    }
}

#[test]
fn a_program_that_closes_all_descriptors_keeps_the_files_that_it_opens_then() {
    let test = "a_program_that_closes_all_descriptors_keeps_the_files_that_it_opens_then";
    if let Some((scenario, directory)) = support::scenario() {
        limit_descriptors();
        let snapshots = directory.join("snapshots");
        fs::create_dir(&snapshots).unwrap();
        let builder = Trace::builder().cool_down(Duration::ZERO);
        let trace = builder.directory(&snapshots).build().unwrap();
        support::read(&trace.request_snapshot("before").wait().unwrap());
        close_all(3..DESCRIPTORS_MAX as i32);
        let mut own = OwnFiles::new(&directory.join("own"));
        match &*scenario {
            "next" => {}
            "full" => {
                // There is no descriptor in reserve.
                let open = fill_descriptors();
                assert!(trace.request_snapshot("after").wait().is_err());
                drop(open);
            }
            "missing" => {
                fs::rename(&snapshots, directory.join("moved")).unwrap();
                assert!(trace.request_snapshot("after").wait().is_err());
                fs::create_dir(&snapshots).unwrap();
            }
            "end" => {
                drop(trace);
                own.assert_untouched();
                return;
            }
            _ => unreachable!("{scenario}"),
        }
        for _ in 0..2 {
            let path = trace.request_snapshot("after").wait().unwrap();
            assert_eq!(path.parent(), Some(&*snapshots));
            support::read(&path);
        }
        // Both have been opened anew.
        let open = fill_descriptors();
        let path = trace.request_snapshot("reserve").wait().unwrap();
        drop(open);
        support::read(&path);
        drop(trace);
        own.assert_untouched();
        return;
    }
    for scenario in ["next", "full", "missing", "end"] {
        let directory = tempfile::tempdir().unwrap();
        let child = support::run_scenario(test, scenario, directory.path());
        assert!(child.status.success(), "{scenario}: {}", child.stderr);
    }
}

#[test]
fn prints_to_closed_standard_descriptors_are_not_in_a_snapshot() {
    let test = "prints_to_closed_standard_descriptors_are_not_in_a_snapshot";
    if let Some((scenario, directory)) = support::scenario() {
        let is_full = scenario == "full";
        limit_descriptors();
        let open = is_full.then(fill_descriptors);
        let early = (scenario == "early").then(|| close_all(0..3));
        let builder = Trace::builder().cool_down(Duration::ZERO);
        let builder = builder
            .directory(&directory)
            .retention(Retention::unlimited());
        let trace = builder.build().unwrap();
        if early.is_none() {
            close_all(0..3);
        }
        let done = AtomicBool::new(is_full);
        let paths: Vec<_> = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    println!("a line of the program");
                    eprintln!("a line of the program");
                }
            });
            let request = |_| trace.request_snapshot("printed").wait();
            let paths = (0..50).map(request).collect();
            done.store(true, Ordering::Relaxed);
            paths
        });
        drop(open);
        for path in paths {
            support::read(&path.unwrap());
        }
        // A panic could not be printed.
        fs::write(directory.join("done"), "").unwrap();
        return;
    }
    for scenario in ["early", "late", "full"] {
        let directory = tempfile::tempdir().unwrap();
        let child = support::run_scenario(test, scenario, directory.path());
        assert!(child.status.success(), "{scenario}: {}", child.stderr);
        assert!(directory.path().join("done").exists(), "{scenario}");
    }
}

#[test]
fn a_snapshot_is_written_when_no_descriptor_is_free() {
    let test = "a_snapshot_is_written_when_no_descriptor_is_free";
    if let Some((_, directory)) = support::scenario() {
        limit_descriptors();
        let builder = Trace::builder().cool_down(Duration::ZERO);
        let trace = builder.directory(&directory).build().unwrap();
        let fill = fill_descriptors;
        let mut open = fill();
        for number in 0..3 {
            let path = trace.request_snapshot("order").wait().unwrap();
            drop(open);
            support::read(&path);
            // The descriptor in reserve was taken again, so there are as many free ones as before.
            open = fill();
            assert!(open.len() > 40, "{number}: {}", open.len());
        }
        return;
    }
    run_child(test, tempfile::tempdir().unwrap().path());
}

#[test]
fn the_owner_can_read_a_snapshot_whatever_the_umask() {
    let test = "the_owner_can_read_a_snapshot_whatever_the_umask";
    if let Some((_, directory)) = support::scenario() {
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o777));
        let trace = Trace::builder().directory(&directory).build().unwrap();
        let path = trace.request_snapshot("order").wait().unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        return;
    }
    run_child(test, tempfile::tempdir().unwrap().path());
}

#[test]
fn a_directory_that_is_removed_and_made_again_takes_snapshots() {
    let (_turn, directory, builder) = turn();
    let path = directory.path().join("snapshots");
    fs::create_dir(&path).unwrap();
    let trace = builder.directory(&path).build().unwrap();
    for _ in 0..2 {
        fs::remove_dir_all(&path).unwrap();
        assert!(trace.request_snapshot("order").wait().is_err());
        fs::create_dir(&path).unwrap();
        let file = trace.request_snapshot("order").wait().unwrap();
        assert_eq!(file.parent(), Some(&*path));
        support::read(&file);
    }
}

fn has_temporary(directory: &Path) -> bool {
    let files = support::files(directory);
    files.iter().any(|path| name(path).ends_with(".tmp"))
}

#[test]
fn a_temporary_file_of_a_killed_process_is_removed_at_the_next_start() {
    let test = "a_temporary_file_of_a_killed_process_is_removed_at_the_next_start";
    if let Some((_, directory)) = support::scenario() {
        let builder = Trace::builder().cool_down(Duration::ZERO);
        let trace = builder.directory(&directory).build().unwrap();
        record_noise(50_000);
        // Until it is killed.
        while trace.request_snapshot("order").wait().is_ok() {}
        return;
    }
    let (_turn, directory, builder) = turn();
    while !has_temporary(directory.path()) {
        let mut child = support::spawn_scenario(test, test, directory.path());
        while !has_temporary(directory.path()) {
            assert!(child.try_wait().unwrap().is_none());
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let _trace = builder.build().unwrap();
    while has_temporary(directory.path()) {
        thread::yield_now();
    }
}
