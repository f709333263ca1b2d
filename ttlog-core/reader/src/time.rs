//! Times, with their textual form.

use core::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Number of nanoseconds in a second.
pub const NS_PER_SECOND: u64 = 1_000_000_000;
/// Length of the longest time as text: 30 bytes.
const TEXT_MAX_BYTES: usize = 32;

/// The time of an event or a snapshot.
///
/// The textual form is RFC 3339 in UTC with nine digits, or the seconds since the start of the run.
/// `Display` and `Serialize` write it; [`FromStr`] and `Deserialize` read it.
///
/// A time since the start of a run is less than any time of day, because they cannot be compared.
///
/// # Examples
///
/// ```
/// use ttlog_reader::Time;
///
/// let wall = Time::Wall { unix_ns: 951_827_696_000_000_789 };
/// assert_eq!(wall.to_string(), "2000-02-29T12:34:56.000000789Z");
/// let board = Time::SinceStart { ns: 123_456 };
/// assert_eq!(board.to_string(), "+0.000123456");
/// assert_eq!("+0.000123456".parse(), Ok(board));
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Time {
    /// The time since the start of the run, for a program without a wall clock.
    SinceStart {
        /// Nanoseconds.
        ns: u64,
    },
    /// The time of day.
    Wall {
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        unix_ns: u64,
    },
}

impl Time {
    /// Returns a value whose `Display` writes the time of day to the microsecond, without the date.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_reader::Time;
    ///
    /// let time = Time::Wall { unix_ns: 951_827_696_000_000_789 };
    /// assert_eq!(time.of_day().to_string(), "12:34:56.000000");
    /// ```
    pub fn of_day(self) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Wall { .. } => f.write_str(&self.text(&mut [0; TEXT_MAX_BYTES])[11..26]),
            Self::SinceStart { .. } => write!(f, "{self}"),
        })
    }

    /// Writes the time into `buffer`, and returns the text. `core::fmt` would take half of the time of
    /// printing an event.
    fn text(self, buffer: &mut [u8; TEXT_MAX_BYTES]) -> &str {
        let bytes = match self {
            Self::Wall { unix_ns } => {
                // 64 bits of nanoseconds end in the year 2554.
                let seconds = (unix_ns / NS_PER_SECOND) as i64;
                let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
                let text = &mut buffer[..30];
                text.copy_from_slice(b"0000-00-00T00:00:00.000000000Z");
                write_digits(&mut text[0..4], at.year() as u64);
                write_digits(&mut text[5..7], at.month().into());
                write_digits(&mut text[8..10], at.day().into());
                write_digits(&mut text[11..13], at.hour().into());
                write_digits(&mut text[14..16], at.minute().into());
                write_digits(&mut text[17..19], at.second().into());
                write_digits(&mut text[20..29], unix_ns % NS_PER_SECOND);
                text
            }
            Self::SinceStart { ns } => {
                let seconds = ns / NS_PER_SECOND;
                let point = seconds.checked_ilog10().unwrap_or(0) as usize + 2;
                let text = &mut buffer[..point + 10];
                text[0] = b'+';
                write_digits(&mut text[1..point], seconds);
                text[point] = b'.';
                write_digits(&mut text[point + 1..], ns % NS_PER_SECOND);
                text
            }
        };
        str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Fills `text` with the last decimal digits of a number.
fn write_digits(text: &mut [u8], mut number: u64) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text(&mut [0; TEXT_MAX_BYTES]))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text(&mut [0; TEXT_MAX_BYTES]))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl FromStr for Time {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        parse(text).ok_or(InvalidTime)
    }
}

fn parse(text: &str) -> Option<Time> {
    if let Some(since_start) = text.strip_prefix('+') {
        let (seconds, fraction) = since_start.split_once('.')?;
        if seconds.is_empty() || fraction.len() != 9 {
            return None;
        }
        let ns = [seconds, fraction].concat().parse().ok()?;
        return Some(Time::SinceStart { ns });
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    let seconds_ns = u64::try_from(at.timestamp())
        .ok()?
        .checked_mul(NS_PER_SECOND)?;
    let unix_ns = seconds_ns.checked_add(at.timestamp_subsec_nanos().into())?;
    Some(Time::Wall { unix_ns })
}

/// The error of a text that is not a time.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{InvalidTime, Time};
///
/// assert_eq!("noon".parse::<Time>(), Err(InvalidTime));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time: write it like 2026-11-23T12:00:00.123456789Z, from 1970 to 2554, or like \
             +0.000123456",
        )
    }
}

impl core::error::Error for InvalidTime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_to_the_nanosecond_and_read_again() {
        for (time, text) in [
            (Time::Wall { unix_ns: 0 }, "1970-01-01T00:00:00.000000000Z"),
            (
                Time::Wall { unix_ns: u64::MAX },
                "2554-07-21T23:34:33.709551615Z",
            ),
            (Time::SinceStart { ns: 0 }, "+0.000000000"),
            (Time::SinceStart { ns: 61_000_000_000 }, "+61.000000000"),
            (Time::SinceStart { ns: u64::MAX }, "+18446744073.709551615"),
        ] {
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
        }
        for text in [
            "",
            "+1",
            "+1.5",
            "+x.000000000",
            "1969-12-31T23:59:59Z",
            "noon",
        ] {
            assert_eq!(text.parse::<Time>(), Err(InvalidTime), "{text}");
        }
    }
}
