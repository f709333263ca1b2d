//! The follower of this process's ring, for the view and the console.

use std::process;

use ttlog_reader::{Clock, EventRef, Follower, Source};

use crate::{
    clock::{self, SegmentBuffer},
    recorder::{Recorder, RecorderUse},
    snapshot_store::SnapshotStore,
};

/// Reads the ring, with the clock of the run.
pub(crate) struct RingFollower {
    recorder: RecorderUse,
    follower: Follower,
    segments: Box<SegmentBuffer>,
}

impl RingFollower {
    /// Follows the ring from its oldest event.
    pub(crate) fn new(store: &SnapshotStore) -> Self {
        let recorder = store.recorder.clone();
        let source = Source {
            run_id: Some(recorder.ring.run().id),
            service: Some(store.process.service.clone()),
            host: Some(store.process.host.clone()),
            pid: Some(process::id()),
            ..Source::default()
        };
        Self {
            follower: Follower::new(recorder.ring, source),
            recorder,
            segments: Box::new([0; _]),
        }
    }

    /// Passes the events since the last call to `show`, at most the newest `max`. Returns the number of
    /// events that were overwritten before they could be read.
    pub(crate) fn poll(&mut self, max: usize, show: impl FnMut(&EventRef<'_>)) -> u64 {
        let Recorder { ring, clock, .. } = self.recorder.recorder();
        // Before the segments are read: no later segment begins before this moment.
        let now_ticks = clock::ticks();
        let segments = clock.segments(0, &mut self.segments);
        let run = ring.run();
        self.follower.source_mut().clock = Clock::new(run.clock_hz, run.start_ticks, &segments);
        self.follower.poll(now_ticks, max, show)
    }
}
