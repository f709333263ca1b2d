//! The sliding windows: what happened in the last minutes, and in those before.

use core::{fmt, ops::AddAssign, time::Duration};
use std::collections::VecDeque;

use crate::money::Cents;

/// The lengths of the windows, in minutes.
pub const LENGTHS: [u32; 3] = [1, 5, 15];
/// The shop's day is compressed: what is a minute to its people takes a second.
pub const MINUTE: Duration = Duration::from_secs(1);
/// The longest window, and as much before it.
const KEPT_MINUTES: u64 = 30;

/// What happened in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Logins.
    pub visits: u64,
    /// Searches.
    pub searches: u64,
    /// Looks at a product.
    pub views: u64,
    /// Orders carried out.
    pub orders: u64,
    /// Orders not carried out.
    pub failed: u64,
    /// What was paid.
    pub revenue: Cents,
}

impl Counts {
    /// Orders for each hundred visits.
    #[must_use]
    pub fn conversion_percent(&self) -> f64 {
        percent(self.orders, self.visits)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.visits += other.visits;
        self.searches += other.searches;
        self.views += other.views;
        self.orders += other.orders;
        self.failed += other.failed;
        self.revenue += other.revenue;
    }
}

/// Counts by minute, of the last 30 minutes. It never holds more.
#[derive(Clone, Debug)]
pub struct Windows {
    minute: Duration,
    /// The number of each minute, and its counts; minutes without any are left out.
    minutes: VecDeque<(u64, Counts)>,
}

impl Default for Windows {
    fn default() -> Self {
        Self::of_minutes(MINUTE)
    }
}

impl Windows {
    /// Windows in which a minute takes so long; it must be above zero.
    #[must_use]
    pub fn of_minutes(minute: Duration) -> Self {
        Self {
            minute,
            minutes: VecDeque::new(),
        }
    }

    /// Counts something that happened now. One that comes a little late counts for its own minute.
    pub fn add(&mut self, now: Duration, counts: Counts) {
        let number = self.number(now);
        while let Some(&(oldest, _)) = self.minutes.front()
            && oldest + KEPT_MINUTES < number
        {
            self.minutes.pop_front();
        }
        let at = self.minutes.partition_point(|&(it, _)| it < number);
        match self.minutes.get_mut(at) {
            Some((it, sum)) if *it == number => *sum += counts,
            _ => self.minutes.insert(at, (number, counts)),
        }
    }

    /// The sum over the last whole minutes; the one that is running does not count yet.
    #[must_use]
    pub fn last(&self, now: Duration, minutes: u32) -> Counts {
        let end = self.number(now);
        self.sum(end.saturating_sub(minutes.into()), end)
    }

    /// The sum over as many minutes before those.
    #[must_use]
    pub fn before(&self, now: Duration, minutes: u32) -> Counts {
        let end = self.number(now).saturating_sub(minutes.into());
        self.sum(end.saturating_sub(minutes.into()), end)
    }

    fn sum(&self, from: u64, to: u64) -> Counts {
        let mut sum = Counts::default();
        for &(number, counts) in &self.minutes {
            if (from..to).contains(&number) {
                sum += counts;
            }
        }
        sum
    }

    fn number(&self, now: Duration) -> u64 {
        (now.as_nanos() / self.minute.as_nanos().max(1)) as u64
    }
}

/// Where a figure is going, against the window before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// There was nothing before to compare with.
    New,
    /// More, by so many percent.
    Up(u32),
    /// Less than five percent either way.
    Flat,
    /// Less, by so many percent.
    Down(u32),
}

impl Trend {
    /// Compares a figure with the one before.
    #[must_use]
    pub fn of(now: i64, before: i64) -> Self {
        if before <= 0 {
            return if now > 0 { Self::New } else { Self::Flat };
        }
        let change = (now - before) * 100 / before;
        match change {
            5.. => Self::Up(change.try_into().unwrap_or(u32::MAX)),
            ..=-5 => Self::Down(change.unsigned_abs().try_into().unwrap_or(u32::MAX)),
            _ => Self::Flat,
        }
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => out.write_str("new"),
            Self::Up(percent) => write!(out, "+{percent}%"),
            Self::Flat => out.write_str("="),
            Self::Down(percent) => write!(out, "-{percent}%"),
        }
    }
}

/// `part` of `whole`, in percent; of nothing, none.
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 * 100.0 / whole as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

    use super::*;

    fn orders(orders: u64) -> Counts {
        Counts {
            orders,
            ..Counts::default()
        }
    }

    fn minute(number: u32) -> Duration {
        MINUTE * number + MINUTE / 3
    }

    #[test]
    fn a_window_holds_its_minutes_and_not_the_running_one() {
        let mut windows = Windows::default();
        for number in 0..20 {
            windows.add(minute(number), orders(1 << number));
        }
        let now = minute(20);
        assert_eq!(windows.last(now, 1).orders, 1 << 19);
        assert_eq!(windows.before(now, 1).orders, 1 << 18);
        assert_eq!(windows.last(now, 5).orders, 0b11111 << 15);
        assert_eq!(windows.before(now, 5).orders, 0b11111 << 10);
        assert_eq!(windows.last(minute(19), 1).orders, 1 << 18);
    }

    #[test]
    fn sums_are_those_of_a_plain_list_and_memory_is_bounded() {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut windows = Windows::default();
        let mut list = Vec::new();
        let mut now = Duration::ZERO;
        for _ in 0..2_000 {
            now += Duration::from_millis(chance.random_range(0..200));
            windows.add(now, orders(1));
            list.push(now.as_secs());
            for length in LENGTHS {
                let end = now.as_secs();
                let from = end.saturating_sub(length.into());
                let expected = list.iter().filter(|at| (from..end).contains(at)).count();
                assert_eq!(windows.last(now, length).orders, expected as u64);
            }
            assert!(windows.minutes.len() as u64 <= KEPT_MINUTES + 1);
        }
    }

    #[test]
    fn a_trend_says_by_how_much() {
        for (now, before, expected) in [
            (0, 0, Trend::Flat),
            (3, 0, Trend::New),
            (104, 100, Trend::Flat),
            (105, 100, Trend::Up(5)),
            (300, 100, Trend::Up(200)),
            (95, 100, Trend::Down(5)),
            (0, 7, Trend::Down(100)),
        ] {
            assert_eq!(Trend::of(now, before), expected, "{now} after {before}");
        }
    }

    #[test]
    fn conversion_of_no_visits_is_none() {
        assert_eq!(orders(0).conversion_percent(), 0.0);
        let counts = Counts {
            visits: 8,
            ..orders(2)
        };
        assert_eq!(counts.conversion_percent(), 25.0);
    }
}
