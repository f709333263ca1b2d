//! The recorder of a process, as its owner holds it.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use ttlog_core::{lane, set_filter};

use crate::{
    admission::Admission,
    builder::Builder,
    console::ConsoleThread,
    error::{BuildError, SnapshotError},
    outcome::Ticket,
    recorder::Recorder,
    saver::{Buffers, Saver, Tally},
    sender::SnapshotSender,
    thread_lane,
    view::LiveView,
    writer_thread::{self, Message, WriterThread},
};

/// The recorder of this process. Clones are the same recorder; when the last one is dropped, what
/// is queued is finished, within a time limit.
///
/// ```
/// use ttlog_std::{Trace, info};
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
///
/// let trace = Trace::builder().service("shop").directory(dir).build()?;
/// info!("order.place order_id={} total={:.2}", 7, 99.99);
/// let path = trace.request_snapshot("order_placed").wait()?;
/// println!("see `dump {}`", path.display());
/// # assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: SnapshotSender,
    threads: Mutex<Option<Threads>>,
    shutdown_limit: Duration,
}

#[derive(Debug)]
struct Threads {
    writer: JoinHandle<()>,
    /// Disconnected when the writer thread has ended.
    writer_ended: Receiver<()>,
    console: Option<ConsoleThread>,
}

/// The recorder that is running, if one is.
static RUNNING: Mutex<Weak<Inner>> = Mutex::new(Weak::new());

/// How the recorder has fared so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Events that were logged: kept, overwritten or dropped.
    pub recorded: u64,
    /// Events in the ring now.
    pub kept: u64,
    /// Events whose place was reused.
    pub overwritten: u64,
    /// Events that never came into the ring.
    pub dropped: u64,
    /// Events that went through a page which threads shared, because there were too many threads.
    pub shared: u64,
    /// Snapshots written.
    pub snapshots_written: u64,
    /// Requests that were merged into another one's snapshot.
    pub snapshots_merged: u64,
    /// Requests that failed.
    pub snapshots_failed: u64,
    /// Old snapshots removed.
    pub snapshots_removed: u64,
}

impl Trace {
    /// Starts recording the last `events` events, with room for `requests` queued requests for
    /// snapshots. Where a recorder is running in this process already, this is one more handle of
    /// it, and its numbers stay.
    ///
    /// At least the last `events` events are kept as long as they have 128 bytes or less on
    /// average. [`Trace::builder`] has the rest.
    ///
    /// # Panics
    ///
    /// Where a number is 0 or the memory cannot be had, and where the writer thread cannot be
    /// started. The builder answers an error instead.
    #[must_use]
    pub fn init(events: usize, requests: usize) -> Self {
        let built = Self::builder()
            .events(events)
            .queue(requests)
            .build_or_join();
        match built {
            Ok(trace) => trace,
            Err(error) => panic!("ttlog could not be started: {error}"),
        }
    }

    /// All that can be set.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(builder: Builder, join: bool) -> Result<Self, BuildError> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inner) = running.upgrade() {
            return if join {
                Ok(Self { inner })
            } else {
                Err(BuildError::AlreadyRunning)
            };
        }
        let (memory_words, geometry, events_max) = builder.geometry()?;
        if builder.queue == 0 {
            return Err(BuildError::NoQueue);
        }
        if let Some(filter) = builder.filter_text() {
            set_filter(&filter).map_err(BuildError::Filter)?;
        }
        let recorder =
            Recorder::start(memory_words, geometry, events_max).map_err(BuildError::Geometry)?;
        let lane = thread_lane::get();
        if lane::install(lane).is_err() && !lane::is_installed(lane) {
            return Err(BuildError::OtherLane);
        }
        let saver = Arc::new(Saver {
            recorder,
            identity: builder.identity(),
            directory: crate::identity::directory(builder.directory.clone()),
            fallback: builder.fallback_directory.clone(),
            retention: builder.retention,
            tally: Tally::default(),
        });
        let admission = Arc::new(Admission::new(builder.cool_down));
        let (messages, receiver) = crossbeam_channel::bounded(builder.queue);
        let (ending, writer_ended) = crossbeam_channel::bounded(0);
        let writer = WriterThread {
            messages: receiver,
            saver: Arc::clone(&saver),
            admission: Arc::clone(&admission),
            buffers: Buffers::new(),
            later: Vec::new(),
            later_max: builder.queue,
        };
        let writer = thread::Builder::new()
            .name(writer_thread::NAME.to_owned())
            .spawn(move || {
                // Dropped however the thread ends.
                let _ending = ending;
                writer.run();
            })
            .map_err(BuildError::Thread)?;
        let console = builder
            .console
            .map(|console| ConsoleThread::start(console, recorder, &saver.identity.service))
            .transpose()
            .map_err(BuildError::Thread)?;
        let inner = Arc::new(Inner {
            sender: SnapshotSender {
                messages,
                saver,
                admission,
            },
            threads: Mutex::new(Some(Threads {
                writer,
                writer_ended,
                console,
            })),
            shutdown_limit: builder.shutdown_limit,
        });
        *running = Arc::downgrade(&inner);
        Ok(Self { inner })
    }

    /// Asks for a snapshot; see [`SnapshotSender::request_snapshot`].
    pub fn request_snapshot(&self, reason: impl AsRef<str>) -> Ticket {
        self.inner.sender.request_snapshot(reason)
    }

    /// Asks for a snapshot after some time, to hold what followed as well.
    pub fn request_snapshot_after(&self, reason: impl AsRef<str>, delay: Duration) -> Ticket {
        self.inner.sender.request_snapshot_after(reason, delay)
    }

    /// Something that asks for snapshots and can be handed around.
    #[must_use]
    pub fn get_sender(&self) -> SnapshotSender {
        self.inner.sender.clone()
    }

    /// A view of the events that are in the ring whenever it is looked at.
    #[must_use]
    pub fn get_buffer(&self) -> LiveView {
        LiveView::new(Arc::clone(&self.inner.sender.saver))
    }

    /// The directory that snapshots go to.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.inner.sender.saver.directory.clone()
    }

    /// How the recorder has fared so far. Looks at every page: some microseconds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let saver = &self.inner.sender.saver;
        let counts = saver.recorder.ring.count();
        let tally = &saver.tally;
        Stats {
            recorded: counts.recorded().iter().sum(),
            kept: counts.kept.iter().sum(),
            overwritten: counts.overwritten.iter().sum(),
            dropped: counts.dropped.iter().sum(),
            shared: saver.recorder.ring.shared().into(),
            snapshots_written: tally.written.load(Ordering::Relaxed),
            snapshots_merged: tally.merged.load(Ordering::Relaxed),
            snapshots_failed: tally.failed.load(Ordering::Relaxed),
            snapshots_removed: tally.removed.load(Ordering::Relaxed),
        }
    }

    /// Finishes what is queued and ends the recorder's threads, within `limit`. Events are still
    /// recorded afterwards, and a panic is still saved; requests are refused.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::TimedOut`] where the writer thread was not done by then. It goes on by
    /// itself, but nobody waits for it any more.
    pub fn shutdown(&self, limit: Duration) -> Result<(), SnapshotError> {
        self.inner.shutdown(limit)
    }
}

impl Inner {
    fn shutdown(&self, limit: Duration) -> Result<(), SnapshotError> {
        let end = Instant::now() + limit;
        let threads = self
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Threads {
            writer,
            writer_ended,
            console,
        }) = threads
        else {
            return Ok(());
        };
        // A thread that has ended takes no message.
        let _ = self.sender.messages.send_timeout(Message::Stop, limit);
        // Nothing is ever sent: this ends when the other end is dropped, or by time.
        let _ = writer_ended.recv_deadline(end);
        let ended =
            writer.is_finished() || writer_ended.try_recv().is_err_and(|e| e.is_disconnected());
        if let Some(console) = console {
            console.stop(end);
        }
        if ended {
            writer.join().map_err(|_| SnapshotError::ShutDown)
        } else {
            Err(SnapshotError::TimedOut)
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever wants to know calls `shutdown`.
        let _ = self.shutdown(self.shutdown_limit);
    }
}
