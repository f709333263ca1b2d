//! The result of a check of a recorder's surroundings.

use std::fmt;

use serde::Serialize;

use crate::terminal::escaped;

/// A check of a recorder's surroundings, and its finding. `Display` writes a line, and a second line with the
/// cure of a problem. Both are safe to print on a terminal.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Check, Finding};
///
/// let check = Check::problem("space", "1 MiB left", "remove files");
/// assert!(!check.is_ok());
/// assert_eq!(check.to_string(), "problem  space: 1 MiB left\n         cure: remove files");
/// assert_eq!(Check::ok("space", "9 GiB left").to_string(), "ok       space: 9 GiB left");
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The subject of the check.
    pub name: &'static str,
    /// The finding.
    pub finding: Finding,
}

/// The finding of a [`Check`].
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Finding {
    /// The subject is as it should be.
    Ok {
        /// The state of the subject.
        text: String,
    },
    /// Snapshots will fail, be lost, or be misleading.
    Problem {
        /// The problem, with the value that was found.
        text: String,
        /// A way to remove the problem.
        cure: String,
    },
}

impl Check {
    /// Creates a check that has found no problem.
    pub fn ok(name: &'static str, text: impl Into<String>) -> Self {
        let finding = Finding::Ok { text: text.into() };
        Self { name, finding }
    }

    /// Creates a check that has found a problem.
    pub fn problem(name: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        let finding = Finding::Problem {
            text: text.into(),
            cure: cure.into(),
        };
        Self { name, finding }
    }

    /// Returns whether the check has found no problem.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self.finding, Finding::Ok { .. })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.finding {
            Finding::Ok { text } => write!(f, "ok       {}: {}", self.name, escaped(text)),
            Finding::Problem { text, cure } => {
                let (text, cure) = (escaped(text), escaped(cure));
                write!(f, "problem  {}: {text}\n         cure: {cure}", self.name)
            }
        }
    }
}
