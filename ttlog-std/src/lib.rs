//! The ttlog flight recorder on a host.
//!
//! ```text
//! info!("order.place order_id={id}")                       macros of ttlog-core
//!   ▼
//! thread lane   a writer for each thread                   thread_lane, clock
//!   ▼
//! recorder      the ring on the heap                       recorder
//!   │
//!   ├─► view      the events as they are now               view, event
//!   ├─► console   the events as they come                  tail, console
//!   │
//! request       merged by reason, bounded                  sender, admission, reason → Ticket
//!   ▼
//! writer thread encodes                                    writer_thread
//!   │           a panic does without it                      panic_hook → panic_admission,
//!   │                                                                     panic_saver
//!   ▼
//! file          whole or not there                         saver → directory, retention
//! ```
//!
//! # Use
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # // The example leaves nothing in /tmp.
//! # let _running = ttlog_std::Trace::builder().directory(dir.path()).build().unwrap();
//! use ttlog_std::{Event, PanicHook, Trace};
//! let trace_system = Trace::init(50000, 10000);                  // events kept, requests queued
//! PanicHook::install(trace_system.get_sender());
//! trace_system.request_snapshot("order_placed");
//! let buffer = trace_system.get_buffer();
//! let events: Vec<Event> = buffer.lock().unwrap().iter().cloned().collect();
//! serde_json::to_string(&events).unwrap();
//! ```
//!
//! ```
//! use ttlog_std::{error, info};
//! info!("auth.login ok user=123 ip=1.2.3.4 ms=32");
//! info!("order.place order_id=abc customer=456 total=99.99");
//! error!("db.query fail table=users error=connection_lost ms=150");
//! ```
//!
//! # What it costs
//!
//! An event costs about as much as reading the clock, and writes into memory that its thread owns:
//! no lock, no allocation, no system call. The ring is one allocation of fixed size; each thread
//! that logs owns one of its pages until it ends. Nothing is woken by an event, ever.

mod admission;
mod builder;
mod clock;
mod console;
mod directory;
mod error;
mod event;
mod identity;
mod outcome;
mod panic_admission;
mod panic_hook;
mod panic_saver;
mod reason;
mod recorder;
mod retention;
mod saver;
mod sender;
mod tail;
mod thread_lane;
mod trace;
mod view;
mod writer_thread;

pub use ttlog_core::{
    Argument, Context, ContextGuard, FilterError, InvalidTraceparent, Level, Span, SpanId, TraceId,
    debug, error, event, fatal, info, set_filter, span, trace, warn,
};

pub use self::{
    builder::Builder,
    console::Console,
    error::{BuildError, SnapshotError},
    event::{Event, Field},
    outcome::Ticket,
    panic_hook::PanicHook,
    retention::Retention,
    saver::WriteSink,
    sender::SnapshotSender,
    trace::{Stats, Trace},
    view::{LiveEvents, LiveView},
};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
