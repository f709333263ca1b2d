//! The lane of a host: every thread has a writer of its own, in a thread-local.

use std::{
    cell::Cell,
    hash::{BuildHasher, Hasher, RandomState},
    sync::TryLockError,
    thread,
    time::Duration,
};

use ttlog_core::{
    Header, Level, Name, Random, Refused, Writer,
    lane::{Dropped, Fill, Lane, TooLong, UseWriter},
};

use crate::{
    clock::{Clock, Counter, Monotonic, Ticks},
    recorder::{self, Recorder},
};

/// The lane's functions, where the processor's counter is the clock.
static BY_COUNTER: Lane = lane(write::<Counter>);
/// The lane's functions elsewhere.
static BY_MONOTONIC: Lane = lane(write::<Monotonic>);

/// The lane; installed once for the process.
pub(crate) fn get() -> &'static Lane {
    if Clock::get().counter_is_invariant() {
        &BY_COUNTER
    } else {
        &BY_MONOTONIC
    }
}

const fn lane(write: fn(Header, &dyn Fill) -> Result<(), TooLong>) -> Lane {
    Lane {
        write,
        count_dropped,
        with_writer,
    }
}

/// How a thread records.
#[derive(Clone, Copy)]
enum Mode {
    /// Not at all yet: it has not met the recorder in use.
    New,
    /// It is just meeting it; an event from inside (an allocator that logs) is dropped.
    Meeting,
    /// Into pages of its own.
    Own(&'static Recorder),
    /// Into pages that it shares with others: there are too many threads, or it is ending.
    Shared(&'static Recorder),
}

struct ThreadLane {
    /// The recorder that the mode is about.
    epoch: Cell<u32>,
    mode: Cell<Mode>,
    writer: Writer<'static>,
    /// When this thread last wrote into a shared page.
    last_shared_ticks: Cell<u64>,
    /// It is writing into a shared page, or about to.
    shares: Cell<bool>,
    random: Random,
    /// The thread's other thread-locals are being dropped.
    ending: Cell<bool>,
}

thread_local! {
    /// Has no destructor, so that it can be reached without a check, and to the thread's last
    /// moment.
    static THREAD: ThreadLane = const {
        ThreadLane {
            epoch: Cell::new(0),
            mode: Cell::new(Mode::New),
            writer: Writer::new(),
            last_shared_ticks: Cell::new(0),
            shares: Cell::new(false),
            random: Random::new(),
            ending: Cell::new(false),
        }
    };

    /// Gives the page back when the thread ends.
    static AT_END: AtEnd = const { AtEnd };
}

struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        THREAD.with(ThreadLane::end);
    }
}

fn write<C: Ticks>(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    // `try_with`, because unlike `with` it is inlined; the thread-local has no destructor, so it
    // is always there.
    THREAD
        .try_with(|thread| {
            // A writer that has no page writes nothing on, so a thread that owns none comes through
            // here as well.
            if thread.epoch.get() == recorder::epoch()
                && thread.writer.write_on(C::ticks(), header, fill)
            {
                return Ok(());
            }
            thread.write_otherwise(header, fill)
        })
        .unwrap_or(Ok(()))
}

#[cold]
fn refused(recorder: &Recorder, header: Header, refused: Refused) -> Result<(), TooLong> {
    match refused {
        Refused::TooLong { max_words } => Err(TooLong { max_words }),
        Refused::Dropped(cause) => {
            if let Some(level) = Level::from_number(header.level_number()) {
                recorder.ring.count_dropped(level, cause);
            }
            Ok(())
        }
    }
}

impl ThreadLane {
    /// Writes an event into a page of this thread's own.
    fn write_own(
        &self,
        recorder: &'static Recorder,
        header: Header,
        fill: &dyn Fill,
    ) -> Result<(), TooLong> {
        let ticks = recorder.clock.ticks();
        match self.writer.write(&recorder.ring, ticks, header, fill) {
            Ok(()) => Ok(()),
            Err(error) => refused(recorder, header, error),
        }
    }

    /// Writes the first event of a thread, the first of a page, or one into a shared page.
    #[cold]
    #[inline(never)]
    fn write_otherwise(&self, header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
        match self.meet() {
            Mode::Own(recorder) => self.write_own(recorder, header, fill),
            Mode::Shared(recorder) => self
                .write_shared(recorder, header, fill)
                .or_else(|error| refused(recorder, header, error)),
            Mode::Meeting => match Recorder::current() {
                Some(recorder) => refused(recorder, header, Refused::Dropped(Dropped::Nested)),
                None => Ok(()),
            },
            Mode::New => Ok(()),
        }
    }

    /// Finds out how this thread records now.
    fn meet(&self) -> Mode {
        let known = self.epoch.get() == recorder::epoch();
        match self.mode.get() {
            Mode::Meeting => return Mode::Meeting,
            mode @ Mode::Own(_) if known => return mode,
            Mode::Shared(recorder) if known => {
                // There may be room by now.
                if self.ending.get() || !recorder.admit_owner() {
                    return Mode::Shared(recorder);
                }
                self.mode.set(Mode::Own(recorder));
                return Mode::Own(recorder);
            }
            Mode::Own(_) | Mode::Shared(_) | Mode::New => {}
        }
        let Some(recorder) = Recorder::current() else {
            return Mode::New;
        };
        let epoch = recorder::epoch();
        let before = self.mode.replace(Mode::Meeting);
        if let Mode::Own(before) = before {
            self.writer.give_back(&before.ring);
            before.dismiss_owner();
        }
        // Fails where the thread's destructors have already run: then nothing would give a page
        // back.
        let ending = self.ending.get() || AT_END.try_with(|_| ()).is_err();
        self.ending.set(ending);
        let number = recorder.ring.next_writer();
        let name = if ending {
            Name::new(number, "")
        } else {
            thread_name(number)
        };
        self.writer.set_name(name);
        let mode = if !ending && recorder.admit_owner() {
            Mode::Own(recorder)
        } else {
            Mode::Shared(recorder)
        };
        self.epoch.set(epoch);
        self.mode.set(mode);
        mode
    }

    /// Writes through the writer that threads without a page share.
    fn write_shared(
        &self,
        recorder: &Recorder,
        header: Header,
        fill: &dyn Fill,
    ) -> Result<(), Refused> {
        /// The lock is held for some tens of nanoseconds at a time, unless its holder is made to
        /// wait for a processor.
        const YIELDS: u32 = 1_000;
        const SLEEPS: u32 = 1_000;
        const SLEEP: Duration = Duration::from_micros(100);
        if self.shares.get() {
            // This thread holds the lock: it was interrupted by a signal.
            return Err(Refused::Dropped(Dropped::Nested));
        }
        for attempt in 0..YIELDS + SLEEPS {
            // Before, so that there is no moment at which the lock is held and this is not said.
            self.shares.set(true);
            let shared = match recorder.shared.try_lock() {
                Ok(shared) => shared,
                // A panic while it was held would leave the writer as it was before the record.
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
            if shared.name() != self.writer.name() {
                shared.set_name(self.writer.name());
            }
            if shared.context() != self.writer.context() {
                shared.replace_context(self.writer.context());
            }
            let ticks = recorder.clock.ticks();
            let written = shared.write(&recorder.ring, ticks, header, fill);
            drop(shared);
            self.shares.set(false);
            if written.is_ok() {
                self.last_shared_ticks.set(ticks);
                recorder.ring.count_shared();
            }
            return written;
        }
        Err(Refused::Dropped(Dropped::NoPage))
    }

    /// Starts this thread's random numbers.
    #[cold]
    fn seed(&self) {
        let mut seed = RandomState::new().build_hasher();
        seed.write_u64(Clock::get().ticks());
        self.random.seed(seed.finish());
    }

    fn end(&self) {
        self.ending.set(true);
        if let Mode::Own(recorder) = self.mode.get() {
            self.mode.set(Mode::Shared(recorder));
            self.writer.give_back(&recorder.ring);
            recorder.dismiss_owner();
        }
    }
}

/// The name of the calling thread, empty where it has none.
fn thread_name(number: u32) -> Name {
    let thread = thread::current();
    Name::new(number, thread.name().unwrap_or_default())
}

fn count_dropped(level: Level, cause: Dropped) {
    if let Some(recorder) = Recorder::current() {
        recorder.ring.count_dropped(level, cause);
    }
}

fn with_writer(act: UseWriter<'_>) {
    // Always there, and in line, as above.
    let _ = THREAD.try_with(|thread| {
        if thread.random.is_new() {
            thread.seed();
        }
        act(&thread.writer, &thread.random);
    });
}

/// The time of this thread's last event.
pub(crate) fn last_ticks() -> u64 {
    THREAD.with(|thread| {
        thread
            .writer
            .last_ticks()
            .max(thread.last_shared_ticks.get())
    })
}
