//! Finds snapshots anywhere in a file.

use core::fmt::Display;

use ttlog_core::decode::Scan;

use crate::load::{Loaded, load};

/// Appends the snapshots in `bytes` to `files`, and says what is between them.
pub(crate) fn read(
    path: &str,
    bytes: &[u8],
    memory_bytes: Option<usize>,
    files: &mut Vec<Loaded>,
    note: &mut dyn FnMut(&dyn Display),
) -> Result<(), String> {
    let mut end = 0;
    let mut problem = None;
    let mut found = 0;
    for range in Scan::new(bytes) {
        between(end, range.start, note);
        end = range.end;
        let snapshot = bytes.get(range.clone()).unwrap_or_default();
        match load(path, range.start, snapshot, memory_bytes) {
            Ok(file) => files.push(file),
            Err(error) => problem = Some(format!("at byte {}: {error}", range.start)),
        }
        found += 1;
    }
    if found == 0 {
        return Err("no snapshot, nor any whole block of one, is in these bytes".into());
    }
    between(end, bytes.len(), note);
    problem.map_or(Ok(()), Err)
}

fn between(start: usize, end: usize, note: &mut dyn FnMut(&dyn Display)) {
    if start < end {
        let bytes = end - start;
        note(&format_args!(
            "at byte {start}: {bytes} bytes that belong to no snapshot"
        ));
    }
}
