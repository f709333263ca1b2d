//! A panic becomes the last event of a snapshot.

use std::{
    panic::{self, PanicHookInfo},
    sync::{Mutex, TryLockError},
    thread,
    time::{Duration, Instant},
};

use ttlog_core::{__private::record, Argument, Callsite, CallsiteKind, Level, Metadata};

use crate::{
    admission::{Admission, Admitted},
    reason::Reason,
    saver::Buffers,
    sender::SnapshotSender,
    thread_lane,
};

/// How long a thread that panics waits for the snapshot of another one's panic. With
/// `panic = "abort"` the process ends when the first of them returns.
const OTHERS_LIMIT: Duration = Duration::from_secs(2);

/// Records panics and takes a snapshot `panic` of what led up to them.
///
/// The thread that panics writes the snapshot itself: it waits for no other thread, so it works
/// where the writer thread is dead, stuck or the one that panics. Panics of other threads in the
/// meantime and during the cool-down are recorded and merged into it.
#[derive(Clone, Copy, Debug)]
pub struct PanicHook;

impl PanicHook {
    /// Installs the hook for the whole process. The hook that was there runs first, so the message
    /// on stderr comes as ever.
    pub fn install(sender: SnapshotSender) {
        let previous = panic::take_hook();
        // Made now: a program that panics may be out of memory.
        let buffers = Mutex::new(Buffers::new());
        // A snapshot that the program asked for by the same name must not stand in for a panic's.
        let admission = sender.admission.separate();
        panic::set_hook(Box::new(move |info| {
            previous(info);
            on_panic(&sender, &admission, &buffers, info);
        }));
    }
}

fn on_panic(
    sender: &SnapshotSender,
    admission: &Admission,
    buffers: &Mutex<Buffers>,
    info: &PanicHookInfo<'_>,
) {
    let clock = sender.saver.recorder.clock;
    let before = clock.ticks();
    log(info);
    // The moment of the panic's own event, so that no later one is in the snapshot.
    let taken = match thread_lane::last_ticks() {
        last if last >= before => last,
        _ => clock.ticks(),
    };
    let reason = Reason::new("panic");
    match admission.admit(&reason, Instant::now()) {
        Admitted::New(promise, _) => {
            let merged = admission.take_merged(&reason);
            let saved = match buffers.try_lock() {
                Ok(mut buffers) => sender.saver.save(&mut buffers, &reason, merged, taken),
                Err(TryLockError::Poisoned(poisoned)) => {
                    sender
                        .saver
                        .save(&mut poisoned.into_inner(), &reason, merged, taken)
                }
                Err(TryLockError::WouldBlock) => {
                    sender
                        .saver
                        .save(&mut Buffers::new(), &reason, merged, taken)
                }
            };
            admission.answer(&reason, promise, saved, Instant::now());
        }
        Admitted::Merged(ticket) => {
            sender
                .saver
                .tally
                .merged
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // An error has been said by whoever met it.
            let _ = ticket.wait_timeout(OTHERS_LIMIT);
        }
    }
}

/// Records the panic's text, place and thread, whatever the filter says.
fn log(info: &PanicHookInfo<'_>) {
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

    let Some(header) = CALLSITE.always() else {
        return;
    };
    let thread = thread::current();
    let location = ttlog_core::argument::Formatted::new(|out| match info.location() {
        Some(location) => core::fmt::Write::write_fmt(out, format_args!("{location}")),
        None => Ok(()),
    });
    let message = info
        .payload_as_str()
        .unwrap_or("(the panic's value is not text)");
    let thread = thread.name().unwrap_or("unnamed");
    record(
        &CALLSITE,
        header,
        (thread.stored(), (location, (message.stored(), ()))),
    );
}
