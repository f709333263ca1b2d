//! The summary: what a run came to, for people to read.

use core::{fmt, time::Duration};
use std::{collections::BTreeMap, path::PathBuf};

use ttlog_std::Stats;

use crate::{
    bus::meter::Reading, ledger::Finding, load::Tally, money::Cents,
    services::analytics::figures::Figures,
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
    /// Instances that panicked.
    pub panicked: Vec<String>,
    /// What became of the customers.
    pub journeys: Tally,
    /// What became of the orders.
    pub orders: Orders,
    /// What analytics counted.
    pub figures: Figures,
    /// What the recorder counted.
    pub recorder: Stats,
    /// Where snapshots are.
    pub snapshots: PathBuf,
    /// What had to hold.
    pub findings: Vec<Finding>,
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
        self.panicked.is_empty() && self.findings.iter().all(|finding| finding.holds)
    }

    fn services(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<15}{:>10}{:>9}{:>7}{:>7}{:>8}{:>9}{:>9}{:>9}{:>9}",
            "service",
            "requests",
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
            let [p50, p95, p99, max] = [p50, p95, p99, max].map(|time| time.as_secs_f64() * 1e3);
            writeln!(
                out,
                "{name:<15}{requests:>10}{refused:>9}{late:>7}{lost:>7}{failed:>8}{p50:>9.2}{p95:>9.2}{p99:>9.2}{max:>9.2}"
            )?;
        }
        for name in &self.panicked {
            writeln!(out, "instance {name} panicked")?;
        }
        Ok(())
    }

    fn trade(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [started, bought, left, failed, turned_away] = self.journeys.read();
        writeln!(
            out,
            "journeys    {started}: {bought} bought, {left} left, {failed} failed; {turned_away} turned away"
        )?;
        let Figures {
            registered,
            logins,
            searches,
            views,
            ..
        } = &self.figures;
        writeln!(
            out,
            "customers   {registered} new; {logins} logins, {searches} searches, {views} looks at a product"
        )?;
        let Orders {
            confirmed,
            failed,
            revenue,
            refunded,
        } = &self.orders;
        let count: u64 = failed.values().sum();
        write!(out, "orders      {confirmed} confirmed, {count} failed")?;
        for (position, (reason, count)) in failed.iter().enumerate() {
            write!(
                out,
                "{} {reason} {count}",
                if position == 0 { ":" } else { "," }
            )?;
        }
        writeln!(out, "\nmoney       revenue {revenue}, refunded {refunded}")
    }

    fn recorder(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats {
            recorded,
            kept,
            overwritten,
            dropped,
            snapshots_written,
            snapshots_merged,
            snapshots_failed,
            ..
        } = self.recorder;
        writeln!(
            out,
            "events      {recorded} recorded: {kept} kept, {overwritten} overwritten, {dropped} dropped"
        )?;
        let directory = self.snapshots.display();
        writeln!(
            out,
            "snapshots   {snapshots_written} written, {snapshots_merged} requests merged, {snapshots_failed} failed, in {directory}"
        )
    }
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
        self.recorder(out)?;
        writeln!(out)?;
        for Finding {
            rule,
            holds,
            figures,
        } in &self.findings
        {
            let verdict = if *holds { "holds   " } else { "VIOLATED" };
            writeln!(out, "{verdict}  {rule} ({figures})")?;
        }
        Ok(())
    }
}
