//! Summaries.

use std::{fs, io::Cursor};

use ttlog_core::{ClockSegment, ClockSegments, SnapshotHeader, info};
use ttlog_reader::{OpenError, Snapshots, Summary, total};

use crate::support::{Recorder, SECOND, STARTED_UNIX_NS, header};

#[test]
fn a_summary_states_what_the_whole_file_states() {
    let recorder = Recorder::new(64, 1024);
    for serial in 0..2_000_u64 {
        recorder.at(serial);
        info!(serial, "serial");
    }
    // A header that is longer than what is read first.
    let segments: Vec<_> = (0..300)
        .flat_map(|at| ClockSegment::with_hz(at, STARTED_UNIX_NS + at, SECOND).to_bytes())
        .collect();
    for header in [
        header(SECOND),
        SnapshotHeader {
            segments: ClockSegments(&segments),
            ..header(SECOND)
        },
    ] {
        let bytes = recorder.snapshot(&header);
        let summary = Summary::read_from(&mut Cursor::new(&bytes)).unwrap();
        let mut snapshots = Snapshots::new();
        snapshots.read("a.bin", &bytes).unwrap();
        let file = &snapshots.files()[0];
        assert_eq!(summary.header, file.header);
        assert_eq!(summary.events(), Some(total(&file.accounting.kept)));
        let moment = snapshots.source(file).clock.time(file.end_ticks);
        assert_eq!(summary.moment(), moment);
    }
}

#[test]
fn what_is_cut_or_spliced_has_no_totals() {
    let recorder = Recorder::new(4, 256);
    info!("once");
    let one = recorder.snapshot(&header(SECOND));
    let other = Recorder::new(4, 256).snapshot(&header(SECOND));
    let read = |bytes: &[u8]| Summary::read_from(&mut Cursor::new(bytes));
    assert!(read(&one[..one.len() - 1]).unwrap().totals.is_none());
    let end = |bytes: &[u8]| {
        bytes
            .windows(4)
            .rposition(|bytes| bytes == b"\x1eTT2")
            .unwrap()
    };
    let spliced = [&one[..end(&one)], &other[end(&other)..]].concat();
    assert!(read(&spliced).unwrap().totals.is_none());
    let mut damaged = one.clone();
    damaged[40] ^= 1;
    assert!(matches!(read(&damaged), Err(OpenError::NoHeader)));
    assert!(matches!(read(b""), Err(OpenError::NotASnapshot(_))));
    assert!(matches!(read(b"other"), Err(OpenError::NotASnapshot(_))));
    let path = tempfile::NamedTempFile::new().unwrap();
    fs::write(&path, &one).unwrap();
    assert_eq!(Summary::read(&path).unwrap().events(), Some(1));
}
