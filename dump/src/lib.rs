//! Reads the snapshots of the ttlog flight recorder. The interface is the program `dump`; what it
//! prints is written down in `SCHEMA.md`.
//!
//! ```text
//! FILE...       bytes, bounded                                  input
//!   │           several snapshots in one file                   scan
//!   │           the rings in an image of a memory               image
//!   ▼
//! Loaded        origin, clock, accounting, statements, runs     load
//!   ▼
//! Merge         the records of all files, oldest first          merge
//!   ▼
//! Timeline      events with their text, file and duration       timeline
//!   ▼
//! Selection     which of them are wanted                        select
//!   ▼
//! Output        JSON, lines of JSON, text                       format, json
//! ```
//!
//! No event is kept in memory: the timeline gives the same events each time it is run through, so
//! it is run through once to count and once to print.
#![forbid(unsafe_code)]

mod options;
mod run;

mod image;
mod input;
mod list;
mod load;
mod merge;
mod scan;
mod select;
mod show;
mod timeline;

mod format;
mod json;
mod plain;
mod time;

pub use self::{
    options::{
        ColorWhen, Command, FilterOptions, FormatName, ListFormatName, ListOptions, Options,
        ShowOptions,
    },
    run::{Status, Surroundings, run},
    select::{Moment, TracePrefix},
};
