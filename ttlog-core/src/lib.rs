//! The core of the ttlog flight recorder. A program logs all the time, at full detail, into a fixed block
//! of memory. When something happens, a snapshot saves what led up to it.
//!
//! The same code runs on a microcontroller and on a server: `no_std`, no allocator, no `unsafe`. On a
//! host use `ttlog-std`, which adds a lane for threads, files, panics and a live view, and
//! `ttlog-reader`, which reads snapshots. On a board install [`lane::critical_section`] over a [`Memory`]
//! and encode into a [`snapshot::Sink`].
//!
//! # The path of an event
//!
//! ```text
//! info!("order.place order_id={id} total={total:.2}")      macros
//!   │   a static: level, target, file, line, text, names    metadata, callsite → registration, registry, filter
//!   │   the arguments as words, or formatted at once        argument, kind
//!   ▼
//! lane          finds the writer of the caller              lane, lane::critical_section
//!   ▼
//! record        id, length, time, raw arguments             recording → record; context and span beside it
//!   ▼
//! ring          pages of atomic words, the oldest reused    writer → page → ring, memory
//!   │           (nothing else happens until a snapshot is requested)
//!   │           in memory that outlives the program: region
//!   ▼
//! snapshot      pages copied, framed, checksummed           snapshot → any Sink
//!   ▼
//! decode        bytes → Snapshot → Record → Event           decode, value
//!   ▼
//! message       rendered as std::format! would              template, render
//! ```
//!
//! # Modules
//!
//! - [`argument`]: what a log statement may record, and how it is laid out.
//! - [`registry`]: all callsites that have been used.
//! - [`lane`]: which writer a record goes through.
//! - [`ring`]: the memory that records are written to.
//! - [`region`]: a ring that others can read, and what is left of it after a reset.
//! - [`snapshot`]: the content of a ring, as a file.
//! - [`decode`]: reading a snapshot without an allocator.
//!
//! # Examples
//!
//! ```
//! use ttlog_core::{Geometry, Memory, info, span};
//! use ttlog_core::lane::critical_section::{self, Clock};
//!
//! static MEMORY: Memory<1024> = Memory::new();
//! let clock = Clock { ticks: || 7, hz: 1_000_000 };
//! let ring = critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
//!
//! let _span = span!("pump.start", pump = 3);
//! info!("pressure bar={:.1}", 2.5);
//! assert_eq!(ring.count().kept.iter().sum::<u64>(), 2);
//! # Ok::<(), critical_section::InstallError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(all(test, loom))]
extern crate std;

#[macro_use]
mod macros;
#[macro_use]
mod platform;

mod drop_cause;
mod fill;
mod kind;
mod level;
mod level_counts;
mod split_mix;
mod sync;
mod text;
mod thread_name;
pub mod value;

pub mod argument;
mod callsite;
mod context;
mod metadata;
mod record;

mod page;
pub mod ring;
mod writer;

mod current_context;
mod filter;
pub mod lane;
mod open_spans;
mod recording;
mod registration;
pub mod registry;
mod span;
mod span_table;

mod callsite_info;
mod checksum;
mod clock_segment;
#[cfg(not(loom))]
mod memory;
mod module;
mod packer;
pub mod region;
pub mod snapshot;

pub mod decode;
mod render;
mod template;

#[cfg(not(loom))]
pub use self::memory::Memory;
pub use self::{
    argument::Argument,
    callsite::Callsite,
    callsite_info::CallsiteInfo,
    clock_segment::{ClockSegment, ClockSegments},
    context::{Context, InvalidTraceparent, SpanId, TraceId},
    current_context::ContextGuard,
    decode::Event,
    drop_cause::DropCause,
    filter::{FilterError, filter_in_force},
    kind::{Kind, Scalar},
    level::{Level, UnknownLevel},
    level_counts::LevelCounts,
    metadata::{CallsiteKind, Metadata},
    module::{Module, Modules},
    open_spans::{SpanTableInstalled, record_open_spans},
    platform::FILTER_MAX_BYTES,
    record::{Form, RecordHeader},
    recording::record,
    registration::{set_filter, set_filter_lossy},
    render::{render, render_value},
    ring::{Geometry, Ring},
    snapshot::{SnapshotHeader, Totals},
    span::Span,
    span_table::SpanTable,
    split_mix::SplitMix64,
    sync::Word,
    template::{Piece, Template},
    thread_name::ThreadName,
    value::{CUT_MARK, ScalarValue, Value},
    writer::{WriteError, Writer},
};

/// Items for the expansions of the macros. Not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use ::core;
    pub use ttlog_core_macros::{event, span};

    pub use crate::{
        argument::{Formatted, select},
        callsite::Callsite,
        level::Level,
        metadata::{CallsiteKind, Metadata},
        recording::record,
        span::Span,
        sync::AtomicU32,
    };
}
