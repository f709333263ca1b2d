//! The environment of the program.

use std::{
    env,
    io::{self, IsTerminal},
    path::PathBuf,
};

/// The directory of snapshots if no other is given.
pub(crate) const DEFAULT_DIRECTORY: &str = "/tmp";

/// The environment of the program.
///
/// # Examples
///
/// ```
/// use dump::Environment;
///
/// // `dump ls` lists `/tmp`.
/// let environment = Environment::default();
/// assert_eq!((environment.color, environment.directory), (false, None));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Set if text has colours: standard output is a terminal, and `NO_COLOR` is not set.
    pub color: bool,
    /// The directory of snapshots, from `TTLOG_DIR`.
    pub directory: Option<PathBuf>,
}

impl Environment {
    /// Returns the environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            color: io::stdout().is_terminal() && given("NO_COLOR").is_none(),
            directory: given("TTLOG_DIR").map(PathBuf::from),
        }
    }
}
