//! The recorder: a ring, its clock, and the threads that may own pages of it.
//!
//! The memory of a recorder is never freed, because threads may still log into it while the program
//! ends. A later recorder of the same size takes it over once no thread owns a page of it.
//!
//! A child process after `fork` has a ring of its own, so that its events are those of another run. The
//! first event or request in the child makes it.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    ops::Deref,
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use once_cell::race::OnceRef;
use ttlog_core::{
    Geometry, Ring, Word, Writer,
    ring::{GeometryError, Hold, Run},
};

use crate::{
    capacity::{RingLayout, SPARE_PAGES},
    clock::{self, RunClock},
    error::BuildError,
    memory, memory_limit, open_spans, process_id,
};

/// Maximum time for which a snapshot holds the ring's content, in seconds.
const HOLD_MAX_S: u64 = 10;

/// A ring on the heap that all threads of the process record into.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) ring: Ring<'static>,
    /// The memory of the ring.
    memory: &'static [Word],
    pub(crate) clock: RunClock,
    /// Number of newest events to show; 0 for all.
    events_max: AtomicU64,
    /// The writer of the threads that own no page. Its number is 0.
    pub(crate) shared: Mutex<Writer<'static>>,
    /// Number of threads that own a page.
    owners: AtomicUsize,
    /// Number of users that read the ring or may start a snapshot of it.
    users: AtomicUsize,
    /// The next recorder in the list.
    next: OnceRef<'static, Self>,
}

/// All recorders, oldest first.
static FIRST: OnceRef<'static, Recorder> = OnceRef::new();
/// The place of the recorder in use.
static PLACE: AtomicUsize = AtomicUsize::new(0);
/// Number of recorders that were started so far. A thread compares this number to find out if a new
/// recorder has started. The highest bit is [`FROZEN`].
static EPOCH: AtomicU32 = AtomicU32::new(0);
/// In [`EPOCH`]: set while a crash is being saved. So each thread compares its recorder with one that does not
/// exist, and its fast path costs no more than without crashes.
const FROZEN: u32 = 1 << 31;
/// The process that the recorder in use belongs to.
static PID: AtomicU32 = AtomicU32::new(0);
/// `true` until the recorder in use ends.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);
/// `true` in a child process that has no recorder of its own yet.
static IS_INHERITED: AtomicBool = AtomicBool::new(false);
/// `true` while a thread of a child process starts its recorder.
static IS_RENEWING: AtomicBool = AtomicBool::new(false);

/// Notes that the recorder in use is ending.
pub(crate) fn note_end() {
    IS_RUNNING.store(false, Ordering::Release);
}

/// Returns whether the recorder in use, or the one that a child process has inherited, has not ended.
pub(crate) fn is_running() -> bool {
    IS_RUNNING.load(Ordering::Acquire)
}

/// Notes that this is a child process after `fork`. Only stores into atomics.
pub(crate) fn note_fork() {
    if FIRST.get().is_some() {
        IS_RENEWING.store(false, Ordering::Relaxed);
        IS_INHERITED.store(true, Ordering::Relaxed);
        // The thread whose crash the parent saves does not exist here.
        EPOCH.fetch_and(!FROZEN, Ordering::Relaxed);
        // Every thread joins anew.
        EPOCH.fetch_add(1, Ordering::Release);
    }
}

/// Notes the same if the recorder belongs to another process.
pub(crate) fn note_fork_of(pid: u32) {
    if PID.load(Ordering::Relaxed) != pid && !IS_INHERITED.load(Ordering::Relaxed) {
        note_fork();
    }
}

/// Keeps threads from recording until it is dropped. A thread that is inside of a record completes it.
pub(crate) struct Freeze(());

impl Freeze {
    pub(crate) fn new() -> Self {
        EPOCH.fetch_or(FROZEN, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Freeze {
    fn drop(&mut self) {
        EPOCH.fetch_and(!FROZEN, Ordering::AcqRel);
    }
}

/// Returns whether a [`Freeze`] is in force at an epoch.
pub(crate) fn is_frozen(epoch: u32) -> bool {
    epoch & FROZEN != 0
}

/// Returns the number of the recorder in use, even if it is frozen; 0 if there is none.
pub(crate) fn epoch_unfrozen() -> u32 {
    epoch() & !FROZEN
}

/// Returns the number of the recorder in use; 0 if there is none. It is the number of no recorder while a
/// [`Freeze`] is in force.
#[inline]
pub(crate) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

impl Recorder {
    /// Starts a recorder. All threads record into it from then on. Takes the memory of an earlier
    /// recorder of this size, if no thread uses it.
    pub(crate) fn start(layout: RingLayout) -> Result<&'static Self, BuildError> {
        let recorder = Self::ready(layout)?;
        recorder.use_from_now();
        Ok(recorder)
    }

    /// Makes a recorder that threads record into after [`use_from_now`](Self::use_from_now). Takes the memory
    /// of an earlier recorder of this size, if no thread uses it.
    pub(crate) fn ready(layout: RingLayout) -> Result<&'static Self, BuildError> {
        let recorder = match Self::all().find(|recorder| recorder.restart(layout)) {
            Some(recorder) => recorder,
            None => Self::append(layout)?,
        };
        Ok(recorder)
    }

    fn append(layout: RingLayout) -> Result<&'static Self, BuildError> {
        let memory = memory::allocate(layout.words)?;
        let recorder = Self::new(memory, layout.geometry, layout.events_max);
        let recorder = Box::leak(Box::new(recorder.map_err(|_| layout.out_of_range())?));
        // Fails only if another recorder was appended meanwhile.
        while Self::all()
            .last()
            .map_or(&FIRST, |last| &last.next)
            .set(recorder)
            .is_err()
        {}
        Ok(recorder)
    }

    /// Makes a recorder that no thread records into by itself.
    pub(crate) fn new(
        memory: Vec<Word>,
        geometry: Geometry,
        events_max: u64,
    ) -> Result<Self, GeometryError> {
        let memory = memory.leak();
        let (clock, start_ticks) = RunClock::start();
        Ok(Self {
            ring: Ring::new(memory, geometry, run(start_ticks))?,
            memory,
            clock,
            events_max: AtomicU64::new(events_max),
            shared: Mutex::new(Writer::new()),
            owners: AtomicUsize::new(0),
            users: AtomicUsize::new(0),
            next: OnceRef::new(),
        })
    }

    /// Empties the ring for a new run, if it has this layout and no thread uses it.
    fn restart(&self, layout: RingLayout) -> bool {
        let has_layout = self.memory.len() == layout.words
            && self.ring.page_words() == layout.geometry.page_words;
        // A thread that has not noticed the end of the old run may be waiting for this lock.
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if !has_layout
            || self.owners.load(Ordering::Acquire) != 0
            || self.users.load(Ordering::Acquire) != 0
            || !shared.release(&self.ring)
        {
            return false;
        }
        shared.set_number(0);
        // The new ring is in the place of the old one, so that `self.ring` is this ring too.
        let restarted = Ring::new(self.memory, layout.geometry, run(clock::ticks()));
        self.events_max.store(layout.events_max, Ordering::Relaxed);
        restarted.is_ok()
    }

    /// Lets all threads record into this recorder from now on.
    pub(crate) fn use_from_now(&'static self) {
        PID.store(process::id(), Ordering::Relaxed);
        open_spans::begin_run(self.ring.run().id);
        let place = Self::all().position(|recorder| std::ptr::eq(recorder, self));
        PLACE.store(place.unwrap_or(0), Ordering::Release);
        IS_RUNNING.store(true, Ordering::Release);
        EPOCH.fetch_add(1, Ordering::Release);
    }

    /// Returns the recorder in use. Takes no lock and does not allocate, so a signal handler may call
    /// it. In a child process after `fork`, the first call starts the child's recorder.
    pub(crate) fn current() -> Option<&'static Self> {
        if IS_INHERITED.load(Ordering::Acquire) {
            Self::renew();
        }
        let place = PLACE.load(Ordering::Acquire);
        Self::all().nth(place)
    }

    /// As [`current`](Self::current). In a child process that has no recorder of its own yet, it is the copy of
    /// the parent's. Never allocates.
    pub(crate) fn in_use() -> Option<&'static Self> {
        Self::all().nth(PLACE.load(Ordering::Acquire))
    }

    fn all() -> impl Iterator<Item = &'static Self> {
        std::iter::successors(FIRST.get(), |recorder| recorder.next.get())
    }

    /// Starts the recorder of a child process. Another thread, and what interrupts this one, waits for a
    /// limited time, and uses the parent's recorder if that is not enough.
    #[cold]
    fn renew() {
        const YIELDS: u32 = 1_000;
        if IS_RENEWING.swap(true, Ordering::Acquire) {
            for _ in 0..YIELDS {
                if !IS_INHERITED.load(Ordering::Acquire) {
                    return;
                }
                thread::yield_now();
            }
            return;
        }
        let place = PLACE.load(Ordering::Acquire);
        // Without memory, the child records into its copy of the parent's ring.
        if let Some(parent) = Self::all().nth(place)
            && memory_limit::has_room_for(size_of_val(parent.memory))
            && let Ok(own) = Self::append(RingLayout::of(&parent.ring, parent.events_max()))
        {
            let has_ended = !is_running();
            own.use_from_now();
            if has_ended {
                note_end();
            }
        }
        IS_INHERITED.store(false, Ordering::Release);
        IS_RENEWING.store(false, Ordering::Release);
    }

    /// Returns the number of newest events to show; 0 for all.
    pub(crate) fn events_max(&self) -> u64 {
        self.events_max.load(Ordering::Relaxed)
    }

    /// Returns the number of newest events to show if there is little room: half of those that the ring
    /// holds for each halving, and at least one. Without a halving, as [`events_max`](Self::events_max).
    pub(crate) fn halved_events_max(&self, halvings: u32) -> u64 {
        let events_max = self.events_max();
        if halvings == 0 {
            return events_max;
        }
        let kept: u64 = self.ring.count().kept.iter().sum();
        let events = if events_max == 0 {
            kept
        } else {
            kept.min(events_max)
        };
        (events >> halvings).max(1)
    }

    /// Holds the ring's content of this moment until the last copy is dropped, or for ten seconds. Returns
    /// `None` if another snapshot holds the ring.
    pub(crate) fn hold(&'static self, moment_ticks: u64) -> Option<RingHold> {
        self.hold_alone(moment_ticks).map(Arc::new)
    }

    /// As [`hold`](Self::hold), for one owner. Never allocates.
    pub(crate) fn hold_alone(&'static self, moment_ticks: u64) -> Option<Hold<'static>> {
        let until_ticks = clock::ticks().saturating_add(HOLD_MAX_S * self.ring.run().clock_hz);
        // These pages are beyond the capacity in events. A capacity in bytes has no such pages.
        let spare_pages = match self.events_max() {
            0 => SPARE_PAGES.min(self.ring.page_count() / 8),
            _ => SPARE_PAGES,
        };
        self.ring.hold(moment_ticks, until_ticks, spare_pages)
    }

    /// Counts one more owner of a page and returns `true`, if another thread may own one. Threads own at
    /// most half of the pages, so that idle threads leave room for the newest events.
    pub(crate) fn admit_owner(&self) -> bool {
        let max = self.ring.page_count() / 2;
        self.owners.load(Ordering::Relaxed) < max
            && (self.owners.fetch_add(1, Ordering::Relaxed) < max || {
                self.dismiss_owner();
                false
            })
    }

    /// Counts one owner less: a thread has released its page and takes no other.
    pub(crate) fn dismiss_owner(&self) {
        self.owners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns a random number that is not 0. A child after `fork` has the parent's random keys, but
/// another process id.
#[cold]
pub(crate) fn random_number(ticks: u64) -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(process_id::get());
    hasher.write_u64(ticks);
    hasher.finish().max(1)
}

/// Holds the content of a ring, for all threads that have a part in a snapshot.
pub(crate) type RingHold = Arc<Hold<'static>>;

/// A use of a recorder. While there is one, no other recorder takes the memory over.
#[derive(Debug)]
pub(crate) struct RecorderUse(&'static Recorder);

impl RecorderUse {
    pub(crate) fn new(recorder: &'static Recorder) -> Self {
        recorder.users.fetch_add(1, Ordering::Acquire);
        Self(recorder)
    }

    pub(crate) fn recorder(&self) -> &'static Recorder {
        self.0
    }
}

impl Clone for RecorderUse {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for RecorderUse {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::Release);
    }
}

impl Deref for RecorderUse {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        self.0
    }
}

fn run(start_ticks: u64) -> Run {
    Run {
        id: random_number(start_ticks),
        clock_hz: clock::hz(),
        start_ticks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Capacity;

    fn append() -> (&'static Recorder, RingLayout) {
        let layout = Capacity::Events(1).layout().unwrap();
        (Recorder::append(layout).unwrap(), layout)
    }

    #[test]
    fn a_ring_that_no_thread_uses_is_emptied_for_a_new_run() {
        let (recorder, layout) = append();
        recorder.ring.count_shared();
        let id = recorder.ring.run().id;
        assert!(recorder.restart(layout));
        assert_eq!(recorder.ring.shared(), 0);
        assert_ne!(recorder.ring.run().id, id);
    }

    #[test]
    fn a_ring_whose_pages_are_owned_or_that_is_being_read_is_not_reused() {
        let (recorder, layout) = append();
        assert!(recorder.admit_owner());
        assert!(!recorder.restart(layout));
        recorder.dismiss_owner();
        let in_use = RecorderUse::new(recorder);
        assert!(!recorder.restart(layout));
        drop(in_use);
        assert!(!recorder.restart(Capacity::Events(100_000).layout().unwrap()));
        assert!(recorder.restart(layout));
    }
}
