//! Snapshots that are requested by a signal.

use std::process;

use signal_hook::low_level;
use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, fields};

use crate::{
    current,
    debts::RequestTime,
    error::SignalHookError,
    signal_thread::{self, Served},
    snapshot_signal::SnapshotSignal,
};

/// Requests a snapshot for each of these signals from now on.
pub(crate) fn serve(signals: &[SnapshotSignal]) -> Result<(), SignalHookError> {
    signal_thread::serve(signals, on_signal)
}

/// Takes a snapshot. Ends the recorder and the process if the signal would end the process without a handler.
fn on_signal(
    Served {
        signal,
        was_default,
    }: Served,
) {
    record(signal);
    let instance = current::get();
    if !signal.ends_process() || !was_default {
        if let Some(instance) = instance {
            drop(instance.request(signal.reason(), RequestTime::Now));
        }
        return;
    }
    if let Some(instance) = instance {
        drop(instance.request(signal.reason(), RequestTime::Exit));
        // What could not be written is stated on stderr.
        let _ = instance.end(instance.shutdown_limit());
    }
    if process::id() == FIRST_PROCESS {
        low_level::exit(SIGNAL_STATUS + signal.number());
    }
    // Fails only for signals that are not known.
    let _ = low_level::emulate_default_handler(signal.number());
}

/// The first process of a container. The system discards signals that would end it.
const FIRST_PROCESS: u32 = 1;
/// Added to the number of a signal, this is the exit status that shells state for a process which it has ended.
const SIGNAL_STATUS: i32 = 128;

/// Records the signal, even if the filter disables such an event.
fn record(signal: SnapshotSignal) {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Info,
        target: "signal",
        file: file!(),
        line: line!(),
        text: "signal {0}",
        names: &["signal"],
        more_kinds: &[],
    };
    static CALLSITE: Callsite = Callsite::new(&METADATA);
    CALLSITE.record_always(fields![signal.reason()]);
}
