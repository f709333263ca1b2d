//! Shows the snapshots of the ttlog flight recorder. The interface is the program `dump`. `SCHEMA.md`
//! specifies its output. The crate `ttlog-reader` reads the files.
//!
//! ```text
//! FILE...       the opened files, each event once               read
//!   ▼
//! Selection     the events that the options select              select
//!   ▼           the functions at their addresses                symbols
//! Output        JSON, lines of JSON, or text                    show → format
//! ```
//!
//! `dump ls` is in `list`, and `dump doctor` in `doctor`. The program does not collect events. The reader returns the same events each
//! time, so the program reads them once to count them, and once to print them.
//!
//! # Examples
//!
//! [`Options`] reads the command line:
//!
//! ```
//! use clap::Parser;
//! use dump::{FormatName, Options};
//!
//! let options = Options::try_parse_from(["dump", "--format", "text", "--last", "20", "shop.bin"])?;
//! assert_eq!(options.show.format, FormatName::Text);
//! assert_eq!(options.show.filter.last, Some(20));
//! assert!(Options::try_parse_from(["dump"]).is_err()); // no file
//! # Ok::<(), clap::Error>(())
//! ```
#![forbid(unsafe_code)]

mod address;
mod complaint;
mod environment;
mod options;
mod status;

mod output;

mod doctor;
mod format;
mod list;
mod read;
mod run;
mod select;
mod show;
mod symbols;

pub use self::{
    environment::Environment,
    options::{
        Command, DoctorOptions, FilterOptions, FormatName, ListFormatName, ListOptions, Moment,
        Options, ShowOptions, TracePrefix,
    },
    run::run,
    status::Status,
};
