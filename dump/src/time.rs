//! Moments, as they are printed.

use core::fmt;

use chrono::{DateTime, Datelike, Timelike};
use ttlog_core::{SnapshotHeader, decode::TimeBase};

pub(crate) const NS_PER_SECOND: u64 = 1_000_000_000;

/// A snapshot's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    base: TimeBase,
    zero: Zero,
}

/// What a clock counts from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Zero {
    /// 1970-01-01T00:00:00Z.
    Epoch,
    /// The start of recording.
    Start,
    /// Nobody knows, nor how fast it ticks.
    #[default]
    Unknown,
}

impl Clock {
    /// The clock that a header describes.
    pub(crate) fn new(header: &SnapshotHeader<'_>) -> Self {
        let base = TimeBase::new(header);
        let [first, last] = header.anchors;
        let has_rate = header.clock_hz != 0
            || last.ticks > first.ticks && last.monotonic_ns > first.monotonic_ns;
        let zero = if base.is_wall() {
            Zero::Epoch
        } else if has_rate {
            Zero::Start
        } else {
            Zero::Unknown
        };
        Self { base, zero }
    }

    /// What it counts from.
    pub(crate) fn zero(&self) -> Zero {
        self.zero
    }

    /// Nanoseconds, to sort by whatever they count from.
    pub(crate) fn ns(&self, ticks: u64) -> u64 {
        self.base.ns(ticks)
    }

    /// The moment, where it is known.
    pub(crate) fn time(&self, ticks: u64) -> Option<Time> {
        self.time_of_ns(self.ns(ticks))
    }

    /// The moment of so many of this clock's nanoseconds.
    pub(crate) fn time_of_ns(&self, ns: u64) -> Option<Time> {
        match self.zero {
            Zero::Epoch => Some(Time::Wall { unix_ns: ns }),
            Zero::Start => Some(Time::SinceStart { ns }),
            Zero::Unknown => None,
        }
    }

    /// How long it was from one moment to a later one.
    pub(crate) fn elapsed_ns(&self, from_ticks: u64, to_ticks: u64) -> Option<u64> {
        let ticks = i128::from(to_ticks) - i128::from(from_ticks);
        (self.zero != Zero::Unknown).then(|| self.base.elapsed_ns(ticks))
    }
}

/// A moment: in RFC 3339, in UTC and with nanoseconds, or as seconds since the start of recording,
/// `+0.000123456`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Time {
    Wall { unix_ns: u64 },
    SinceStart { ns: u64 },
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Wall { unix_ns } => {
                // 64 bits of nanoseconds end in the year 2554.
                let seconds = (unix_ns / NS_PER_SECOND) as i64;
                let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
                let (year, month, day) = (at.year(), at.month(), at.day());
                let (hour, minute, second) = (at.hour(), at.minute(), at.second());
                let ns = unix_ns % NS_PER_SECOND;
                write!(
                    f,
                    "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z"
                )
            }
            Self::SinceStart { ns } => {
                write!(f, "+{}.{:09}", ns / NS_PER_SECOND, ns % NS_PER_SECOND)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn moments_are_printed_to_the_nanosecond_up_to_the_last_one() {
        for (unix_ns, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_827_696_000_000_789, "2000-02-29T12:34:56.000000789Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(Time::Wall { unix_ns }.to_string(), text);
        }
        assert_eq!(Time::SinceStart { ns: 123_456 }.to_string(), "+0.000123456");
        assert_eq!(
            Time::SinceStart { ns: 61_000_000_000 }.to_string(),
            "+61.000000000"
        );
    }
}
