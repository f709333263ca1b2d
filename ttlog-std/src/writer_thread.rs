//! The thread that writes snapshots: waits for a request, writes, waits again.

use std::{sync::Arc, time::Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{
    admission::Admission,
    error::SnapshotError,
    outcome::Promise,
    reason::Reason,
    saver::{Buffers, Saver, Wanted},
};

/// The thread's name.
pub(crate) const NAME: &str = "ttlog-writer";

/// What the thread is asked for.
#[derive(Debug)]
pub(crate) enum Message {
    /// A snapshot, when it is due.
    Save(Request),
    /// To finish what is queued and end.
    Stop,
    /// To fail, in a test.
    #[cfg(test)]
    Panic,
}

/// A snapshot to be written.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) reason: Reason,
    pub(crate) promise: Promise,
    pub(crate) due: Instant,
}

/// What the thread works with.
#[derive(Debug)]
pub(crate) struct WriterThread {
    pub(crate) messages: Receiver<Message>,
    pub(crate) saver: Arc<Saver>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) buffers: Buffers,
    /// Requests whose time has not come.
    pub(crate) later: Vec<Request>,
    /// How many of them there may be.
    pub(crate) later_max: usize,
}

impl WriterThread {
    /// Runs until it is stopped or nobody can send any more; then writes what is left, due or not.
    pub(crate) fn run(mut self) {
        while let Some(message) = self.next() {
            match message {
                Message::Save(request) if request.due <= Instant::now() => self.save(request),
                Message::Save(request) if self.later.len() < self.later_max => {
                    self.later.push(request);
                }
                Message::Save(Request {
                    reason, promise, ..
                }) => {
                    self.admission
                        .withdraw(&reason, promise, SnapshotError::QueueFull);
                }
                Message::Stop => break,
                #[cfg(test)]
                Message::Panic => panic!("asked to"),
            }
        }
        while let Ok(message) = self.messages.try_recv() {
            if let Message::Save(request) = message {
                self.save(request);
            }
        }
        for request in std::mem::take(&mut self.later) {
            self.save(request);
        }
    }

    /// The next message, which may be a request whose time has come.
    fn next(&mut self) -> Option<Message> {
        let first_due = self
            .later
            .iter()
            .enumerate()
            .min_by_key(|(_, request)| request.due);
        let Some((at, request)) = first_due else {
            return self.messages.recv().ok();
        };
        let left = request.due.saturating_duration_since(Instant::now());
        // Asked first: messages that are waiting would otherwise be received whatever time is left.
        if left.is_zero() {
            return Some(Message::Save(self.later.swap_remove(at)));
        }
        match self.messages.recv_timeout(left) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => Some(Message::Save(self.later.swap_remove(at))),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn save(&mut self, request: Request) {
        let Request {
            reason, promise, ..
        } = request;
        let wanted = Wanted {
            merged: self.admission.take_merged(&reason),
            taken_ticks: self.saver.recorder.clock.ticks(),
            reason,
        };
        let result = self.saver.save(&mut self.buffers, &wanted);
        self.admission
            .answer(&wanted.reason, promise, result, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process::Command};

    use super::Message;
    use crate::{PanicHook, Trace, info};

    /// Set in the child process, to the directory for its snapshots.
    const DIRECTORY: &str = "TTLOG_TEST_WRITER_PANIC";

    /// A panic hook is for a whole process, so the test is run again in one of its own.
    #[test]
    fn a_panic_in_the_writer_thread_is_saved_and_the_program_ends() {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let trace = Trace::builder().directory(directory).build().unwrap();
            let sender = trace.get_sender();
            PanicHook::install(sender.clone());
            info!("before the panic");
            sender.messages.send(Message::Panic).unwrap();
            // The thread has ended by a panic, and nobody waits for it.
            assert!(trace.shutdown(core::time::Duration::from_secs(20)).is_err());
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
        // The hook that was there ran too.
        assert!(String::from_utf8_lossy(&child.stderr).contains("asked to"));
        let files: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert!(files[0].ends_with("-panic.bin"), "{files:?}");
    }
}
