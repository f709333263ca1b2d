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
/// that is running, or the last one that ran. The event states:
///
/// | field | content |
/// | --- | --- |
/// | `signal`, `code` | the signal and its cause, `SIGSEGV` and `SEGV_MAPERR` for example |
/// | `address` | the address whose use failed; 0 if a process has sent the signal |
/// | `instruction` | the address of the instruction |
/// | `sender` | the process that has sent the signal; 0 if the system has |
/// | `frames` | up to 24 return addresses, if the program is built with frame pointers |
///
/// # Limits
///
/// - The first crash of a process is saved. Another thread that crashes meanwhile waits for its end.
/// - The file takes ten seconds at most. A directory that never responds does not keep the program from ending.
/// - A thread without an alternate signal stack cannot handle an overflow of its stack. The main thread and the
///   threads of `std` have one. A thread that C has started usually has none.
/// - On a full disk, the snapshot holds fewer events. No older file is removed.
/// - A signal that the process ignores stays ignored.
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
    /// 600 KiB of memory: the buffers for a snapshot, and two stacks. Waits for a second at most until the
    /// directories are open.
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
