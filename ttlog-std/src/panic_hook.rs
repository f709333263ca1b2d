//! The panic hook. The panic is the last event of its snapshot.

use std::{
    cell::Cell,
    fmt::Write,
    panic::{self, Location},
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
    os::thread_name,
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
    /// `true` once this thread has run the hook.
    static HAS_RUN: Cell<bool> = const { Cell::new(false) };
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
/// # The order of hooks
///
/// Install this hook last. A hook that is installed later is called first, and this one runs only if that hook
/// calls it. If the later hook does not, the program notices no panic that is caught or ends a thread. If the later
/// hook ends the process:
///
/// | it calls | what is saved |
/// | --- | --- |
/// | [`exit`](std::process::exit) | requests and earlier panics, and a snapshot of this panic: its thread and (feature `backtrace`) its backtrace, but not its text |
/// | [`abort`](std::process::abort), `_exit` | nothing more |
///
/// [`Trace::self_test`](crate::Trace::self_test) finds such a hook.
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
    /// Allocates the buffers of a snapshot, about 350 KiB and as much for a fallback directory, and starts a thread
    /// that waits for panics. So a panic needs no such memory and no new thread.
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
                HAS_RUN.set(true);
                save(&PanicReport {
                    location: info.location(),
                    message: info
                        .payload_as_str()
                        .unwrap_or("(the panic's value is not text)"),
                    needs_backtrace: false,
                });
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

/// Allocates the buffers and starts the thread for the panics of a recorder, if a hook is installed.
pub(crate) fn prepare(instance: &Instance) {
    if IS_INSTALLED.load(Ordering::Acquire) {
        // Now: a program that panics may be out of memory, or at its limit of threads.
        instance.panic_writer();
    }
}

/// Saves the panic in which the calling thread ends the process, if no hook of this crate has seen it: a hook that
/// was installed later has called `exit`. Only a thread whose first panic this is can tell.
pub(crate) fn save_unseen() {
    if IS_INSTALLED.load(Ordering::Acquire) && thread::panicking() && !HAS_RUN.get() {
        save(&PanicReport {
            location: None,
            message: "(the text is not known: another panic hook ended the process)",
            // The panic is still on the stack, and nothing else states its place.
            needs_backtrace: true,
        });
    }
}

/// The facts that are known of a panic.
struct PanicReport<'a> {
    location: Option<&'a Location<'a>>,
    message: &'a str,
    /// `true` if the backtrace is recorded even if the program does not ask for those of panics.
    #[cfg_attr(
        not(feature = "backtrace"),
        expect(dead_code, reason = "there are no backtraces")
    )]
    needs_backtrace: bool,
}

/// Records a panic of the calling thread, and writes its snapshot.
fn save(report: &PanicReport<'_>) {
    let instance = current::get_in_panic();
    let panicking = instance.as_ref().map(|it| it.pending.panics.enter());
    let before = clock::ticks();
    record(report);
    #[cfg(feature = "backtrace")]
    if instance
        .as_ref()
        .is_some_and(|it| report.needs_backtrace || it.settings.panic_backtrace)
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
    let location = report.location.map(ToString::to_string).unwrap_or_default();
    let ends_process = is_main_thread() || report.location.is_none();
    let arrival = panics.arrive(location, report.message, ends_process, moment_ticks);
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

/// Records the panic's text, location and thread, even if the filter disables such an event.
fn record(report: &PanicReport<'_>) {
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
    // A thread that was not started by `std` may have a name of the system.
    let name = thread_name::current(0);
    let thread = thread.name().unwrap_or(match name.as_str() {
        "" => "unnamed",
        name => name,
    });
    let location = Formatted::new(|out| match report.location {
        Some(location) => write!(out, "{location}"),
        None => out.write_str("an unknown place"),
    });
    CALLSITE.record_always(fields![thread, location, report.message]);
}
