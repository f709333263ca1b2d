//! The panic hook. The panic is the last event of its snapshot.

use std::{
    cell::Cell,
    fmt::Write,
    panic::{self, PanicHookInfo},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, argument::Formatted, fields};
use ttlog_reader::Check;

#[cfg(feature = "backtrace")]
use crate::panic_backtrace;
use crate::{
    clock, current,
    instance::Instance,
    self_test::{Hook, address_of, check_hook},
    sender::SnapshotSender,
    thread_lane,
};

/// `true` once a hook has been installed. Recorders that start later prepare for panics.
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
/// The address of the hook that was installed last.
static ADDRESS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// `true` while this thread runs the hook, so that a second installed hook does nothing.
    static IS_IN_HOOK: Cell<bool> = const { Cell::new(false) };
}

/// Records panics, and takes a snapshot with the reason `panic`.
///
/// The hook records the panic, writes the snapshot, states the file on stderr, and then runs the previous
/// hook. It uses the recorder that is running when the panic occurs, or the last one that ran. It does not
/// need the writer thread. It works if that thread has ended, is blocked or panics. The panicking thread
/// waits until the file is written, at most five seconds for each directory.
///
/// # Which panics get a file
///
/// Every panic is in a file after an orderly end of the process. A panic gets a file at once if no file
/// holds it yet, within these limits for each cool-down
/// ([`Builder::cool_down`](crate::Builder::cool_down)):
///
/// | panic | files at once |
/// | --- | --- |
/// | of the main thread, with `panic = "abort"`, or one that cannot unwind | 32 |
/// | of another thread | one for each source location, and four in all |
/// | of another thread, which re-raises a panic: `join().unwrap()`, a poisoned lock, the end of a `thread::scope` | none if its cause is saved |
///
/// Panics at the same time share a file. The other panics are recorded and counted as merged. One file holds
/// all of them when the cool-down ends, when the recorder ends, or when the process exits.
///
/// # Examples
///
/// ```no_run
/// use ttlog_std::{PanicHook, Trace, info};
///
/// let trace = Trace::builder().service("shop").build()?;
/// PanicHook::install(trace.get_sender());
/// info!("order.place order_id={}", 7);
/// panic!("the order has no items"); // leaves ttlog-<pid>-<time>-panic.bin
/// # Ok::<(), ttlog_std::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PanicHook;

impl PanicHook {
    /// Installs the hook for the whole process. A second installation has no effect on a panic.
    ///
    /// # Cost
    ///
    /// Allocates the buffers for two snapshots, about 350 KiB, so that a panic needs no such memory.
    ///
    /// # Panics
    ///
    /// Panics if the calling thread is panicking, as [`std::panic::set_hook`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::panic;
    /// use ttlog_std::{PanicHook, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// PanicHook::install(trace.get_sender());
    /// let result = panic::catch_unwind(|| panic!("the order has no items"));
    /// assert!(result.is_err());
    /// assert_eq!(trace.stats().snapshots_written, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn install(sender: SnapshotSender) {
        // Any sender stands for the process's recorder.
        let SnapshotSender(()) = sender;
        IS_INSTALLED.store(true, Ordering::Release);
        if let Some(instance) = current::get() {
            prepare(&instance);
        }
        let previous = panic::take_hook();
        let hook: Box<Hook> = Box::new(move |info| {
            let is_outermost = !IS_IN_HOOK.replace(true);
            if is_outermost {
                on_panic(info);
            }
            previous(info);
            if is_outermost {
                IS_IN_HOOK.set(false);
            }
        });
        ADDRESS.store(address_of(&*hook), Ordering::Release);
        panic::set_hook(hook);
    }
}

/// Checks that a hook is installed, and that no other hook was installed later. For a moment, the process
/// has only the standard library's hook.
pub(crate) fn check() -> Check {
    let installed = IS_INSTALLED
        .load(Ordering::Acquire)
        .then(|| ADDRESS.load(Ordering::Acquire));
    let outermost = panic::take_hook();
    let address = address_of(&*outermost);
    panic::set_hook(outermost);
    check_hook(installed, address)
}

/// Allocates the buffers for the panics of a recorder, if a hook is installed.
pub(crate) fn prepare(instance: &Instance) {
    if IS_INSTALLED.load(Ordering::Acquire) {
        // Allocated now: a program that panics may be out of memory.
        instance.panic_writer();
    }
}

fn on_panic(info: &PanicHookInfo<'_>) {
    let instance = current::get_in_panic();
    let panicking = instance.as_ref().map(|it| it.pending.panics.enter());
    let before = clock::ticks();
    record(info);
    #[cfg(feature = "backtrace")]
    if instance
        .as_ref()
        .is_some_and(|it| it.settings.panic_backtrace)
    {
        panic_backtrace::record();
    }
    // The moment of the panic's own event, so that the snapshot holds no later event.
    let moment_ticks = match thread_lane::last_ticks() {
        last if last >= before => last,
        _ => clock::ticks(),
    };
    let Some(instance) = &instance else {
        return;
    };
    // Set at once: writers that log without pause reuse the ring within milliseconds.
    let hold = instance.store().recorder.recorder().hold(moment_ticks);
    let panics = &instance.pending.panics;
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let arrival = panics.arrive(location, message(info), is_main_thread(), moment_ticks);
    match panics.admit(&arrival, clock::now()) {
        Some(panic) => {
            let writer = instance.panic_writer();
            instance.pending.save_panic(panic, hold.clone(), writer);
        }
        None => instance.pending.note_merged_panic(),
    }
    drop(hold);
    drop(panicking);
}

/// Returns whether this is the main thread, whose panics end the process unless they are caught.
fn is_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str()
        .unwrap_or("(the panic's value is not text)")
}

/// Records the panic's text, location and thread, even if the filter disables such an event.
fn record(info: &PanicHookInfo<'_>) {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Fatal,
        target: "panic",
        file: file!(),
        line: line!(),
        text: "thread '{0}' panicked at {1}: {2}",
        names: &["thread", "location", "message"],
        more_kinds: &[],
    };
    static CALLSITE: Callsite = Callsite::new(&METADATA);

    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let location = Formatted::new(|out| match info.location() {
        Some(location) => write!(out, "{location}"),
        None => Ok(()),
    });
    CALLSITE.record_always(fields![thread, location, message(info)]);
}
