//! The program: `dump FILE...` and `dump ls`.

use std::{io, process::ExitCode};

use clap::Parser;
use dump::{Options, Surroundings, run};

fn main() -> ExitCode {
    let options = Options::parse();
    let surroundings = Surroundings::of_process();
    run(
        &options,
        &surroundings,
        &mut io::stdout().lock(),
        &mut io::stderr(),
    )
    .into()
}
