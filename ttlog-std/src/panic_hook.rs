//! The panic hook. The panic is the last event of its snapshot.

use std::{
    fmt::Write,
    panic::{self, PanicHookInfo},
    sync::atomic::Ordering,
    thread,
    time::Instant,
};

use ttlog_core::{
    Callsite, CallsiteKind, Level, Metadata, argument::Formatted, fields, snapshot::SnapshotKind,
};

use crate::{
    clock, panic_admission::PanicAdmission, panic_writer::PanicWriter, reason::Reason,
    sender::SnapshotSender, snapshot_store::SnapshotCause, thread_lane,
};

/// Records panics, and takes a snapshot with the reason `panic`.
///
/// The hook does not need the writer thread. It works if that thread has ended, is blocked or panics. The
/// panicking thread waits until the file is written, at most five seconds for each directory.
///
/// # Limits
///
/// A panic gets a snapshot if no earlier snapshot holds it. So the last panic before the program ends is
/// in a file, even if an earlier panic was caught. Within the cool-down
/// ([`Builder::cool_down`](crate::Builder::cool_down)) there are limits: one snapshot for each panicking
/// source location, and four in all. A re-raised panic (`join().unwrap()`, a poisoned lock, the end of a
/// `thread::scope`, a second panic that becomes an abort) gets none within the cool-down. Panics at the
/// same time share a snapshot. All other panics are recorded, and counted as merged.
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
    /// Installs the hook for the whole process. The previous hook runs first, so its message appears on
    /// stderr as before.
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
        let previous = panic::take_hook();
        // Allocated now: a program that panics may be out of memory.
        let cool_down = sender.store.admission.cool_down;
        let writer = PanicWriter::new(sender.store);
        // Separate from the admission of requests: a request with the reason `panic` must not replace
        // the snapshot of a panic.
        let admission = PanicAdmission::new(cool_down);
        panic::set_hook(Box::new(move |info| {
            previous(info);
            on_panic(&writer, &admission, info);
        }));
    }
}

fn on_panic(writer: &PanicWriter, admission: &PanicAdmission, info: &PanicHookInfo<'_>) {
    let before = clock::ticks();
    record(info);
    // The moment of the panic's own event, so that the snapshot holds no later event.
    let ticks = match thread_lane::last_ticks() {
        last if last >= before => last,
        _ => clock::ticks(),
    };
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let arrival = admission.arrive(location, message(info), ticks);
    match admission.admit(&arrival, Instant::now()) {
        Some(admitted) => {
            let written = writer.write(&SnapshotCause {
                kind: SnapshotKind::Panic,
                reason: Reason::new("panic"),
                merged: admitted.merged,
                moment_ticks: admitted.moment_ticks,
            });
            admission.complete(admitted.promise, written);
        }
        None => {
            writer.store.counts.merged.fetch_add(1, Ordering::Relaxed);
        }
    }
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
