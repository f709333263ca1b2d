//! Snapshots on a file system in memory, whose calls fail in every way.

use std::{
    cell::RefCell,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use rustix::io::Errno;
use ttlog_core::{Geometry, Level, RecordHeader, Word, Writer, snapshot::SnapshotKind};
use ttlog_reader::Snapshots;

use super::*;
use crate::{
    file_system::is_disk_full,
    memory,
    memory_file_system::{Call, Fault, MemoryFileSystem},
    reason::Reason,
};

const MAIN: &str = "/snapshots";
const FALLBACK: &str = "/fallback";

const ERRORS: [Errno; 14] = [
    Errno::PERM,
    Errno::NOENT,
    Errno::INTR,
    Errno::IO,
    Errno::AGAIN,
    Errno::ACCESS,
    Errno::INVAL,
    Errno::NFILE,
    Errno::MFILE,
    Errno::FBIG,
    Errno::NOSPC,
    Errno::ROFS,
    Errno::NOSYS,
    Errno::DQUOT,
];

/// The calls that only improve a file, or that nothing but older files depends on.
const IMPROVEMENTS: [Call; 13] = [
    Call::DirectoryId,
    Call::Reserve,
    Call::HandleId,
    Call::List,
    Call::Status,
    Call::ReadHead,
    Call::RenameNew,
    Call::Rename,
    Call::Link,
    Call::Unlink,
    Call::FileId,
    Call::Sync,
    Call::SetMode,
];

/// A ring of pages full of events that do not compress.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    let geometry = Geometry { page_words: 128 };
    let memory = memory::allocate(geometry.memory_words(16)).unwrap();
    let recorder = Recorder::new(memory, geometry, 0).unwrap();
    let (writer, header) = (
        Writer::new(),
        RecordHeader::new(2, Level::Info).with_words(RecordHeader::WORDS + 4),
    );
    for number in 1..=1_000_u32 {
        let fill = |words: &[Word]| {
            for (word, seed) in words.iter().zip(number * 7..) {
                word.store(seed.wrapping_mul(0x9e37_79b9), Ordering::Relaxed);
            }
        };
        let ticks = recorder.ring.run().start_ticks + u64::from(number);
        writer.write(&recorder.ring, ticks, header, &fill).unwrap();
    }
    recorder
});

fn memory() -> MemoryFileSystem {
    MemoryFileSystem::new(&[MAIN, FALLBACK])
}

fn store(memory: &MemoryFileSystem) -> SnapshotStore {
    store_of("shop", memory)
}

fn store_of(service: &str, memory: &MemoryFileSystem) -> SnapshotStore {
    let directory = SnapshotDirectory::new(MAIN.into(), service, memory.surroundings());
    directory.prepare();
    SnapshotStore {
        recorder: RecorderUse::new(&RECORDER),
        directory,
        fallback: None,
        process: ProcessInfo::new(Some(service.into()), None),
        retention: Retention::default(),
        counts: SnapshotCounts::default(),
    }
}

fn with_fallback(memory: &MemoryFileSystem) -> SnapshotStore {
    let mut store = store(memory);
    let fallback = SnapshotDirectory::new(FALLBACK.into(), "shop", memory.surroundings());
    fallback.prepare();
    store.fallback = Some(fallback);
    store
}

fn write(
    store: &SnapshotStore,
    kind: SnapshotKind,
    reason: &str,
) -> Result<PathBuf, SnapshotError> {
    thread_local! {
        static BUFFERS: RefCell<EncodeBuffers> = RefCell::new(EncodeBuffers::new());
    }
    let cause = SnapshotCause {
        kind,
        reason: Reason::new(reason),
        merged: 0,
        moment_ticks: RECORDER.ring.run().start_ticks + 2_000,
        hold: None,
    };
    let written = BUFFERS.with_borrow_mut(|buffers| {
        store.write_by(|attempt| store.write_in(attempt, buffers, &cause))
    });
    written.map(|receipt| receipt.path)
}

fn request(store: &SnapshotStore, reason: &str) -> Result<PathBuf, SnapshotError> {
    write(store, SnapshotKind::Request, reason)
}

/// Returns the bytes of a snapshot that was written without any fault.
fn whole_bytes() -> usize {
    let memory = memory();
    request(&store(&memory), "size").unwrap();
    memory.files(MAIN).values().next().unwrap().bytes.len()
}

/// Returns the name of a file that a store has written, and asserts that it is whole.
fn assert_whole(memory: &MemoryFileSystem, path: &Path) -> usize {
    let directory = path.parent().unwrap().to_str().unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let files = memory.files(directory);
    let Some(file) = files.get(name) else {
        panic!("{name} is not one of {:?}", files.keys());
    };
    let mut snapshots = Snapshots::new();
    snapshots.read(name, &file.bytes).unwrap();
    assert_eq!(snapshots.files()[0].damages.count(), 0, "{name}");
    snapshots.events().count()
}

fn names(memory: &MemoryFileSystem, directory: &str) -> Vec<String> {
    memory.files(directory).into_keys().collect()
}

#[test]
fn a_snapshot_leaves_one_file_that_its_owner_can_read() {
    let memory = memory();
    let path = request(&store(&memory), "order").unwrap();
    assert!(assert_whole(&memory, &path) > 100);
    let files = memory.files(MAIN);
    let [file] = Vec::from_iter(files.values())[..] else {
        panic!("{files:?}");
    };
    assert_eq!((file.mode, file.synced_bytes), (0o600, file.bytes.len()));
}

#[test]
fn every_call_that_fails_once_with_every_error_costs_no_file() {
    let calls = {
        let memory = memory();
        let store = store(&memory);
        memory.set(|state| state.calls.clear());
        request(&store, "order").unwrap();
        memory.set(|state| state.calls.len())
    };
    assert!(calls >= 9, "{calls}");
    for after in 0..calls as u64 {
        for error in ERRORS {
            let memory = memory();
            memory.set(|state| {
                state.add_file(MAIN, "ttlog-1-20200101000000-x.bin", b"foreign");
            });
            let store = store(&memory);
            memory.set(|state| state.faults.push(Fault::once(after, error)));
            let path = request(&store, "order");
            let path = path.unwrap_or_else(|failed| panic!("call {after}, {error}: {failed}"));
            assert_whole(&memory, &path);
            let snapshots = names(&memory, MAIN);
            let snapshots = snapshots.iter().filter(|name| name.ends_with(".bin"));
            assert_eq!(snapshots.count(), 2, "call {after}, {error}");
        }
    }
}

#[test]
fn the_first_call_of_each_kind_may_fail_in_every_attempt() {
    for call in Call::ALL {
        for error in ERRORS {
            let memory = memory();
            let store = store(&memory);
            let cause = SnapshotCause {
                kind: SnapshotKind::Panic,
                reason: Reason::new("panic"),
                merged: 0,
                moment_ticks: RECORDER.ring.run().start_ticks + 2_000,
                hold: None,
            };
            // Each attempt of a panic has a thread of its own, and an injected fault may count by thread.
            let path = store.write_by(|attempt| {
                memory.set(|state| {
                    let fault = Fault::every(call, error);
                    state.faults = vec![Fault { times: 1, ..fault }];
                });
                store.write_in(attempt, &mut EncodeBuffers::new(), &cause)
            });
            let path = path.map(|receipt| receipt.path);
            let path = path.unwrap_or_else(|failed| panic!("{call:?}, {error}: {failed}"));
            assert_whole(&memory, &path);
        }
    }
}

#[test]
fn a_call_that_is_an_improvement_may_always_fail_with_every_error() {
    for call in IMPROVEMENTS {
        for error in ERRORS.into_iter().filter(|error| *error != Errno::INTR) {
            let memory = memory();
            let store = store(&memory);
            memory.set(|state| state.faults.push(Fault::every(call, error)));
            for number in 1..4 {
                let path = request(&store, "order");
                let path = path.unwrap_or_else(|failed| panic!("{call:?}, {error}: {failed}"));
                assert_whole(&memory, &path);
                let snapshots = names(&memory, MAIN);
                let snapshots = snapshots.iter().filter(|name| name.ends_with(".bin"));
                // A network that has no room states that when a file is synced.
                let is_kept = call != Call::Sync || !is_disk_full(error);
                assert!(snapshots.count() == number || !is_kept, "{call:?}, {error}");
            }
        }
    }
}

#[test]
fn a_name_is_given_although_no_call_can_rename_or_link() {
    let memory = memory();
    let store = store(&memory);
    for call in [Call::RenameNew, Call::Rename, Call::Link] {
        memory.set(|state| state.faults.push(Fault::every(call, Errno::PERM)));
    }
    let paths = ["order", "order", "order"].map(|reason| request(&store, reason).unwrap());
    for path in &paths {
        assert_whole(&memory, path);
    }
    assert_eq!(names(&memory, MAIN).len(), 3);
}

#[test]
fn every_call_in_one_directory_may_fail_if_the_fallback_directory_takes_the_file() {
    for call in Call::ALL {
        for error in ERRORS.into_iter().filter(|error| *error != Errno::INTR) {
            let memory = memory();
            let store = with_fallback(&memory);
            let fault = Fault::every(call, error).of_directory(MAIN);
            memory.set(|state| state.faults.push(fault));
            let path = request(&store, "order");
            let path = path.unwrap_or_else(|failed| panic!("{call:?}, {error}: {failed}"));
            assert_whole(&memory, &path);
        }
    }
}

#[test]
fn a_process_that_dies_at_any_call_leaves_no_partial_file_under_a_name() {
    for calls in 0.. {
        let memory = memory();
        let store = store(&memory);
        memory.set(|state| state.dies_after = Some(calls));
        let is_written = request(&store, "order").is_ok();
        memory.kill();
        for (name, file) in memory.files(MAIN) {
            if name.ends_with(".bin") {
                let mut snapshots = Snapshots::new();
                snapshots.read(&name, &file.bytes).unwrap();
                assert_eq!(snapshots.files()[0].damages.count(), 0);
                assert_eq!(file.synced_bytes, file.bytes.len());
            }
        }
        // What it left is removed by the next process.
        let next = self::store(&memory);
        next.scan();
        let left = names(&memory, MAIN);
        assert!(left.iter().all(|name| name.ends_with(".bin")), "{left:?}");
        if is_written {
            return;
        }
    }
}

#[test]
fn a_power_cut_after_a_snapshot_loses_nothing_of_it() {
    let memory = memory();
    let path = request(&store(&memory), "order").unwrap();
    memory.power_cut(|_| false);
    assert_whole(&memory, &path);
}

#[test]
fn a_full_disk_loses_repetitions_before_first_files_and_crashes_last() {
    let bytes = whole_bytes() as u64;
    let memory = memory();
    let store = store(&memory);
    write(&store, SnapshotKind::Panic, "panic").unwrap();
    request(&store, "first").unwrap();
    request(&store, "slow").unwrap();
    request(&store, "slow").unwrap();
    memory.set(|state| {
        state.add_file(MAIN, "ttlog-1-20200101000000-theirs.bin", b"foreign");
        // Smaller than five files, as some are in use.
        state.directory(MAIN).capacity_bytes = bytes * 4 + bytes / 2;
    });
    let reasons = |memory: &MemoryFileSystem| {
        let names = names(memory, MAIN).into_iter();
        let reasons = names.filter_map(|name| Some(name.splitn(4, '-').nth(3)?.to_owned()));
        Vec::from_iter(reasons)
    };
    write(&store, SnapshotKind::Panic, "panic").unwrap();
    let left = [
        "theirs.bin",
        "first.bin",
        "panic-2.bin",
        "panic.bin",
        "slow.bin",
    ];
    assert_eq!(reasons(&memory), left);
    assert_eq!(store.counts.removed.load(Ordering::Relaxed), 1);
    for _ in 0..2 {
        write(&store, SnapshotKind::Panic, "panic").unwrap();
    }
    let left = [
        "theirs.bin",
        "panic-2.bin",
        "panic-3.bin",
        "panic-4.bin",
        "panic.bin",
    ];
    assert_eq!(reasons(&memory), left);
    // A request takes the place of a crash only as a last resort, and then of a repeated one.
    let path = request(&store, "late").unwrap();
    assert_whole(&memory, &path);
    let left = [
        "theirs.bin",
        "late.bin",
        "panic-3.bin",
        "panic-4.bin",
        "panic.bin",
    ];
    assert_eq!(reasons(&memory), left);
}

#[test]
fn a_disk_that_stays_full_does_not_cost_all_older_files() {
    let memory = memory();
    let store = store(&memory);
    for _ in 0..80 {
        request(&store, "slow").unwrap();
    }
    memory.set(|state| state.faults.push(Fault::every(Call::Write, Errno::NOSPC)));
    assert!(request(&store, "slow").is_err());
    assert!(names(&memory, MAIN).len() > 40);
}

#[test]
fn a_disk_with_little_room_gets_the_newest_events() {
    let bytes = whole_bytes();
    for errno in [Errno::NOSPC, Errno::FBIG] {
        let memory = memory();
        let store = store(&memory);
        memory.set(|state| match errno {
            Errno::FBIG => state.file_max_bytes = bytes as u64 / 3,
            _ => state.directory(MAIN).capacity_bytes = bytes as u64 / 3,
        });
        let path = request(&store, "order").unwrap();
        let events = assert_whole(&memory, &path);
        assert!(events > 10, "{events}");
        assert_eq!(names(&memory, MAIN).len(), 1);
    }
}

#[test]
fn a_part_stays_if_nothing_else_fits_and_the_error_names_it() {
    // The header states the libraries of the program, so its length differs from system to system.
    let first_part = (100..4_000).step_by(50).find_map(|room| {
        let memory = memory();
        memory.set(|state| state.directory(MAIN).capacity_bytes = room);
        let result = request(&store(&memory), "order");
        let name = names(&memory, MAIN).pop()?;
        Some((memory, room, name, result))
    });
    let (memory, room, name, result) = first_part.expect("some room takes a part");
    let error = error::chain(&result.unwrap_err());
    assert!(
        error.contains(&name) && error.contains(&format!("{room} bytes")),
        "{error}"
    );
    let mut snapshots = Snapshots::new();
    snapshots
        .read(&name, &memory.files(MAIN)[&name].bytes)
        .unwrap();
    assert_eq!(snapshots.files()[0].header.reason.as_deref(), Some("order"));
}

#[test]
fn a_line_names_each_part_that_stays() {
    // As in the test before, any room that takes a part.
    let first_parts = (100..4_000).step_by(50).find_map(|room| {
        let memory = memory();
        let store = store(&memory);
        memory.set(|state| state.file_max_bytes = room);
        let _ = stderr::simulated::collect(true);
        for _ in 0..3 {
            let _ = request(&store, "order");
        }
        let lines = stderr::simulated::collect(false);
        let names = names(&memory, MAIN);
        (!names.is_empty()).then_some((names, lines))
    });
    let (names, lines) = first_parts.expect("some room takes a part");
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        assert!(lines.iter().any(|line| line.contains(&name)), "{lines:?}");
    }
}

#[test]
fn a_disk_without_any_room_keeps_no_empty_file() {
    let memory = memory();
    let store = store(&memory);
    memory.set(|state| state.directory(MAIN).capacity_bytes = 10);
    assert!(request(&store, "order").is_err());
    assert!(names(&memory, MAIN).is_empty());
}

#[test]
fn a_directory_that_is_read_only_is_passed_over() {
    let memory = memory();
    let store = with_fallback(&memory);
    memory.set(|state| state.directory(MAIN).is_read_only = true);
    let path = request(&store, "order").unwrap();
    assert!(path.starts_with(FALLBACK));
    assert_whole(&memory, &path);
}

#[test]
fn a_program_without_a_free_descriptor_gets_its_file() {
    let memory = memory();
    let store = store(&memory);
    for _ in 0..3 {
        // The directory and the reserve.
        memory.set(|state| state.descriptors_max = 2);
        let path = request(&store, "order").unwrap();
        assert_whole(&memory, &path);
    }
}

#[test]
fn a_directory_that_was_made_later_or_again_is_opened_without_a_free_descriptor() {
    let memory = MemoryFileSystem::new(&[]);
    let store = store(&memory);
    memory.set(|state| state.descriptors_max = 2);
    assert!(request(&store, "early").is_err());
    memory.set(|state| state.make_directory(MAIN));
    assert_whole(&memory, &request(&store, "order").unwrap());
    memory.set(|state| {
        state.remove_directory(MAIN);
        state.make_directory(MAIN);
    });
    assert_whole(&memory, &request(&store, "order").unwrap());
}

#[test]
fn a_directory_that_was_moved_gets_the_file_if_no_other_has_its_path() {
    let memory = memory();
    let store = store(&memory);
    memory.set(|state| state.move_directory(MAIN, "/moved"));
    let path = request(&store, "order").unwrap();
    assert!(path.starts_with("/moved"), "{path:?}");
    assert_whole(&memory, &path);
}

#[test]
fn the_snapshots_of_a_noisy_reason_do_not_remove_a_crash() {
    let memory = memory();
    let store = store(&memory);
    let crash = write(&store, SnapshotKind::Panic, "panic").unwrap();
    for _ in 0..105 {
        request(&store, "slow_request").unwrap();
    }
    assert_whole(&memory, &crash);
    assert_eq!(names(&memory, MAIN).len(), 100);
}

#[test]
fn the_header_of_a_foreign_file_is_read_once() {
    let memory = memory();
    request(&store_of("stranger", &memory), "theirs").unwrap();
    memory.set(|state| {
        state.add_file(MAIN, "ttlog-1-20200101000000-none.bin", b"no snapshot");
        state
            .add_file(MAIN, "ttlog-2-20200101000000-pipe.bin", b"")
            .is_regular = false;
        state
            .add_file(MAIN, "ttlog-3-20200101000000-user.bin", b"")
            .is_own = false;
    });
    let store = store(&memory);
    memory.set(|state| state.calls.clear());
    let count = |memory: &MemoryFileSystem, call| {
        memory.set(|state| state.calls.iter().filter(|each| **each == call).count())
    };
    for _ in 0..5 {
        request(&store, "order").unwrap();
        memory.set(|state| state.now += Duration::from_secs(61));
    }
    assert_eq!(count(&memory, Call::List), 5);
    assert_eq!(count(&memory, Call::ReadHead), 2);
    assert_eq!(names(&memory, MAIN).len(), 9);
}

#[test]
fn twenty_thousand_foreign_files_add_no_call_to_a_snapshot() {
    let memory = memory();
    for number in 0..20_000 {
        let name = format!("ttlog-{number}-20200101000000-x.bin");
        memory.set(|state| {
            state.add_file(MAIN, &name, b"no snapshot");
        });
    }
    let store = store(&memory);
    let mut calls = Vec::new();
    for _ in 0..25 {
        memory.set(|state| state.calls.clear());
        request(&store, "order").unwrap();
        calls.push(memory.set(|state| state.calls.len()));
        memory.set(|state| state.now += Duration::from_secs(1));
    }
    assert!(calls.iter().all(|calls| *calls < 2_100), "{calls:?}");
    assert!(calls[21..].iter().all(|calls| *calls < 20), "{calls:?}");
}

#[test]
fn the_scan_at_the_start_reads_all_headers_so_that_no_snapshot_does() {
    let memory = memory();
    for number in 0..5_000 {
        let name = format!("ttlog-{number}-20200101000000-x.bin");
        memory.set(|state| {
            state.add_file(MAIN, &name, b"no snapshot");
        });
    }
    let earlier = store(&memory);
    let removed = request(&earlier, "removed").unwrap();
    let crash = write(&earlier, SnapshotKind::Panic, "panic").unwrap();
    let mut store = store(&memory);
    store.retention = Retention::unlimited().count(2);
    store.scan();
    memory.set(|state| state.calls.clear());
    let path = request(&store, "order").unwrap();
    assert!(memory.set(|state| state.calls.len()) < 20);
    assert_whole(&memory, &crash);
    assert_whole(&memory, &path);
    let name = removed.file_name().unwrap().to_str().unwrap();
    assert!(!memory.files(MAIN).contains_key(name));
}

#[test]
fn files_of_another_process_of_the_service_count_from_the_next_listing() {
    let memory = memory();
    let mut first = store(&memory);
    first.retention = Retention::unlimited().count(3);
    request(&first, "order").unwrap();
    let second = store(&memory);
    for _ in 0..5 {
        request(&second, "order").unwrap();
    }
    memory.set(|state| state.now += Duration::from_secs(61));
    request(&first, "order").unwrap();
    assert_eq!(names(&memory, MAIN).len(), 3);
}

#[test]
fn only_temporary_files_that_are_abandoned_are_removed() {
    use crate::file_names::temporary;
    let memory = memory();
    let now = memory.set(|state| state.now);
    let this = memory.set(|state| state.this);
    let other = |pid, scope| super::super::process_table::ProcessName {
        pid,
        scope,
        start: 5,
    };
    let (running, ended) = (other(7, this.scope), other(8, this.scope));
    memory.set(|state| state.running.push(running));
    let elsewhere = other(9, this.scope + 1);
    let hour = Duration::from_secs(3_600);
    let kept = [
        (temporary(this, 0, now), now - hour * 2),
        (temporary(running, 0, now), now - hour * 2),
        (temporary(elsewhere, 0, now), now - hour / 2),
        (temporary(elsewhere, 1, now), now + hour),
        (".ttlog-notes".to_owned(), now - hour * 2),
    ];
    let removed = [
        (temporary(ended, 0, now), now),
        (temporary(elsewhere, 2, now), now - hour * 2),
        (".ttlog-7-1-2.tmp".to_owned(), now - hour * 2),
    ];
    for (name, modified) in kept.iter().chain(&removed) {
        memory.set(|state| state.add_file(MAIN, name, b"").modified = *modified);
    }
    let foreign = temporary(ended, 1, now);
    memory.set(|state| state.add_file(MAIN, &foreign, b"").is_own = false);
    store(&memory).scan();
    let mut expected: Vec<_> = kept.into_iter().map(|(name, _)| name).collect();
    expected.push(foreign);
    expected.sort();
    assert_eq!(names(&memory, MAIN), expected);
}

#[test]
fn a_temporary_file_from_before_the_start_of_the_machine_is_removed() {
    let memory = memory();
    let store = store(&memory);
    memory.set(|state| state.dies_after = Some(6));
    assert!(request(&store, "order").is_err());
    assert!(names(&memory, MAIN)[0].ends_with(".tmp"));
    memory.set(|state| state.now += Duration::from_secs(1));
    memory.power_cut(|_| true);
    self::store(&memory).scan();
    assert!(names(&memory, MAIN).is_empty());
}

#[test]
fn a_clock_before_1970_or_set_back_is_no_error() {
    let memory = memory();
    let store = store(&memory);
    request(&store, "order").unwrap();
    for now in [
        SystemTime::UNIX_EPOCH - Duration::from_hours(24),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40),
        SystemTime::UNIX_EPOCH,
    ] {
        memory.set(|state| state.now = now);
        assert_whole(&memory, &request(&store, "order").unwrap());
    }
    let names = names(&memory, MAIN);
    assert!(names.iter().any(|name| name.contains("-19691231000000-")));
    assert!(names.iter().any(|name| name.contains("-99991231235959-")));
}

#[test]
fn a_slow_disk_writes_the_same_file() {
    let memory = memory();
    let store = store(&memory);
    memory.set(|state| state.latency = Duration::from_secs(10));
    let before = memory.set(|state| state.now);
    assert_whole(&memory, &request(&store, "order").unwrap());
    let took = memory.set(|state| state.now.duration_since(before).unwrap());
    assert!(took > Duration::from_secs(60));
}

#[test]
fn a_file_that_cannot_be_synced_stays_and_counts_as_written() {
    let memory = memory();
    let store = store(&memory);
    memory.set(|state| state.faults.push(Fault::every(Call::Sync, Errno::IO)));
    assert_whole(&memory, &request(&store, "order").unwrap());
    assert_eq!(store.counts.written.load(Ordering::Relaxed), 1);
    assert_eq!(store.counts.failed.load(Ordering::Relaxed), 0);
}

#[test]
fn the_name_of_a_removed_snapshot_is_not_used_again() {
    let memory = memory();
    let mut store = store(&memory);
    store.retention = Retention::unlimited().count(1);
    let paths: Vec<_> = (0..3).map(|_| request(&store, "again").unwrap()).collect();
    assert_eq!(memory.files(MAIN).len(), 1);
    assert!(paths[0] != paths[1] && paths[0] != paths[2] && paths[1] != paths[2]);
}
