//! The places of the words in the region's header.

pub(super) const MAGIC: usize = 0;
pub(super) const LAYOUT: usize = 1;
/// Number of words of the region.
pub(super) const WORDS: usize = 2;
pub(super) const DICTIONARY_WORDS: usize = 3;
/// The lengths of the identity's texts in bytes, 8 bits each.
pub(super) const IDENTITY: usize = 4;
/// The number of the boot.
pub(super) const BOOT: usize = 5;
/// Checksum of the words before this one, the identity, and the ring's words that never change.
pub(super) const CHECKSUM: usize = 6;
pub(super) const STATE: usize = 7;
/// Number of words of the dictionary in use.
pub(super) const DICTIONARY_USED: usize = 8;
/// Number of callsites that found no room in the dictionary.
pub(super) const UNDESCRIBED: usize = 9;
pub(super) const HEADER_WORDS: usize = 10;
