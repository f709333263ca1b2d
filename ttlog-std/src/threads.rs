//! The threads of a recorder: the writer thread, and the console's thread if there is a console.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::{
    console::Console,
    console_thread,
    error::{BuildError, SnapshotError},
    limited_thread::LimitedThread,
    ring_follower::RingFollower,
    snapshot_store::SnapshotStore,
    writer_thread::{self, WriterThread},
};

/// Handles of the threads.
#[derive(Debug)]
pub(crate) struct Threads {
    writer: LimitedThread<()>,
    console: Option<LimitedThread<()>>,
    /// Dropped to stop the console's thread.
    stop_console: Sender<()>,
}

impl Threads {
    /// Starts the threads.
    pub(crate) fn start(
        writer: WriterThread,
        console: Option<Console>,
        store: &SnapshotStore,
    ) -> Result<Self, BuildError> {
        let writer = LimitedThread::spawn(writer_thread::NAME, move || writer.run())?;
        let (stop_console, stopped) = crossbeam_channel::bounded(0);
        let console = console.map(|console| {
            let follower = RingFollower::new(store);
            let run = move || console_thread::run(console, follower, &stopped);
            LimitedThread::spawn(console_thread::NAME, run)
        });
        Ok(Self {
            writer,
            console: console.transpose()?,
            stop_console,
        })
    }

    /// Waits for the end of the threads, within `limit`. The pending snapshots are closed: the writer
    /// thread writes them first. The console shows the remaining events.
    pub(crate) fn stop(self, limit: Duration) -> Result<(), SnapshotError> {
        let start = Instant::now();
        let left = || limit.saturating_sub(start.elapsed());
        let writer = self.writer.join_within(left());
        drop(self.stop_console);
        // A console that has panicked or does not end is no error: it is not needed.
        let _ = self.console.map(|console| console.join_within(left()));
        writer
            .ok_or(SnapshotError::TimedOut)?
            .map_err(|_| SnapshotError::WriterPanicked)
    }
}
