//! The program: `dump FILE...`, `dump ls` and `dump doctor`.

use std::{io, process::ExitCode};

use clap::Parser;
use dump::{Environment, Options, run};
use ttlog_reader::escaped;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    let environment = Environment::of_process();
    run(
        &options,
        &environment,
        &mut io::stdout().lock(),
        &mut io::stderr(),
    )
    .into()
}

/// Prints the help, the version, or an error of the options. An error quotes what was typed.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        for line in error.render().to_string().lines() {
            eprintln!("{}", escaped(line));
        }
    } else {
        // Fails only if standard output is closed.
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(2).into()
}
