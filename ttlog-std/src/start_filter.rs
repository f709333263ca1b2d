//! The filter that a recorder starts with.

use std::{env, fmt::Write};

use ttlog_core::{FILTER_MAX_BYTES, filter_in_force, set_filter_lossy};

use crate::stderr;

/// Sets the filter that was given to the builder, or that of `$TTLOG_FILTER`. What is wrong with it is
/// one line on stderr, and the valid directives are used.
pub(crate) fn set(given: Option<&str>) {
    let variable = env::var_os("TTLOG_FILTER").filter(|_| given.is_none());
    let variable = variable.as_deref().map(|text| text.to_string_lossy());
    let (name, text) = match (given, variable.as_deref()) {
        (Some(given), _) => ("Builder::filter", given),
        (None, variable) => ("$TTLOG_FILTER", variable.unwrap_or_default()),
    };
    let mut wrong = String::new();
    set_filter_lossy(text, |error| {
        wrong.push_str(if wrong.is_empty() { "" } else { "; " });
        // `Debug` escapes what a terminal would obey.
        let _ = match error.directive(text) {
            Some(directive) => write!(wrong, "{directive:?} is ignored, because {error}"),
            None => write!(wrong, "{error}"),
        };
    });
    if !wrong.is_empty() {
        let mut bytes = [0; FILTER_MAX_BYTES];
        let in_force = match filter_in_force(&mut bytes) {
            "" => "all events are recorded".into(),
            text => format!("the filter in force is {text:?}"),
        };
        stderr::write_line(&format!("{name}: {wrong}; {in_force}"));
    }
}
