//! The recorder of this process. Handles, senders and the panic hook look it up here, so none of them
//! is bound to a recorder that was replaced.
//!
//! After `fork`, a child process has no thread of its parent but one, and locks may be held by threads
//! that do not exist. So each process has a slot of its own, and the first use in a child starts a
//! recorder with the settings of its parent's.

use std::{
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak},
    thread,
    time::Duration,
};

use once_cell::race::OnceRef;

use crate::{error::BuildError, instance::Instance, recorder, settings::Settings, signal_thread};

/// The recorder of one process.
struct Slot {
    pid: u32,
    state: Mutex<SlotState>,
    /// Held while a recorder starts, which may take seconds.
    starting: Mutex<()>,
    /// The settings of the recorders so far. A child process reads them without a lock.
    settings: OnceRef<'static, StartedSettings>,
    /// The slot of a child process.
    next: OnceRef<'static, Slot>,
}

#[derive(Default)]
struct SlotState {
    /// The slot of the parent process, whose settings the first use takes.
    parent: Option<&'static Slot>,
    /// The last recorder, which stays here after its end: the panic hook still saves panics.
    instance: Option<Arc<Instance>>,
    /// Upgrades while the program has a handle of the recorder.
    handle: Weak<Handle>,
    /// `true` if a child process has dropped the last handle before it used the recorder. It still saves
    /// panics.
    is_ended: bool,
}

/// The settings of a recorder that was started. Never freed, because a child process may read them.
struct StartedSettings {
    settings: Settings,
    next: OnceRef<'static, StartedSettings>,
}

/// The slots of this process and of its ancestors, oldest first.
static FIRST: OnceRef<'static, Slot> = OnceRef::new();

/// Keeps a recorder running. The last one that is dropped ends the recorder.
#[derive(Debug)]
pub(crate) struct Handle {
    pid: u32,
    instance: Arc<Instance>,
}

impl Handle {
    /// Returns the recorder. In a child process that is the child's own recorder, or the copy of the
    /// parent's if the child has none.
    pub(crate) fn instance(&self) -> Arc<Instance> {
        let own = (self.pid != process::id()).then(get).flatten();
        own.unwrap_or_else(|| Arc::clone(&self.instance))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let ended = if self.pid == process::id() {
            Some(Arc::clone(&self.instance))
        } else {
            // The copy of the parent's recorder stays: its locks may be held by threads that do not exist.
            let mut state = lock(slot());
            state.is_ended = true;
            state.instance.clone()
        };
        if let Some(instance) = ended {
            // A program that needs the result calls `shutdown`.
            let _ = instance.end(instance.shutdown_limit());
        }
    }
}

/// Starts a recorder with `start`, unless one is running. Returns a handle of the one that is running
/// then, and whether it is new.
pub(crate) fn start_unless_running(
    start: impl FnOnce() -> Result<Arc<Instance>, BuildError>,
) -> Result<(Arc<Handle>, bool), BuildError> {
    let slot = slot();
    let _starting = slot.starting.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let mut state = lock(slot);
        let inherited = state.parent.and_then(Slot::try_lock);
        let running = inherited
            .as_ref()
            .map_or(&state.handle, |parent| &parent.handle);
        if let Some(handle) = running.upgrade() {
            return Ok((handle, false));
        }
        drop(inherited);
        state.parent = None;
        state.is_ended = false;
    }
    // The old recorder stays until there is a new one: it saves panics meanwhile. No lock is held.
    let instance = start()?;
    slot.note_settings(&instance.settings);
    let handle = Arc::new(Handle {
        pid: process::id(),
        instance: Arc::clone(&instance),
    });
    let mut state = lock(slot);
    state.instance = Some(instance);
    state.handle = Arc::downgrade(&handle);
    Ok((handle, true))
}

/// Returns the recorder of this process. After its end, it is the last one.
pub(crate) fn get() -> Option<Arc<Instance>> {
    of(slot(), &mut lock(slot()))
}

/// As [`get`], for a panic.
pub(crate) fn get_in_panic() -> Option<Arc<Instance>> {
    let slot = slot();
    let mut state = slot.lock_within_limit()?;
    of(slot, &mut state)
}

fn of(slot: &'static Slot, state: &mut SlotState) -> Option<Arc<Instance>> {
    if let Some(parent) = state.parent.take()
        && let Some(settings) = parent.last_settings()
    {
        debug_assert_eq!(slot.pid, process::id());
        // A child that cannot start a recorder has none. Its requests are refused.
        state.instance = Instance::start_in_child(settings.clone()).ok();
        slot.note_settings(settings);
        signal_thread::serve_in_child();
        let has_ended = state.is_ended || !recorder::is_running();
        if let Some(instance) = state.instance.as_ref().filter(|_| has_ended) {
            instance.refuse_requests();
        }
    }
    state.instance.clone()
}

/// Ends the recorder because the process ends.
pub(crate) fn at_exit() {
    let Some(slot) = last_slot().filter(|slot| slot.pid == process::id()) else {
        return; // A child process that has not used its recorder.
    };
    let state = slot.lock_within_limit();
    if let Some(instance) = state.and_then(|state| state.instance.clone()) {
        let _ = instance.end(instance.shutdown_limit());
    }
}

impl Slot {
    fn note_settings(&self, settings: &Settings) {
        let started = Box::leak(Box::new(StartedSettings {
            settings: settings.clone(),
            next: OnceRef::new(),
        }));
        // Only one thread starts a recorder at a time.
        let last = self.all_settings().last();
        let _ = last.map_or(&self.settings, |last| &last.next).set(started);
    }

    fn all_settings(&self) -> impl Iterator<Item = &'static StartedSettings> {
        std::iter::successors(self.settings.get(), |started| started.next.get())
    }

    fn last_settings(&self) -> Option<&'static Settings> {
        Some(&self.all_settings().last()?.settings)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, SlotState>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits for the lock for a second at most. A thread that starts a recorder holds it longer than others.
    fn lock_within_limit(&self) -> Option<MutexGuard<'_, SlotState>> {
        const ATTEMPTS: u32 = 1_000;
        const SLEEP: Duration = Duration::from_millis(1);
        for _ in 0..ATTEMPTS {
            if let Some(state) = self.try_lock() {
                return Some(state);
            }
            thread::sleep(SLEEP);
        }
        None
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, SlotState> {
    slot.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn last_slot() -> Option<&'static Slot> {
    let mut slot = FIRST.get()?;
    while let Some(next) = slot.next.get() {
        slot = next;
    }
    Some(slot)
}

/// Returns the slot of this process. Leaks one for each process that uses its recorder.
fn slot() -> &'static Slot {
    let pid = process::id();
    loop {
        let last = last_slot();
        if let Some(slot) = last.filter(|slot| slot.pid == pid) {
            return slot;
        }
        if last.is_some() {
            // Also after a system call that bypasses the C library's `fork`.
            recorder::note_fork_of(pid);
        }
        let slot = Box::leak(Box::new(Slot {
            pid,
            state: Mutex::new(SlotState {
                parent: last,
                ..SlotState::default()
            }),
            starting: Mutex::new(()),
            settings: OnceRef::new(),
            next: OnceRef::new(),
        }));
        // Fails if another thread was quicker.
        let _ = last.map_or(&FIRST, |last| &last.next).set(slot);
    }
}
