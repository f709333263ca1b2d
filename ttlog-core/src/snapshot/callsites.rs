//! The entries of the callsites blocks.

use serde::{Deserialize, Serialize};

use super::packer::{Pack, Packer, pack_into};
use crate::{
    argument::FIELDS_MAX,
    callsite::{Callsite, CallsiteKind},
    kind::Kind,
    level::Level,
    text::cut_to_boundary,
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

/// What becomes a [`CallsiteInfo`] when it is read. It borrows all of it, because a `CallsiteInfo`
/// takes several hundred bytes of stack, and an interrupt may have to write a description.
pub(crate) struct Description<'a> {
    id: u32,
    level: u8,
    kind: u8,
    line: u32,
    target: &'a str,
    file: &'a str,
    text: &'a str,
    names: &'a [&'a str],
    kinds: &'a [u8],
    /// The most bytes that are written of each text.
    text_max_bytes: usize,
}

/// Room for the kinds of a callsite's arguments.
pub(crate) type KindBytes = [u8; FIELDS_MAX];

impl<'a> Description<'a> {
    /// Describes a callsite of this program; the kinds are put into `kinds`. `None` before its first
    /// use.
    pub(crate) fn of(callsite: &'static Callsite, kinds: &'a mut KindBytes) -> Option<Self> {
        let metadata = callsite.metadata();
        callsite.copy_kinds(kinds);
        let names = metadata.names.get(..FIELDS_MAX).unwrap_or(metadata.names);
        Some(Self {
            id: callsite.id()?,
            level: metadata.level as u8,
            kind: metadata.kind as u8,
            line: metadata.line,
            target: metadata.target,
            file: metadata.file,
            text: metadata.text,
            names,
            kinds: kinds.get(..names.len()).unwrap_or_default(),
            text_max_bytes: usize::MAX,
        })
    }

    /// Sees to it that the description takes `max_bytes` at most, and answers how many it takes:
    /// better cut than missing. The longest texts are cut first.
    pub(crate) fn fit(&mut self, max_bytes: usize) -> usize {
        let mut bytes = pack_into(self, &mut []);
        self.text_max_bytes = max_bytes;
        while bytes > max_bytes && self.text_max_bytes != 0 {
            self.text_max_bytes -= self.text_max_bytes.div_ceil(8);
            bytes = pack_into(self, &mut []);
        }
        bytes
    }

    /// Whether the kinds of all arguments are known.
    pub(crate) fn is_complete(&self) -> bool {
        self.kinds.iter().all(|&kind| kind != 0)
    }

    fn pack_text(&self, packer: &mut Packer<'_>, text: &str) {
        packer.put_bytes(cut_to_boundary(text, self.text_max_bytes).as_bytes());
    }
}

#[cfg(all(test, not(loom)))]
impl<'a> From<&'a CallsiteInfo<'a>> for Description<'a> {
    fn from(info: &'a CallsiteInfo<'a>) -> Self {
        Self {
            id: info.id,
            level: info.level,
            kind: info.kind,
            line: info.line,
            target: info.target,
            file: info.file,
            text: info.text,
            names: &info.names,
            kinds: &info.kinds,
            text_max_bytes: usize::MAX,
        }
    }
}

impl Pack for Description<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        packer
            .put_integer(self.id.into())
            .put(&[self.level, self.kind])
            .put_integer(self.line.into());
        for text in [self.target, self.file, self.text] {
            self.pack_text(packer, text);
        }
        packer.put_integer(self.names.len() as u64);
        for name in self.names {
            self.pack_text(packer, name);
        }
        packer.put_bytes(self.kinds);
    }
}
