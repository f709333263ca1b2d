//! The script: chaos that somebody wrote down, a step on each line.
//!
//! ```text
//! # a comment
//! at 10s crash payment
//! at 30s for 5s latency search 200ms
//! every 20s chance 0.3 for 3s partition order payment
//! every 5s database orders slow 80ms
//! ```
//!
//! A line is `at TIME` or `every TIME`, then `chance 0.3` (of 1) and `for TIME` where that is
//! wanted, then the fault: `crash SERVICE`, `latency SERVICE TIME`, `partition SERVICE SERVICE`,
//! `database POOL lost|slow TIME|down`, `gateway TIME`, `memory MIB`, `cpu THREADS`.

use core::{error::Error, fmt, str::FromStr, time::Duration};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::{
    fault::{Fault, Trouble},
    schedule::{CPU_THREADS_MAX, MEMORY_MAX_MIB, POOLS, SERVICES, Strike},
};

/// How long a fault lasts where the script does not say.
const LASTS: Duration = Duration::from_secs(3);
/// The shortest time after which a step may come again.
const PERIOD_MIN: Duration = Duration::from_millis(10);
/// Keeps the script's chances apart from all others of the seed.
const STREAM: u64 = 0x005C_81B7;

/// Steps, in the order of the lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    steps: Vec<Step>,
}

/// One line: a fault, and when it strikes.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub when: When,
    /// How likely it is each time, from 0 to 1.
    pub chance: f64,
    /// How long it lasts.
    pub lasts: Duration,
    /// What.
    pub fault: Fault,
}

/// When a step is taken, since the shop opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Once.
    At(Duration),
    /// Again and again, the first time when so much time has passed.
    Every(Duration),
}

/// What is wrong with a script, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.line, self.what)
    }
}

impl Error for Mistake {}

impl Script {
    /// What strikes until `duration` is over, in the order of time. The seed decides the chances.
    #[must_use]
    pub fn strikes(&self, seed: u64, duration: Duration) -> Vec<Strike> {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed ^ STREAM);
        let mut strikes = Vec::new();
        for step in &self.steps {
            let (first, period) = match step.when {
                When::At(at) => (at, None),
                When::Every(period) => (period, Some(period)),
            };
            let mut next = Some(first);
            while let Some(at) = next.filter(|at| *at < duration) {
                if chance.random_bool(step.chance) {
                    strikes.push(Strike {
                        at,
                        lasts: step.lasts,
                        fault: step.fault.clone(),
                    });
                }
                next = period.and_then(|period| at.checked_add(period));
            }
        }
        strikes.sort_by_key(|strike| strike.at);
        strikes
    }
}

impl FromStr for Script {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let mut steps = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.split('#').next().unwrap_or_default();
            let mut words = Words(text.split_whitespace().collect());
            if words.0.is_empty() {
                continue;
            }
            words.0.reverse();
            let step = words.step().map_err(|what| Mistake { line, what })?;
            steps.push(step);
        }
        Ok(Self { steps })
    }
}

/// The words of a line that are still to be read, the next one last.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn step(&mut self) -> Result<Step, String> {
        let when = match self.next("`at` or `every`")? {
            "at" => When::At(self.time()?),
            "every" => match self.time()? {
                period if period >= PERIOD_MIN => When::Every(period),
                _ => return Err(format!("`every` takes at least {PERIOD_MIN:?}")),
            },
            word => return Err(format!("a line starts with `at` or `every`, not `{word}`")),
        };
        let mut chance = 1.0;
        let mut lasts = LASTS;
        loop {
            match self.next("a fault")? {
                "chance" => chance = self.chance()?,
                "for" => lasts = self.time()?,
                word => {
                    let fault = self.fault(word)?;
                    return match self.0.pop() {
                        None => Ok(Step {
                            when,
                            chance,
                            lasts,
                            fault,
                        }),
                        Some(word) => {
                            Err(format!("nothing may follow `{fault}`, as `{word}` does"))
                        }
                    };
                }
            }
        }
    }

    fn fault(&mut self, kind: &str) -> Result<Fault, String> {
        Ok(match kind {
            "crash" => Fault::Crash {
                service: self.service()?,
            },
            "latency" => Fault::Latency {
                service: self.service()?,
                by: self.time()?,
            },
            "partition" => Fault::Partition {
                one: self.service()?,
                other: self.service()?,
            },
            "database" => Fault::Database {
                pool: self.one_of("pool", &POOLS)?,
                trouble: match self.next("`lost`, `slow` or `down`")? {
                    "lost" => Trouble::Lost,
                    "slow" => Trouble::Slow(self.time()?),
                    "down" => Trouble::Down,
                    word => return Err(format!("`{word}` is neither lost, slow nor down")),
                },
            },
            "gateway" => Fault::SlowGateway { by: self.time()? },
            "memory" => Fault::Memory {
                mib: self.count("MiB", MEMORY_MAX_MIB)?,
            },
            "cpu" => Fault::Cpu {
                threads: self.count("threads", CPU_THREADS_MAX)?,
            },
            word => {
                return Err(format!(
                    "`{word}` is no fault; there are crash, latency, partition, database, gateway, \
                     memory and cpu"
                ));
            }
        })
    }

    fn next(&mut self, wanted: &str) -> Result<&'a str, String> {
        self.0.pop().ok_or_else(|| format!("{wanted} is missing"))
    }

    fn time(&mut self) -> Result<Duration, String> {
        let word = self.next("a time, such as 200ms,")?;
        humantime::parse_duration(word)
            .map_err(|_| format!("`{word}` is no time; one is 200ms or 1m30s"))
    }

    fn chance(&mut self) -> Result<f64, String> {
        let word = self.next("a chance")?;
        match word.parse() {
            Ok(chance) if (0.0..=1.0).contains(&chance) => Ok(chance),
            _ => Err(format!("`{word}` is no chance; one is from 0 to 1")),
        }
    }

    fn count(&mut self, what: &str, max: usize) -> Result<usize, String> {
        let word = self.next(what)?;
        match word.parse() {
            Ok(count) if (1..=max).contains(&count) => Ok(count),
            _ => Err(format!("`{word}` is no number of {what} from 1 to {max}")),
        }
    }

    fn service(&mut self) -> Result<String, String> {
        self.one_of("service", &SERVICES)
    }

    fn one_of(&mut self, what: &str, known: &[&str]) -> Result<String, String> {
        let word = self.next(&format!("the name of a {what}"))?;
        if known.contains(&word) {
            Ok(word.to_owned())
        } else {
            let known = known.join(", ");
            Err(format!("there is no {what} `{word}`; there are {known}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn strikes(script: &str) -> Vec<String> {
        let script: Script = script.parse().unwrap();
        let strikes = script.strikes(1, MINUTE).into_iter();
        strikes
            .map(|it| format!("{:?} {:?} {}", it.at, it.lasts, it.fault))
            .collect()
    }

    #[test]
    fn a_line_says_when_for_how_long_and_what() {
        let script = "
            # a comment, and an empty line

            at 30s for 5s latency search 200ms   # and why
            at 10s crash payment
            every 25s for 1s partition order payment
        ";
        assert_eq!(
            strikes(script),
            [
                "10s 3s crash payment",
                "25s 1s partition order payment",
                "30s 5s latency search 200ms",
                "50s 1s partition order payment",
            ]
        );
    }

    #[test]
    fn every_fault_is_read_as_it_is_shown() {
        for fault in [
            "crash user",
            "latency search 20ms",
            "partition order payment",
            "database orders lost",
            "database catalogue slow 1.5s",
            "database audit down",
            "gateway 300ms",
            "memory 64",
            "cpu 1",
        ] {
            let read = fault.replace("1.5s", "1500ms");
            assert_eq!(
                strikes(&format!("at 1s {read}")),
                [format!("1s 3s {fault}")]
            );
        }
    }

    #[test]
    fn a_chance_is_decided_by_the_seed() {
        let script: Script = "every 1s chance 0.3 cpu 1".parse().unwrap();
        let count = |seed| script.strikes(seed, Duration::from_secs(1_000)).len();
        assert!((200..400).contains(&count(1)), "{}", count(1));
        assert_eq!(script.strikes(2, MINUTE), script.strikes(2, MINUTE));
        assert_ne!(script.strikes(2, MINUTE), script.strikes(3, MINUTE));
    }

    #[test]
    fn the_example_has_every_kind_of_fault() {
        let script: Script = include_str!("../../storms/every-fault").parse().unwrap();
        let strikes = script.strikes(1, MINUTE).into_iter();
        let kinds: BTreeSet<_> = strikes.map(|it| it.fault.reason()).collect();
        assert_eq!(kinds.len(), 7, "{kinds:?}");
    }

    #[test]
    fn what_is_after_the_end_does_not_strike() {
        assert_eq!(strikes("at 60s crash user\nat 70s crash user"), [""; 0]);
    }

    #[test]
    fn a_mistake_names_its_line_and_what_is_wrong() {
        for (script, line, what) in [
            ("\n\nsoon crash user", 3, "not `soon`"),
            ("at soon crash user", 1, "`soon` is no time"),
            ("at 1s", 1, "a fault is missing"),
            ("at 1s crash", 1, "a service is missing"),
            ("at 1s crash butler", 1, "no service `butler`"),
            ("at 1s crash user now", 1, "`now`"),
            ("at 1s chance 2 crash user", 1, "from 0 to 1"),
            ("at 1s chance NaN crash user", 1, "from 0 to 1"),
            ("at 1s database orders sad", 1, "`sad`"),
            ("at 1s database letters lost", 1, "no pool `letters`"),
            ("at 1s memory 1000000", 1, "to 128"),
            ("at 1s cpu 0", 1, "from 1"),
            ("every 0s crash user", 1, "at least"),
            ("at 1s flood", 1, "`flood` is no fault"),
        ] {
            let mistake = script.parse::<Script>().unwrap_err();
            assert_eq!(mistake.line, line, "{script}");
            assert!(mistake.what.contains(what), "{script}: {mistake}");
        }
    }
}
