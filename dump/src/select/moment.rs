//! Moments, as they are given on the command line.

use core::{error::Error, fmt, str::FromStr};

use chrono::{DateTime, NaiveTime, Timelike};

use crate::time::NS_PER_SECOND;

/// A moment, possibly in relation to a snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// Nanoseconds since 1970-01-01T00:00:00Z: `2026-11-23T12:00:00.5Z`.
    At(i64),
    /// Nanoseconds since midnight, UTC, of the day on which the last snapshot was taken:
    /// `12:00:00.5`.
    OfDay(u64),
    /// Nanoseconds before the last snapshot was taken: `-5s`.
    BeforeEnd(u64),
    /// Nanoseconds after recording was started: `+1.5s`.
    AfterStart(u64),
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let moment = if let Some(text) = text.strip_prefix('-') {
            duration_ns(text).map(Self::BeforeEnd)
        } else if let Some(text) = text.strip_prefix('+') {
            duration_ns(text).map(Self::AfterStart)
        } else if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            at.timestamp_nanos_opt().map(Self::At)
        } else {
            NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
                .ok()
                .map(|time| {
                    let seconds = u64::from(time.num_seconds_from_midnight());
                    Self::OfDay(seconds * NS_PER_SECOND + u64::from(time.nanosecond()))
                })
        };
        moment.ok_or(NoMoment)
    }
}

/// Nanoseconds of a decimal number and a unit, seconds if there is none.
fn duration_ns(text: &str) -> Option<u64> {
    const FRACTION_DIGITS_MAX: usize = 9;

    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit_ns: u64 = match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "" | "s" => NS_PER_SECOND,
        "m" => 60 * NS_PER_SECOND,
        "h" => 3_600 * NS_PER_SECOND,
        "d" => 86_400 * NS_PER_SECOND,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > FRACTION_DIGITS_MAX {
        return None;
    }
    let scale = 10_u64.pow(fraction.len() as u32);
    let fraction_ns = u128::from(fraction.parse::<u64>().ok()?) * u128::from(unit_ns);
    let fraction_ns = u64::try_from(fraction_ns / u128::from(scale)).ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(unit_ns)?
        .checked_add(fraction_ns)
}

/// A text that is no moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoMoment;

impl fmt::Display for NoMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time: expected one like 2026-11-23T12:00:00.5Z, 12:00:00.5, -5s or +1.5s (ns, \
             us, ms, s, m, h or d)",
        )
    }
}

impl Error for NoMoment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_all_their_forms() {
        for (text, moment) in [
            ("1970-01-01T00:00:01.000000002Z", Moment::At(1_000_000_002)),
            ("1970-01-01T01:00:00+01:00", Moment::At(0)),
            ("12:34:56", Moment::OfDay(45_296_000_000_000)),
            ("00:00:00.000000001", Moment::OfDay(1)),
            ("-5s", Moment::BeforeEnd(5_000_000_000)),
            ("-1.5m", Moment::BeforeEnd(90_000_000_000)),
            ("-250ms", Moment::BeforeEnd(250_000_000)),
            ("+0.000123456", Moment::AfterStart(123_456)),
            ("+2h", Moment::AfterStart(7_200_000_000_000)),
        ] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_moments() {
        for text in [
            "",
            "-",
            "+",
            "5s",
            "--5s",
            "-5 s",
            "-1.2.3s",
            "-s",
            "-.5s",
            "-5.s",
            "-5y",
            "+99999999999999999999",
            "-600000d",
            "25:00:00",
            "12:00",
            "2026-11-23",
            "noon",
            "2999-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }
}
