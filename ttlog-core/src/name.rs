//! The name of a writer.

/// Who writes: a number, and a name that is cut to [`Name::MAX_BYTES`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Name {
    /// The writer's number; 0 where names are not kept.
    pub number: u32,
    bytes: [u8; Self::MAX_BYTES],
    length: u8,
}

impl Name {
    /// The most bytes of a name.
    pub const MAX_BYTES: usize = 32;

    /// No name: on firmware, where one writer is all there is.
    pub const NONE: Self = Self {
        number: 0,
        bytes: [0; Self::MAX_BYTES],
        length: 0,
    };

    /// A number and a name.
    #[must_use]
    pub fn new(number: u32, name: &str) -> Self {
        let kept = crate::text::cut_to_boundary(name, Self::MAX_BYTES).as_bytes();
        let mut bytes = [0; Self::MAX_BYTES];
        for (to, from) in bytes.iter_mut().zip(kept) {
            *to = *from;
        }
        Self {
            number,
            bytes,
            length: kept.len() as u8,
        }
    }

    /// The most words that a name takes in a record.
    pub(crate) const WORDS: usize = 2 + Self::MAX_BYTES / 4;

    /// The name as it stands in a record, the number and the text, and how many words these are.
    pub(crate) fn to_words(self) -> ([u32; Self::WORDS], usize) {
        let mut words = [0; Self::WORDS];
        let text = self.bytes.as_chunks::<4>().0;
        let leading = [self.number, self.length.into()].into_iter();
        let all = leading.chain(text.iter().copied().map(u32::from_le_bytes));
        for (to, word) in words.iter_mut().zip(all) {
            *to = word;
        }
        (words, 2 + usize::from(self.length).div_ceil(4))
    }

    /// The name that stands in so many words.
    pub(crate) fn from_words(words: &[u32]) -> Self {
        let mut name = Self::NONE;
        if let [number, length, text @ ..] = words {
            name.number = *number;
            name.length = *length as u8;
            for (to, word) in name.bytes.as_chunks_mut::<4>().0.iter_mut().zip(text) {
                *to = word.to_le_bytes();
            }
        }
        name
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}
