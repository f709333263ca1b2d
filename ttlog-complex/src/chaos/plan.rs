//! The plan: which chaos a run is to have, as the command line says it.

use core::{fmt, str::FromStr, time::Duration};
use std::fs;

use super::{
    schedule::{self, Strike},
    script::Script,
};

/// Which chaos a run is to have.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Plan {
    /// None.
    Off,
    /// Some of each kind, as the seed decides.
    #[default]
    Default,
    /// Three times as much.
    Heavy,
    /// What a file says.
    Script {
        /// The name of the file.
        file: String,
        /// What it says.
        script: Script,
    },
}

impl Plan {
    /// What strikes in a run of this seed and duration, in the order of time.
    #[must_use]
    pub fn strikes(&self, seed: u64, duration: Duration) -> Vec<Strike> {
        match self {
            Self::Off => Vec::new(),
            Self::Default => schedule::drawn(seed, duration, schedule::mean_interval(duration)),
            Self::Heavy => schedule::drawn(seed, duration, schedule::mean_interval(duration) / 3),
            Self::Script { script, .. } => script.strikes(seed, duration),
        }
    }
}

/// `off`, `default`, `heavy`, or the name of a file with a script, which is read.
impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "default" => Ok(Self::Default),
            "heavy" => Ok(Self::Heavy),
            file => {
                let script = fs::read_to_string(file).map_err(|error| {
                    format!("neither off, default nor heavy, nor a file that can be read: {error}")
                })?;
                let script = script
                    .parse()
                    .map_err(|error: super::script::Mistake| format!("{file}:{error}"))?;
                Ok(Self::Script {
                    file: file.to_owned(),
                    script,
                })
            }
        }
    }
}

/// As the command line says it.
impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Off => "off",
            Self::Default => "default",
            Self::Heavy => "heavy",
            Self::Script { file, .. } => file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_wrong_is_named_with_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("storm");
        fs::write(&path, "# one\nat 1s crash nobody\n").unwrap();
        let path = path.to_str().unwrap();
        let error = path.parse::<Plan>().unwrap_err();
        assert!(error.starts_with(&format!("{path}:2: ")), "{error}");
        assert!(error.contains("nobody"), "{error}");
        fs::write(path, "at 1s crash search\n").unwrap();
        let plan: Plan = path.parse().unwrap();
        assert_eq!(plan.strikes(1, Duration::from_secs(2)).len(), 1);
        assert_eq!(plan.to_string(), path);
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_and_the_words_are_no_files() {
        assert!("/no/such".parse::<Plan>().is_err());
        for word in ["off", "default", "heavy"] {
            assert_eq!(word.parse::<Plan>().unwrap().to_string(), word);
        }
    }

    #[test]
    fn heavy_is_more_than_default_and_off_is_nothing() {
        let count = |plan: Plan| plan.strikes(7, Duration::from_secs(60)).len();
        assert_eq!(count(Plan::Off), 0);
        assert!(count(Plan::Heavy) > 2 * count(Plan::Default));
    }
}
