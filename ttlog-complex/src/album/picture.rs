//! The picture: one snapshot, read back from its bytes.

use core::time::Duration;
use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use ttlog_reader::{EventRef, Field, Snapshots, Time, total};

/// What a snapshot shows of the things that the checks ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Why it was taken.
    pub reason: String,
    /// When.
    pub taken: SystemTime,
    /// How many bytes the file has.
    pub bytes: u64,
    /// Events that had been recorded.
    pub recorded: u64,
    /// Of these, events in the file.
    pub kept: u64,
    /// What is wrong with it or with its accounting.
    pub flaw: Option<String>,
    /// Orders whose failing is in it, with its reason.
    pub failed_orders: BTreeSet<u64>,
    /// Numbers of the injections that are in it.
    pub injections: BTreeSet<u64>,
}

/// What a log statement of interest begins with, and the field that is asked for.
const FAILED_ORDER: (&str, &str) = ("order.failed", "order_id");
const INJECTION: (&str, &str) = ("chaos.injected", "number");

impl Picture {
    /// Reads a snapshot, and counts what is in it.
    ///
    /// # Errors
    ///
    /// Returns a message if the bytes are not a snapshot, or if its header or its end is lost.
    pub fn develop(bytes: &[u8]) -> Result<Self, String> {
        let mut snapshots = Snapshots::new();
        snapshots
            .read("snapshot", bytes)
            .map_err(|error| error.to_string())?;
        let file = snapshots.files().first().ok_or("it is empty")?;
        let accounting = &file.accounting;
        let totals = accounting.totals.ok_or("it has no end")?;
        let reason = file.header.reason.clone().ok_or("it has no header")?;
        let clock = &snapshots.source(file).clock;
        let taken_ns = match clock.time(file.end_ticks) {
            Some(Time::Wall { unix_ns }) => unix_ns,
            _ => 0,
        };
        let torn =
            (totals.torn_pages != 0).then(|| format!("{} pages are torn", totals.torn_pages));
        let mut picture = Self {
            reason,
            taken: UNIX_EPOCH + Duration::from_nanos(taken_ns),
            bytes: bytes.len() as u64,
            recorded: accounting.recorded().map_or(0, |counts| total(&counts)),
            kept: total(&accounting.kept),
            flaw: file
                .damages
                .places()
                .first()
                .map(ToString::to_string)
                .or(torn),
            failed_orders: BTreeSet::new(),
            injections: BTreeSet::new(),
        };
        for event in snapshots.events() {
            picture.failed_orders.extend(number(&event, FAILED_ORDER));
            picture.injections.extend(number(&event, INJECTION));
        }
        Ok(picture)
    }
}

/// Returns the number in a field of an event, if its statement begins so.
fn number(event: &EventRef<'_>, (start, field): (&str, &str)) -> Option<u64> {
    if !event.template()?.starts_with(start) {
        return None;
    }
    match event.fields().find(|(name, _)| *name == field)?.1 {
        Field::Integer(number) => number.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_refused() {
        assert!(Picture::develop(b"").is_err());
        assert!(Picture::develop(b"no snapshot").is_err());
    }
}
