//! Which events are wanted.

mod error;
mod moment;
mod period;
mod trace;

use core::{fmt::Write, ops::RangeInclusive};

use ttlog_core::{Level, TraceId, render_value};

pub(crate) use self::error::SelectError;
pub use self::{moment::Moment, trace::TracePrefix};
use crate::{
    load::Loaded,
    options::FilterOptions,
    timeline::{Entry, Message},
};

/// What an event has to be in order to be shown.
#[derive(Debug)]
pub(crate) struct Selection<'o> {
    level: Level,
    targets: &'o [String],
    text: Option<&'o str>,
    trace: Option<TraceId>,
    /// For each file, the nanoseconds of its clock that are asked for; `None` for all.
    periods: Option<Vec<RangeInclusive<u64>>>,
    /// What the text is looked for in.
    scratch: String,
}

impl<'o> Selection<'o> {
    /// Makes of the options what they mean for these files.
    pub(crate) fn new(options: &'o FilterOptions, files: &[Loaded]) -> Result<Self, SelectError> {
        Ok(Self {
            level: options.level.unwrap_or(Level::Trace),
            targets: &options.targets,
            text: options.grep.as_deref(),
            trace: options
                .trace
                .map(|prefix| trace::find(prefix, files))
                .transpose()?,
            periods: period::of_files(options, files)?,
            scratch: String::new(),
        })
    }

    /// Whether every event satisfies this.
    pub(crate) fn is_everything(&self) -> bool {
        self.level == Level::Trace
            && self.targets.is_empty()
            && self.text.is_none()
            && self.trace.is_none()
            && self.periods.is_none()
    }

    /// Whether an event is wanted. What costs most is asked last.
    pub(crate) fn admits(&mut self, entry: &Entry<'_>) -> bool {
        entry.record.level >= self.level
            && self
                .trace
                .is_none_or(|wanted| entry.trace_id() == Some(wanted))
            && self.is_in_period(entry)
            && self.is_of_target(entry)
            && self.is_with_text(entry)
    }

    fn is_in_period(&self, entry: &Entry<'_>) -> bool {
        self.periods.as_ref().is_none_or(|periods| {
            periods
                .get(entry.file_number)
                .is_some_and(|period| period.contains(&entry.ns))
        })
    }

    fn is_of_target(&self, entry: &Entry<'_>) -> bool {
        self.targets.is_empty()
            || entry.statement.is_some_and(|statement| {
                self.targets
                    .iter()
                    .any(|prefix| covers(prefix, statement.target))
            })
    }

    fn is_with_text(&mut self, entry: &Entry<'_>) -> bool {
        let Some(text) = self.text else { return true };
        let event = entry.event();
        let scratch = &mut self.scratch;
        scratch.clear();
        // Writing to a String does not fail.
        let _ = write!(scratch, "{}", Message(&event));
        if scratch.contains(text) {
            return true;
        }
        event.values().iter().any(|value| {
            scratch.clear();
            let _ = render_value(value, scratch);
            scratch.contains(text)
        })
    }
}

/// Whether `target` is `prefix` or a module below it, as in filter directives.
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
