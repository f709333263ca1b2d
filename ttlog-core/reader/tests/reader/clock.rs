//! The clock of a run.

use ttlog_core::{ClockSegment, ClockSegments, SnapshotHeader, info};
use ttlog_reader::{ClockStep, Snapshots, Time};

use crate::support::{Recorder, SECOND, STARTED_UNIX_NS, header};

#[test]
fn a_step_of_the_wall_clock_moves_times_but_not_the_order() {
    let recorder = Recorder::new(4, 1024);
    for second in 0..6 {
        recorder.at(second * SECOND);
        info!(second, "tick");
    }
    // At the third second the clock was set back by ten seconds.
    let segments = [
        ClockSegment::with_hz(0, STARTED_UNIX_NS, SECOND),
        // The same rate, measured again: not a step.
        ClockSegment::with_hz(2 * SECOND, STARTED_UNIX_NS + 2 * SECOND, SECOND),
        ClockSegment::with_hz(3 * SECOND, STARTED_UNIX_NS - 7 * SECOND, SECOND),
    ];
    let bytes = segments.map(|segment| segment.to_bytes());
    let first = recorder.snapshot(&header(5 * SECOND));
    let all = bytes.concat();
    let second = recorder.snapshot(&SnapshotHeader {
        segments: ClockSegments(&all),
        ..header(5 * SECOND)
    });
    for files in [[&first, &second], [&second, &first]] {
        let mut snapshots = Snapshots::new();
        for bytes in files {
            snapshots.read("a.bin", bytes).unwrap();
        }
        let seconds: Vec<i64> = snapshots
            .events()
            .map(|event| (event.ns() as i64 - STARTED_UNIX_NS as i64) / SECOND as i64)
            .collect();
        assert_eq!(seconds, [0, 1, 2, -7, -6, -5]);
        let steps: Vec<_> = snapshots
            .source(&snapshots.files()[0])
            .clock
            .steps()
            .collect();
        let time = Time::Wall {
            unix_ns: STARTED_UNIX_NS - 7 * SECOND,
        };
        let step_ns = -10 * SECOND as i64;
        assert_eq!(steps, [ClockStep { time, step_ns }]);
    }
}
