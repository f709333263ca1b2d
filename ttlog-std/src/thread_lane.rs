//! The lane of a host. Each thread has a writer in a thread-local.
//!
//! The ring gives each thread a number, and the thread's writer has this number. Threads that own no page
//! share a writer with the number 0, and each of their records states its thread. So run, writer and
//! sequence number identify an event.
//!
//! The first event of a thread takes a number, a name and a page. This allocates nothing and takes no lock, so
//! a thread may record its first event in a signal handler, inside the allocator, or while it ends. The page is
//! released when the thread has run the destructors of its thread-locals.

use std::{
    cell::Cell,
    sync::{
        Mutex, TryLockError,
        atomic::{Ordering, fence},
    },
    thread,
    time::Duration,
};

use ttlog_core::{
    Level, RecordHeader, SplitMix64, WriteError, Writer,
    lane::{DropCause, Fill, Lane, RecordTooLong, UseWriter},
};

use crate::{
    clock,
    os::{thread_end, thread_name},
    recorder::{self, Recorder},
};

// Two lanes, so that no event has to select its clock.
static BY_COUNTER: Lane = lane(|header, fill| write(clock::counter_ticks, header, fill));
static BY_MONOTONIC: Lane = lane(|header, fill| write(clock::monotonic_ticks, header, fill));

/// Returns the lane of this process. Prepares what the first event of a thread needs.
pub(crate) fn get() -> &'static Lane {
    thread_end::prepare(|| {
        // Does not fail: the thread-local has no destructor.
        let _ = THREAD.try_with(ThreadLane::end);
    });
    if clock::is_counter() {
        &BY_COUNTER
    } else {
        &BY_MONOTONIC
    }
}

const fn lane(write: fn(RecordHeader, &dyn Fill) -> Result<(), RecordTooLong>) -> Lane {
    Lane {
        write,
        count_dropped,
        with_writer,
    }
}

/// The pages that a thread records into.
#[derive(Clone, Copy)]
enum ThreadMode {
    /// None yet: the thread has not recorded since the recorder started.
    New,
    /// None: the thread is joining the recorder. An event of a signal handler that interrupts this is
    /// dropped.
    Joining,
    /// None: the crash of another thread is being saved. Events are dropped.
    Frozen,
    /// Pages that only this thread writes.
    Own(&'static Recorder),
    /// The page of the crash: the thread has crashed, perhaps inside of a record.
    Crashed(&'static Recorder),
    /// Shared pages: there are too many threads, this thread is ending, or its end would not be noticed.
    Shared(&'static Recorder),
}

/// The state of one thread.
struct ThreadLane {
    /// The number of the recorder for which `mode` is valid.
    epoch: Cell<u32>,
    mode: Cell<ThreadMode>,
    writer: Writer<'static>,
    /// `true` while the thread holds or requests the lock of the shared writer.
    shares: Cell<bool>,
    random: SplitMix64,
    /// `true` once the thread has run the destructors of its thread-locals.
    ending: Cell<bool>,
}

thread_local! {
    /// The state of this thread. It has no destructor, so access needs no check, and works until the
    /// thread has ended.
    static THREAD: ThreadLane = const { ThreadLane::new() };
}

fn write(
    ticks: impl FnOnce() -> u64,
    header: RecordHeader,
    fill: &dyn Fill,
) -> Result<(), RecordTooLong> {
    // `try_with` is inlined, `with` is not. It does not fail: the thread-local has no destructor.
    THREAD
        .try_with(|thread| {
            // If the thread owns no page, `write_fast` returns `false`, so such threads need no check
            // of their own.
            if thread.epoch.get() == recorder::epoch()
                && thread.writer.write_fast(ticks(), header, fill)
            {
                return Ok(());
            }
            thread.write_slow(header, fill)
        })
        .unwrap_or(Ok(()))
}

impl ThreadLane {
    const fn new() -> Self {
        Self {
            epoch: Cell::new(0),
            mode: Cell::new(ThreadMode::New),
            writer: Writer::new(),
            shares: Cell::new(false),
            random: SplitMix64::new(),
            ending: Cell::new(false),
        }
    }

    /// Writes a record if `write_fast` cannot: the first record of a thread or of a page, or a record
    /// into a shared page. Counts the record if it is dropped.
    #[cold]
    #[inline(never)]
    fn write_slow(&self, header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
        let written = match self.join() {
            ThreadMode::New => return Ok(()),
            ThreadMode::Joining => Err(WriteError::Dropped(DropCause::Nested)),
            ThreadMode::Frozen => Err(WriteError::Dropped(DropCause::NoPage)),
            ThreadMode::Own(recorder) => {
                let ticks = clock::ticks();
                self.writer.write(&recorder.ring, ticks, header, fill)
            }
            ThreadMode::Shared(recorder) => self.write_shared(recorder, header, fill),
            ThreadMode::Crashed(recorder) => self.write_crash(recorder, header, fill),
        };
        match written {
            Ok(()) => Ok(()),
            Err(WriteError::TooLong { max_words }) => Err(RecordTooLong { max_words }),
            Err(WriteError::Dropped(cause)) => {
                if let Some(level) = Level::from_number(header.level_number()) {
                    count_dropped(level, cause);
                }
                Ok(())
            }
        }
    }

    /// Joins the recorder in use, if the thread has not joined it yet. Returns the thread's mode.
    fn join(&self) -> ThreadMode {
        let epoch = recorder::epoch();
        // After this, `current` returns the recorder with this number or a newer one. A newer one has
        // another number, so the thread's next record joins it again.
        fence(Ordering::Acquire);
        let is_joined = self.epoch.get() == epoch;
        let recorder = match self.mode.get() {
            mode @ (ThreadMode::Joining | ThreadMode::Crashed(_)) => return mode,
            _ if recorder::is_frozen(epoch) => return ThreadMode::Frozen,
            mode @ ThreadMode::Own(_) if is_joined => return mode,
            // Another thread may have released its page.
            ThreadMode::Shared(recorder) if is_joined => recorder,
            ThreadMode::Own(_) | ThreadMode::Shared(_) | ThreadMode::New | ThreadMode::Frozen => {
                let Some(recorder) = Recorder::current() else {
                    return ThreadMode::New;
                };
                let before = self.mode.replace(ThreadMode::Joining);
                if let ThreadMode::Own(old) = before {
                    if !self.writer.release(&old.ring) {
                        // A signal handler logs while the thread writes a record into the old ring.
                        self.mode.set(before);
                        return ThreadMode::Joining;
                    }
                    old.dismiss_owner();
                }
                let number = recorder.ring.next_writer();
                self.writer.set_number(number);
                self.writer.set_thread(thread_name::current(number));
                self.epoch.set(epoch);
                recorder
            }
        };
        // Registered before it owns a page, so that the page is released.
        let may_own = !self.ending.get() && thread_end::register();
        let mode = if may_own && recorder.admit_owner() {
            ThreadMode::Own(recorder)
        } else {
            ThreadMode::Shared(recorder)
        };
        self.mode.set(mode);
        mode
    }

    /// Writes a record through the shared writer.
    fn write_shared(
        &self,
        recorder: &Recorder,
        header: RecordHeader,
        fill: &dyn Fill,
    ) -> Result<(), WriteError> {
        // The lock is held for some tens of nanoseconds, unless its holder waits for a processor.
        const YIELDS: u32 = 1_000;
        const SLEEPS: u32 = 1_000;
        const SLEEP: Duration = Duration::from_micros(100);
        if self.shares.get() {
            // This thread holds the lock, and a signal has interrupted it.
            return Err(WriteError::Dropped(DropCause::Nested));
        }
        for attempt in 0..YIELDS + SLEEPS {
            // Set first, so that the thread never holds the lock without this flag.
            self.shares.set(true);
            let shared = match recorder.shared.try_lock() {
                Ok(shared) => shared,
                // A thread panicked while it held the lock. The writer is as before that record.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    self.shares.set(false);
                    if attempt < YIELDS {
                        thread::yield_now();
                    } else {
                        thread::sleep(SLEEP);
                    }
                    continue;
                }
            };
            if shared.thread() != self.writer.thread() {
                shared.set_thread(self.writer.thread());
            }
            if shared.context() != self.writer.context() {
                shared.replace_context(self.writer.context());
            }
            let ticks = clock::ticks();
            let written = shared.write(&recorder.ring, ticks, header, fill);
            // May be later than before: the writer's time never decreases.
            let ticks = shared.last_ticks();
            drop(shared);
            self.shares.set(false);
            if written.is_ok() {
                self.writer.set_last_ticks(ticks);
                recorder.ring.count_shared();
            }
            return written;
        }
        Err(WriteError::Dropped(DropCause::NoPage))
    }

    /// Writes a record through the writer of the crash. The thread's own writer may have been interrupted.
    fn write_crash(
        &self,
        recorder: &Recorder,
        header: RecordHeader,
        fill: &dyn Fill,
    ) -> Result<(), WriteError> {
        // While a snapshot holds the ring, there may be no page to claim.
        const ATTEMPTS: u32 = 1_000;
        const SLEEP: Duration = Duration::from_millis(1);
        let mut written = Err(WriteError::Dropped(DropCause::Nested));
        let Ok(writer) = CRASH_WRITER.try_lock() else {
            return written;
        };
        for _ in 0..ATTEMPTS {
            written = writer.write(&recorder.ring, clock::ticks(), header, fill);
            if written != Err(WriteError::Dropped(DropCause::NoPage)) {
                break;
            }
            thread::sleep(SLEEP);
        }
        written
    }

    /// Releases the page: the thread ends.
    fn end(&self) {
        self.ending.set(true);
        if let ThreadMode::Own(recorder) = self.mode.get() {
            self.mode.set(ThreadMode::Shared(recorder));
            // A thread that ends in a signal handler may leave a record unfinished. Its page stays owned,
            // because it cannot be read past that record.
            if self.writer.release(&recorder.ring) {
                recorder.dismiss_owner();
            }
        }
    }
}

/// The writer of the process's crash, which is used once. Its page is never released.
static CRASH_WRITER: Mutex<Writer<'static>> = Mutex::new(Writer::new());

/// Calls `record` in a thread that has crashed, perhaps inside of a record. Its event goes to a page of its own,
/// with the thread's number, name and context. Returns the time of the event, or of this call if there is none.
///
/// Allocates nothing, and takes no lock that another thread holds. Only the handler of a crash may call this,
/// and once in a process.
pub(crate) fn record_crash(recorder: &'static Recorder, record: impl FnOnce()) -> u64 {
    let before = clock::ticks();
    THREAD.with(|thread| {
        let has_joined = thread.epoch.get() == recorder::epoch_unfrozen()
            && matches!(
                thread.mode.get(),
                ThreadMode::Own(_) | ThreadMode::Shared(_)
            );
        let name = if has_joined {
            thread.writer.thread()
        } else {
            thread_name::current(recorder.ring.next_writer())
        };
        if let Ok(writer) = CRASH_WRITER.try_lock() {
            // Not a number of the ring: a child process that has no ring of its own records into a copy of its
            // parent's, and the parent counts on meanwhile.
            writer.set_number(CRASH_NUMBER_BIT | std::process::id());
            writer.set_thread(name);
            writer.replace_context(thread.writer.context());
        }
        let mode = thread.mode.replace(ThreadMode::Crashed(recorder));
        // No recorder has this number, so the record takes the slow path.
        let epoch = thread.epoch.replace(0);
        record();
        thread.epoch.set(epoch);
        thread.mode.set(mode);
    });
    let written = CRASH_WRITER
        .try_lock()
        .map_or(0, |writer| writer.last_ticks());
    written.max(before)
}

/// In the number of the writer of a crash. The other bits are the process id.
const CRASH_NUMBER_BIT: u32 = 1 << 31;

fn count_dropped(level: Level, cause: DropCause) {
    if let Some(recorder) = Recorder::current() {
        recorder.ring.count_dropped(level, cause);
    }
}

fn with_writer(act: UseWriter<'_>) {
    // Inlined, and does not fail, as in `write`.
    let _ = THREAD.try_with(|thread| {
        if thread.random.is_new() {
            thread.random.seed(recorder::random_number(clock::ticks()));
        }
        act(&thread.writer, &thread.random);
    });
}

/// Returns the number of this thread in the recorder in use. Returns `None` if there is no recorder, or if
/// the call interrupts the thread's first event.
pub(crate) fn thread_number() -> Option<u32> {
    THREAD.with(|thread| match thread.join() {
        ThreadMode::Own(_) | ThreadMode::Shared(_) => Some(thread.writer.thread().number),
        ThreadMode::New | ThreadMode::Joining | ThreadMode::Frozen | ThreadMode::Crashed(_) => None,
    })
}

/// Returns the time of this thread's last record.
pub(crate) fn last_ticks() -> u64 {
    THREAD.with(|thread| thread.writer.last_ticks())
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use ttlog_core::Word;

    use super::*;
    use crate::capacity::Capacity;

    fn recorder() -> &'static Recorder {
        // Without it, no thread would own a page.
        let _ = get();
        Recorder::start(Capacity::Events(1).layout().unwrap()).unwrap()
    }

    #[test]
    fn a_thread_that_is_interrupted_in_a_record_joins_the_next_recorder_after_it() {
        let lane = ThreadLane::new();
        let old = recorder();
        assert!(matches!(lane.join(), ThreadMode::Own(it) if ptr::eq(it, old)));
        assert_eq!(lane.writer.thread().number, 1);
        let header = RecordHeader::new(1, Level::Info);
        let new = Cell::new(None);
        let written = lane.writer.write(&old.ring, 1, header, &|_: &[Word]| {
            new.set(Some(recorder()));
            assert!(matches!(lane.join(), ThreadMode::Joining));
        });
        assert_eq!(written, Ok(()));
        let new = new.get().unwrap();
        assert!(matches!(lane.join(), ThreadMode::Own(it) if ptr::eq(it, new)));
        lane.end();
        assert_eq!(old.ring.count().kept[Level::Info as usize], 1);
    }
}
