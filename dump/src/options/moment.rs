//! Moments on the command line.

use core::str::FromStr;

use chrono::{DateTime, NaiveTime, Timelike};
use ttlog_reader::NS_PER_SECOND;

/// A moment, absolute or relative to a snapshot.
///
/// # Examples
///
/// ```
/// use dump::Moment;
///
/// assert_eq!("-1.5m".parse(), Ok(Moment::BeforeEnd(90_000_000_000)));
/// assert_eq!("00:00:01".parse(), Ok(Moment::OfDay(1_000_000_000)));
/// assert!("noon".parse::<Moment>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// Nanoseconds since 1970-01-01T00:00:00Z: `2026-11-23T12:00:00.5Z`.
    At(i64),
    /// Nanoseconds since midnight UTC, on the day of the last snapshot: `12:00:00.5`.
    OfDay(u64),
    /// Nanoseconds before the moment of the last snapshot: `-5s`.
    BeforeEnd(u64),
    /// Nanoseconds after the start of the run: `+1.5s`.
    AfterStart(u64),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = if let Some(text) = text.strip_prefix('-') {
            duration_ns(text).map(Self::BeforeEnd)
        } else if let Some(text) = text.strip_prefix('+') {
            duration_ns(text).map(Self::AfterStart)
        } else if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            at.timestamp_nanos_opt().map(Self::At)
        } else {
            let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok();
            time.map(|time| {
                let seconds = u64::from(time.num_seconds_from_midnight());
                Self::OfDay(seconds * NS_PER_SECOND + u64::from(time.nanosecond()))
            })
        };
        moment.ok_or(
            "not a time: write it like 2026-11-23T12:00:00.5Z, 12:00:00.5, -5s or +1.5s; units are \
             ns, us, ms, s, m, h and d",
        )
    }
}

/// Returns the nanoseconds of a decimal number and a unit. Default unit: seconds.
fn duration_ns(text: &str) -> Option<u64> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit_ns = match unit {
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
    if whole.is_empty() || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let number: u128 = [whole, fraction].concat().parse().ok()?;
    let ns = number.checked_mul(unit_ns.into())? / 10_u128.pow(fraction.len() as u32);
    ns.try_into().ok()
}

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
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
