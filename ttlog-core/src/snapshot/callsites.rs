//! The entries of the callsites blocks.

use serde::{Deserialize, Serialize};

use crate::{
    argument::FIELDS_MAX,
    callsite::{Callsite, CallsiteKind},
    kind::Kind,
    level::Level,
};

/// How many bytes lead an entry: its length, little-endian. So entries can grow.
pub(crate) const CALLSITE_LENGTH_BYTES: usize = 2;

/// A log statement, as a snapshot describes it; in postcard's encoding, behind its length.
///
/// New fields are added behind the last one, and a reader takes what it knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallsiteInfo<'a> {
    /// The id in record headers.
    pub id: u32,
    /// The level's number.
    pub level: u8,
    /// 0 for an event, 1 for a span.
    pub kind: u8,
    /// The line in the source file.
    pub line: u32,
    /// Whose event it is.
    pub target: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The message, with placeholders that name arguments by number.
    pub text: &'a str,
    /// The arguments' names, in order; empty for positional ones.
    #[serde(borrow)]
    pub names: heapless::Vec<&'a str, FIELDS_MAX>,
    /// The arguments' kinds, in order ([`Kind::to_byte`]); 0 where not known.
    pub kinds: heapless::Vec<u8, FIELDS_MAX>,
}

impl CallsiteInfo<'static> {
    /// Describes a callsite of this program. `None` before its first use.
    #[must_use]
    pub fn of(callsite: &'static Callsite) -> Option<Self> {
        let metadata = callsite.metadata();
        Some(Self {
            id: callsite.id()?,
            level: metadata.level as u8,
            kind: metadata.kind as u8,
            line: metadata.line,
            target: metadata.target,
            file: metadata.file,
            text: metadata.text,
            names: metadata.names.iter().copied().take(FIELDS_MAX).collect(),
            kinds: callsite
                .kinds()
                .map(|kind| kind.map_or(0, Kind::to_byte))
                .take(FIELDS_MAX)
                .collect(),
        })
    }
}

impl CallsiteInfo<'_> {
    /// Whether every argument's kind is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.kinds.iter().all(|&kind| kind != 0)
    }

    /// The level, where the number is one.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        Level::from_number(self.level.into())
    }

    /// Whether this is a span.
    #[must_use]
    pub fn is_span(&self) -> bool {
        self.kind == CallsiteKind::Span as u8
    }
}
