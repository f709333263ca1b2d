//! The ttlog flight recorder on a host: threads, files, panics, a live view and a console.
//!
//! The log statements, the ring and the encoder are part of `ttlog-core`. This crate re-exports the items
//! that a program needs. `dump` shows snapshots, and `ttlog-reader` reads them in a program.
//!
//! ```
//! use ttlog_std::{PanicHook, Trace, error, info};
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//!
//! let trace = Trace::builder().service("shop").directory(dir).build()?;
//! PanicHook::install(trace.get_sender());
//!
//! info!("order.place order_id={} total={:.2}", 7, 99.99);
//! error!("payment.charge fail", reason = "card_declined");
//! let ticket = trace.request_snapshot("payment_failed"); // never blocks
//! println!("{}", ticket.wait()?.display());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The path of an event, and of a snapshot
//!
//! ```text
//! info!("order.place order_id={id}")                       macros of ttlog-core
//!   ▼
//! thread lane   a writer for each thread                   thread_lane, clock
//!   ▼
//! recorder      the ring on the heap                       recorder
//!   │
//!   ├─► view      the events in the ring                   view ─┐
//!   ├─► console   events while they are recorded           console → console_thread → ring_follower
//!   │
//! request       of the recorder that is running            sender, trace → current → instance
//!   ▼
//! debt          by reason, until a file covers it          pending_snapshots → schedule, budget → ticket
//!   ▼
//! writer thread writes what is due                         writer_thread → limited_writer
//!   │           a panic does so without that thread        panic_hook → panic_admission, limited_writer
//!   │           and so does the end of the process         exit_hook → current → instance
//!   │           a crash goes past all of this              os::crash_handler → crash_writer → crash_file
//!   ▼
//! directories   the first that takes the file              snapshot_store → snapshot_directory
//!   ▼
//! file          complete or absent                         snapshot_file → snapshot_output, file_naming
//!   ▼
//! older files   removed by worth                           snapshot_index → worth, retention, sweep
//! ```
//!
//! # Types by task
//!
//! | task | type |
//! | --- | --- |
//! | start a recorder | [`Trace::builder`], [`Builder`] |
//! | log | [`info!`] and its siblings, [`span!`], [`set_filter`] |
//! | save a snapshot | [`Trace::request_snapshot`], [`SnapshotSender`], [`Ticket`], [`Receipt`] |
//! | save panics | [`PanicHook`], [`Builder::panic_backtrace`] |
//! | save crashes | [`SignalHook`], [`Builder::crash_signals`] |
//! | save failures and ends | [`SnapshotOnError`], [`Builder::snapshot_on_exit`], [`Trace::flush`] |
//! | save a snapshot by a signal | [`Builder::snapshot_on_signal`], [`SnapshotSignal`] |
//! | save hangs | [`Builder::stall_after`], [`Heartbeat`], [`ThreadHeartbeat`] |
//! | check that all of this works here | [`Trace::self_test`], [`Check`] |
//! | show events while the program runs | [`Console`], [`LiveView`] |
//! | limit the files | [`Retention`], [`Builder::files_a_minute`], [`Builder::cool_down`] |
//! | pass a trace on | [`Context`], [`Span`] |
//! | record without a macro | [`Callsite`], [`fields!`] |
//!
//! # What is saved, and what it may cost
//!
//! A request and a panic have a **moment**. Their file contains what the ring held at that moment, however
//! fast other threads record meanwhile: the pages are held until the file is written, for ten seconds at
//! most. The file states the moment, and the time since which it is complete.
//!
//! Each request and each panic is covered by a file whose moment is not earlier than its own, unless the
//! process is killed. Merging, the cool-down and the budget only delay that file. A [`Ticket`] never returns
//! a file that is older than its request.
//!
//! | what happens | what is saved | how long the program waits |
//! | --- | --- | --- |
//! | [`request_snapshot`](Trace::request_snapshot) | a file, at the end of the cool-down at the latest | not at all |
//! | a panic of the main thread, with `panic = "abort"`, or one that cannot unwind | a file at once | the panicking thread: 5 s at most for each directory, and 10 s at most for panics before it |
//! | a panic of another thread | a file at once within the limits of [`PanicHook`], otherwise one when the cool-down ends | the same, if the file is written at once |
//! | the last [`Trace`] is dropped, `main` returns, `exit` | all requests and panics that have no file | [`Builder::shutdown_limit`] at most, 5 s by default; what is left is named on stderr |
//! | SIGTERM, SIGINT, SIGHUP | a file, and all requests that have none, with [`Builder::snapshot_on_signal`] | [`Builder::shutdown_limit`] at most |
//! | `exec`, `_exit`, `abort` | requests only after [`Trace::flush`] | the limit that `flush` gets |
//! | `fork` | the child has its own run: its requests, panics and end are served as those of any process; it has no console | 1 s at most, at the first request, to open the directories |
//! | the program hangs | a snapshot `stall_<name>`, if it has a [`Heartbeat`] | not at all |
//! | the process is at its limit of threads or of memory | the same as otherwise; a backtrace may have addresses instead of names | the same |
//! | an allocation fails | Rust aborts the process without a panic: a file of the crash by SIGABRT, if [`SignalHook`] is installed; `try_reserve` returns an error instead | as for a crash |
//! | a crash signal: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP | a file at once, whose last event is the crash, if [`SignalHook`] is installed; only the first crash of a process | the process: 10 s at most, 5 s for each directory if there is a fallback |
//! | `kill -9`, a power cut | the files that were written before | |
//!
//! The surroundings may fail, and the program goes on:
//!
//! - **Directory**: opened at the start. It may be missing, moved, replaced or read-only: the next snapshot
//!   tries again, and then [`Builder::fallback_directory`]. A directory that never responds blocks no
//!   thread of the program: a request fails after 30 s, a panic after 5 s, and a crash after 10 s.
//! - **Full disk**: older snapshots of the same service are removed, those of panics and crashes last. A crash
//!   removes up to 16. If that does not suffice, the snapshot is written with fewer events.
//! - **Descriptors**: one is kept in reserve. All have numbers of 3 or more. The program may close them, as
//!   a daemon does: the next snapshot opens them again, and closes none of the program's files.
//! - **stderr**: the library never waits for it. It prints failures, at most one line a minute for each
//!   directory, requests that are refused, also at most one line a minute, the file of each panic, the reasons
//!   that share a file, and what an end could not save.
//! - **Signals**: the library's threads block all signals that can be blocked. A thread's first event
//!   allocates nothing and takes no lock, so it may come from a signal handler.
//!
//! # Traces and spans
//!
//! A [`Context`] names a trace and a [`Span`] of it. Services pass it on in a `traceparent` header:
//!
//! ```
//! use ttlog_std::{Context, info, span};
//!
//! let context: Context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
//! let _in_trace = context.enter();
//! let _span = span!("payment.charge", cents = 250);
//! info!("in the trace and in the span");
//! # Ok::<(), ttlog_std::InvalidTraceparent>(())
//! ```
//!
//! # Cost
//!
//! An event costs about as much as reading the clock. It is written to memory that its thread owns: no
//! lock, no allocation, no system call. The ring is one allocation of a fixed size. Each thread that
//! logs owns a page of the ring until the thread ends. An event never wakes a thread.
//!
//! A recorder has two threads, one more with a [`PanicHook`], and one more with a [`Console`]:
//!
//! | thread | what it does |
//! | --- | --- |
//! | `ttlog-writer` | waits for requests, and decides when a snapshot is due |
//! | `ttlog-snapshot` | writes to the directory for the writer thread |
//! | `ttlog-panic` | writes to the directory for threads that panic, and at the end |
//! | `ttlog-console` | shows events |
//!
//! All of them start with the recorder or with the hook, and sleep until there is work. Each has a stack of 2 MiB,
//! of which a sleeping thread uses some KiB. Besides the ring, a recorder has buffers of about 350 KiB for
//! requests, as much for panics, and both again for a fallback directory. If `ttlog-snapshot` or `ttlog-panic`
//! cannot be started, snapshots are written without it, and without a limit of time. One line on stderr states
//! that.

// The start and the end of a recorder.
mod builder;
mod capacity;
mod current;
mod exit_hook;
mod instance;
mod limited_thread;
mod recorder_end;
mod settings;
#[cfg(test)]
mod simulation;
mod standby_thread;
mod start;
mod start_filter;
mod threads;
mod trace;

// The operating system, and all unsafe code apart from the clock's.
mod os;

// Recording.
mod clock;
mod memory;
mod memory_limit;
mod open_spans;
mod process_id;
mod recorder;
mod thread_lane;

// Requests for snapshots.
mod budget;
mod cause;
mod cool_downs;
mod debts;
mod pending_snapshots;
mod reason;
mod receipt;
mod schedule;
mod sender;
mod signal_requests;
mod signal_thread;
mod snapshot_on_error;
mod snapshot_signal;
mod ticket;

// Files.
mod descriptor;
mod encode_buffers;
mod file_names;
mod file_naming;
mod file_system;
mod limited_writer;
mod loaded_module;
#[cfg(test)]
mod memory_file_system;
mod module_list;
mod os_file_system;
mod process_info;
mod process_table;
mod retention;
mod snapshot_directory;
mod snapshot_file;
mod snapshot_index;
mod snapshot_output;
mod snapshot_store;
mod sweep;
mod used_names;
mod worth;
mod write_sink;
mod writer_thread;

// Stalls.
mod heartbeat;
mod stall;
mod stall_monitor;

// Panics.
mod panic_admission;
#[cfg(feature = "backtrace")]
mod panic_backtrace;
mod panic_hook;

// Crashes.
mod crash_context;
mod crash_event;
mod crash_file;
mod crash_room;
mod crash_signal;
mod crash_site;
mod crash_time;
mod crash_writer;
mod fixed_text;
mod signal_hook;

// Checks of the surroundings.
mod self_test;

// Events while the program runs.
mod console;
mod console_thread;
mod ring_follower;
mod view;

// Numbers and errors.
mod error;
mod stats;
mod stderr;

pub use ttlog_core::{
    Argument, Callsite, CallsiteKind, Context, ContextGuard, FilterError, InvalidTraceparent,
    Level, Metadata, Span, SpanId, TraceId, debug, error, event, fatal, fields, info, set_filter,
    set_filter_lossy, span, trace, warn,
};
pub use ttlog_reader::{Check, Event, Field, Finding};

pub use self::{
    builder::Builder,
    console::Console,
    error::{BuildError, SignalHookError, SnapshotError},
    heartbeat::{Heartbeat, ThreadHeartbeat},
    panic_hook::PanicHook,
    receipt::Receipt,
    retention::Retention,
    sender::SnapshotSender,
    signal_hook::SignalHook,
    snapshot_on_error::SnapshotOnError,
    snapshot_signal::SnapshotSignal,
    stats::Stats,
    ticket::Ticket,
    trace::Trace,
    view::LiveView,
    write_sink::WriteSink,
};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
