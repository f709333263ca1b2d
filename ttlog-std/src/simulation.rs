//! A simulator of whole programs: it runs random histories of a recorder in one thread, and checks that
//! the evidence arrives.
//!
//! A history is chosen by a seed: threads log, request snapshots and panic; disks are slow, full, fail or do
//! not respond; the clock is stepped; processes fork, end, are killed or lose power, and start again in the
//! same directories. The code that runs is that of the library, from the ring to the retention. Only what
//! surrounds it is simulated:
//!
//! | real | simulated |
//! | --- | --- |
//! | threads | actors (`actor`), which take turns |
//! | waiting, and limits of time | the world (`world`): a clock that moves when an actor waits or calls |
//! | the operating system | `memory_file_system` |
//! | threads that write one snapshot each | works (`work`) that run at once, or when a disk responds again |
//!
//! An actor is interrupted at each call to the file system, by whole steps of other actors. So a history is a
//! stack, not all orders of all instructions. The orders within the ring are the subject of its loom models.
//!
//! `promises` is the model: what was promised to each request and panic. `files` knows each file that was
//! ever written, as the reader reads it. `rules` compares them.
//!
//! # Running it
//!
//! `cargo test -p ttlog-std simulation` runs three hundred histories. These variables run others:
//!
//! ```text
//! TTLOG_SIMULATE=1000000 cargo test --release -p ttlog-std simulation      seeds 0 to 999,999
//! TTLOG_SIMULATE=1000 TTLOG_SEED=5000000 cargo test ...                    from another seed
//! TTLOG_SIMULATE=1 TTLOG_SEED=17 cargo test ... -- --nocapture             one seed, with its steps
//! ```
//!
//! A history that breaks a rule is printed step by step, with its seed.

mod actor;
mod end;
mod files;
mod history;
mod plan;
mod process;
mod promises;
mod random;
mod rules;
mod work;
mod world;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
};

use self::history::Outcome;

/// Number of histories in the ordinary tests.
const HISTORIES: u64 = 300;

/// Returns the number that a variable states.
fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("the variable is a number"))
}

#[test]
fn in_every_history_each_request_and_panic_is_in_a_file_or_named_as_lost() {
    let (histories, first) = (number("TTLOG_SIMULATE"), number("TTLOG_SEED").unwrap_or(0));
    let shows_steps = histories == Some(1);
    let histories = histories.unwrap_or(HISTORIES);
    let mut total = Outcome::default();
    let mut broken = 0;
    for seed in first..first + histories {
        let run = |shows_steps| {
            catch_unwind(AssertUnwindSafe(|| history::run(seed, shows_steps)))
                .unwrap_or_else(|_| Err(history::panicked()))
        };
        match run(shows_steps) {
            Ok(outcome) => total.add(&outcome),
            Err(problem) => {
                broken += 1;
                eprintln!("seed {seed}, history {}: {problem}", seed - first + 1);
                if broken == 1 && !shows_steps {
                    let _ = run(true);
                }
                // Some more seeds show whether the problem is rare.
                if broken == 5 {
                    break;
                }
            }
        }
        if (seed + 1 - first).is_multiple_of(100_000) {
            eprintln!("{} histories: {total:?}", seed + 1 - first);
        }
    }
    println!("{histories} histories from seed {first}: {total:?}");
    assert_eq!(broken, 0, "histories have broken a rule");
    // A simulator that does nothing finds nothing.
    assert!(
        shows_steps || histories < 100 || total.is_varied(),
        "{total:?}"
    );
}
