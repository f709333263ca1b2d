//! Runs the shop: parses the options, prints the seed, runs, prints the summary.
//!
//! Exit status: 0 when everything held that had to, 1 when something did not, 2 when the shop did
//! not open.

use core::error::Error;
use std::{
    io::{self, IsTerminal, Write},
    process::{self, ExitCode},
};

use clap::Parser;
use crossbeam_channel::bounded;
use ttlog_complex::{options::Options, report, run::run, ui::terminal};

fn main() -> ExitCode {
    match open() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ttlog-complex: {error}");
            ExitCode::from(2)
        }
    }
}

/// Answers whether everything held that had to.
fn open() -> Result<bool, Box<dyn Error>> {
    let options = Options::parse();
    let stop = bounded(1);
    let asked = stop.0.clone();
    ctrlc::set_handler(move || {
        // The first one closes the shop; whoever asks again does not want to wait for that.
        if asked.try_send(()).is_err() {
            terminal::restore();
            process::exit(130);
        }
    })?;
    let seed = options.seed()?;
    say(&format!("seed {seed}\n"))?;
    if options.ui && !io::stdout().is_terminal() {
        say("there is no terminal for a dashboard: here are lines instead\n")?;
    }
    let summary = run(&options, seed, &stop)?;
    say(&summary.to_string())?;
    if let Some(file) = &options.report {
        report::write(&summary, file)
            .map_err(|error| format!("no report in {}: {error}", file.display()))?;
    }
    Ok(summary.is_sound())
}

/// Prints, and does not mind when nobody reads.
fn say(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
