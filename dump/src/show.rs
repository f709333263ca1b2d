//! Shows the selected events.

use std::io::{BufWriter, Write};

use ttlog_reader::Snapshots;

use crate::{
    format::output,
    options::ShowOptions,
    output::Shown,
    select::Selection,
    status::Failure,
    symbols::{self, Symbols},
};

/// Size of the buffer in front of the output.
const BUFFER_BYTES: usize = 64 * 1024;

/// Writes the files and the selected events to `out`.
pub(crate) fn show(
    snapshots: &Snapshots,
    options: &ShowOptions,
    color: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut selection = Selection::new(&options.filter, snapshots)?;
    let count = Count::new(snapshots, &mut selection, options.filter.last);

    let binaries = symbols::read(&options.symbols)?;
    let symbols = match &*binaries {
        [] => None,
        binaries => Some(Symbols::open(binaries, snapshots)?),
    };

    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let mut output = output(options.format, color, &mut out);
    let events = count.shown.iter().sum::<u64>() as usize;
    let files = snapshots.files().iter().zip(count.shown);
    let files: Vec<_> = files
        .map(|(file, shown)| Shown {
            file,
            source: snapshots.source(file),
            shown,
            open_spans: snapshots.open_spans(file),
        })
        .collect();
    output.begin(&files)?;
    let selected = snapshots.events().filter(|event| selection.admits(event));
    for event in selected.skip(count.skipped).take(events) {
        match &symbols {
            None => output.event(&event)?,
            Some(symbols) => output.event_with_symbols(&event, &symbols.of(&event))?,
        }
    }
    output.end()?;
    drop(output);
    out.flush()?;
    Ok(())
}

/// The numbers of events, which the output states before the events.
struct Count {
    /// Number of selected events that `--last` leaves out.
    skipped: usize,
    /// Number of events that are shown, by file.
    shown: Vec<u64>,
}

impl Count {
    fn new(snapshots: &Snapshots, selection: &mut Selection<'_>, last: Option<usize>) -> Self {
        let mut shown = snapshots.event_counts();
        if !selection.is_everything() {
            shown.fill(0);
            for event in snapshots.events().filter(|event| selection.admits(event)) {
                shown[event.file_number()] += 1;
            }
        }
        let selected = shown.iter().sum::<u64>() as usize;
        let skipped = selected.saturating_sub(last.unwrap_or(selected));
        let oldest = snapshots.events().filter(|event| selection.admits(event));
        for event in oldest.take(skipped) {
            shown[event.file_number()] -= 1;
        }
        Self { skipped, shown }
    }
}
