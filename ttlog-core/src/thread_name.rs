//! The number and the name of a thread.

/// The number and the name of the thread that writes. The name is cut to
/// [`MAX_BYTES`](Self::MAX_BYTES).
///
/// # Examples
///
/// ```
/// use ttlog_core::ThreadName;
///
/// let name = ThreadName::new(3, "checkout");
/// assert_eq!((name.number, name.as_str()), (3, "checkout"));
/// assert_eq!(ThreadName::NONE.as_str(), "");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ThreadName {
    /// The thread's number. 0 on a board, which has one writer.
    pub number: u32,
    bytes: [u8; Self::MAX_BYTES],
    length: u8,
}

impl ThreadName {
    /// Maximum length of a name in bytes.
    pub const MAX_BYTES: usize = 32;

    /// Number 0 without a name.
    pub const NONE: Self = Self {
        number: 0,
        bytes: [0; Self::MAX_BYTES],
        length: 0,
    };

    /// Maximum number of words of a name in a record.
    pub(crate) const WORDS: usize = 2 + Self::MAX_BYTES / 4;

    /// Creates a name. Cuts `name` at a character boundary if it is too long.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ThreadName;
    ///
    /// // Each of these characters takes two bytes.
    /// let name = ThreadName::new(3, &"ß".repeat(20));
    /// assert_eq!(name.as_str(), "ß".repeat(16));
    /// ```
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

    /// Returns the words of the name in a record (number, length, text), and how many of them are in
    /// use.
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

    /// Returns the name that stands in these words.
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

    /// Returns the name. It is empty if the thread has none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }
}
