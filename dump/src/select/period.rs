//! From moments on the command line to nanoseconds of each file's clock.

use core::ops::RangeInclusive;

use super::{Moment, SelectError};
use crate::{
    load::{Loaded, Origin},
    options::FilterOptions,
    time::{NS_PER_SECOND, Zero},
};

const NS_PER_DAY: u64 = 86_400 * NS_PER_SECOND;

/// What `--since` and `--until` leave of each file; `None` where neither is given.
pub(super) fn of_files(
    options: &FilterOptions,
    files: &[Loaded],
) -> Result<Option<Vec<RangeInclusive<u64>>>, SelectError> {
    if options.since.is_none() && options.until.is_none() {
        return Ok(None);
    }
    let last_taken_ns = files
        .iter()
        .filter(|file| file.clock.zero() == Zero::Epoch)
        .map(|file| file.clock.ns(file.end_ticks()))
        .max();
    let of_file = |file: &Loaded| {
        let origin = file
            .origin
            .as_ref()
            .filter(|_| file.clock.zero() != Zero::Unknown);
        let origin = origin.ok_or_else(|| SelectError::NoClock {
            path: file.path.clone(),
        })?;
        let ends = Ends {
            file,
            origin,
            last_taken_ns,
        };
        let since = options.since.map_or(Ok(0), |moment| ends.ns(moment))?;
        let until = options
            .until
            .map_or(Ok(u64::MAX), |moment| ends.ns(moment))?;
        Ok(since..=until)
    };
    files
        .iter()
        .map(of_file)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// What moments are in relation to.
struct Ends<'a> {
    file: &'a Loaded,
    origin: &'a Origin,
    /// When the last of all snapshots with a wall clock was taken.
    last_taken_ns: Option<u64>,
}

impl Ends<'_> {
    fn ns(&self, moment: Moment) -> Result<u64, SelectError> {
        let clock = &self.file.clock;
        let taken_ns = match clock.zero() {
            Zero::Epoch => self.last_taken_ns.unwrap_or_default(),
            // Different clocks without a wall clock have nothing to do with each other.
            _ => clock.ns(self.file.end_ticks()),
        };
        let is_wall = clock.zero() == Zero::Epoch;
        Ok(match moment {
            Moment::BeforeEnd(ns) => taken_ns.saturating_sub(ns),
            Moment::AfterStart(ns) => clock.ns(self.origin.start_ticks).saturating_add(ns),
            _ if !is_wall => {
                return Err(SelectError::NoWallClock {
                    path: self.file.path.clone(),
                });
            }
            Moment::At(unix_ns) => u64::try_from(unix_ns).map_err(|_| SelectError::OutOfRange)?,
            Moment::OfDay(ns) => (taken_ns - taken_ns % NS_PER_DAY).saturating_add(ns),
        })
    }
}
