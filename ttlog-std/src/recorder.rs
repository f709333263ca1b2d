//! The recorder: a ring, its clock, and who may own pages of it.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use once_cell::race::OnceRef;
use ttlog_core::{Geometry, Ring, Word, Writer, ring::GeometryError, snapshot::Anchor};

use crate::clock::Clock;

/// A ring on the heap that all threads of the process record into. It is never freed, because
/// threads go on logging while the program ends.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) ring: Ring<'static>,
    pub(crate) clock: &'static Clock,
    /// Taken when the ring was made; with a later one it gives the clock's rate.
    first_anchor: Anchor,
    /// The later one, as it was last taken.
    last_anchor: Mutex<Anchor>,
    /// At most so many events are shown, the newest; 0 for all.
    pub(crate) events_max: u64,
    /// The writer of the threads that own no page.
    pub(crate) shared: Mutex<Writer<'static>>,
    /// How many threads own a page.
    owners: AtomicUsize,
    /// The recorder that came after this one.
    next: OnceRef<'static, Self>,
}

/// Recorders, oldest first.
static FIRST: OnceRef<'static, Recorder> = OnceRef::new();
/// How many recorders there have been; the last one is in use. Threads notice a new one by it.
static EPOCH: AtomicU32 = AtomicU32::new(0);

/// The number of the recorder in use; 0 while there is none.
#[inline]
pub(crate) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

impl Recorder {
    /// Makes a ring and puts it to use.
    pub(crate) fn start(
        memory_words: usize,
        geometry: Geometry,
        events_max: u64,
    ) -> Result<&'static Self, GeometryError> {
        // Written to now, so that no event pays for the first touch of a page of memory.
        let memory: Box<[Word]> = (0..memory_words).map(|_| Word::new(0)).collect();
        let clock = Clock::get();
        let first_anchor = clock.anchor();
        let recorder = Box::leak(Box::new(Self {
            ring: Ring::new(Box::leak(memory), geometry, 0, first_anchor.ticks)?,
            clock,
            first_anchor,
            last_anchor: Mutex::new(first_anchor),
            events_max,
            shared: Mutex::new(Writer::new()),
            owners: AtomicUsize::new(0),
            next: OnceRef::new(),
        }));
        let recorder: &'static Self = recorder;
        let mut place = &FIRST;
        while place.set(recorder).is_err() {
            match place.get() {
                Some(taken) => place = &taken.next,
                None => break,
            }
        }
        EPOCH.fetch_add(1, Ordering::Release);
        Ok(recorder)
    }

    /// The recorder in use. Takes no lock, so it can be asked in a signal handler.
    pub(crate) fn current() -> Option<&'static Self> {
        let mut recorder = FIRST.get()?;
        while let Some(next) = recorder.next.get() {
            recorder = next;
        }
        Some(recorder)
    }

    /// The anchors that tell the time of events. The later one stands for a while, so that looking
    /// twice in a row gives an event the same time; how long depends on how far the anchors are
    /// apart, so that the error which is carried on stays small: some microseconds in the first
    /// tenth of a second, below that of the anchors later.
    pub(crate) fn anchors(&self) -> [Anchor; 2] {
        const STANDS_MIN_NS: u64 = 100_000_000;
        const STANDS_MAX_NS: u64 = 60_000_000_000;
        let now = self.clock.anchor();
        let Ok(mut last) = self.last_anchor.try_lock() else {
            return [self.first_anchor, now];
        };
        let age_ns = now.monotonic_ns.saturating_sub(last.monotonic_ns);
        let apart_ns = last
            .monotonic_ns
            .saturating_sub(self.first_anchor.monotonic_ns);
        if apart_ns == 0 || age_ns > (apart_ns / 4).clamp(STANDS_MIN_NS, STANDS_MAX_NS) {
            *last = now;
        }
        [self.first_anchor, *last]
    }

    /// Whether one more thread may own a page; if so, it is counted as an owner. Half of the pages
    /// are never owned for long, so that idle threads cannot keep the last events out.
    pub(crate) fn admit_owner(&self) -> bool {
        let max = self.ring.page_count() / 2;
        self.owners.load(Ordering::Relaxed) < max
            && (self.owners.fetch_add(1, Ordering::Relaxed) < max || {
                self.dismiss_owner();
                false
            })
    }

    /// A thread that owned a page has given it back for good.
    pub(crate) fn dismiss_owner(&self) {
        self.owners.fetch_sub(1, Ordering::Relaxed);
    }
}
