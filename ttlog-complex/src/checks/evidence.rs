//! The evidence: what the snapshots of the run must show.

use std::collections::BTreeSet;

use ttlog_std::Stats;

use super::{Check, some};
use crate::{album::Shelf, shop::Books};

/// What there is to compare.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What the snapshots show.
    pub shelf: &'a Shelf,
    /// What the recorder counted.
    pub recorder: &'a Stats,
    /// How many faults were injected.
    pub injected: u64,
    /// What became of the services' instances.
    pub crashes: &'a Crashes,
}

/// Crashes of instances, from both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crashes {
    /// Crashes that chaos saw strike.
    pub injected: u64,
    /// Crashes that the supervisors caught.
    pub caught: u64,
    /// Instances that they started again.
    pub restarted: u64,
    /// Threads that nobody started again.
    pub lost: Vec<String>,
}

/// Checks the snapshots. All of them must have been read.
#[must_use]
pub fn check(evidence: &Evidence<'_>, books: &Books) -> Vec<Check> {
    let orders = books.orders.lock();
    let failed = orders
        .orders()
        .filter(|(_, result)| matches!(result, Some(Err(_))));
    let failed: BTreeSet<u64> = failed.map(|(order, _)| order.0).collect();
    drop(orders);
    vec![
        explained(evidence.shelf, &failed),
        readable(evidence.shelf, evidence.recorder),
        injections(evidence.shelf, evidence.injected),
        crashes(evidence.crashes),
    ]
}

fn explained(shelf: &Shelf, failed: &BTreeSet<u64>) -> Check {
    let missing: Vec<&u64> = failed.difference(&shelf.failed_orders).collect();
    let explained = failed.len() - missing.len();
    let mut figures = format!(
        "failed {}, explained {explained} in {} snapshots",
        failed.len(),
        shelf.read
    );
    if !missing.is_empty() {
        figures = format!("{figures}; not explained: {}", some(&missing));
    }
    Check::new(
        8,
        "every failed order explained in a snapshot",
        missing.is_empty(),
        figures,
    )
}

fn readable(shelf: &Shelf, recorder: &Stats) -> Check {
    let Stats {
        recorded,
        snapshots_written: written,
        snapshots_failed: failed,
        ..
    } = *recorder;
    let flaws: Vec<&String> = shelf.unreadable.iter().chain(&shelf.inexact).collect();
    let whole = flaws.is_empty() && failed == 0;
    let all = shelf.read == written && shelf.recorded_max <= recorded;
    let mut figures = format!(
        "written {written}, read {}, exact {}, failed {failed}",
        shelf.read,
        shelf.read - shelf.inexact.len() as u64
    );
    if !flaws.is_empty() {
        figures = format!("{figures}; {}", some(flaws));
    }
    Check::new(
        9,
        "each snapshot readable, its accounting exact",
        whole && all,
        figures,
    )
}

fn injections(shelf: &Shelf, injected: u64) -> Check {
    let missing: Vec<u64> = (1..=injected)
        .filter(|number| !shelf.injections.contains(number))
        .collect();
    let shown = injected - missing.len() as u64;
    let mut figures = format!("injected {injected}, in a snapshot {shown}");
    if !missing.is_empty() {
        figures = format!("{figures}; missing {}", some(&missing));
    }
    Check::new(
        10,
        "every chaos injection is an event in a snapshot",
        missing.is_empty(),
        figures,
    )
}

fn crashes(crashes: &Crashes) -> Check {
    let Crashes {
        injected,
        caught,
        restarted,
        lost,
    } = crashes;
    let mut figures = format!("injected {injected} = caught {caught} = restarted {restarted}");
    if !lost.is_empty() {
        figures = format!("{figures}; lost {}", some(lost));
    }
    Check::new(
        11,
        "only injected crashes, all of them restarted",
        injected == caught && caught == restarted && lost.is_empty(),
        figures,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(check: &Check) -> bool {
        check.passed
    }

    #[test]
    fn an_order_that_no_snapshot_explains_is_found() {
        let mut shelf = Shelf::default();
        shelf.failed_orders.extend([3, 5, 9]);
        let failed = [3, 5].into();
        assert!(passed(&explained(&shelf, &failed)));
        let failed = [3, 4, 5].into();
        let check = explained(&shelf, &failed);
        assert!(
            !check.passed && check.figures.ends_with("not explained: 4"),
            "{check:?}"
        );
    }

    #[test]
    fn a_snapshot_that_is_missing_or_flawed_is_found() {
        let mut recorder = Stats::default();
        recorder.recorded = 100;
        recorder.snapshots_written = 2;
        let shelf = Shelf {
            read: 2,
            recorded_max: 99,
            ..Shelf::default()
        };
        assert!(passed(&readable(&shelf, &recorder)));
        let with = |change: fn(&mut Shelf, &mut Stats)| {
            let (mut shelf, mut recorder) = (shelf.clone(), recorder);
            change(&mut shelf, &mut recorder);
            readable(&shelf, &recorder)
        };
        assert!(!passed(&with(|shelf, _| shelf.read = 1)));
        assert!(!passed(&with(|shelf, _| shelf.recorded_max = 101)));
        assert!(!passed(&with(|shelf, _| shelf.unreadable.push("a".into()))));
        assert!(!passed(&with(|shelf, _| shelf.inexact.push("a".into()))));
        assert!(!passed(&with(|_, recorder| recorder.snapshots_failed = 1)));
    }

    #[test]
    fn an_injection_that_no_snapshot_shows_is_found() {
        let mut shelf = Shelf::default();
        shelf.injections.extend([1, 3]);
        assert!(!passed(&injections(&shelf, 3)));
        shelf.injections.insert(2);
        assert!(passed(&injections(&shelf, 3)));
    }

    #[test]
    fn crashes_that_nobody_injected_or_restarted_are_found() {
        let count = |injected, caught, restarted| {
            passed(&crashes(&Crashes {
                injected,
                caught,
                restarted,
                lost: Vec::new(),
            }))
        };
        assert!(count(2, 2, 2));
        assert!(!count(1, 2, 2) && !count(2, 2, 1) && !count(2, 1, 1));
        let lost = vec!["order-1".to_owned()];
        assert!(!passed(&crashes(&Crashes {
            lost,
            ..Crashes::default()
        })));
    }
}
