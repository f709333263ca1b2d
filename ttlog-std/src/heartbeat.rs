//! Heartbeats: signs of life of a part of the program.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use ttlog_core::Ring;

/// Maximum length of a heartbeat's name in bytes, so that the file's name has room for it.
const NAME_MAX_BYTES: usize = 48;

/// A heartbeat of a part of the program. If no [`beat`](Self::beat) comes within the time that
/// `Builder::stall_after` sets, the recorder takes a snapshot with the reason `stall_<name>`. At the
/// next beat, it takes another one with the reason `stall_<name>_over`.
///
/// If more than eight heartbeats are missed at the same time, one snapshot with the reason `stall_many` covers
/// them, and its events name them. `stall_many_over` does so for their return.
///
/// Dropping the heartbeat ends the watch.
#[must_use = "the watch ends when the heartbeat is dropped"]
pub struct Heartbeat {
    pulse: Arc<Pulse>,
}

impl Heartbeat {
    /// Notes that this part of the program is alive. Any thread may call this.
    ///
    /// # Cost
    ///
    /// One addition in memory. No thread is woken.
    #[inline]
    pub fn beat(&self) {
        if let Pulse::Beats(beats) = &*self.pulse {
            beats.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat").finish_non_exhaustive()
    }
}

/// The watch over the events of one thread. Each event of the thread is a beat, so the thread pays nothing.
/// Otherwise equal to [`Heartbeat`].
///
/// There may be too many threads for each to own pages of the ring. Any event of a thread without pages is
/// then a beat of all such threads.
#[must_use = "the watch ends when the heartbeat is dropped"]
pub struct ThreadHeartbeat {
    _pulse: Arc<Pulse>,
    /// It is about the thread that made it.
    not_send: PhantomData<*const ()>,
}

impl fmt::Debug for ThreadHeartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadHeartbeat").finish_non_exhaustive()
    }
}

/// The progress of a heartbeat.
#[derive(Debug)]
pub(crate) enum Pulse {
    /// The number of beats.
    Beats(AtomicU64),
    /// The number of a thread, whose events are the beats.
    Thread(u32),
}

impl Pulse {
    /// Returns the number of beats so far.
    pub(crate) fn progress(&self, ring: &Ring<'_>) -> u64 {
        match self {
            Self::Beats(beats) => beats.load(Ordering::Relaxed),
            Self::Thread(number) => match ring.written_by(*number) {
                Some(events) => events,
                None => ring.shared().into(),
            },
        }
    }
}

/// The heartbeats that have been registered, and that the watch has not taken over yet.
#[derive(Debug, Default)]
pub(crate) struct HeartbeatRegistry {
    new: Mutex<Vec<NewHeartbeat>>,
}

/// A heartbeat that has just been registered.
#[derive(Debug)]
pub(crate) struct NewHeartbeat {
    pub(crate) name: String,
    /// Leads nowhere once the heartbeat is dropped.
    pub(crate) pulse: Weak<Pulse>,
}

impl HeartbeatRegistry {
    /// Registers a heartbeat. Cuts `name` to 48 bytes.
    pub(crate) fn register(&self, name: &str) -> Heartbeat {
        let pulse = self.add(name, Pulse::Beats(AtomicU64::new(0)));
        Heartbeat { pulse }
    }

    /// Registers the watch over the events of the calling thread, which has the number `thread`.
    pub(crate) fn register_thread(&self, name: &str, thread: u32) -> ThreadHeartbeat {
        ThreadHeartbeat {
            _pulse: self.add(name, Pulse::Thread(thread)),
            not_send: PhantomData,
        }
    }

    /// Removes and returns the heartbeats that were registered since the last call.
    pub(crate) fn take_new(&self) -> Vec<NewHeartbeat> {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *new)
    }

    fn add(&self, name: &str, pulse: Pulse) -> Arc<Pulse> {
        let pulse = Arc::new(pulse);
        let name = name[..name.floor_char_boundary(NAME_MAX_BYTES)].to_owned();
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        new.push(NewHeartbeat {
            name,
            pulse: Arc::downgrade(&pulse),
        });
        pulse
    }
}
