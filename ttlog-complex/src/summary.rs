//! The summary: what a run came to, for people to read.

mod backroom;
mod resilience;
mod trade;

use core::{fmt, time::Duration};
use std::{collections::BTreeMap, path::PathBuf};

use ttlog_std::Stats;

use crate::{
    album::Shelf,
    bus::{BreakerReading, Cause, meter::Reading},
    chaos::monkey::Diary,
    checks::{Check, Cost},
    load::Tally,
    money::Cents,
    monitor::{Board, process::Usage},
    security,
    services::analytics::{figures::Figures, report::Report},
    shop::BackroomReading,
};

/// Everything that is worth saying about a run.
#[derive(Debug)]
pub struct Summary {
    /// What the run can be repeated with.
    pub seed: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What each service did.
    pub services: Vec<(&'static str, Reading)>,
    /// What chaos there was.
    pub chaos: Diary,
    /// What became of the customers.
    pub journeys: Tally,
    /// What was seen at the door.
    pub security: security::sentry::Reading,
    /// What became of the orders.
    pub orders: Orders,
    /// What analytics counted.
    pub figures: Figures,
    /// How the business went up to the last customer.
    pub business: Report,
    /// What went on behind the counter.
    pub backroom: BackroomReading,
    /// How the breakers stand.
    pub breakers: Vec<BreakerReading>,
    /// Messages of which nothing came, by service and cause.
    pub dead_letters: BTreeMap<(&'static str, Cause), u64>,
    /// What the monitor saw and did.
    pub board: Board,
    /// What the recorder counted.
    pub recorder: Stats,
    /// What it cost.
    pub cost: Cost,
    /// What the process took.
    pub usage: Usage,
    /// What the snapshots show.
    pub shelf: Shelf,
    /// How many times anybody asked for one.
    pub requests: u64,
    /// Where they are.
    pub snapshots: PathBuf,
    /// What had to hold.
    pub checks: Vec<Check>,
}

/// What became of the orders.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Carried out.
    pub confirmed: u64,
    /// Not carried out, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// What the shop took and kept.
    pub revenue: Cents,
    /// What it took and gave back.
    pub refunded: Cents,
}

impl Summary {
    /// Whether everything held that had to.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    fn services(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<15}{:>10}{:>10}{:>9}{:>7}{:>7}{:>8}{:>9}{:>9}{:>9}{:>9}",
            "service",
            "requests",
            "instances",
            "refused",
            "late",
            "lost",
            "failed",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "max ms"
        )?;
        for (name, reading) in &self.services {
            let Reading {
                requests,
                refused,
                late,
                lost,
                failed,
                p50,
                p95,
                p99,
                max,
                ..
            } = reading;
            let instances = self.board.instances(name);
            let [p50, p95, p99, max] = [p50, p95, p99, max].map(|time| time.as_secs_f64() * 1e3);
            writeln!(
                out,
                "{name:<15}{requests:>10}{instances:>10}{refused:>9}{late:>7}{lost:>7}{failed:>8}{p50:>9.2}{p95:>9.2}{p99:>9.2}{max:>9.2}"
            )?;
        }
        Ok(())
    }

    fn recorder(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats {
            recorded,
            kept,
            overwritten,
            dropped,
            snapshots_written,
            snapshots_failed,
            snapshots_removed,
            ..
        } = self.recorder;
        let per_minute = recorded as f64 * 60.0 / self.elapsed.as_secs_f64();
        writeln!(
            out,
            "events      {recorded} recorded ({per_minute:.0} a minute): {kept} kept, {overwritten} overwritten, {dropped} dropped"
        )?;
        let (requests, mib) = (self.requests, mib(self.shelf.bytes));
        let directory = self.snapshots.display();
        writeln!(
            out,
            "snapshots   {snapshots_written} written for {requests} requests, {mib:.1} MiB; {snapshots_failed} failed, {snapshots_removed} old ones removed; in {directory}"
        )?;
        let of_reason = |(reason, count): (&String, &u64)| match count {
            1 => reason.clone(),
            count => format!("{reason} {count}"),
        };
        let reasons: Vec<String> = self.shelf.reasons.iter().map(of_reason).collect();
        writeln!(out, "            {}", reasons.join(", "))
    }

    fn process(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(cpu), Some(bytes)) = (self.usage.cpu, self.usage.memory_bytes) {
            let (cpu, memory) = (cpu.as_secs_f64(), mib(bytes));
            let most = mib(self.board.memory_max_bytes);
            writeln!(
                out,
                "process     {cpu:.1} s of computing, {memory:.0} MiB at the end, {most:.0} at most"
            )?;
        }
        Ok(())
    }

    fn checks(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check {
            number,
            name,
            passed,
            figures,
        } in &self.checks
        {
            let verdict = if *passed { "pass" } else { "FAIL" };
            writeln!(out, "{verdict} {number:>2}  {name} ({figures})")?;
        }
        let passed = self.checks.iter().filter(|check| check.passed).count();
        writeln!(out, "{passed} of {} checks passed", self.checks.len())
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, elapsed) = (self.seed, self.elapsed.as_secs_f64());
        writeln!(
            out,
            "\nthe shop was open for {elapsed:.1} s (seed {seed})\n"
        )?;
        self.services(out)?;
        writeln!(out)?;
        self.trade(out)?;
        self.business(out)?;
        writeln!(out)?;
        self.backroom(out)?;
        self.pools(out)?;
        writeln!(out)?;
        self.resilience(out)?;
        self.process(out)?;
        self.recorder(out)?;
        writeln!(out)?;
        self.checks(out)
    }
}
