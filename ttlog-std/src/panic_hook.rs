//! A panic becomes the last event of a snapshot.

use std::{
    panic::{self, PanicHookInfo},
    sync::atomic::Ordering,
    thread,
    time::Instant,
};

use ttlog_core::{__private::record, Argument, Callsite, CallsiteKind, Level, Metadata};

use crate::{
    panic_admission::{Admitted, PanicAdmission},
    panic_saver::PanicSaver,
    reason::Reason,
    saver::Wanted,
    sender::SnapshotSender,
    thread_lane,
};

/// Records panics and takes a snapshot `panic` of what led up to them.
///
/// It does not need the writer thread, so it works where that is dead, stuck or the one that
/// panics. The thread that panics waits until the file is there, but no longer than five seconds
/// for each directory: one that does not answer must not keep the program from ending.
///
/// # Which panics get a file
///
/// The first one, and every later one that the files do not tell of yet: so the last panic before
/// the program ends is in a file, also where an earlier one was caught. Within the cool-down
/// ([`Builder::cool_down`](crate::Builder::cool_down)) there are four such files at most, one for
/// each place in the source, and none for what only passes another panic on (`join().unwrap()`, a
/// poisoned lock, the end of a `thread::scope`, a second panic that the language turns into an
/// abort). Panics at the same time share a file. All others are recorded, and counted as merged.
#[derive(Clone, Copy, Debug)]
pub struct PanicHook;

impl PanicHook {
    /// Installs the hook for the whole process. The hook that was there runs first, so the message
    /// on stderr comes as ever.
    pub fn install(sender: SnapshotSender) {
        let previous = panic::take_hook();
        // Made now: a program that panics may be out of memory.
        let saver = PanicSaver::new(sender.saver);
        // Of its own: a snapshot that the program asked for by the same name must not stand in
        // for a panic's.
        let admission = PanicAdmission::new(sender.admission.cool_down());
        panic::set_hook(Box::new(move |info| {
            previous(info);
            on_panic(&saver, &admission, info);
        }));
    }
}

fn on_panic(saver: &PanicSaver, admission: &PanicAdmission, info: &PanicHookInfo<'_>) {
    let clock = saver.saver.recorder.clock;
    let before = clock.ticks();
    log(info);
    // The moment of the panic's own event, so that no later one is in the snapshot.
    let ticks = match thread_lane::last_ticks() {
        last if last >= before => last,
        _ => clock.ticks(),
    };
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let arrival = admission.arrive(place, message(info), ticks);
    match admission.admit(&arrival, Instant::now()) {
        Admitted::New {
            promise,
            merged,
            taken_ticks,
        } => {
            let saved = saver.save(&Wanted {
                reason: Reason::new("panic"),
                merged,
                taken_ticks,
            });
            admission.answer(promise, saved);
        }
        Admitted::Merged => {
            saver.saver.tally.merged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str()
        .unwrap_or("(the panic's value is not text)")
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
    let thread = thread.name().unwrap_or("unnamed");
    record(
        &CALLSITE,
        header,
        (thread.stored(), (location, (message(info).stored(), ()))),
    );
}
