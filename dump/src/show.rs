//! Shows files.

use core::fmt::Display;
use std::{
    io::{BufWriter, Write},
    path::Path,
};

use ttlog_core::snapshot::FILE_MAGIC;

use crate::{
    format::{Shown, output},
    image, input,
    load::{Loaded, load, total},
    options::ShowOptions,
    run::{Failure, Status},
    scan,
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
    let mut are_all_read = true;
    for path in &options.files {
        let mut complain = |problem: &dyn Display| {
            // Complaints that cannot be written must not keep the events back; so throughout.
            let _ = writeln!(err, "dump: {}: {problem}", path.display());
        };
        if let Err(problem) = read(path, options, &mut files, &mut complain) {
            are_all_read = false;
            complain(&problem);
        }
    }
    if files.is_empty() {
        return Ok(Status::Nothing);
    }
    let status = show(&files, options, color, out, err)?;
    Ok(if are_all_read {
        status
    } else {
        Status::Damaged
    })
}

/// Reads what is in a file: a snapshot, those that a scan finds, or the rings in an image. What is
/// worth saying but no damage goes to `note`.
fn read(
    path: &Path,
    options: &ShowOptions,
    files: &mut Vec<Loaded>,
    note: &mut dyn FnMut(&dyn Display),
) -> Result<(), String> {
    let bytes = input::read(path).map_err(|error| error.to_string())?;
    let path = path.to_string_lossy();
    let memory_bytes = options
        .memory
        .map(|mib| (mib as usize).saturating_mul(1 << 20));
    if options.scan {
        return scan::read(&path, &bytes, memory_bytes, files, note);
    }
    if !bytes.starts_with(&FILE_MAGIC) {
        let is_image = image::read(&path, &bytes, memory_bytes, files)?;
        if is_image {
            return Ok(());
        }
    }
    let file = load(&path, 0, &bytes, memory_bytes).map_err(|error| {
        format!(
            "{error}; `dump --scan` looks for snapshots anywhere in a file, and `dump ls DIR` \
             lists those in a directory"
        )
    })?;
    files.push(file);
    Ok(())
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
