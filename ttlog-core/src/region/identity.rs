//! The identity of a region: service, target and build id, one after the other in words.

use crate::sync::{Ordering, Word};

/// Maximum number of bytes of each text.
pub const IDENTITY_MAX_BYTES: usize = 64;

/// Service, target and build id, to be stored in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdentityWords<'p> {
    texts: [&'p str; 3],
    lengths: [usize; 3],
}

impl<'p> IdentityWords<'p> {
    pub(super) const fn new(service: &'p str, target: &'p str, build_id: &'p str) -> Self {
        Self {
            texts: [service, target, build_id],
            lengths: [kept(service), kept(target), kept(build_id)],
        }
    }

    /// Returns texts of the lengths that this word states. Returns `None` if a text is too long.
    pub(super) fn from_lengths(word: u32) -> Option<Self> {
        let lengths = lengths(word);
        let is_right = word >> 24 == 0 && lengths.iter().all(|&bytes| bytes <= IDENTITY_MAX_BYTES);
        is_right.then_some(Self {
            texts: [""; 3],
            lengths,
        })
    }

    /// Returns the lengths in bytes, 8 bits each, that of the service lowest.
    pub(super) const fn lengths(&self) -> u32 {
        let [service, target, build_id] = self.lengths;
        (build_id << 16 | target << 8 | service) as u32
    }

    /// Returns the number of words.
    pub(super) const fn words(&self) -> usize {
        let [service, target, build_id] = self.lengths;
        (service + target + build_id).div_ceil(4)
    }

    pub(super) fn store(&self, words: &[Word]) {
        for (word, value) in words.iter().zip(self.values()) {
            word.store(value, Ordering::Relaxed);
        }
    }

    pub(super) fn is_in(&self, words: &[Word]) -> bool {
        words.len() == self.words()
            && words
                .iter()
                .zip(self.values())
                .all(|(word, value)| word.load(Ordering::Relaxed) == value)
    }

    fn values(&self) -> impl Iterator<Item = u32> {
        let texts = self.texts.into_iter().zip(self.lengths);
        let mut bytes = texts.flat_map(|(text, length)| text.bytes().take(length));
        (0..self.words()).map(move |_| {
            let word: [u8; 4] = core::array::from_fn(|_| bytes.next().unwrap_or_default());
            u32::from_le_bytes(word)
        })
    }
}

const fn kept(text: &str) -> usize {
    text.floor_char_boundary(IDENTITY_MAX_BYTES)
}

fn lengths(word: u32) -> [usize; 3] {
    [word, word >> 8, word >> 16].map(|word| (word & 0xFF) as usize)
}

/// The identity of a region, copied out of its memory.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    bytes: [u8; 3 * IDENTITY_MAX_BYTES],
    lengths: [usize; 3],
}

impl Identity {
    pub(super) fn read(lengths_word: u32, words: &[Word]) -> Self {
        let mut bytes = [0; 3 * IDENTITY_MAX_BYTES];
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *to = word.load(Ordering::Relaxed).to_le_bytes();
        }
        Self {
            bytes,
            lengths: lengths(lengths_word),
        }
    }

    /// Returns the service's name.
    #[must_use]
    pub fn service(&self) -> &str {
        self.text(0)
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &str {
        self.text(1)
    }

    /// Returns the build id.
    #[must_use]
    pub fn build_id(&self) -> &str {
        self.text(2)
    }

    fn text(&self, number: usize) -> &str {
        let from = self.lengths.iter().take(number).sum::<usize>();
        let length = self.lengths.get(number).copied().unwrap_or_default();
        let bytes = self.bytes.get(from..from + length).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}
