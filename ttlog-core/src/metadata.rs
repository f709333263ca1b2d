//! The constant part of a callsite.

use crate::{level::Level, sync::AtomicU32};

/// The kind of a callsite.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum CallsiteKind {
    /// An event.
    Event = 0,
    /// The beginning and the end of a span.
    Span = 1,
}

/// The constant part of a callsite. It lies in read-only memory.
///
/// # Examples
///
/// The metadata of `warn!(target: "pump", "pressure {:.1}", pressure)`, written by hand:
///
/// ```
/// use ttlog_core::{Callsite, CallsiteKind, Level, Metadata};
///
/// static METADATA: Metadata = Metadata {
///     kind: CallsiteKind::Event,
///     level: Level::Warn,
///     target: "pump",
///     file: file!(),
///     line: line!(),
///     text: "pressure {0:.1}",
///     names: &["pressure"],
///     more_kinds: &[],
/// };
/// static CALLSITE: Callsite = Callsite::new(&METADATA);
/// assert_eq!(CALLSITE.metadata().names, ["pressure"]);
/// ```
#[derive(Debug)]
pub struct Metadata {
    /// Event or span.
    pub kind: CallsiteKind,
    /// The level of its events.
    pub level: Level,
    /// The target. Default: the path of the module.
    pub target: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
    /// The message, with placeholders that name arguments by number: `total={1:.2}`. The name, for
    /// a span.
    pub text: &'static str,
    /// The names of the arguments in order. A positional argument has the empty name.
    pub names: &'static [&'static str],
    /// Room for the kinds of the fifth argument and later ones: a byte each, four to a word. The
    /// kinds are learnt at the first record. Must have `names.len().div_ceil(4) - 1` words, or none
    /// for up to four arguments: `&[Word::new(0)]` for five to eight.
    pub more_kinds: &'static [AtomicU32],
}
