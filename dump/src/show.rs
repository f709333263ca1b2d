//! Shows files.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use crate::{
    format::{Shown, output},
    input,
    load::{Loaded, load, total},
    options::ShowOptions,
    run::{Failure, Status},
    select::Selection,
    timeline::Files,
};

/// How much is collected before it is written.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads the files and shows them.
pub(crate) fn run(
    options: &ShowOptions,
    color: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, Failure> {
    let mut files = Vec::new();
    for path in &options.files {
        match read(path, options) {
            Ok(file) => files.push(file),
            // Complaints that cannot be written must not keep the events back; so throughout.
            Err(problem) => drop(writeln!(err, "dump: {}: {problem}", path.display())),
        }
    }
    if files.is_empty() {
        return Ok(Status::Nothing);
    }
    let status = show(&files, options, color, out, err)?;
    Ok(if files.len() < options.files.len() {
        Status::Damaged
    } else {
        status
    })
}

fn read(path: &Path, options: &ShowOptions) -> Result<Loaded, String> {
    let bytes = input::read(path).map_err(|error| error.to_string())?;
    let memory_bytes = options
        .memory
        .map(|mib| (mib as usize).saturating_mul(1 << 20));
    load(&path.to_string_lossy(), &bytes, memory_bytes)
        .map_err(|error| format!("{error}; `dump ls DIR` lists the snapshots in a directory"))
}

/// Shows files that have been read: events to `out`, damage to `err`.
fn show(
    files: &[Loaded],
    options: &ShowOptions,
    color: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, Failure> {
    files.iter().for_each(|file| complain(file, err));
    let mut selection = Selection::new(&options.filter, files)?;
    let files = Files::new(files);
    let count = Count::new(&files, &mut selection, options.filter.last);

    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let mut output = output(options.format, color, &mut out);
    let events = count.shown.iter().sum();
    let shown = files.loaded.iter().zip(count.shown);
    let shown: Vec<_> = shown.map(|(file, shown)| Shown { file, shown }).collect();
    output.begin(&shown)?;
    let wanted = files.timeline().filter(|entry| selection.admits(entry));
    for entry in wanted.skip(count.skipped).take(events) {
        output.event(&entry)?;
    }
    output.end()?;
    drop(output);
    out.flush()?;
    let is_whole = files.loaded.iter().all(|file| file.damages.count == 0);
    Ok(if is_whole {
        Status::Whole
    } else {
        Status::Damaged
    })
}

fn complain(file: &Loaded, err: &mut dyn Write) {
    let Loaded { path, damages, .. } = file;
    for (offset, flaw) in &damages.first {
        let _ = writeln!(err, "dump: {path}: at byte {offset}: {flaw}");
    }
    if damages.more() != 0 {
        let _ = writeln!(err, "dump: {path}: and {} more", damages.more());
    }
}

/// How many events are shown, which is said before they are.
struct Count {
    /// Wanted events that are not among the last ones.
    skipped: usize,
    /// By file.
    shown: Vec<usize>,
}

impl Count {
    fn new(files: &Files<'_>, selection: &mut Selection<'_>, last: Option<usize>) -> Self {
        // All of them lie in memory, so they can be counted.
        let kept = files
            .loaded
            .iter()
            .map(|file| total(&file.accounting.kept) as usize);
        let mut shown: Vec<usize> = kept.collect();
        if !selection.is_everything() {
            shown.fill(0);
            for entry in files.timeline().filter(|entry| selection.admits(entry)) {
                shown[entry.file_number] += 1;
            }
        }
        let wanted = shown.iter().sum::<usize>();
        let skipped = wanted.saturating_sub(last.unwrap_or(wanted));
        // Of which files the skipped ones are, only running through them tells.
        let oldest = files.timeline().filter(|entry| selection.admits(entry));
        for entry in oldest.take(skipped) {
            shown[entry.file_number] -= 1;
        }
        Self { skipped, shown }
    }
}
