//! The events that the options select.

mod period;
mod trace;

use core::{
    fmt::{Display, Write},
    ops::RangeInclusive,
};

use ttlog_reader::{EventRef, Level, Snapshots, TraceId};

use crate::{options::FilterOptions, status::Failure};

/// The conditions that an event has to satisfy.
#[derive(Debug)]
pub(crate) struct Selection<'o> {
    level: Level,
    targets: &'o [String],
    text: Option<&'o str>,
    trace: Option<TraceId>,
    /// The selected period of each file, in nanoseconds of its clock; `None` for all times.
    periods: Option<Vec<RangeInclusive<u64>>>,
    /// A buffer for the text that is searched.
    scratch: String,
}

impl<'o> Selection<'o> {
    /// Resolves the options for these files.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Options`] if several traces have the given prefix, or if a time cannot be
    /// resolved for a file.
    pub(crate) fn new(options: &'o FilterOptions, snapshots: &Snapshots) -> Result<Self, Failure> {
        Ok(Self {
            level: options.level.unwrap_or(Level::Trace),
            targets: &options.targets,
            text: options.grep.as_deref(),
            trace: options
                .trace
                .as_ref()
                .map(|prefix| trace::find(prefix, snapshots))
                .transpose()?,
            periods: period::of_files(options, snapshots)?,
            scratch: String::new(),
        })
    }

    /// Returns whether every event satisfies the conditions.
    pub(crate) fn is_everything(&self) -> bool {
        self.level == Level::Trace
            && self.targets.is_empty()
            && self.text.is_none()
            && self.trace.is_none()
            && self.periods.is_none()
    }

    /// Returns whether an event satisfies the conditions. Checks the most expensive condition last.
    pub(crate) fn admits(&mut self, event: &EventRef<'_>) -> bool {
        event.level() >= self.level
            && self
                .trace
                .is_none_or(|wanted| event.trace_id() == Some(wanted))
            && self.is_in_period(event)
            && self.is_of_target(event)
            && self.has_text(event)
    }

    fn is_in_period(&self, event: &EventRef<'_>) -> bool {
        self.periods.as_ref().is_none_or(|periods| {
            periods
                .get(event.file_number())
                .is_some_and(|period| period.contains(&event.ns()))
        })
    }

    fn is_of_target(&self, event: &EventRef<'_>) -> bool {
        self.targets.is_empty()
            || event
                .target()
                .is_some_and(|target| self.targets.iter().any(|prefix| covers(prefix, target)))
    }

    fn has_text(&mut self, event: &EventRef<'_>) -> bool {
        let Some(text) = self.text else { return true };
        let scratch = &mut self.scratch;
        let mut contains = |part: &dyn Display| {
            scratch.clear();
            // Writing to a String does not fail.
            let _ = write!(scratch, "{part}");
            scratch.contains(text)
        };
        contains(&event.message()) || event.fields().any(|(_, value)| contains(&value))
    }
}

/// Returns whether `target` is `prefix` or a module below it, as in filter directives.
fn covers(prefix: &str, target: &str) -> bool {
    let prefix = prefix.strip_suffix("::").unwrap_or(prefix);
    target
        .strip_prefix(prefix)
        .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_prefix_covers_whole_modules() {
        for (prefix, target, is_covered) in [
            ("shop", "shop", true),
            ("shop", "shop::order", true),
            ("shop::", "shop::order", true),
            ("shop::order", "shop::order::saga", true),
            ("shop::order", "shop::orders", false),
            ("shop::order", "shop", false),
            ("order", "shop::order", false),
            ("", "shop", true),
        ] {
            assert_eq!(covers(prefix, target), is_covered, "{prefix} {target}");
        }
    }
}
