//! The recorder: a ring, its clock, and the threads that may own pages of it.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    process,
    sync::{
        Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use once_cell::race::OnceRef;
use ttlog_core::{
    Geometry, Ring, Word, Writer,
    ring::{GeometryError, Run},
};

use crate::{
    clock::{self, RunClock},
    error::BuildError,
    open_spans,
};

/// A ring on the heap that all threads of the process record into. It is never freed, because threads
/// may still log while the program ends.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) ring: Ring<'static>,
    pub(crate) clock: RunClock,
    /// Number of newest events to show; 0 for all.
    pub(crate) events_max: u64,
    /// The writer of the threads that own no page. Its number is 0.
    pub(crate) shared: Mutex<Writer<'static>>,
    /// Number of threads that own a page.
    owners: AtomicUsize,
    /// The next recorder in the list.
    next: OnceRef<'static, Self>,
}

/// The recorders, oldest first.
static FIRST: OnceRef<'static, Recorder> = OnceRef::new();
/// Number of recorders so far. The last one is in use. A thread compares this number to find out
/// if a new recorder has started.
static EPOCH: AtomicU32 = AtomicU32::new(0);

/// Returns the number of the recorder in use; 0 if there is none.
#[inline]
pub(crate) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

/// Allocates the memory of a ring.
pub(crate) fn allocate(words: usize) -> Result<Vec<Word>, BuildError> {
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(words)
        .map_err(|error| BuildError::Memory {
            bytes: words * size_of::<Word>(),
            error,
        })?;
    // Written now, so that no event pays for the first access to a page of memory.
    memory.extend((0..words).map(|_| Word::new(0)));
    Ok(memory)
}

impl Recorder {
    /// Makes a ring of `memory`. All threads record into it from then on.
    pub(crate) fn start(
        memory: Vec<Word>,
        geometry: Geometry,
        events_max: u64,
    ) -> Result<&'static Self, GeometryError> {
        let (clock, start_ticks) = RunClock::start();
        let run = Run {
            id: random_number(start_ticks),
            clock_hz: clock::hz(),
            start_ticks,
        };
        let recorder: &'static Self = Box::leak(Box::new(Self {
            ring: Ring::new(memory.leak(), geometry, run)?,
            clock,
            events_max,
            shared: Mutex::new(Writer::new()),
            owners: AtomicUsize::new(0),
            next: OnceRef::new(),
        }));
        open_spans::begin_run(run.id);
        // Fails only if another recorder was appended meanwhile.
        while Self::current()
            .map_or(&FIRST, |last| &last.next)
            .set(recorder)
            .is_err()
        {}
        EPOCH.fetch_add(1, Ordering::Release);
        Ok(recorder)
    }

    /// Returns the recorder in use. Takes no lock, so a signal handler may call it.
    pub(crate) fn current() -> Option<&'static Self> {
        let mut recorder = FIRST.get()?;
        while let Some(next) = recorder.next.get() {
            recorder = next;
        }
        Some(recorder)
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
    hasher.write_u32(process::id());
    hasher.write_u64(ticks);
    hasher.finish().max(1)
}
