//! The descriptions of callsites in a region.

use core::{fmt, ops::Range};

use crate::{
    callsite_info::CallsiteInfo,
    checksum::CRC,
    sync::{Ordering, Word},
};

/// Maximum number of bytes of a description. Its texts are cut if it is longer.
pub const DICTIONARY_ENTRY_MAX_BYTES: usize = 480;

/// Number of words that lead an entry: its mark and length, and its checksum.
pub(super) const ENTRY_LEAD_WORDS: usize = 2;

/// The upper half of an entry's first word, which is written last. The lower half is the length in
/// bytes.
pub(super) const ENTRY_MARK: u32 = 0xC5E7 << 16;

/// The descriptions of callsites in a region. The memory may hold any bits, and may be written to while
/// it is read.
#[derive(Clone, Copy)]
pub struct Dictionary<'a> {
    words: &'a [Word],
}

impl<'a> Dictionary<'a> {
    pub(super) fn new(words: &'a [Word]) -> Self {
        Self { words }
    }

    /// Returns the descriptions in the order in which they were written.
    #[must_use]
    pub fn entries(self) -> Entries<'a> {
        Entries {
            rest: self.words,
            left_bytes: self.words.len().saturating_mul(4 * 16),
        }
    }

    /// Returns whether there is a description of the callsite with this id. A damaged one counts.
    pub(super) fn has(self, id: u32) -> bool {
        let mut rest = self.words;
        while let Some(first) = rest.first() {
            let Some(words) = entry_words(first.load(Ordering::Acquire)) else {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            };
            // The id leads the entry, in seven bits to a byte.
            let leading = rest
                .get(words.start)
                .into_iter()
                .chain(rest.get(words.start + 1));
            let mut bytes = leading.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes());
            let mut found = 0;
            for shift in (0..u32::BITS).step_by(7) {
                let byte = u32::from(bytes.next().unwrap_or_default());
                found |= (byte & 0x7F) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            if found == id {
                return true;
            }
            rest = rest.get(words.end..).unwrap_or_default();
        }
        false
    }
}

impl fmt::Debug for Dictionary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary")
            .field("words", &self.words.len())
            .finish()
    }
}

/// Reads one description after the other. It is not an iterator, because a description borrows the
/// caller's buffer.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [Word],
    /// Number of bytes that may still be checked in vain: memory made to look like overlapping entries
    /// must not keep a reader busy for hours.
    left_bytes: usize,
}

impl Entries<'_> {
    /// Returns the next description that is whole. `buffer` holds it.
    pub fn next<'b>(
        &mut self,
        buffer: &'b mut [u8; DICTIONARY_ENTRY_MAX_BYTES],
    ) -> Option<CallsiteInfo<'b>> {
        let length = loop {
            let packed = self.next_packed(buffer)?;
            if postcard::from_bytes::<CallsiteInfo<'_>>(packed).is_ok() {
                break packed.len();
            }
        };
        postcard::from_bytes(buffer.get(..length)?).ok()
    }

    /// Returns the next packed description whose checksum matches. A damaged one is skipped word by
    /// word.
    pub(crate) fn next_packed<'b>(
        &mut self,
        buffer: &'b mut [u8; DICTIONARY_ENTRY_MAX_BYTES],
    ) -> Option<&'b [u8]> {
        loop {
            let first = self.rest.first()?.load(Ordering::Acquire);
            if let Some(words) = entry_words(first)
                && let Some(content) = self.rest.get(words.clone())
                && let Some(crc) = self.rest.get(1)
            {
                let length = entry_bytes(first);
                self.left_bytes = self.left_bytes.checked_sub(length)?;
                for (to, word) in buffer.as_chunks_mut::<4>().0.iter_mut().zip(content) {
                    *to = word.load(Ordering::Relaxed).to_le_bytes();
                }
                if CRC.checksum(buffer.get(..length)?) == crc.load(Ordering::Relaxed) {
                    self.rest = self.rest.get(words.end..)?;
                    return buffer.get(..length);
                }
            }
            self.rest = self.rest.get(1..)?;
        }
    }
}

fn entry_bytes(first: u32) -> usize {
    (first & 0xFFFF) as usize
}

/// Returns the words of the content of an entry with this first word. Returns `None` if the word does
/// not lead an entry.
fn entry_words(first: u32) -> Option<Range<usize>> {
    let is_entry = first & !0xFFFF == ENTRY_MARK
        && (1..=DICTIONARY_ENTRY_MAX_BYTES).contains(&entry_bytes(first));
    is_entry.then(|| ENTRY_LEAD_WORDS..ENTRY_LEAD_WORDS + entry_bytes(first).div_ceil(4))
}
