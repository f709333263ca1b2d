//! Reads the snapshots of the ttlog flight recorder: events, spans, traces and accounting.
//!
//! This example prints all errors in a directory of snapshots, each with its trace:
//!
//! ```no_run
//! use ttlog_reader::{Level, Snapshots};
//!
//! let snapshots = Snapshots::open_directory("/tmp")?;
//! for error in snapshots.events().filter(|event| event.level() >= Level::Error) {
//!     println!("{error}");
//!     for event in error.trace_id().into_iter().flat_map(|id| snapshots.trace(id)) {
//!         println!("    {event}");
//!     }
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Each event once
//!
//! A snapshot contains the newest events of the ring, so the snapshots of a run overlap. The run, the
//! number of the writer and the sequence number in the writer identify an event. [`Snapshots`] keeps each
//! event once, however many files it opens. An event belongs to the first file that contains it
//! ([`EventRef::file_number`]).
//!
//! Snapshots of format version 1 do not identify their events. Each of them is a run of its own.
//!
//! # Traces and spans
//!
//! A trace is the events with one trace id. A [`Span`] is a step of a trace, with its duration and the
//! fields of its begin. This example prints the steps of each trace:
//!
//! ```no_run
//! use ttlog_reader::{Snapshots, spans};
//!
//! let mut snapshots = Snapshots::new();
//! snapshots.open("shop.bin")?;
//! for id in snapshots.traces() {
//!     println!("trace {id}");
//!     for span in spans(snapshots.trace(id)) {
//!         println!("    {}: {:?} ns", span.name, span.duration_ns);
//!     }
//! }
//! # Ok::<(), ttlog_reader::OpenError>(())
//! ```
//!
//! # Accounting
//!
//! A snapshot states how many events the program logged, and what happened to each of them. So it is
//! known how many events are missing:
//!
//! ```no_run
//! use ttlog_reader::{Snapshots, total};
//!
//! let mut snapshots = Snapshots::new();
//! snapshots.open("shop.bin")?;
//! for file in snapshots.files() {
//!     let accounting = &file.accounting;
//!     println!("{} events are in {}", total(&accounting.kept), file.path);
//!     if let (Some(overwritten), Some(dropped)) = (accounting.overwritten(), accounting.dropped()) {
//!         println!("{} were overwritten, {} were dropped", total(&overwritten), total(&dropped));
//!     }
//! }
//! # Ok::<(), ttlog_reader::OpenError>(())
//! ```
//!
//! # Damage
//!
//! The reader treats all bytes as possibly damaged or hostile. It reads the whole blocks, and notes the
//! other places in [`SnapshotFile::damages`]. It never panics. It limits the memory for all files
//! together:
//!
//! ```no_run
//! use ttlog_reader::Snapshots;
//!
//! let mut snapshots = Snapshots::with_memory_limit(256 << 20);
//! for path in std::env::args().skip(1) {
//!     if let Err(error) = snapshots.open(&path) {
//!         eprintln!("{path}: {error}");
//!     }
//! }
//! for file in snapshots.files() {
//!     for damage in file.damages.places() {
//!         eprintln!("{}: {damage}", file.path);
//!     }
//! }
//! ```
//!
//! # Snapshots among other bytes
//!
//! [`Snapshots::open_scan`] finds snapshots at any offset, for example in the log of a serial line. It
//! returns the places of the other bytes. [`Snapshots::open`] also reads the rings in a raw image of a
//! memory that a debugger has saved.
//!
//! ```no_run
//! # let mut snapshots = ttlog_reader::Snapshots::new();
//! for gap in snapshots.open_scan("serial.log")? {
//!     println!("{gap}");
//! }
//! # Ok::<(), ttlog_reader::OpenError>(())
//! ```
//!
//! # A live ring
//!
//! A [`Follower`] reads the events of a ring in this process while other threads write to it. It takes no
//! lock and removes nothing. It passes the same [`EventRef`] as `Snapshots`, so the same code can print
//! both.
//!
//! # The path of the bytes
//!
//! ```text
//! file, pipe                  bytes, limited                              input
//!   │                         several snapshots in one file               scan
//!   │                         the rings in an image of a memory           image
//!   ▼
//! Loaded        header, clock, accounting, callsites, chunks    load, chunks, trim
//!   ▼
//! Run           the union of all files of a run                 run, coverage
//!   ▼
//! Merge         the records of a run, oldest first              merge
//!   ▼
//! EventRef      an event of any run                             events, event_ref
//!   ▼
//! Event, Span   owned copies                                    event, spans
//! JSON, text    one representation each                         json, text, terminal
//! ```
//!
//! # Also here
//!
//! - [`Summary`]: the header and the number of events of a file, without reading all of it.
//! - [`TextFormat`]: an event as a line of text.
//! - [`check_directory`], [`check_directory_on`]: checks that a directory can take snapshots, and what is in it.
//! - [`escaped`]: text that is safe to print on a terminal.
#![forbid(unsafe_code)]

mod budget;
mod check;
mod damage;
mod file_header;
mod image_state;
mod input;
mod source;
mod time;

mod accounting;
mod chunks;
mod clock;
mod coverage;
mod field;
mod message;
mod open_error;
mod open_spans;
mod snapshot_file;
mod statement;
mod stored_chunk;

mod image;
mod load;
mod scan;
mod trim;

mod directory_check;
mod events;
mod merge;
mod run;
mod snapshots;
mod summary;

mod event;
mod event_ref;
mod json;
mod live;
mod spans;
mod style;
mod terminal;
mod text;

pub use ttlog_core::{Level, Module, SpanId, TraceId, decode::EventKind};

pub use self::{
    accounting::{Accounting, total},
    check::{Check, Finding},
    clock::{Clock, ClockStep},
    damage::{Damage, Damages, Flaw},
    directory_check::{check_directory, check_directory_on, check_wall_clock},
    event::Event,
    event_ref::EventRef,
    events::Events,
    field::Field,
    file_header::FileHeader,
    image_state::Image,
    input::{FILE_MAX_BYTES, PIPE_MAX_BYTES},
    json::write_json,
    live::Follower,
    open_error::OpenError,
    scan::Gap,
    snapshot_file::SnapshotFile,
    snapshots::{Snapshots, list},
    source::Source,
    spans::{Span, spans},
    style::Style,
    summary::Summary,
    terminal::escaped,
    text::TextFormat,
    time::{InvalidTime, NS_PER_SECOND, Time},
};
