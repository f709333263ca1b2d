//! The time in the name of a crash's file, computed without a library that may allocate.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

const SECONDS_A_DAY: i64 = 86_400;
/// Number of days in 400 years, after which the calendar repeats itself.
const DAYS_IN_400_YEARS: i64 = 146_097;
/// Number of days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_468;
/// The first and the last second whose year has four digits.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// A time, shown as `YYYYMMDDHHMMSS` in UTC. Years before 0 and after 9999 become the first and the last second
/// of that range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrashTime {
    seconds: i64,
    nanoseconds: u32,
}

impl CrashTime {
    /// Creates the time from the seconds since 1970, and the nanoseconds of the second.
    pub(crate) fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self {
            seconds: seconds.clamp(*SECONDS.start(), *SECONDS.end()),
            nanoseconds,
        }
    }

    /// Reads the wall clock.
    pub(crate) fn now() -> Self {
        // The system's own function: `rustix` looks for it first, which may allocate.
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => Self::new(
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                since.subsec_nanos(),
            ),
            Err(before) => {
                let seconds = i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX);
                Self::new(-seconds, 0)
            }
        }
    }

    /// Returns the nanoseconds of the second.
    pub(crate) fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Returns year, month and day. The year begins on March 1 here, so that the day that only some years have is
    /// the last one.
    fn date(self) -> (i64, i64, i64) {
        let days = self.seconds.div_euclid(SECONDS_A_DAY) + DAYS_BEFORE_1970;
        let (era, day) = (
            days.div_euclid(DAYS_IN_400_YEARS),
            days.rem_euclid(DAYS_IN_400_YEARS),
        );
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        (year, month, day_of_month)
    }
}

impl fmt::Display for CrashTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let second = self.seconds.rem_euclid(SECONDS_A_DAY);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn each_day_of_ten_thousand_years_has_the_digits_of_the_calendar() {
        for seconds in SECONDS.step_by(86_400 + 3_661) {
            let expected = DateTime::from_timestamp(seconds, 0).unwrap();
            let expected = expected.format("%Y%m%d%H%M%S").to_string();
            assert_eq!(CrashTime::new(seconds, 0).to_string(), expected);
        }
    }

    #[test]
    fn a_time_out_of_range_has_fourteen_digits() {
        assert_eq!(CrashTime::new(i64::MIN, 0).to_string(), "00000101000000");
        assert_eq!(CrashTime::new(i64::MAX, 0).to_string(), "99991231235959");
    }
}
