//! A set of snapshots that is read as a whole.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use ttlog_core::{
    TraceId,
    decode::{DamageKind, OpenSpans},
    snapshot::FILE_MAGIC,
};

use crate::{
    budget::Budget,
    damage::Flaw,
    event_ref::EventRef,
    events::Events,
    image, input,
    load::{Loaded, load},
    open_error::OpenError,
    run::Run,
    scan::{self, Gap},
    snapshot_file::SnapshotFile,
    source::Source,
    spans::{Span, spans},
};

/// A set of snapshots that is read as a whole, with each event once.
///
/// # Examples
///
/// Opens the files on the command line, and prints the accounting and the damage of each:
///
/// ```no_run
/// use ttlog_reader::{Snapshots, total};
///
/// let mut snapshots = Snapshots::new();
/// for path in std::env::args().skip(1) {
///     if let Err(error) = snapshots.open(&path) {
///         eprintln!("{path}: {error}");
///     }
/// }
/// for file in snapshots.files() {
///     println!("{}: {} events", file.path, total(&file.accounting.kept));
///     if let Some(overwritten) = file.accounting.overwritten() {
///         println!("  {} older events were overwritten", total(&overwritten));
///     }
///     for damage in file.damages.places() {
///         println!("  damaged {damage}");
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct Snapshots {
    files: Vec<SnapshotFile>,
    runs: Vec<Run>,
    /// The indices of the runs, by run id.
    runs_by_id: HashMap<u64, Vec<usize>>,
    budget: Budget,
}

impl Snapshots {
    /// Creates an empty set.
    ///
    /// Memory limit for the content of all files together: 16 times the size of the files, and at least
    /// 32 MiB. See [`with_memory_limit`](Self::with_memory_limit).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty set with a limit of memory for the content of all files together.
    ///
    /// Content over the limit is left out, and noted as [`Flaw::OverBudget`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::{Flaw, Snapshots};
    ///
    /// let mut snapshots = Snapshots::with_memory_limit(1_024);
    /// snapshots.open(path)?; // its content needs more
    /// let damage = snapshots.files()[0].damages.places()[0];
    /// assert_eq!(damage.flaw, Flaw::OverBudget { limit_bytes: 1_024 });
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn with_memory_limit(limit_bytes: usize) -> Self {
        Self {
            budget: Budget::with_limit(limit_bytes),
            ..Self::default()
        }
    }

    /// Opens all snapshots in a directory, in the order of their names.
    ///
    /// Skips files that cannot be opened. To get their errors, pass the paths that [`list`] returns to
    /// [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if the directory cannot be listed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::Snapshots;
    ///
    /// std::fs::copy(path, dir.join("ttlog-4711-1-order_placed.bin"))?;
    /// std::fs::write(dir.join("ttlog-4711-2-empty.bin"), "")?; // skipped
    /// let snapshots = Snapshots::open_directory(dir)?;
    /// assert_eq!(snapshots.files().len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open_directory(directory: impl AsRef<Path>) -> io::Result<Self> {
        let mut snapshots = Self::new();
        for path in list(directory)? {
            let _ = snapshots.open(path);
        }
        Ok(snapshots)
    }

    /// Opens a file: a snapshot, several snapshots in a row, or a raw image of a memory that contains
    /// rings.
    ///
    /// Skips damage, and notes it in [`SnapshotFile::damages`].
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the file cannot be read, if it is not a snapshot, or if none of its
    /// blocks is whole.
    ///
    /// # Cost
    ///
    /// Reads the whole file into memory, at most [`FILE_MAX_BYTES`](crate::FILE_MAX_BYTES). Then keeps
    /// the records that no file before it contains.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::{OpenError, Snapshots};
    ///
    /// let mut snapshots = Snapshots::new();
    /// snapshots.open(path)?;
    /// assert_eq!(snapshots.events().count(), 36);
    /// assert!(matches!(snapshots.open("missing.bin"), Err(OpenError::Io(_))));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn open(&mut self, path: impl AsRef<Path>) -> Result<(), OpenError> {
        let bytes = input::read(path.as_ref())?;
        self.read(&path.as_ref().to_string_lossy(), &bytes)
    }

    /// Opens all snapshots in a file that also contains other bytes, for example the log of a serial line
    /// or the content of a flash memory. Returns the places of the other bytes.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the file cannot be read, or if it contains no whole block of a
    /// snapshot.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::{Gap, Snapshots};
    ///
    /// let log = dir.join("serial.log");
    /// std::fs::write(&log, [b"boot ok\n", &*std::fs::read(path)?].concat())?;
    /// let mut snapshots = Snapshots::new();
    /// assert_eq!(snapshots.open_scan(&log)?, [Gap { offset: 0, bytes: 8 }]);
    /// assert_eq!(snapshots.files()[0].offset, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_scan(&mut self, path: impl AsRef<Path>) -> Result<Vec<Gap>, OpenError> {
        let bytes = input::read(path.as_ref())?;
        let (found, gaps) = scan::scan(&bytes);
        let name = path.as_ref().to_string_lossy();
        self.budget.add_file(bytes.len());
        let first = self.files.len();
        let mut problem = Err(OpenError::NothingFound);
        for range in found {
            let snapshot = bytes.get(range.clone()).unwrap_or_default();
            problem = self.read_snapshots(&name, snapshot, range.start, first);
        }
        if self.files.len() == first {
            problem?;
        }
        Ok(gaps)
    }

    /// Reads the bytes of a file like [`open`](Self::open). `name` becomes its path.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the bytes are not a snapshot, or if none of its blocks is whole.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::Snapshots;
    ///
    /// let bytes = std::fs::read(path)?; // or received from a board
    /// let mut snapshots = Snapshots::new();
    /// snapshots.read("board 7", &bytes)?;
    /// assert_eq!(snapshots.files()[0].path, "board 7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&mut self, name: &str, bytes: &[u8]) -> Result<(), OpenError> {
        self.budget.add_file(bytes.len());
        if !bytes.starts_with(&FILE_MAGIC) {
            let (rings, problem) = image::read(bytes, &mut self.budget);
            let is_image = !rings.is_empty();
            for ring in rings {
                self.add(ring, name);
            }
            match (problem, self.files.last_mut()) {
                (Some((offset, error)), Some(file)) if is_image => {
                    file.damages.note(offset, Flaw::Region(error));
                }
                // A snapshot with a damaged start may contain the magic of a region in a text.
                (Some((offset, error)), _) => {
                    let read = self.read_snapshots(name, bytes, 0, self.files.len());
                    return read.map_err(|_| OpenError::Region { offset, error });
                }
                (None, _) => {}
            }
            if is_image {
                return Ok(());
            }
        }
        self.read_snapshots(name, bytes, 0, self.files.len())
    }

    /// Reads snapshots in a row. `bytes` start at `offset` in the file, and `first` is the index of the
    /// file's first snapshot.
    fn read_snapshots(
        &mut self,
        name: &str,
        bytes: &[u8],
        offset: usize,
        first: usize,
    ) -> Result<(), OpenError> {
        let mut start = 0;
        while let Some(rest) = bytes.get(start..)
            && (start == 0 || !rest.is_empty())
        {
            if let Some(file) = self.files.get_mut(first..).and_then(<[_]>::last_mut)
                && let Err(flaw) = self.budget.take(SnapshotFile::COST_BYTES)
            {
                file.damages.note(offset + start, flaw);
                return Ok(());
            }
            match load(rest, offset + start, true, &mut self.budget) {
                Ok((loaded, length)) => {
                    self.add(loaded, name);
                    start += length.max(1);
                }
                // If the file has a snapshot before this place, the error is damage of that snapshot.
                Err(error) => match self.files.get_mut(first..).and_then(<[_]>::last_mut) {
                    Some(file) => {
                        let flaw = match error {
                            OpenError::NotASnapshot(error) => Flaw::Next(error),
                            _ => Flaw::Block(DamageKind::NoEnd),
                        };
                        file.damages.note(offset + start, flaw);
                        return Ok(());
                    }
                    None => return Err(error),
                },
            }
        }
        Ok(())
    }

    fn add(&mut self, mut loaded: Loaded, name: &str) {
        let run = self.run_of(&mut loaded);
        self.runs[run].absorb(&mut loaded, self.files.len(), &mut self.budget);
        self.files.push(SnapshotFile {
            path: name.into(),
            run,
            ..loaded.file
        });
    }

    /// Returns the index of the run that a file belongs to. Creates the run if there is none: in format
    /// version 1 each file is a run of its own.
    fn run_of(&mut self, loaded: &mut Loaded) -> usize {
        let id = loaded.source.run_id;
        let same_id = id.and_then(|id| self.runs_by_id.get(&id));
        let is_same_program = |run: &usize| self.runs[*run].is_of_same_program(loaded);
        let candidates = same_id.into_iter().flatten().copied();
        let candidates: Vec<_> = candidates.filter(is_same_program).collect();
        let agrees = |run: &&usize| self.runs[**run].agrees_with(loaded);
        if let Some(run) = candidates.iter().find(agrees) {
            return *run;
        }
        let run = self.runs.len();
        if let Some(run_id) = id {
            if !candidates.is_empty() {
                let file = &mut loaded.file;
                file.damages
                    .note(file.offset, Flaw::RunCollision { run_id });
            }
            self.runs_by_id.entry(run_id).or_default().push(run);
        }
        self.runs.push(Run::new(loaded));
        run
    }

    /// Returns the files in the order in which they were opened.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let file = &snapshots.files()[0];
    /// assert_eq!(file.header.reason.as_deref(), Some("order_placed"));
    /// assert_eq!(file.damages.count(), 0);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn files(&self) -> &[SnapshotFile] {
        &self.files
    }

    /// Returns the run, the program and the clock of a file.
    ///
    /// # Panics
    ///
    /// Panics if `file` is from another set, and this set has fewer runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let file = &snapshots.files()[0];
    /// let source = snapshots.source(file);
    /// assert_eq!(source.service.as_deref(), Some("shop"));
    /// let moment = source.clock.time(file.end_ticks).unwrap();
    /// assert_eq!(moment.to_string(), "2023-11-27T15:38:36.629023000Z");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn source(&self, file: &SnapshotFile) -> &Source {
        &self.runs[file.run].source
    }

    /// Returns the number of events of each file that no file before it contains.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::Snapshots;
    ///
    /// let mut snapshots = Snapshots::new();
    /// snapshots.open(path)?;
    /// snapshots.open(path)?; // the same events again
    /// assert_eq!(snapshots.event_counts(), [36, 0]);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn event_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.files.len()];
        for chunk in self.runs.iter().flat_map(Run::chunks) {
            counts[chunk.file] += chunk.events;
        }
        counts
    }

    /// Returns all events, oldest first, each once. See [`Events`] for the order.
    ///
    /// # Cost
    ///
    /// Each iteration decodes the records again. Messages are rendered only by [`EventRef::message`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::Level;
    ///
    /// let errors = snapshots.events().filter(|event| event.level() >= Level::Error);
    /// assert_eq!(errors.count(), 3);
    /// let last = snapshots.events().last().unwrap();
    /// assert_eq!(last.message().to_string(), "done");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        Events::new(&self.runs)
    }

    /// Returns all spans, in the order of their first events.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let spans = snapshots.spans();
    /// assert_eq!((&*spans[0].name, &*spans[1].name), ("charge", "retry"));
    /// assert_eq!(spans[0].duration_ns, Some(15_000));
    /// assert_eq!(spans[1].parent_span_id, Some(spans[0].span_id));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        spans(self.events())
    }

    /// Returns the spans that were open at the moment of a file, by thread, outermost first. Each is the
    /// begin of the span, with its time, thread and fields, even if the ring has overwritten it.
    ///
    /// Such an event has no sequence number, and is not among [`events`](Self::events). The list is empty if
    /// the recorder has no table of open spans. [`SnapshotFile::missing_open_spans`] states how many spans
    /// were open and are not in the list.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-open-spans.bin");
    /// use ttlog_reader::{Field, Snapshots};
    ///
    /// let mut snapshots = Snapshots::new();
    /// snapshots.open(path)?;
    /// let open = snapshots.open_spans(&snapshots.files()[0]);
    /// assert_eq!(open[0].message().to_string(), "charge");
    /// assert_eq!(open[0].fields().next(), Some(("cents", Field::Integer(9_999))));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn open_spans<'a>(&'a self, file: &'a SnapshotFile) -> Vec<EventRef<'a>> {
        let run = &self.runs[file.run];
        let number = self.files.iter().position(|it| core::ptr::eq(it, file));
        let blocks = file.open_spans.iter();
        let records = blocks.flat_map(|content| OpenSpans::new(content).map(|span| span.record));
        let mut spans: Vec<_> = records
            .map(|record| EventRef {
                source: &run.source,
                statement: run.statements.get(&record.callsite),
                ns: run.source.clock.ns(record.ticks),
                entered_ticks: None,
                file: number.unwrap_or_default(),
                record,
            })
            .collect();
        spans.sort_by_key(|span| (span.thread_id(), span.record.ticks));
        spans
    }

    /// Returns all traces, in the order of their first events.
    ///
    /// # Examples
    ///
    /// ```
    /// # let snapshots = ttlog_reader::Snapshots::new();
    /// for id in snapshots.traces() {
    ///     println!("trace {id} has {} events", snapshots.trace(id).count());
    /// }
    /// ```
    #[must_use]
    pub fn traces(&self) -> Vec<TraceId> {
        let mut seen = HashSet::new();
        let ids = self.events().filter_map(|event| event.trace_id());
        ids.filter(|id| seen.insert(*id)).collect()
    }

    /// Returns the events of a trace, oldest first.
    ///
    /// # Cost
    ///
    /// Decodes all records of the set.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::TraceId;
    ///
    /// let id = TraceId(0x157a3807a48faa9dd573529b34a1d093);
    /// assert_eq!(snapshots.trace(id).count(), 5);
    /// let first = snapshots.trace(id).next().unwrap();
    /// assert_eq!(first.message().to_string(), "charge");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn trace(&self, id: TraceId) -> impl Iterator<Item = EventRef<'_>> {
        self.events()
            .filter(move |event| event.trace_id() == Some(id))
    }
}

/// Returns the paths of the snapshots in a directory, in the order of their names. A snapshot is named
/// `ttlog-*.bin`.
///
/// # Errors
///
/// Returns the error of the operating system if the directory cannot be listed.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_reader::list;
///
/// for name in ["ttlog-7-2-panic.bin", "ttlog-7-1-panic.bin", "other.bin"] {
///     std::fs::write(dir.join(name), "")?;
/// }
/// let expected = ["ttlog-7-1-panic.bin", "ttlog-7-2-panic.bin"].map(|name| dir.join(name));
/// assert_eq!(list(dir)?, expected);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn list(directory: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let directory = directory.as_ref();
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", directory.display()))
    };
    for entry in fs::read_dir(directory).map_err(named)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(b"ttlog-") && name.ends_with(b".bin") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}
