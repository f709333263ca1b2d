//! The worth of snapshots: the order in which they are removed.

use std::collections::HashSet;

use ttlog_core::snapshot::SnapshotKind;

/// A snapshot of this service, as its header describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OwnFile {
    pub(crate) name: String,
    /// The id of the run, if the header states it.
    pub(crate) run: Option<u64>,
    pub(crate) reason: String,
    pub(crate) kind: Option<SnapshotKind>,
    /// Nanoseconds since 1970 at the moment of the snapshot; 0 if the clock is not known.
    pub(crate) moment_ns: u64,
    pub(crate) bytes: u64,
}

/// The worth of a snapshot. The least is removed first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Worth {
    /// The run has an older file with the same reason.
    Repetition,
    /// The first file of this reason.
    First,
    /// A crash for which the run has an older file with the same reason.
    RepeatedCrash,
    /// The first crash of this reason.
    FirstCrash,
}

impl Worth {
    pub(crate) fn new(kind: Option<SnapshotKind>, is_first: bool) -> Self {
        match (is_crash(kind), is_first) {
            (false, false) => Self::Repetition,
            (false, true) => Self::First,
            (true, false) => Self::RepeatedCrash,
            (true, true) => Self::FirstCrash,
        }
    }
}

fn is_crash(kind: Option<SnapshotKind>) -> bool {
    matches!(
        kind,
        Some(SnapshotKind::Panic | SnapshotKind::Signal | SnapshotKind::Recovered)
    )
}

/// Returns the files and their worth in the order in which they are removed.
pub(crate) fn ordered(files: &[OwnFile]) -> Vec<(Worth, &OwnFile)> {
    let mut ordered: Vec<_> = files.iter().collect();
    // Numbered names of the same second: the shorter is the older, `-9` before `-10` for example.
    ordered.sort_by_key(|file| (file.moment_ns, file.name.len(), &*file.name));
    let mut reasons = HashSet::new();
    let mut ordered: Vec<_> = ordered
        .into_iter()
        .map(|file| {
            let is_first = reasons.insert((is_crash(file.kind), file.run, &*file.reason));
            (Worth::new(file.kind, is_first), file)
        })
        .collect();
    ordered.sort_by_key(|(worth, _)| *worth);
    ordered
}
