//! The description of a callsite, as snapshots and regions state it.

use serde::{Deserialize, Serialize};

use crate::{
    argument::FIELDS_MAX,
    callsite::Callsite,
    kind::Kind,
    level::Level,
    metadata::{CallsiteKind, Metadata},
    packer::{Pack, Packer, pack_into},
    text::cut_to_boundary,
};

/// The description of a callsite, in postcard's encoding.
///
/// New fields are added behind the last one, and a reader ignores what follows the fields it knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallsiteInfo<'a> {
    /// The id in record headers.
    pub id: u32,
    /// The number of the level.
    pub level: u8,
    /// 0 for an event, 1 for a span.
    pub kind: u8,
    /// The line in the source file.
    pub line: u32,
    /// The target.
    pub target: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The message, with placeholders that name arguments by number. The name, for a span.
    pub text: &'a str,
    /// The names of the arguments in order. A positional argument has the empty name.
    #[serde(borrow)]
    pub names: heapless::Vec<&'a str, FIELDS_MAX>,
    /// The kinds of the arguments in order ([`Kind::to_byte`]). A kind that is not known is 0.
    pub kinds: heapless::Vec<u8, FIELDS_MAX>,
}

impl CallsiteInfo<'static> {
    /// Describes a callsite of this program. Returns `None` before its first use.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Callsite, CallsiteKind, Metadata};
    /// use ttlog_core::{CallsiteInfo, Level, fields};
    ///
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Warn, target: "pump", file: file!(),
    /// #     line: line!(), text: "pressure {0}", names: &["pressure"], more_kinds: &[],
    /// # };
    /// static CALLSITE: Callsite = Callsite::new(&METADATA); // pressure {0}
    /// assert_eq!(CallsiteInfo::of(&CALLSITE), None);
    /// CALLSITE.record(fields![7_u32]);
    /// let info = CallsiteInfo::of(&CALLSITE).expect("the callsite has been used");
    /// assert_eq!((info.level(), info.text), (Some(Level::Warn), "pressure {0}"));
    /// assert!(info.is_complete() && !info.is_span());
    /// ```
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
    /// Returns whether the kinds of all arguments are known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.kinds.iter().all(|&kind| kind != 0)
    }

    /// Returns the level. Returns `None` if the number is not that of a level.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        Level::from_number(self.level.into())
    }

    /// Returns whether this is a span.
    #[must_use]
    pub fn is_span(&self) -> bool {
        self.kind == CallsiteKind::Span as u8
    }
}

/// A description that is to be written. It borrows all it states, because a [`CallsiteInfo`] takes
/// several hundred bytes of stack, and an interrupt may have to write a description.
pub(crate) struct Description<'a> {
    id: u32,
    metadata: &'a Metadata,
    kinds: &'a [u8],
    /// Maximum number of bytes that are written of each text.
    text_max_bytes: usize,
}

/// Room for the kinds of a callsite's arguments.
pub(crate) type KindBytes = [u8; FIELDS_MAX];

impl<'a> Description<'a> {
    /// Describes a callsite of this program. `kinds` is room for the kinds. Returns `None` before the
    /// first use.
    pub(crate) fn of(callsite: &'static Callsite, kinds: &'a mut KindBytes) -> Option<Self> {
        callsite.copy_kinds(kinds);
        let metadata = callsite.metadata();
        Some(Self::new(callsite.id()?, metadata, kinds))
    }

    fn new(id: u32, metadata: &'a Metadata, kinds: &'a [u8]) -> Self {
        let count = metadata.names.len().min(FIELDS_MAX);
        Self {
            id,
            metadata,
            kinds: kinds.get(..count).unwrap_or_default(),
            text_max_bytes: usize::MAX,
        }
    }

    /// Cuts the texts, the longest first, until the description takes at most `max_bytes`. Returns its
    /// length, which is greater if the description does not fit without any text.
    pub(crate) fn fit(&mut self, max_bytes: usize) -> usize {
        let mut bytes = pack_into(self, &mut []);
        self.text_max_bytes = max_bytes;
        while bytes > max_bytes && self.text_max_bytes != 0 {
            self.text_max_bytes -= self.text_max_bytes.div_ceil(8);
            bytes = pack_into(self, &mut []);
        }
        bytes
    }

    /// Returns whether the kinds of all arguments are known.
    pub(crate) fn is_complete(&self) -> bool {
        self.kinds.iter().all(|&kind| kind != 0)
    }

    fn pack_text(&self, packer: &mut Packer<'_>, text: &str) {
        packer.put_bytes(cut_to_boundary(text, self.text_max_bytes).as_bytes());
    }
}

impl Pack for Description<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        let Metadata {
            kind,
            level,
            target,
            file,
            line,
            text,
            names,
            ..
        } = *self.metadata;
        packer
            .put_integer(self.id.into())
            .put(&[level as u8, kind as u8])
            .put_integer(line.into());
        for text in [target, file, text] {
            self.pack_text(packer, text);
        }
        packer.put_integer(self.kinds.len() as u64);
        for name in names.iter().take(FIELDS_MAX) {
            self.pack_text(packer, name);
        }
        packer.put_bytes(self.kinds);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::packer::tests::{assert_postcard, integers};

    #[test]
    fn a_description_is_what_postcard_writes() {
        let names = &["id", "", "größe"].repeat(11)[..];
        let kinds = [0x08, 0, 0x8F].repeat(11);
        for integer in integers() {
            let count = integer as usize % 33;
            let metadata = Metadata {
                kind: CallsiteKind::Span,
                level: Level::Fatal,
                target: "shop::order",
                file: "src/order.rs",
                line: (integer / 3) as u32,
                text: "order.place id={0} ü",
                names: names[..count].to_vec().leak(),
                more_kinds: &[],
            };
            let info = CallsiteInfo {
                id: integer as u32,
                level: 5,
                kind: 1,
                line: metadata.line,
                target: metadata.target,
                file: metadata.file,
                text: metadata.text,
                names: metadata.names.iter().copied().collect(),
                kinds: kinds[..count].iter().copied().collect(),
            };
            assert_postcard(&info, &Description::new(info.id, &metadata, &kinds));
        }
    }
}
