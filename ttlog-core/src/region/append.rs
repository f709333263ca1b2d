//! Appending to the dictionary.

use super::dictionary::{DICTIONARY_ENTRY_MAX_BYTES, Dictionary, ENTRY_LEAD_WORDS, ENTRY_MARK};
use crate::{
    callsite::Callsite,
    callsite_info::{Description, KindBytes},
    checksum::{CRC, Digest},
    packer::pack,
    sync::{Ordering, Word},
};

/// Appends a callsite's description to `dictionary`, unless it is there. Counts it in `undescribed` if
/// there is no room.
pub(super) fn append(
    callsite: &'static Callsite,
    dictionary: &[Word],
    used: &Word,
    undescribed: &Word,
) {
    let Some(id) = callsite.id() else { return };
    let in_use = dictionary.get(..used.load(Ordering::Relaxed) as usize);
    if dictionary.is_empty() || Dictionary::new(in_use.unwrap_or(dictionary)).has(id) {
        return;
    }
    if write(callsite, dictionary, used).is_none() {
        // Each callsite is counted a few times at most, so the count does not wrap.
        undescribed.fetch_add(1, Ordering::Relaxed);
    }
}

fn write(callsite: &'static Callsite, dictionary: &[Word], used: &Word) -> Option<()> {
    let mut kinds = KindBytes::default();
    let mut description = Description::of(callsite, &mut kinds)?;
    let length = description.fit(DICTIONARY_ENTRY_MAX_BYTES);
    if length > DICTIONARY_ENTRY_MAX_BYTES {
        return None;
    }
    let words = ENTRY_LEAD_WORDS + length.div_ceil(4);
    let place = take(words, dictionary.len(), used)?;
    let [first, second, room @ ..] = dictionary.get(place..place + words)? else {
        return None;
    };
    let mut packed = Packed::new(room);
    pack(&description, &mut |bytes| packed.take(bytes));
    second.store(packed.finish(), Ordering::Relaxed);
    // Last: a reader that finds the mark finds a whole entry.
    first.store(ENTRY_MARK | length as u32, Ordering::Release);
    Some(())
}

/// Takes `words` words for this caller alone. Returns where they begin.
fn take(words: usize, capacity: usize, used: &Word) -> Option<usize> {
    let mut place = used.load(Ordering::Relaxed);
    loop {
        let end = (place as usize)
            .checked_add(words)
            .filter(|end| *end <= capacity)?;
        match used.compare_exchange(place, end as u32, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Some(place as usize),
            Err(now) => place = now,
        }
    }
}

/// Packs bytes into words, the first byte lowest, and computes their checksum.
struct Packed<'a> {
    words: core::slice::Iter<'a, Word>,
    word: u32,
    length: usize,
    digest: Digest,
}

impl<'a> Packed<'a> {
    fn new(words: &'a [Word]) -> Self {
        Self {
            words: words.iter(),
            word: 0,
            length: 0,
            digest: CRC.digest(),
        }
    }

    fn end_word(&mut self) {
        if let Some(word) = self.words.next() {
            word.store(self.word, Ordering::Relaxed);
        }
        self.word = 0;
    }

    fn take(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        for &byte in bytes {
            self.word |= u32::from(byte) << (self.length % 4 * 8);
            self.length += 1;
            if self.length.is_multiple_of(4) {
                self.end_word();
            }
        }
    }

    /// Writes the last word, and returns the checksum.
    fn finish(mut self) -> u32 {
        if !self.length.is_multiple_of(4) {
            self.end_word();
        }
        self.digest.finalize()
    }
}
