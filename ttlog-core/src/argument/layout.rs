//! Sizes and flags of the words in which a record holds its arguments. `FORMAT.md` specifies them.

/// The maximum number of arguments of one event.
pub const FIELDS_MAX: usize = 32;

/// The kinds of an argument list: one byte each, four to a word, the first in the lowest byte.
///
/// Each byte is a [`Kind`](crate::Kind). Unused bytes are 0.
pub type Kinds = [u32; FIELDS_MAX / 4];

/// The maximum size of an argument that is formatted when it is recorded.
///
/// The buffer lies on the caller's stack: 1,024 bytes on a host, 128 bytes without an operating
/// system.
pub const FORMATTED_MAX_BYTES: usize = if cfg!(target_os = "none") { 128 } else { 1024 };

/// The bit of a length word that marks text or bytes as cut. The other bits are the length in
/// bytes.
pub(crate) const LENGTH_CUT: u32 = 1 << 31;

/// Returns the flags of a length word.
#[inline]
pub(super) const fn cut_flag(cut: bool) -> u32 {
    if cut { LENGTH_CUT } else { 0 }
}

/// Returns the number of words that `len` bytes take, including their length word.
#[inline]
pub(super) const fn bytes_words(len: usize) -> usize {
    // `div_ceil` compiles to a check for overflow, and no slice is long enough to cause it.
    1 + len.wrapping_add(3) / 4
}
