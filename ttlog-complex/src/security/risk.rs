//! The records: how much of a risk each address is, why, and for how long it is shut out.

use core::time::Duration;
use std::{collections::HashMap, net::Ipv4Addr};

use super::Threat;

/// From so many points on an address is watched: what is paid from there is worth a second look.
pub const WATCH: u32 = 40;
/// From so many points on an address is shut out.
pub const BLOCK: u32 = 100;
/// How long it is shut out.
pub const BLOCK_TIME: Duration = Duration::from_secs(10);
/// After so long half of the points are forgotten.
pub const HALF_LIFE: Duration = Duration::from_secs(30);
/// More points than this are of no use.
const SCORE_MAX: f64 = 300.0;
/// What has faded so far is forgotten altogether.
const FORGOTTEN: f64 = 1.0;

/// What is known against each address; of so many at most.
#[derive(Debug)]
pub struct Records {
    addresses_max: usize,
    records: HashMap<Ipv4Addr, Record>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    score: f64,
    at: Duration,
    /// How often each of [`Threat::ALL`] was seen.
    seen: [u32; Threat::ALL.len()],
    blocked_until: Duration,
}

/// What speaks against an address at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Risk {
    /// The points that are left.
    pub score: u32,
    /// What was seen, and how often.
    pub reasons: Vec<(Threat, u32)>,
}

impl Risk {
    /// Whether it is worth a second look.
    #[must_use]
    pub fn is_elevated(&self) -> bool {
        self.score >= WATCH
    }
}

impl Records {
    /// Keeps records of `addresses_max` addresses; at least two.
    #[must_use]
    pub fn new(addresses_max: usize) -> Self {
        Self {
            addresses_max: addresses_max.max(2),
            records: HashMap::new(),
        }
    }

    /// Holds a threat against an address.
    pub fn add(&mut self, address: Ipv4Addr, threat: Threat, now: Duration) -> Risk {
        if !self.records.contains_key(&address) && self.records.len() >= self.addresses_max {
            self.make_room(now);
        }
        let record = self.records.entry(address).or_default();
        if record.score_at(now) < FORGOTTEN {
            record.seen = [0; Threat::ALL.len()];
        }
        let score = record.score_at(now) + f64::from(threat.points());
        record.score = score.min(SCORE_MAX);
        record.at = now;
        record.seen[threat as usize] += 1;
        record.risk(now)
    }

    /// What speaks against an address.
    #[must_use]
    pub fn of(&self, address: Ipv4Addr, now: Duration) -> Risk {
        let record = self.records.get(&address);
        record.map_or_else(Risk::default, |record| record.risk(now))
    }

    /// Shuts out an address of which there is a record.
    pub fn block(&mut self, address: Ipv4Addr, now: Duration) {
        if let Some(record) = self.records.get_mut(&address) {
            record.blocked_until = now + BLOCK_TIME;
        }
    }

    /// For how much longer an address is shut out.
    #[must_use]
    pub fn blocked(&self, address: Ipv4Addr, now: Duration) -> Option<Duration> {
        let left = self.records.get(&address)?.blocked_until.checked_sub(now)?;
        (!left.is_zero()).then_some(left)
    }

    /// Every address that is watched or shut out, the worst first.
    #[must_use]
    pub fn worst(&self, now: Duration) -> Vec<(Ipv4Addr, Risk, Option<Duration>)> {
        let mut worst: Vec<_> = self
            .records
            .iter()
            .map(|(&address, record)| (address, record.risk(now), self.blocked(address, now)))
            .filter(|(_, risk, blocked)| risk.is_elevated() || blocked.is_some())
            .collect();
        worst.sort_by_key(|(address, risk, _)| (u32::MAX - risk.score, *address));
        worst
    }

    /// Drops who is forgotten; if that is nobody, the better half.
    fn make_room(&mut self, now: Duration) {
        let keep =
            |record: &Record| record.score_at(now) >= FORGOTTEN || now < record.blocked_until;
        self.records.retain(|_, record| keep(record));
        if self.records.len() < self.addresses_max {
            return;
        }
        let mut scores: Vec<f64> = self.records.values().map(|it| it.score_at(now)).collect();
        let half = self.addresses_max / 2;
        let (_, &mut median, _) = scores.select_nth_unstable_by(half, f64::total_cmp);
        self.records.retain(|_, it| it.score_at(now) > median);
    }
}

impl Record {
    fn score_at(&self, now: Duration) -> f64 {
        let passed = now.saturating_sub(self.at).as_secs_f64() / HALF_LIFE.as_secs_f64();
        self.score * (-passed).exp2()
    }

    fn risk(&self, now: Duration) -> Risk {
        let score = self.score_at(now);
        if score < FORGOTTEN {
            return Risk::default();
        }
        let reasons = Threat::ALL.into_iter().zip(self.seen);
        Risk {
            score: score.round() as u32,
            reasons: reasons.filter(|&(_, count)| count > 0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn a_risk_names_its_reasons_and_fades() {
        let mut records = Records::new(9);
        assert_eq!(records.of(HERE, NOW), Risk::default());
        records.add(HERE, Threat::SqlInjection, NOW);
        let risk = records.add(HERE, Threat::RateLimit, NOW);
        assert_eq!(risk.score, 90);
        let reasons = [(Threat::SqlInjection, 1), (Threat::RateLimit, 1)];
        assert_eq!(risk.reasons, reasons);
        assert!(risk.is_elevated());
        assert_eq!(records.of(HERE, NOW + HALF_LIFE).score, 45);
        assert!(!records.of(HERE, NOW + HALF_LIFE * 2).is_elevated());
        assert_eq!(records.of(HERE, NOW + HALF_LIFE * 8), Risk::default());
    }

    #[test]
    fn reasons_that_have_faded_do_not_come_back_with_new_ones() {
        let mut records = Records::new(9);
        records.add(HERE, Threat::SqlInjection, NOW);
        let risk = records.add(HERE, Threat::RateLimit, NOW + HALF_LIFE * 10);
        assert_eq!(risk.reasons, [(Threat::RateLimit, 1)]);
    }

    #[test]
    fn who_is_shut_out_comes_in_again_when_the_time_is_over() {
        let mut records = Records::new(9);
        records.add(HERE, Threat::SqlInjection, NOW);
        assert_eq!(records.blocked(HERE, NOW), None);
        records.block(HERE, NOW);
        assert_eq!(records.blocked(HERE, NOW), Some(BLOCK_TIME));
        assert_eq!(records.blocked(HERE, NOW + BLOCK_TIME), None);
    }

    #[test]
    fn the_worst_are_kept_where_there_is_no_room_for_all() {
        let mut records = Records::new(8);
        for _ in 0..3 {
            records.add(HERE, Threat::SqlInjection, NOW);
        }
        for number in 0..1_000 {
            records.add(Ipv4Addr::from_bits(number), Threat::RateLimit, NOW);
            assert!(records.records.len() <= 8);
        }
        let (address, risk, blocked) = records.worst(NOW).remove(0);
        assert_eq!((address, risk.score, blocked), (HERE, 180, None));
    }
}
