//! The options on the command line.

mod moment;
mod trace_prefix;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use ttlog_reader::Level;

pub use self::{moment::Moment, trace_prefix::TracePrefix};

/// Shows the events in snapshots of the ttlog flight recorder.
///
/// Merges the events of all files by time, oldest first. Shows each event once. Times are in UTC.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Exit status:\n  \
                  0  all files were read and are whole\n  \
                  1  a file is damaged or cannot be read; the rest is shown\n  \
                  2  no file could be read, or the options are wrong\n\n\
                  Examples:\n  \
                  dump --format text --last 20 /tmp/ttlog-*.bin\n  \
                  dump --format text --symbols target/release/shop ttlog-4711-20261123120000-sigsegv.bin\n\n\
                  SCHEMA.md of this crate lists the keys of the output and their types."
)]
pub struct Options {
    /// The command. Default: show the files.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The files to show, and the format.
    #[command(flatten)]
    pub show: ShowOptions,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the snapshots in a directory, newest last
    Ls(ListOptions),
    /// Checks a directory for snapshots: permissions, space, leftovers, damaged files
    Doctor(DoctorOptions),
}

/// The files to show, and the format.
#[derive(Args, Clone, Debug, Default)]
pub struct ShowOptions {
    /// Snapshots, or raw images of a memory that contains a ring
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Search the files for snapshots at any offset, for example in the log of a serial line or in the
    /// content of a flash memory
    #[arg(long)]
    pub scan: bool,
    /// Format of the events
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatName,
    /// Colours of text; auto: if the output is a terminal and NO_COLOR is not set
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Show the functions at the addresses in crashes and in panics without names: the program that wrote
    /// the snapshot, one of its shared libraries, or a file of debug information; may be given several times.
    /// Its build id must be that in the snapshot
    #[arg(long = "symbols", value_name = "BINARY")]
    pub symbols: Vec<PathBuf>,
    /// Memory limit for the decompressed content of all files together, in MiB [default: 16 times the
    /// size of the files, and at least 32]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: Option<u32>,
    /// The events to show.
    #[command(flatten)]
    pub filter: FilterOptions,
}

/// The events to show. An event is shown if it satisfies all given conditions.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection of events")]
pub struct FilterOptions {
    /// Select events of this level or a more severe one
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Select events of this target or a module below it; may be given several times
    #[arg(long = "target", value_name = "PREFIX")]
    pub targets: Vec<String>,
    /// Select events with this text in the message or in the value of a field; case-sensitive
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Select events of this trace: 32 hex digits, or at least the first 4 if they are unambiguous
    #[arg(long, value_name = "ID")]
    pub trace: Option<TracePrefix>,
    /// Select events at this time or later: RFC 3339; HH:MM:SS[.FRACTION] on the UTC day of the last
    /// snapshot; -5s or -2m before the last snapshot; +1.5s after the start of the run
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<Moment>,
    /// Select events at this time or earlier; same formats as --since
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<Moment>,
    /// Show only the newest N selected events
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
}

/// The formats of events.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum FormatName {
    /// One document: headers, accounting, and each event on a line
    #[default]
    Json,
    /// One document for each event, on a line of its own
    Ndjson,
    /// Lines for people to read
    Text,
}

/// The directory to list, and the format.
#[derive(Args, Clone, Debug)]
pub struct ListOptions {
    /// The directory [default: $TTLOG_DIR, or /tmp if that is not set]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Format of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormatName,
}

/// The directory to check, and the format.
#[derive(Args, Clone, Debug)]
pub struct DoctorOptions {
    /// The directory [default: $TTLOG_DIR, or /tmp if that is not set]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Format of the checks
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormatName,
}

/// The formats of a list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ListFormatName {
    /// Aligned columns
    #[default]
    Text,
    /// One JSON object for each entry, on a line of its own
    Json,
}
