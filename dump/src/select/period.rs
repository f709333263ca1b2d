//! The period that `--since` and `--until` name.

use core::ops::RangeInclusive;

use ttlog_reader::{NS_PER_SECOND, SnapshotFile, Snapshots};

use crate::{
    options::{FilterOptions, Moment},
    status::Failure,
};

const NS_PER_DAY: u64 = 86_400 * NS_PER_SECOND;

/// Returns the selected period of each file, in nanoseconds of the file's clock. Returns `None` if
/// neither `--since` nor `--until` is given.
pub(super) fn of_files(
    options: &FilterOptions,
    snapshots: &Snapshots,
) -> Result<Option<Vec<RangeInclusive<u64>>>, Failure> {
    if options.since.is_none() && options.until.is_none() {
        return Ok(None);
    }
    let of_file = |file| {
        let ns = |moment| moment_ns(moment, file, snapshots);
        let since = options.since.map_or(Ok(0), ns)?;
        let until = options.until.map_or(Ok(u64::MAX), ns)?;
        Ok(since..=until)
    };
    let periods: Result<_, Failure> = snapshots.files().iter().map(of_file).collect();
    periods.map(Some)
}

/// Returns a moment in nanoseconds of the clock of `file`.
fn moment_ns(moment: Moment, file: &SnapshotFile, snapshots: &Snapshots) -> Result<u64, Failure> {
    let clock = &snapshots.source(file).clock;
    let unsuitable = |problem| Err(Failure::Options(format!("{}: {problem}", file.path)));
    if clock.time(0).is_none() {
        return unsuitable("the header with the clock is lost: leave out --since and --until");
    }
    Ok(match moment {
        Moment::BeforeEnd(ns) => last_end_ns(file, snapshots).saturating_sub(ns),
        Moment::AfterStart(ns) => clock.ns(clock.start_ticks()).saturating_add(ns),
        _ if !clock.is_wall() => {
            return unsuitable(
                "the program ran without a wall clock: give times as +1.5s from the start, or as -5s \
                 before the end",
            );
        }
        Moment::At(unix_ns) => match u64::try_from(unix_ns) {
            Ok(unix_ns) => unix_ns,
            Err(_) => return unsuitable("--since and --until are from 1970 to 2554"),
        },
        Moment::OfDay(ns) => {
            let end_ns = last_end_ns(file, snapshots);
            (end_ns - end_ns % NS_PER_DAY).saturating_add(ns)
        }
    })
}

/// Returns the moment of the last snapshot whose clock can be compared with that of `file`. If the file
/// has a wall clock, these are all snapshots with a wall clock. Otherwise they are those of its run.
fn last_end_ns(file: &SnapshotFile, snapshots: &Snapshots) -> u64 {
    let own = snapshots.source(file);
    let ends = snapshots.files().iter().filter_map(|file| {
        let source = snapshots.source(file);
        let are_wall_clocks = own.clock.is_wall() && source.clock.is_wall();
        (are_wall_clocks || core::ptr::eq(source, own)).then(|| source.clock.ns(file.end_ticks))
    });
    ends.max().unwrap_or_default()
}
