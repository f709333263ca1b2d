//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ttlog_core::Level;

use crate::select::{Moment, TracePrefix};

/// Shows what is in snapshots of the ttlog flight recorder.
///
/// Events of all files are merged by time, oldest first. Times are UTC.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Exit status:\n  \
                  0  all was read\n  \
                  1  a file is damaged or missing; what could be read is shown\n  \
                  2  nothing could be read, or the options are wrong\n\n\
                  SCHEMA.md of this crate lists the keys of the output and their types."
)]
pub struct Options {
    /// Another thing to do than to show files.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which files to show, and how.
    #[command(flatten)]
    pub show: ShowOptions,
}

/// What can be done besides showing files.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the snapshots in a directory, newest last
    Ls(ListOptions),
}

/// Which files to show, and how.
#[derive(Args, Clone, Debug, Default)]
pub struct ShowOptions {
    /// Snapshots, or raw images of a memory in which the recorder keeps its ring
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Look for snapshots anywhere in the files, whatever is before, between and behind them: what
    /// came over a serial line, the content of a flash
    #[arg(long)]
    pub scan: bool,
    /// How to print events
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatName,
    /// Whether to colour text [auto: when it goes to a terminal and NO_COLOR is not set]
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorWhen,
    /// Room for the decompressed content of each file, in MiB [default: 16 times the file, at
    /// least 32]
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u32>,
    /// Which events to print.
    #[command(flatten)]
    pub filter: FilterOptions,
}

/// Which events to print. An event has to satisfy all that is given.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which events")]
pub struct FilterOptions {
    /// Of this level or a more important one
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Of this target or a module below it; more than one may be given
    #[arg(long = "target", value_name = "PREFIX")]
    pub targets: Vec<String>,
    /// With this text in the message or in the value of a field; upper and lower case differ
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Of this trace: 32 hex digits, or the first of them, at least 4, if only one trace has them
    #[arg(long, value_name = "ID")]
    pub trace: Option<TracePrefix>,
    /// At this time or later: RFC 3339; HH:MM:SS[.FRACTION] on the UTC day of the last snapshot;
    /// -5s or -2m before the last snapshot; +1.5s after the start of recording
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<Moment>,
    /// At this time or earlier; as in --since
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<Moment>,
    /// Of all these only the newest N
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
}

/// How to print events.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum FormatName {
    /// One document: headers, accounting, and the events, each on a line
    #[default]
    Json,
    /// Each event a document on a line, and nothing else
    Ndjson,
    /// For people
    Text,
}

/// When to colour text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ColorWhen {
    /// When it goes to a terminal and NO_COLOR is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to list, and how.
#[derive(Args, Clone, Debug)]
pub struct ListOptions {
    /// The directory [default: $TTLOG_DIR, else /tmp]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// How to print the list
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormatName,
}

/// How to print a list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ListFormatName {
    /// Columns
    #[default]
    Text,
    /// Each snapshot a JSON object on a line
    Json,
}
