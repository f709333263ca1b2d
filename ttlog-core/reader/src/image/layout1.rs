//! Conversion of regions of layout version 1 to the layout that the core reads.
//!
//! Layout 2 adds two words to the ring's header, the id of the run. It also adds two words to a page's
//! header, the sequence number of the first event. These words are zero in a converted ring, so its
//! sequence numbers have no meaning.

use core::sync::atomic::Ordering::Relaxed;

use crc::{CRC_32_ISO_HDLC, Crc};
use ttlog_core::{
    Word,
    region::{REGION_LAYOUT, Region},
};

/// Numbers of words in the headers of a region, a ring and a page in layout 1.
const REGION_HEADER_WORDS: usize = 10;
const RING_HEADER_WORDS: usize = 35;
const PAGE_HEADER_WORDS: usize = 24;
/// Number of words that layout 2 adds to the header of a ring, and to the header of a page.
const ADDED_WORDS: usize = 2;
/// Number of words in the ring's header that never change.
const RING_CONSTANT_WORDS: usize = 8;
const RING_LAYOUT: u32 = 2;
const RING_MAGIC: u32 = u32::from_le_bytes(*b"TTLR");

/// Returns the number of words of a page before the conversion.
pub(super) fn page_words(region: &Region<'_>) -> u32 {
    (region.ring().page_words() - ADDED_WORDS) as u32
}

/// Converts the region of layout 1 at the start of `memory`. Also returns its number of words. Returns
/// `None` if there is no such region, or if its checksum does not match.
pub(super) fn convert(memory: &[Word]) -> Option<(usize, Vec<Word>)> {
    let lead = load(memory.get(..REGION_HEADER_WORDS)?);
    let [_, 1, words, dictionary_words, lengths, _, expected, ..] = lead[..] else {
        return None;
    };
    let region = memory.get(..words as usize)?;
    let lengths = [lengths, lengths >> 8, lengths >> 16].map(|word| (word & 0xFF) as usize);
    let dictionary_start = REGION_HEADER_WORDS + lengths.iter().sum::<usize>().div_ceil(4);
    let ring_start = dictionary_start.checked_add(dictionary_words as usize)?;
    let identity = load(region.get(REGION_HEADER_WORDS..dictionary_start)?);
    let ring = region.get(ring_start..)?;
    let (ring_header, rest) = ring.split_at_checked(RING_HEADER_WORDS)?;
    let ring_header = load(ring_header);
    let [RING_MAGIC, 1, page_words, page_count, ..] = ring_header[..] else {
        return None;
    };
    let (page_words, page_count) = (page_words as usize, page_count as usize);
    if page_words < PAGE_HEADER_WORDS || page_count.checked_mul(1 + page_words)? != rest.len() {
        return None;
    }
    // Checked before the copy, so that hostile bytes with many regions cannot cost hours.
    if checksum([&lead[..6], &identity, &ring_header[..RING_CONSTANT_WORDS]]) != expected {
        return None;
    }

    let added = [0; ADDED_WORDS];
    let mut new = load(&region[..ring_start]);
    new.extend(&ring_header[..RING_CONSTANT_WORDS]);
    new.extend(added);
    new.extend(&ring_header[RING_CONSTANT_WORDS..]);
    let (table, pages) = rest.split_at(page_count);
    new.extend(load(table));
    for page in pages.chunks_exact(page_words) {
        let mut page = load(page);
        // The length includes the header.
        if page[1] as usize >= PAGE_HEADER_WORDS {
            page[1] += ADDED_WORDS as u32;
        }
        new.extend(&page[..PAGE_HEADER_WORDS]);
        new.extend(added);
        new.extend(&page[PAGE_HEADER_WORDS..]);
    }
    (new[1], new[2]) = (REGION_LAYOUT, new.len() as u32);
    let ring = &mut new[ring_start..];
    (ring[1], ring[2]) = (RING_LAYOUT, (page_words + ADDED_WORDS) as u32);
    let ring = &new[ring_start..][..RING_CONSTANT_WORDS + ADDED_WORDS];
    new[6] = checksum([&new[..6], &identity, ring]);
    Some((words as usize, new.into_iter().map(Word::new).collect()))
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
