//! The thread that writes snapshots.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use ttlog_core::snapshot::SnapshotKind;

use crate::{
    clock,
    encode_buffers::EncodeBuffers,
    error::SnapshotError,
    reason::Reason,
    snapshot_store::{SnapshotCause, SnapshotStore},
    ticket::Promise,
};

/// The thread's name.
pub(crate) const NAME: &str = "ttlog-writer";

/// Minimum time between two updates of the run's clock.
const CLOCK_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// A message to the thread.
pub(crate) enum WriterMessage {
    /// Write a snapshot when it is due.
    Write(SnapshotRequest),
    /// Write the snapshots in the queue, and end.
    Stop,
    /// Panic, in a test.
    #[cfg(test)]
    Panic,
}

/// A request for a snapshot.
pub(crate) struct SnapshotRequest {
    pub(crate) reason: Reason,
    pub(crate) promise: Promise,
    pub(crate) due: Instant,
}

/// The thread's state.
pub(crate) struct WriterThread {
    messages: Receiver<WriterMessage>,
    store: Arc<SnapshotStore>,
    buffers: EncodeBuffers,
    /// Requests that are not due yet, at most as many as the queue holds.
    later: Vec<SnapshotRequest>,
    /// The time of the next update of the run's clock.
    clock_due: Instant,
}

impl WriterThread {
    pub(crate) fn new(messages: Receiver<WriterMessage>, store: Arc<SnapshotStore>) -> Self {
        Self {
            messages,
            store,
            buffers: EncodeBuffers::new(),
            later: Vec::new(),
            clock_due: Instant::now(),
        }
    }

    /// Runs until a message stops the thread, or until all senders are dropped. Then writes all
    /// snapshots that were requested, whether they are due or not.
    pub(crate) fn run(mut self) {
        while let Some(message) = self.next() {
            match message {
                WriterMessage::Write(request) if request.due <= Instant::now() => {
                    self.write(request)
                }
                WriterMessage::Write(request)
                    if Some(self.later.len()) < self.messages.capacity() =>
                {
                    self.later.push(request);
                }
                WriterMessage::Write(SnapshotRequest {
                    reason, promise, ..
                }) => self
                    .store
                    .refuse(&reason, promise, SnapshotError::QueueFull),
                WriterMessage::Stop => break,
                #[cfg(test)]
                WriterMessage::Panic => panic!("asked to"),
            }
        }
        while let Ok(message) = self.messages.try_recv() {
            if let WriterMessage::Write(request) = message {
                self.write(request);
            }
        }
        for request in std::mem::take(&mut self.later) {
            self.write(request);
        }
    }

    /// Waits for the next message, or for a delayed request to become due. Updates the run's clock
    /// meanwhile, so that times stay exact in a program that takes no snapshots.
    fn next(&mut self) -> Option<WriterMessage> {
        loop {
            let now = Instant::now();
            if self.clock_due <= now {
                self.clock_due = now + self.store.recorder.clock.update().max(CLOCK_INTERVAL_MIN);
            }
            // Checked before the queue, because the queue may never be empty.
            if let Some(at) = self.later.iter().position(|request| request.due <= now) {
                return Some(WriterMessage::Write(self.later.swap_remove(at)));
            }
            let due = self.later.iter().map(|request| request.due).min();
            let due = due.map_or(self.clock_due, |due| due.min(self.clock_due));
            match self.messages.recv_deadline(due) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn write(&mut self, request: SnapshotRequest) {
        let SnapshotRequest {
            reason, promise, ..
        } = request;
        let cause = SnapshotCause {
            kind: SnapshotKind::Request,
            merged: self.store.admission.take_merged(&reason),
            moment_ticks: clock::ticks(),
            reason,
        };
        let store = &self.store;
        let result = store.write_by(|attempt| store.write_in(attempt, &mut self.buffers, &cause));
        let now = Instant::now();
        store
            .admission
            .complete(&cause.reason, promise, result, now);
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process::Command};

    use super::WriterMessage;
    use crate::{PanicHook, SnapshotError, Trace, info};

    /// The variable that states the snapshot directory of the child process.
    const DIRECTORY: &str = "TTLOG_TEST_WRITER_PANIC";

    /// A panic hook is installed for a whole process, so the test runs again in a child process.
    #[test]
    fn a_panic_in_the_writer_thread_is_saved_and_the_program_ends() {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let trace = Trace::builder().directory(directory).build().unwrap();
            let sender = trace.get_sender();
            PanicHook::install(sender.clone());
            info!("before the panic");
            sender.messages.send(WriterMessage::Panic).unwrap();
            assert!(matches!(
                trace.shutdown(core::time::Duration::from_secs(20)),
                Err(SnapshotError::WriterPanicked)
            ));
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let name =
            "writer_thread::tests::a_panic_in_the_writer_thread_is_saved_and_the_program_ends";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .output()
            .unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        // The previous hook ran too.
        assert!(String::from_utf8_lossy(&child.stderr).contains("asked to"));
        let files: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert!(files[0].ends_with("-panic.bin"), "{files:?}");
    }
}
