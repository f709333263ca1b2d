//! Reading a live ring.

use ttlog_core::{ClockSegment, ClockSegments, info, span};
use ttlog_reader::{Clock, Event, Follower, Snapshots, Source};

use crate::support::{Recorder, SECOND, STARTED_UNIX_NS, header};

fn follower(recorder: &Recorder) -> Follower {
    let started = ClockSegment::with_hz(0, STARTED_UNIX_NS, SECOND);
    let source = Source {
        run_id: Some(recorder.run_id()),
        service: Some("shop".into()),
        host: Some("pluto".into()),
        pid: Some(4242),
        clock: Clock::new(SECOND, 0, &ClockSegments(&started.to_bytes())),
    };
    Follower::new(recorder.ring(), source)
}

fn poll(follower: &mut Follower, now: u64, max: usize) -> (Vec<Event>, u64) {
    let mut events = Vec::new();
    let missed = follower.poll(now, max, |event| events.push(Event::from(event)));
    (events, missed)
}

#[test]
fn a_live_event_is_what_a_snapshot_says_of_it() {
    let recorder = Recorder::new(8, 256);
    let mut live = follower(&recorder);
    let mut seen = Vec::new();
    for serial in 0..40_u64 {
        recorder.at(serial * 1000);
        let _span = (serial % 3 == 0).then(|| span!("step", serial));
        info!("serial {serial}", of = 40);
        if serial % 7 == 0 {
            let (events, missed) = poll(&mut live, serial * 1000, usize::MAX);
            assert_eq!(missed, 0);
            seen.extend(events);
        }
    }
    seen.extend(poll(&mut live, SECOND, usize::MAX).0);
    let mut snapshots = Snapshots::new();
    snapshots
        .read("a.bin", &recorder.snapshot(&header(SECOND)))
        .unwrap();
    let saved: Vec<_> = snapshots
        .events()
        .map(|event| Event::from(&event))
        .collect();
    assert_eq!(seen.len(), saved.len());
    for (seen, saved) in seen.iter().zip(&saved) {
        assert_eq!(
            serde_json::to_string(seen).unwrap(),
            serde_json::to_string(saved).unwrap()
        );
    }
}

#[test]
fn events_after_now_wait_for_the_next_poll() {
    let recorder = Recorder::new(8, 256);
    let mut live = follower(&recorder);
    for serial in 0..10_u64 {
        recorder.at(serial * 10);
        info!("serial {serial}");
    }
    assert_eq!(poll(&mut live, 45, usize::MAX).0.len(), 5);
    assert_eq!(poll(&mut live, 45, usize::MAX).0.len(), 0);
    assert_eq!(poll(&mut live, 95, usize::MAX).0.len(), 5);
}

#[test]
fn only_the_newest_are_shown_and_what_was_overwritten_is_counted() {
    let recorder = Recorder::new(4, 64);
    let mut live = follower(&recorder);
    for serial in 0..500_u64 {
        recorder.at(serial);
        info!(serial, "serial");
    }
    let (events, missed) = poll(&mut live, 1000, 3);
    let messages: Vec<_> = events.iter().map(|event| event.seq.unwrap()).collect();
    assert_eq!(messages, [497, 498, 499]);
    let kept = recorder.ring().count().kept.iter().sum::<u64>();
    assert_eq!(missed, 500 - kept);
}
