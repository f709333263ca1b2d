//! The numbers of recorded, kept and lost events.

use ttlog_core::{LevelCounts, Totals, decode::Record};

/// The numbers of events in a snapshot: recorded = kept + overwritten + dropped + unreadable.
///
/// Events after the moment of the snapshot are in none of these numbers. Each number is an array with
/// an element for each level; [`total`] returns its sum.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Snapshots, total};
///
/// /// Returns the number of events that were logged before the snapshots and are lost.
/// fn lost(snapshots: &Snapshots) -> Option<u64> {
///     let lost = snapshots.files().iter().map(|file| {
///         let accounting = &file.accounting;
///         Some(total(&accounting.overwritten()?) + total(&accounting.dropped()?))
///     });
///     lost.sum()
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounting {
    /// Number of events of the snapshot. Includes events that other files also contain.
    pub kept: LevelCounts,
    /// The content of the end block; `None` if it is lost.
    pub totals: Option<Totals>,
    /// Number of events that were recorded while the snapshot was written.
    pub late: LevelCounts,
    /// Number of oldest events that were left out because they exceed `events_max` of the header.
    pub trimmed: LevelCounts,
    /// The time of the last event that was left out, in ticks.
    trimmed_until_ticks: u64,
}

impl Accounting {
    /// Returns the number of events that the program logged. Returns `None` if the end block is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::{Snapshots, total};
    ///
    /// let bytes = std::fs::read(path)?;
    /// let mut snapshots = Snapshots::new();
    /// snapshots.read("whole", &bytes)?;
    /// snapshots.read("cut off", &bytes[..bytes.len() - 1])?; // without the end block
    /// let [whole, cut_off] = [0, 1].map(|index| &snapshots.files()[index].accounting);
    /// assert_eq!(total(&whole.recorded().unwrap()), 87);
    /// assert_eq!(cut_off.recorded(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recorded(&self) -> Option<LevelCounts> {
        let totals = self.totals?;
        let parts = [self.kept, self.overwritten()?, self.unreadable()?];
        Some(sum(parts.iter().chain(&totals.dropped)))
    }

    /// Returns the number of events that later events have overwritten, plus the trimmed ones. Returns
    /// `None` if the end block is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::total;
    ///
    /// let accounting = &snapshots.files()[0].accounting;
    /// assert_eq!(total(&accounting.kept), 36);
    /// assert_eq!(total(&accounting.overwritten().unwrap()), 51);
    /// assert_eq!(total(&accounting.dropped().unwrap()), 0);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn overwritten(&self) -> Option<LevelCounts> {
        self.totals
            .map(|totals| sum([&totals.overwritten, &self.trimmed]))
    }

    /// Returns the number of events that the end block states but that cannot be read. Returns `None` if
    /// the end block is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Totals;
    /// use ttlog_reader::Accounting;
    ///
    /// let mut accounting = Accounting::default();
    /// accounting.kept = [0, 0, 7, 0, 1, 0]; // found in the file
    /// accounting.totals = Some(Totals { kept: [0, 0, 9, 0, 1, 0], ..Totals::default() });
    /// assert_eq!(accounting.unreadable(), Some([0, 0, 2, 0, 0, 0]));
    /// ```
    #[must_use]
    pub fn unreadable(&self) -> Option<LevelCounts> {
        let totals = self.totals?;
        let found = self.found();
        Some(core::array::from_fn(|level| {
            totals.kept[level].saturating_sub(found[level])
        }))
    }

    /// Returns the number of events in excess of the number that the end block states.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Totals;
    /// use ttlog_reader::Accounting;
    ///
    /// let mut accounting = Accounting::default();
    /// accounting.kept = [0, 0, 7, 0, 1, 0]; // found in the file
    /// accounting.totals = Some(Totals { kept: [0, 0, 5, 0, 1, 0], ..Totals::default() });
    /// assert_eq!(accounting.surplus(), 2);
    /// ```
    #[must_use]
    pub fn surplus(&self) -> u64 {
        self.totals.map_or(0, |totals| {
            total(&self.found()).saturating_sub(total(&totals.kept))
        })
    }

    /// Returns the number of dropped events, for all causes together. Returns `None` if the end block is
    /// lost.
    #[must_use]
    pub fn dropped(&self) -> Option<LevelCounts> {
        self.totals.map(|totals| sum(&totals.dropped))
    }

    /// Returns the tick after which no event was overwritten. Returns `None` if the end block is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let file = &snapshots.files()[0];
    /// let ticks = file.accounting.complete_since_ticks().unwrap();
    /// let since = snapshots.source(file).clock.time(ticks).unwrap();
    /// assert_eq!(since.to_string(), "2023-11-14T22:13:20.001147000Z");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn complete_since_ticks(&self) -> Option<u64> {
        self.totals
            .map(|totals| totals.complete_since_ticks.max(self.trimmed_until_ticks))
    }

    /// Moves the oldest event from `kept` to `trimmed`.
    pub(crate) fn trim(&mut self, oldest: &Record<'_>) {
        let level = oldest.level as usize;
        self.kept[level] = self.kept[level].saturating_sub(1);
        self.trimmed[level] += 1;
        self.trimmed_until_ticks = oldest.ticks;
    }

    /// Returns the number of all events in the file.
    fn found(&self) -> LevelCounts {
        sum([&self.kept, &self.trimmed, &self.late])
    }
}

/// Returns the sum over all levels.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Level, total};
///
/// let counts = [0, 3, 40, 0, 2, 0];
/// assert_eq!(total(&counts), 45);
/// assert_eq!(counts[Level::Error as usize], 2);
/// ```
#[must_use]
pub fn total(counts: &LevelCounts) -> u64 {
    counts
        .iter()
        .fold(0, |sum, count| sum.saturating_add(*count))
}

/// Adds `part` to `sum`, for each level.
pub(crate) fn add(sum: &mut LevelCounts, part: &LevelCounts) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum = sum.saturating_add(*part);
    }
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a LevelCounts>) -> LevelCounts {
    let mut sum = LevelCounts::default();
    parts.into_iter().for_each(|part| add(&mut sum, part));
    sum
}
