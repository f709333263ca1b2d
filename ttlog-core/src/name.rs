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

    /// Whether there is nothing to state.
    pub(crate) fn is_none(self) -> bool {
        self.number == 0 && self.length == 0
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
