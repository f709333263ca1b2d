//! The resilience: what went wrong, and what was done about it.

use core::fmt;
use std::collections::BTreeMap;

use super::Summary;
use crate::{bus::Cause, chaos::monkey::Diary, monitor::Board};

impl Summary {
    pub(super) fn resilience(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diary {
            injected, crashes, ..
        } = self.chaos;
        writeln!(
            out,
            "chaos       {injected} faults, {crashes} of them crashes that struck"
        )?;
        let opened: Vec<String> = self
            .breakers
            .iter()
            .filter(|breaker| breaker.opened > 0)
            .map(|it| format!("{} → {} {}", it.caller, it.callee, it.opened))
            .collect();
        let opened = if opened.is_empty() {
            "none opened".to_owned()
        } else {
            format!("opened: {}", opened.join(", "))
        };
        writeln!(out, "breakers    {} lines, {opened}", self.breakers.len())?;
        let mut causes = BTreeMap::<Cause, u64>::new();
        for ((_, cause), count) in &self.dead_letters {
            *causes.entry(*cause).or_default() += count;
        }
        let count: u64 = causes.values().sum();
        let causes: Vec<String> = causes
            .iter()
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect();
        let colon = if count == 0 { "" } else { ": " };
        writeln!(out, "letters     {count} dead{colon}{}", causes.join(", "))?;
        let degraded = self.figures.degraded.iter();
        let degraded: Vec<String> = [("product", self.backroom.degraded_pages)]
            .into_iter()
            .chain(degraded.map(|(&what, &count)| (what, count)))
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        writeln!(out, "degraded    answers: {}", degraded.join(", "))?;
        let Board {
            scaled_out,
            scaled_in,
            burns,
            ..
        } = self.board;
        writeln!(
            out,
            "monitor     {scaled_out} times scaled out, {scaled_in} times in; {burns} alarms of a burning objective"
        )
    }
}
