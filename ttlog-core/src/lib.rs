//! The core of the ttlog flight recorder: a program logs everything, all the time, into a fixed
//! block of memory; a snapshot saves what led up to the moment when something happened.
//!
//! The same lines run on a microcontroller and on a server: `no_std`, no allocator, no `unsafe`.
//!
//! ```text
//! info!("order.place order_id={id} total={total:.2}")      macros
//!   │   a static: level, target, file, line, text, names    callsite → registry, filter, level
//!   │   the arguments as words, or formatted at once        argument, kind
//!   ▼
//! lane          whose turn is it to write?                  lane, lane::critical_section
//!   ▼
//! record        id, length, time, raw arguments             record; context and span beside it
//!   ▼
//! ring          pages of atomic words, the oldest reused    writer → page → ring, memory
//!   │           (nothing else happens until somebody asks)
//!   │           in memory that outlives the program, inside a region
//!   ▼
//! snapshot      pages copied, framed, checksummed           snapshot → any Sink
//!   ▼
//! decode        bytes → Snapshot → Record → Event           decode, value
//!   ▼
//! message       rendered as std::format! would              template, render
//! ```
//!
//! On a host use `ttlog-std`, which brings a lane for threads, files and panics. On firmware
//! install [`lane::critical_section`] over a [`Memory`] and encode into a [`snapshot::Sink`].
#![no_std]
#![forbid(unsafe_code)]

#[cfg(all(test, loom))]
extern crate std;

#[macro_use]
mod macros;

pub mod argument;
mod callsite;
mod kind;
mod level;

mod filter;
pub mod registry;

mod context;
pub mod lane;
mod random;
mod record;
mod span;

#[cfg(not(loom))]
mod memory;
mod name;
pub mod page;
pub mod region;
pub mod ring;
mod sync;
mod text;
mod writer;

pub mod snapshot;

pub mod decode;
mod render;
mod template;
mod value;

#[cfg(not(loom))]
pub use self::memory::Memory;
pub use self::{
    argument::Argument,
    callsite::{Callsite, CallsiteKind, Metadata},
    context::{Context, ContextGuard, InvalidTraceparent, SpanId, TraceId},
    decode::Event,
    filter::{FILTER_MAX_BYTES, FilterError, set_filter},
    kind::{Kind, Scalar},
    level::{Level, UnknownLevel},
    name::Name,
    random::Random,
    record::Header,
    render::{render, render_value},
    ring::{Geometry, Ring},
    snapshot::{CallsiteInfo, SnapshotHeader, Totals},
    span::Span,
    sync::Word,
    template::{Piece, Template},
    value::{CUT_MARK, ScalarValue, Text, Value},
    writer::{Refused, Writer},
};

/// What the macros' expansions name. Not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use ::core;
    pub use ttlog_macros::{event, span};

    pub use crate::{
        argument::{Formatted, select},
        callsite::{Callsite, CallsiteKind, Metadata},
        level::Level,
        record::record,
        span::Span,
        sync::AtomicU32,
    };
}
