//! The handler of the signals that a crash raises.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    crash_context, crash_writer, current, error::SignalHookError, instance::Instance,
    os::crash_handler,
};

/// `true` once the handler has been installed. Recorders that start later prepare for crashes.
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// Records crashes of the program, and takes a snapshot from the handler of their signals.
///
/// Handles SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGTRAP, and so a stack overflow too. The handler records
/// the crash, which is the last event of the snapshot. It writes the file, states it on stderr, and restores
/// the action that was in force before. Then the system sends the signal again: the process ends by the same
/// signal, with the same core dump, and a handler that was installed before is called.
///
/// The handler allocates nothing, waits for no lock, and needs no other thread. It works inside the allocator, in
/// a thread that never logged, inside a log statement, and if the writer thread has ended. It uses the recorder
/// that is running, or the last one that ran. Other threads drop their events while it works. The event states:
///
/// | field | content |
/// | --- | --- |
/// | `signal`, `code` | the signal and its cause, `SIGSEGV` and `SEGV_MAPERR` for example |
/// | `address` | the address whose use failed; 0 if a process has sent the signal |
/// | `instruction` | the address of the instruction |
/// | `sender` | the process that has sent the signal; 0 if the system has |
/// | `frames` | up to 24 return addresses |
///
/// `dump --symbols BINARY` shows the functions at these addresses. The header of each snapshot states the build id
/// and the place of the program and of its shared libraries, up to 32 modules that were loaded at the first start of
/// a recorder. The return addresses come from frame pointers. `-C force-frame-pointers=yes` builds the program
/// with them; without the flag, functions of the program are missing among them.
///
/// # Limits
///
/// - The first crash of a process is saved. Another thread that crashes meanwhile waits for its end. If a handler
///   of before lets the program continue, later crashes are not saved.
/// - The file takes ten seconds at most. If the directory does not respond for five seconds, the file is written to
///   [`Builder::fallback_directory`](crate::Builder::fallback_directory). If no directory responds, stderr
///   states that, and the process ends as it would have ended.
/// - On a full disk, up to 16 older snapshots of the service are removed, in the order of
///   [`Retention`](crate::Retention). If that does not suffice, the snapshot holds fewer events.
/// - The file is written by a process that shares the memory. If a sandbox refuses to start a process, the handler
///   writes the file itself. A timer then ends the program after ten seconds by the signal, or a second later by
///   SIGKILL.
/// - A thread without an alternate signal stack cannot handle an overflow of its stack. The main thread and the
///   threads of `std` have one. A thread that C has started usually has none.
/// - A handler that is installed later replaces this one, unless it calls the handler of before.
///   [`Trace::self_test`](crate::Trace::self_test) states that.
/// - A fault in a thread that blocks its signal ends the process without a file.
/// - A signal that the process ignores, and that another process sends, stays ignored. A fault is saved.
/// - `std` lets the program continue after the first SIGSEGV or SIGBUS that is no fault but was sent, as without
///   this handler.
///
/// # Examples
///
/// ```no_run
/// use ttlog_std::{SignalHook, Trace, info};
///
/// let trace = Trace::builder().service("shop").build()?;
/// SignalHook::install()?;
/// info!("order.place order_id={}", 7);
/// std::process::abort(); // leaves ttlog-<pid>-<time>-sigabrt.bin
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SignalHook;

impl SignalHook {
    /// Installs the handler for the whole process. A second installation has no effect.
    /// [`Builder::crash_signals`](crate::Builder::crash_signals) does the same at the start of a recorder.
    ///
    /// # Errors
    ///
    /// - [`SignalHookError::Unsupported`] if this system is not Linux on x86-64 or AArch64.
    /// - [`SignalHookError::System`] if the system refuses memory or the handler.
    ///
    /// # Cost
    ///
    /// 600 KiB of memory: the buffers for a snapshot, and two stacks. Two more stacks take address space only. Waits
    /// for a second at most until the directories are open.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{SignalHook, SignalHookError, Trace};
    ///
    /// let _trace = Trace::builder().directory(dir).build()?;
    /// match SignalHook::install() {
    ///     Ok(()) => {}
    ///     Err(SignalHookError::Unsupported) => eprintln!("crashes leave no snapshot here"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn install() -> Result<(), SignalHookError> {
        install()?;
        if let Some(instance) = current::get() {
            prepare(&instance);
        }
        Ok(())
    }
}

/// Installs the handler. It has no effect on a crash until [`prepare`] is called.
pub(crate) fn install() -> Result<(), SignalHookError> {
    crash_handler::install(crash_writer::save).map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => SignalHookError::Unsupported,
        _ => SignalHookError::System(error),
    })?;
    IS_INSTALLED.store(true, Ordering::Release);
    Ok(())
}

/// Prepares for a crash while a recorder is running, if the handler is installed.
pub(crate) fn prepare(instance: &Instance) {
    if IS_INSTALLED.load(Ordering::Acquire) {
        crash_context::prepare(instance.store());
    }
}
