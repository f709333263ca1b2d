//! The limiter: how often each key may have something, by a token bucket for each.
//!
//! A bucket holds `burst` tokens and gains `rate` of them each second; what is admitted takes one.
//! Nothing runs in the background: a bucket is filled up when it is looked at.

use core::{hash::Hash, time::Duration};
use std::collections::HashMap;

/// What a key may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// So many each second, for as long as it likes; above zero.
    pub rate: f64,
    /// So many at once, after it has been quiet.
    pub burst: u32,
}

/// A bucket for each key, for so many keys at most.
///
/// Where a new key finds no room, those go whose bucket is full again, which changes nothing for
/// them; if there are none, the quarter that was seen least of late, which starts afresh when it
/// comes back. That costs a walk over all keys, and makes room for many.
#[derive(Debug)]
pub struct Limiter<K> {
    allowance: Allowance,
    keys_max: usize,
    buckets: HashMap<K, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    seen: Duration,
    refused: u32,
}

/// A key has had enough for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How often it was refused since it was last admitted, this time included.
    pub in_a_row: u32,
    /// When it is worth asking again.
    pub retry_after: Duration,
}

impl<K: Copy + Eq + Hash> Limiter<K> {
    /// The same `allowance` for each key, for `keys_max` of them; at least one.
    #[must_use]
    pub fn new(allowance: Allowance, keys_max: usize) -> Self {
        Self {
            allowance,
            keys_max: keys_max.max(1),
            buckets: HashMap::new(),
        }
    }

    /// Takes a token from the bucket of `key`.
    ///
    /// # Errors
    ///
    /// [`Refused`], where there is none; being refused costs nothing.
    pub fn admit(&mut self, key: K, now: Duration) -> Result<(), Refused> {
        if !self.buckets.contains_key(&key) && self.buckets.len() >= self.keys_max {
            self.make_room(now);
        }
        let Allowance { rate, burst } = self.allowance;
        let bucket = self.buckets.entry(key).or_insert(Bucket {
            tokens: f64::from(burst),
            seen: now,
            refused: 0,
        });
        bucket.tokens = bucket.tokens_at(now, self.allowance);
        bucket.seen = bucket.seen.max(now);
        if bucket.tokens < 1.0 {
            bucket.refused = bucket.refused.saturating_add(1);
            return Err(Refused {
                in_a_row: bucket.refused,
                retry_after: Duration::from_secs_f64((1.0 - bucket.tokens) / rate),
            });
        }
        bucket.tokens -= 1.0;
        bucket.refused = 0;
        Ok(())
    }

    /// How many keys have a bucket.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.buckets.len()
    }

    fn make_room(&mut self, now: Duration) {
        let (allowance, full) = (self.allowance, f64::from(self.allowance.burst));
        self.buckets
            .retain(|_, bucket| bucket.tokens_at(now, allowance) < full);
        if self.buckets.len() < self.keys_max {
            return;
        }
        let mut seen: Vec<Duration> = self.buckets.values().map(|bucket| bucket.seen).collect();
        let (_, &mut quarter, _) = seen.select_nth_unstable(self.keys_max / 4);
        self.buckets.retain(|_, bucket| bucket.seen > quarter);
    }
}

impl Bucket {
    /// How full it is `now`. A time before it was last seen counts as that time.
    fn tokens_at(self, now: Duration, Allowance { rate, burst }: Allowance) -> f64 {
        let passed = now.saturating_sub(self.seen).as_secs_f64();
        (self.tokens + passed * rate).min(f64::from(burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TWO_EACH_SECOND: Allowance = Allowance {
        rate: 2.0,
        burst: 3,
    };

    fn limiter(keys_max: usize) -> Limiter<u32> {
        Limiter::new(TWO_EACH_SECOND, keys_max)
    }

    #[test]
    fn a_key_has_its_burst_and_then_its_rate() {
        let mut limiter = limiter(9);
        let mut admitted = 0;
        // Asks every tenth of a second, for ten seconds.
        for tenths in 0..100 {
            admitted += u32::from(limiter.admit(1, SECOND * tenths / 10).is_ok());
        }
        assert!((22..=23).contains(&admitted), "{admitted}");
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back_and_how_often_it_was() {
        let mut limiter = limiter(9);
        for _ in 0..3 {
            assert_eq!(limiter.admit(1, SECOND), Ok(()));
        }
        for in_a_row in 1..=2 {
            let retry_after = SECOND / 2;
            let refused = Refused {
                in_a_row,
                retry_after,
            };
            assert_eq!(limiter.admit(1, SECOND), Err(refused));
        }
        assert_eq!(limiter.admit(1, SECOND * 3 / 2), Ok(()));
        assert_eq!(limiter.admit(1, SECOND * 3 / 2).unwrap_err().in_a_row, 1);
    }

    #[test]
    fn one_key_takes_nothing_from_another() {
        let mut limiter = limiter(9);
        while limiter.admit(1, SECOND).is_ok() {}
        assert_eq!(limiter.admit(2, SECOND), Ok(()));
    }

    #[test]
    fn time_that_runs_backwards_brings_no_tokens() {
        let mut limiter = limiter(9);
        while limiter.admit(1, SECOND).is_ok() {}
        assert!(limiter.admit(1, Duration::ZERO).is_err());
        assert!(limiter.admit(1, SECOND).is_err());
    }

    #[test]
    fn there_are_never_more_keys_than_there_is_room_for() {
        let mut limiter = limiter(8);
        for key in 0..10_000 {
            // Too close together for any bucket to be full again.
            let now = Duration::from_micros(key.into());
            assert_eq!(limiter.admit(key, now), Ok(()));
            assert!(limiter.keys() <= 8);
        }
    }

    #[test]
    fn who_makes_room_is_who_loses_nothing_by_it() {
        let mut limiter = limiter(2);
        limiter.admit(1, SECOND).unwrap();
        let later = SECOND * 2;
        while limiter.admit(2, later).is_ok() {}
        limiter.admit(3, later).unwrap();
        assert!(limiter.admit(2, later).is_err());
    }

    #[test]
    fn where_nobody_is_quiet_the_longest_unseen_makes_room() {
        let mut limiter = limiter(4);
        for key in 0..4 {
            let now = Duration::from_millis(key.into());
            while limiter.admit(key, now).is_ok() {}
        }
        let now = Duration::from_millis(4);
        limiter.admit(4, now).unwrap();
        assert!(limiter.admit(3, now).is_err());
        assert_eq!(limiter.admit(0, now), Ok(()));
    }
}
