//! Appending to the dictionary.

use crc::Digest;
use postcard::ser_flavors::Flavor;
use serde::{Serialize, Serializer, ser::SerializeTuple};

use super::dictionary::{DICTIONARY_ENTRY_MAX_BYTES, Dictionary, ENTRY_LEAD_WORDS};
use crate::{
    argument::FIELDS_MAX,
    callsite::Callsite,
    kind::Kind,
    snapshot::block::{CRC, CrcTable},
    sync::{Ordering, Word},
    text::cut_to_boundary,
};

/// In the upper half of an entry's first word, which is written last; in the lower half is its
/// length in bytes.
pub(super) const ENTRY_MARK: u32 = 0xC5E7 << 16;

/// Appends a callsite's description to `dictionary`, unless it is there. Where there is no room,
/// it is counted in `undescribed`.
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
    if write(callsite, id, dictionary, used).is_none() {
        // Counts do not come near the limit: each callsite is counted a few times at most.
        undescribed.fetch_add(1, Ordering::Relaxed);
    }
}

fn write(callsite: &'static Callsite, id: u32, dictionary: &[Word], used: &Word) -> Option<()> {
    let mut entry = Entry {
        callsite,
        id,
        text: callsite.metadata().text,
        file: callsite.metadata().file,
    };
    let size = |entry: &Entry| postcard::serialize_with_flavor(entry, Packed::new(&[])).ok();
    let (mut length, mut crc) = size(&entry)?;
    if length > DICTIONARY_ENTRY_MAX_BYTES {
        let shortened = |text: &'static str, over: usize| {
            cut_to_boundary(text, text.len().saturating_sub(over))
        };
        let over = length - DICTIONARY_ENTRY_MAX_BYTES;
        entry.text = shortened(entry.text, over);
        entry.file = shortened(
            entry.file,
            over.saturating_sub(callsite.metadata().text.len()),
        );
        (length, crc) = size(&entry).filter(|(length, _)| *length <= DICTIONARY_ENTRY_MAX_BYTES)?;
    }
    let words = ENTRY_LEAD_WORDS + length.div_ceil(4);
    let place = take(words, dictionary.len(), used)?;
    let [first, second, room @ ..] = dictionary.get(place..place + words)? else {
        return None;
    };
    postcard::serialize_with_flavor(&entry, Packed::new(room)).ok()?;
    second.store(crc, Ordering::Relaxed);
    // Last, and after all else: who finds the mark finds a whole entry.
    first.store(ENTRY_MARK | length as u32, Ordering::Release);
    Some(())
}

/// Takes so many words for this caller alone.
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

/// What becomes a [`CallsiteInfo`](crate::CallsiteInfo) when it is read; not that, because it would
/// take several hundred bytes of an interrupt's stack.
struct Entry {
    callsite: &'static Callsite,
    id: u32,
    text: &'static str,
    file: &'static str,
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata = self.callsite.metadata();
        let names = metadata.names.get(..FIELDS_MAX).unwrap_or(metadata.names);
        let mut fields = serializer.serialize_tuple(9)?;
        fields.serialize_element(&self.id)?;
        fields.serialize_element(&(metadata.level as u8))?;
        fields.serialize_element(&(metadata.kind as u8))?;
        fields.serialize_element(&metadata.line)?;
        fields.serialize_element(metadata.target)?;
        fields.serialize_element(self.file)?;
        fields.serialize_element(self.text)?;
        fields.serialize_element(names)?;
        fields.serialize_element(&Kinds(self.callsite, names.len()))?;
        fields.end()
    }
}

/// The kinds of so many arguments.
struct Kinds(&'static Callsite, usize);

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = self.0.kinds().take(self.1);
        serializer.collect_seq(kinds.map(|kind| kind.map_or(0, Kind::to_byte)))
    }
}

/// Packs bytes into words, the first one lowest. Without words it only counts and sums up.
struct Packed<'a> {
    words: core::slice::Iter<'a, Word>,
    word: u32,
    length: usize,
    digest: Digest<'static, u32, CrcTable>,
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
}

/// Answers how many bytes there were, and their checksum.
impl Flavor for Packed<'_> {
    type Output = (usize, u32);

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.word |= u32::from(byte) << (self.length % 4 * 8);
        self.digest.update(&[byte]);
        self.length += 1;
        if self.length.is_multiple_of(4) {
            self.end_word();
        }
        Ok(())
    }

    fn finalize(mut self) -> postcard::Result<(usize, u32)> {
        if !self.length.is_multiple_of(4) {
            self.end_word();
        }
        Ok((self.length, self.digest.finalize()))
    }
}
