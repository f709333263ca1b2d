//! Conversion of regions of older layouts to the layout that the core reads.
//!
//! Layout 2 adds two words to the ring's header, the id of the run. It also adds two words to a page's
//! header, the sequence number of the first event. These words are zero in a converted ring of layout 1,
//! so its sequence numbers have no meaning. Layout 3 adds words to the ring's header, and the queue. They
//! are zero in a converted ring, because only its writers need them.

use core::sync::atomic::Ordering::Relaxed;

use crc::{CRC_32_ISO_HDLC, Crc};
use ttlog_core::{
    Word,
    region::{REGION_LAYOUT, Region},
};

/// Number of words in the header of a region, in all layouts.
const REGION_HEADER_WORDS: usize = 10;
/// Number of words in the headers of a ring and a page in this version.
const RING_HEADER_WORDS: usize = 44;
const PAGE_HEADER_WORDS: usize = 26;
/// Number of words in the ring's header that never change.
const RING_CONSTANT_WORDS: usize = 10;
const RING_LAYOUT: u32 = 3;
const RING_MAGIC: u32 = u32::from_le_bytes(*b"TTLR");

/// An older layout. Its words have the same order as those of this version.
struct OldLayout {
    version: u32,
    /// Number of words that this version adds to the ring's words that never change, and to the header
    /// of a page.
    added_words: usize,
    /// Number of words that the ring's header has.
    ring_header_words: usize,
}

const OLD_LAYOUTS: [OldLayout; 2] = [
    OldLayout {
        version: 1,
        added_words: 2,
        ring_header_words: 35,
    },
    OldLayout {
        version: 2,
        added_words: 0,
        ring_header_words: 37,
    },
];

/// A region in this version's layout, made of one in an older layout.
pub(super) struct Converted {
    /// Number of words before the conversion.
    pub(super) words: usize,
    pub(super) memory: Vec<Word>,
    /// Set if the events have sequence numbers.
    pub(super) has_seq: bool,
    added_words: usize,
}

impl Converted {
    /// Returns the number of words of a page before the conversion.
    pub(super) fn page_words(&self, region: &Region<'_>) -> u32 {
        (region.ring().page_words() - self.added_words) as u32
    }
}

/// Converts the region of an older layout at the start of `memory`. Returns `None` if there is no such
/// region, or if its checksum does not match.
pub(super) fn convert(memory: &[Word]) -> Option<Converted> {
    let lead = load(memory.get(..REGION_HEADER_WORDS)?);
    let [
        _,
        version,
        words,
        dictionary_words,
        lengths,
        _,
        expected,
        ..,
    ] = lead[..]
    else {
        return None;
    };
    let old = OLD_LAYOUTS.iter().find(|old| old.version == version)?;
    let page_header_words = PAGE_HEADER_WORDS - old.added_words;
    let constant_words = RING_CONSTANT_WORDS - old.added_words;
    let region = memory.get(..words as usize)?;
    let lengths = [lengths, lengths >> 8, lengths >> 16].map(|word| (word & 0xFF) as usize);
    let dictionary_start = REGION_HEADER_WORDS + lengths.iter().sum::<usize>().div_ceil(4);
    let ring_start = dictionary_start.checked_add(dictionary_words as usize)?;
    let identity = load(region.get(REGION_HEADER_WORDS..dictionary_start)?);
    let ring = region.get(ring_start..)?;
    let (ring_header, rest) = ring.split_at_checked(old.ring_header_words)?;
    let ring_header = load(ring_header);
    let [RING_MAGIC, ring_version, page_words, page_count, ..] = ring_header[..] else {
        return None;
    };
    let (page_words, page_count) = (page_words as usize, page_count as usize);
    if ring_version != version
        || page_words < page_header_words
        || page_count.checked_mul(1 + page_words)? != rest.len()
    {
        return None;
    }
    let (constants, counters) = ring_header.split_at(constant_words);
    // Checked before the copy, so that hostile bytes with many regions cannot cost hours.
    if checksum([&lead[..6], &identity, constants]) != expected {
        return None;
    }

    let mut new = load(&region[..ring_start]);
    new.extend(constants);
    // The released pages, which count as the turn of the next release, stand before what is added.
    let (released, counters) = counters.split_at(1);
    new.extend(vec![0; old.added_words]);
    new.extend(released);
    let added_words = RING_HEADER_WORDS - RING_CONSTANT_WORDS - 1 - counters.len();
    new.extend(vec![0; added_words]);
    new.extend(counters);
    let (table, pages) = rest.split_at(page_count);
    new.extend(load(table));
    new.extend(vec![0; page_count]);
    for page in pages.chunks_exact(page_words) {
        let mut page = load(page);
        // The length includes the header.
        if page[1] as usize >= page_header_words {
            page[1] += old.added_words as u32;
        }
        let (header, records) = page.split_at(page_header_words);
        new.extend(header);
        new.extend(vec![0; old.added_words]);
        new.extend(records);
    }
    (new[1], new[2]) = (REGION_LAYOUT, new.len() as u32);
    let ring = &mut new[ring_start..];
    (ring[1], ring[2]) = (RING_LAYOUT, (page_words + old.added_words) as u32);
    let ring = &new[ring_start..][..RING_CONSTANT_WORDS];
    new[6] = checksum([&new[..6], &identity, ring]);
    Some(Converted {
        words: words as usize,
        memory: new.into_iter().map(Word::new).collect(),
        has_seq: old.added_words == 0,
        added_words: old.added_words,
    })
}

fn load(words: &[Word]) -> Vec<u32> {
    words.iter().map(|word| word.load(Relaxed)).collect()
}

/// Returns the checksum of the words of a region that never change.
fn checksum(parts: [&[u32]; 3]) -> u32 {
    let words = parts.into_iter().flatten();
    let bytes: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&bytes)
}
