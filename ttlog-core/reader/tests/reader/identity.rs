//! Each event once.

use ttlog_core::{Context, SnapshotHeader, info, span};
use ttlog_reader::{Event, Flaw, Snapshots};

use crate::support::{Recorder, SECOND, context_of, header};

fn open<'b>(files: impl IntoIterator<Item = &'b Vec<u8>>) -> Snapshots {
    let mut snapshots = Snapshots::new();
    for (number, bytes) in files.into_iter().enumerate() {
        snapshots.read(&format!("{number}.bin"), bytes).unwrap();
    }
    snapshots
}

/// Returns whether no file is damaged.
fn are_whole(snapshots: &Snapshots) -> bool {
    let mut files = snapshots.files().iter();
    files.all(|file| file.damages.count() == 0)
}

fn lines(snapshots: &Snapshots) -> Vec<String> {
    let events = snapshots.events();
    events
        .map(|event| serde_json::to_string(&event).unwrap())
        .collect()
}

/// Returns snapshots of one run at different moments. The ring has space for about half of the events.
/// The blocks are small, so that they cut pages.
fn run(recorder: &Recorder) -> Vec<Vec<u8>> {
    let threads = ["a", "b", "c"].map(|name| recorder.thread(name));
    let mut files = Vec::new();
    for serial in 0..400_u64 {
        recorder.at(serial / 3 * 1000);
        recorder.on(threads[serial as usize % 3]);
        let context = context_of(serial.into(), 1 + serial / 7);
        let _entered: Option<_> = (serial % 4 == 0).then(|| Context::enter(context));
        let _span = (serial % 5 == 0).then(|| span!("step", serial));
        info!("serial {serial}");
        if serial % 40 == 39 {
            let header = SnapshotHeader {
                events_max: 100,
                ..header(serial / 3 * 1000)
            };
            files.push(recorder.snapshot(&header));
            files.push(recorder.stored(&header, 700));
        }
    }
    files
}

#[test]
fn overlapping_snapshots_of_a_run_give_each_event_once_in_any_order() {
    let files = run(&Recorder::new(24, 128));
    let whole = open(&files);
    let all = lines(&whole);
    let mut ids: Vec<_> = whole
        .events()
        .map(|event| (event.writer(), event.seq().unwrap()))
        .collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        // Neither doubled nor missing.
        let is_next = pair[1] == (pair[0].0, pair[0].1 + 1);
        assert!(is_next || pair[0].0 < pair[1].0, "{pair:?}");
    }
    let count = ids.len();
    assert!(count > 400, "{count}");
    assert!(are_whole(&whole));
    assert_eq!(whole.event_counts().iter().sum::<u64>(), count as u64);

    let mut random: u64 = 3;
    for _ in 0..20 {
        let mut order: Vec<_> = files.iter().collect();
        for at in (1..order.len()).rev() {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        assert_eq!(lines(&open(order)), all);
    }
}

#[test]
fn an_event_is_the_same_line_whichever_file_it_is_read_from() {
    let files = run(&Recorder::new(24, 128));
    let all = lines(&open(&files));
    for file in &files {
        for line in lines(&open([file])) {
            assert!(all.contains(&line), "{line}");
        }
    }
}

#[test]
fn an_event_whose_thread_is_lost_in_one_file_is_read_from_another() {
    let recorder = Recorder::new(4, 1024);
    recorder.thread("named");
    for serial in 0..40 {
        info!(serial, "a line of some length");
    }
    let whole = recorder.stored(&header(SECOND), 512);
    let all = lines(&open([&whole]));
    // The first block of pages is damaged: the following ones continue the same page.
    let mut damaged = whole.clone();
    let first = whole
        .windows(5)
        .position(|bytes| bytes == b"named")
        .unwrap();
    damaged[first] ^= 1;
    let alone = lines(&open([&damaged]));
    assert!((1..all.len()).contains(&alone.len()));
    assert!(alone.iter().all(|line| !line.contains("named")));
    for files in [[&damaged, &whole], [&whole, &damaged]] {
        assert_eq!(lines(&open(files)), all);
    }
}

#[test]
fn a_file_without_its_header_belongs_to_its_run() {
    let recorder = Recorder::new(4, 256);
    info!("one");
    let first = recorder.snapshot(&header(SECOND));
    info!("two");
    let mut headless = recorder.snapshot(&header(SECOND));
    headless[30] ^= 1;
    for files in [[&first, &headless], [&headless, &first]] {
        let snapshots = open(files);
        let events: Vec<_> = snapshots.events().collect();
        assert_eq!(events.len(), 2);
        assert!(events.iter().all(|event| event.time().is_some()));
    }
}

#[test]
fn events_belong_to_the_first_file_that_has_them() {
    let recorder = Recorder::new(4, 1024);
    for serial in 0..3 {
        recorder.at(serial * 10);
        info!(serial, "early");
    }
    let first = recorder.snapshot(&header(SECOND));
    info!("late");
    let second = recorder.snapshot(&header(SECOND));
    let snapshots = open([&first, &second, &first]);
    assert_eq!(snapshots.event_counts(), [3, 1, 0]);
    let files: Vec<_> = snapshots
        .events()
        .map(|event| event.file_number())
        .collect();
    assert_eq!(files, [0, 0, 0, 1]);
    // The accounting is that of each file.
    let kept = snapshots
        .files()
        .iter()
        .map(|file| file.accounting.kept.iter().sum::<u64>());
    assert_eq!(kept.collect::<Vec<_>>(), [3, 4, 3]);
}

#[test]
fn what_is_late_or_trimmed_in_one_file_may_be_of_another() {
    let recorder = Recorder::new(4, 1024);
    for serial in 0..20_u64 {
        recorder.at(serial * 10);
        info!(serial, "serial");
    }
    let newest = SnapshotHeader {
        events_max: 5,
        ..header(SECOND)
    };
    let files = [recorder.snapshot(&newest), recorder.snapshot(&header(95))];
    let serials = |snapshots: &Snapshots| -> Vec<u64> {
        let events = snapshots.events().map(|event| Event::from(&event));
        events
            .map(|event| event.fields[0].1.to_string().parse().unwrap())
            .collect()
    };
    assert_eq!(serials(&open([&files[0]])), [15, 16, 17, 18, 19]);
    assert_eq!(serials(&open([&files[1]])), Vec::from_iter(0..10));
    let both = Vec::from_iter((0..10).chain(15..20));
    assert_eq!(serials(&open(&files)), both);
    assert_eq!(serials(&open([&files[1], &files[0]])), both);
}

#[test]
fn two_runs_with_one_id_are_kept_apart_and_named() {
    let id = 0x5eed;
    let runs = [1, 2].map(|board: u64| {
        let recorder = Recorder::with_run_id(id, 4, 256);
        for serial in 0..10_u64 {
            recorder.at(serial * 100 + board);
            info!("board {board} {serial}");
        }
        recorder.snapshot(&header(SECOND))
    });
    let snapshots = open(&runs);
    assert_eq!(snapshots.events().count(), 20);
    let [first, second] = snapshots.files() else {
        panic!("two files")
    };
    assert_eq!(first.damages.count(), 0);
    assert_eq!(
        second.damages.places()[0].flaw,
        Flaw::RunCollision { run_id: id }
    );
    // The same two files again are doubles of their runs.
    let snapshots = open([&runs[0], &runs[1], &runs[1], &runs[0]]);
    assert_eq!(snapshots.event_counts(), [10, 10, 0, 0]);
}

#[test]
fn events_with_one_identity_and_other_arguments_are_kept_apart_in_any_order() {
    let files = [1, 2].map(|amount: u64| {
        let recorder = Recorder::with_run_id(0x5eed_f00d, 4, 256);
        recorder.at(100);
        info!("amount {amount}");
        recorder.snapshot(&header(SECOND))
    });
    for files in [[&files[0], &files[1]], [&files[1], &files[0]]] {
        let snapshots = open(files);
        assert_eq!(snapshots.events().count(), 2);
        let flaw = snapshots.files()[1].damages.places()[0].flaw;
        assert!(matches!(flaw, Flaw::RunCollision { .. }));
    }
}

#[test]
fn runs_without_an_id_are_kept_apart() {
    let recorder = Recorder::with_run_id(0, 4, 256);
    info!("once");
    let bytes = recorder.snapshot(&header(SECOND));
    let snapshots = open([&bytes, &bytes]);
    assert_eq!(snapshots.event_counts(), [1, 1]);
    assert!(are_whole(&snapshots));
}

#[test]
fn programs_with_one_run_id_are_told_apart_by_their_headers() {
    let recorder = Recorder::new(4, 256);
    info!("once");
    let own = recorder.snapshot(&header(SECOND));
    let other = recorder.snapshot(&SnapshotHeader {
        pid: 1,
        ..header(SECOND)
    });
    let snapshots = open([&own, &other]);
    assert_eq!(snapshots.event_counts(), [1, 1]);
    assert!(are_whole(&snapshots));
}

#[test]
fn a_callsite_whose_description_was_cut_is_the_same_callsite() {
    let recorder = Recorder::new(4, 1024);
    info!(
        "a text that is longer than the smallest block holds: \
         0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 \
         0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 \
         0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 \
         0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 \
         0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 \
         {}",
        "end"
    );
    let cut = recorder.stored(&header(SECOND), 512);
    let whole = recorder.snapshot(&header(SECOND));
    let all = lines(&open([&whole]));
    assert!(all[0].contains(" end\""), "{all:?}");
    assert!(!lines(&open([&cut]))[0].contains(" end\""));
    for files in [[&cut, &whole], [&whole, &cut]] {
        let snapshots = open(files);
        assert_eq!(lines(&snapshots), all);
        assert!(are_whole(&snapshots));
    }
}
