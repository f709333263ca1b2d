//! The login watch: how many accounts somebody has tried in vain.

use core::{hash::BuildHasher, time::Duration};
use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    net::Ipv4Addr,
};

/// How long a failed login counts.
const WITHIN: Duration = Duration::from_secs(10);
/// So many accounts tried in vain are no forgotten password any more; nor are so many more.
const ACCOUNTS: usize = 5;
/// How many failed logins are remembered of an address.
const FAILURES_MAX: usize = 32;

/// The failed logins of late, by address; of so many addresses at most.
#[derive(Debug)]
pub struct LoginWatch {
    addresses_max: usize,
    failures: HashMap<Ipv4Addr, Failures>,
    names: RandomState,
}

#[derive(Debug, Default)]
struct Failures {
    /// When, and a hash of the account's name: enough to tell them apart, and of one size.
    recent: VecDeque<(Duration, u64)>,
    alarmed_at: usize,
}

/// What a failed login means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// How many there were from the address of late, this one included.
    pub recent: usize,
    /// How many accounts were tried, when that is worth an alarm: at the fifth, the tenth, and so
    /// on.
    pub alarm: Option<usize>,
}

impl LoginWatch {
    /// Remembers `addresses_max` addresses.
    #[must_use]
    pub fn new(addresses_max: usize) -> Self {
        Self {
            addresses_max,
            failures: HashMap::new(),
            names: RandomState::new(),
        }
    }

    /// Notes a failed login.
    pub fn failed(&mut self, address: Ipv4Addr, email: &str, now: Duration) -> Failed {
        let is_recent = |at: Duration| now < at + WITHIN;
        if !self.failures.contains_key(&address) && self.failures.len() >= self.addresses_max {
            self.failures.retain(|_, failures| {
                let last = failures.recent.back();
                last.is_some_and(|&(at, _)| is_recent(at))
            });
            if self.failures.len() >= self.addresses_max {
                // A flood of addresses: rather begin anew than grow.
                self.failures.clear();
            }
        }
        let failures = self.failures.entry(address).or_default();
        failures.recent.retain(|&(at, _)| is_recent(at));
        if failures.recent.is_empty() {
            failures.alarmed_at = 0;
        }
        if failures.recent.len() == FAILURES_MAX {
            failures.recent.pop_front();
        }
        let name = self.names.hash_one(email);
        failures.recent.push_back((now, name));
        let accounts = failures.accounts();
        let is_alarm = accounts >= failures.alarmed_at + ACCOUNTS;
        if is_alarm {
            failures.alarmed_at = accounts;
        }
        Failed {
            recent: failures.recent.len(),
            alarm: is_alarm.then_some(accounts),
        }
    }
}

impl Failures {
    fn accounts(&self) -> usize {
        let mut names: Vec<u64> = self.recent.iter().map(|&(_, name)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
    const SECOND: Duration = Duration::from_secs(1);

    fn try_accounts(watch: &mut LoginWatch, count: u32, gap: Duration) -> Vec<usize> {
        (0..count)
            .filter_map(|number| {
                let email = format!("{number}@shop");
                watch.failed(HERE, &email, gap * number).alarm
            })
            .collect()
    }

    #[test]
    fn many_accounts_in_a_short_time_are_an_alarm_at_each_fifth() {
        let alarms = try_accounts(&mut LoginWatch::new(9), 12, SECOND / 10);
        assert_eq!(alarms, [5, 10]);
    }

    #[test]
    fn one_account_is_no_alarm_however_often_it_is_tried() {
        let mut watch = LoginWatch::new(9);
        for recent in 1..100 {
            let failed = Failed {
                recent: recent.min(FAILURES_MAX),
                alarm: None,
            };
            assert_eq!(watch.failed(HERE, "a@shop", SECOND), failed);
        }
    }

    #[test]
    fn many_accounts_over_a_long_time_are_a_family() {
        assert_eq!(
            try_accounts(&mut LoginWatch::new(9), 50, SECOND * 3),
            [0; 0]
        );
    }

    #[test]
    fn it_remembers_so_many_addresses_and_no_more() {
        let mut watch = LoginWatch::new(8);
        for number in 0..1_000 {
            watch.failed(Ipv4Addr::from_bits(number), "a@shop", SECOND);
            assert!(watch.failures.len() <= 8);
        }
    }
}
