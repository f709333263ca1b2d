//! The options: what the command line can say.

use core::time::Duration;
use std::path::PathBuf;

use clap::Parser;
use humantime::parse_duration;
use rand::{TryRng, rngs::SysRng};

use crate::{chaos::Plan, resilience::balancer::Balance};

/// A shop of twelve services that shows the ttlog flight recorder at work.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Options {
    /// Decides every random choice of load and chaos; printed first, chosen at random if not given
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// How long customers come, such as 30s or 2m30s
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub duration: Duration,

    /// Customers' journeys per second, on average
    #[arg(long, value_name = "NUMBER", default_value = "25", value_parser = parse_rate)]
    pub rate: f64,

    /// What is made to go wrong: off, default, heavy, or a file with a script
    #[arg(long, value_name = "CHAOS", default_value_t)]
    pub chaos: Plan,

    /// How an instance of a service is chosen
    #[arg(long, value_name = "HOW", default_value = "two-choices")]
    pub balance: Balance,

    /// How long the shop's day takes, with its busy hours [default: the duration]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub day: Option<Duration>,

    /// Where snapshots go [default: $TTLOG_DIR, or /tmp]
    #[arg(long, value_name = "DIRECTORY", value_parser = parse_directory)]
    pub dir: Option<PathBuf>,

    /// Write the whole report to a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Show a dashboard instead of the live log
    #[arg(long)]
    pub ui: bool,

    /// Show no live log; on a terminal, how far the run has come
    #[arg(long)]
    pub quiet: bool,

    /// Show the live log without colours
    #[arg(long)]
    pub no_color: bool,
}

impl Options {
    /// The seed that was given, or one from the system.
    ///
    /// # Errors
    ///
    /// The system's, when it has no random number.
    pub fn seed(&self) -> Result<u64, rand::rngs::SysError> {
        // Short enough to be typed in again.
        self.seed
            .map_or_else(|| Ok(u64::from(SysRng.try_next_u32()?)), Ok)
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number from 0.001 to 10000".into()),
    }
}

/// The recorder would go on without a directory; who names one wants to find something there.
fn parse_directory(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        Ok(path)
    } else {
        Err("there is no such directory; create it first".into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_run_takes_ten_minutes_unless_told_otherwise() {
        let duration = |line| parse(line).unwrap().duration.as_secs();
        assert_eq!(duration("shop"), 600);
        assert_eq!(duration("shop --duration 30s"), 30);
        assert_eq!(duration("shop --duration 2m30s"), 150);
    }

    #[test]
    fn a_day_takes_as_long_as_it_is_said_to() {
        assert_eq!(parse("shop").unwrap().day, None);
        let day = parse("shop --day 2m").unwrap().day;
        assert_eq!(day, Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_rate_that_makes_no_sense_is_refused() {
        for rate in ["0", "-1", "NaN", "inf", "many", "10001"] {
            assert!(parse(&format!("shop --rate={rate}")).is_err(), "{rate}");
        }
    }

    #[test]
    fn instances_are_chosen_as_the_option_says() {
        let balance = |line| parse(line).map(|options| options.balance).ok();
        assert_eq!(balance("shop"), Some(Balance::TwoChoices));
        assert_eq!(
            balance("shop --balance round-robin"),
            Some(Balance::RoundRobin)
        );
        assert_eq!(
            balance("shop --balance least-loaded"),
            Some(Balance::LeastLoaded)
        );
        assert_eq!(balance("shop --balance fair"), None);
    }

    #[test]
    fn chaos_is_default_unless_told_otherwise() {
        assert_eq!(parse("shop").unwrap().chaos, Plan::Default);
        assert_eq!(parse("shop --chaos off").unwrap().chaos, Plan::Off);
        assert!(parse("shop --chaos=/no/such").is_err());
    }

    #[test]
    fn a_directory_that_is_not_there_is_refused() {
        assert!(parse("shop --dir=/no/such").is_err());
        assert!(parse("shop --dir=.").is_ok());
    }

    #[test]
    fn a_given_seed_is_the_seed() {
        assert_eq!(parse("shop --seed 42").unwrap().seed().unwrap(), 42);
    }
}
