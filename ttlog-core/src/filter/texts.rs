//! The texts of filters: the one in force, and those that are being written.
//!
//! A change writes its text to a place of its own and then puts it in force by one exchange. So a
//! text in force is always whole, and a change never waits for a change that it has interrupted.

use crate::{
    platform::{FILTER_MAX_BYTES, IS_BOARD},
    sync::{AtomicU32, Ordering::SeqCst, spin_loop},
};

/// Number of texts: one in force, and one for each change that is made at the same time.
const TEXT_COUNT: usize = if IS_BOARD { 3 } else { 16 };

/// Number of attempts to find a free text. A text is in use for some microseconds, and the attempts
/// take some milliseconds on a host.
const CLAIM_ATTEMPTS: u32 = if IS_BOARD { 1_000 } else { 1_000_000 };

/// The bits of a [`Generation`] that state the text, from 1. They are 0 before the first change.
const TEXT_MASK: u32 = 31;

/// The text in force, and the number of changes in the higher bits.
static IN_FORCE: AtomicU32 = AtomicU32::new(0);
/// One bit for each text that is in force or being written.
static CLAIMED: AtomicU32 = AtomicU32::new(0);
static TEXTS: [Text; TEXT_COUNT] = [const { Text::new() }; TEXT_COUNT];

struct Text {
    length_bytes: AtomicU32,
    words: [AtomicU32; FILTER_MAX_BYTES / 4],
}

impl Text {
    const fn new() -> Self {
        Self {
            length_bytes: AtomicU32::new(0),
            words: [const { AtomicU32::new(0) }; FILTER_MAX_BYTES / 4],
        }
    }
}

/// The state of the filter between two changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Generation(u32);

impl Generation {
    /// Returns the generation in force.
    pub(super) fn in_force() -> Self {
        Self(IN_FORCE.load(SeqCst))
    }

    /// Returns whether no change has been made since this generation was loaded.
    pub(super) fn is_in_force(self) -> bool {
        Self::in_force() == self
    }

    /// Copies the text. It is torn if the generation is not in force any more: its place may be in use
    /// for another text then.
    pub(super) fn copy_text(self, bytes: &mut [u8; FILTER_MAX_BYTES]) -> &str {
        let Some(text) = self.text().and_then(|at| TEXTS.get(at)) else {
            return "";
        };
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(&text.words) {
            *to = word.load(SeqCst).to_le_bytes();
        }
        let length = text.length_bytes.load(SeqCst) as usize;
        bytes
            .get(..length)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// Returns the index of the text.
    fn text(self) -> Option<usize> {
        (self.0 & TEXT_MASK).checked_sub(1).map(|at| at as usize)
    }
}

/// A text that only its owner writes.
#[derive(Debug)]
#[must_use = "a text that is not put in force is never used again"]
pub(super) struct NewText(usize);

impl NewText {
    /// Claims a text. Returns `None` if all are being written.
    pub(super) fn claim() -> Option<Self> {
        for _ in 0..CLAIM_ATTEMPTS {
            let claimed = CLAIMED.load(SeqCst);
            let at = claimed.trailing_ones() as usize;
            if at >= TEXT_COUNT {
                spin_loop();
            } else if CLAIMED
                .compare_exchange(claimed, claimed | 1 << at, SeqCst, SeqCst)
                .is_ok()
            {
                return Some(Self(at));
            }
        }
        None
    }

    /// Writes the text, of which at most [`FILTER_MAX_BYTES`] are kept.
    pub(super) fn write(&self, text: &str) {
        let Some(place) = TEXTS.get(self.0) else {
            return;
        };
        for (word, bytes) in place.words.iter().zip(text.as_bytes().chunks(4)) {
            let mut padded = [0; 4];
            for (to, from) in padded.iter_mut().zip(bytes) {
                *to = *from;
            }
            word.store(u32::from_le_bytes(padded), SeqCst);
        }
        place.length_bytes.store(text.len() as u32, SeqCst);
    }

    /// Puts the text in force, and frees the one before.
    pub(super) fn put_in_force(self) {
        loop {
            let before = Generation::in_force();
            let next = (before.0 | TEXT_MASK).wrapping_add(1) | (self.0 as u32 + 1);
            if IN_FORCE
                .compare_exchange(before.0, next, SeqCst, SeqCst)
                .is_ok()
            {
                if let Some(at) = before.text() {
                    // The bit is set, and only this change clears it.
                    CLAIMED.fetch_add((1_u32 << at).wrapping_neg(), SeqCst);
                }
                return;
            }
        }
    }
}
