//! Text and bytes as words: a length word, then the bytes, padded with zeros to a whole word.

use super::{
    layout::{bytes_words, cut_flag},
    room::Room,
    store::{Limit, ScalarStore, sealed::Sealed},
};
use crate::{kind::Scalar, text::cut_to_boundary};

impl Sealed for &str {}

impl ScalarStore for &str {
    const SCALAR: Scalar = Scalar::Str;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        text_words(self, limit)
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        put_text(room, self, limit, false);
    }
}

impl Sealed for &[u8] {}

impl ScalarStore for &[u8] {
    const SCALAR: Scalar = Scalar::Bytes;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        bytes_words(self.len().min(limit.max_bytes()))
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        if L::IS_NONE {
            put_bytes(room, self, 0);
        } else {
            let kept = self.get(..limit.max_bytes()).unwrap_or(self);
            put_cut_bytes(room, kept, cut_flag(kept.len() < self.len()));
        }
    }
}

/// Returns the number of words that a text takes if it is cut to `limit`.
#[inline]
pub(super) fn text_words(text: &str, limit: impl Limit) -> usize {
    bytes_words(cut_to_boundary(text, limit.max_bytes()).len())
}

/// Writes a text, cut to `limit`. `cut` states that its end is missing already.
#[inline]
pub(super) fn put_text<L: Limit>(room: &mut Room<'_>, text: &str, limit: L, cut: bool) {
    if L::IS_NONE {
        put_bytes(room, text.as_bytes(), cut_flag(cut));
    } else {
        put_cut_text(room, text, limit.max_bytes(), cut_flag(cut));
    }
}

/// Writes a text, cut to `max_bytes`.
///
/// Cutting is rare, so this is compiled once and not in line for each list of arguments.
#[inline(never)]
fn put_cut_text(room: &mut Room<'_>, text: &str, max_bytes: usize, cut: u32) {
    let kept = cut_to_boundary(text, max_bytes);
    let cut = cut | cut_flag(kept.len() < text.len());
    put_cut_bytes(room, kept.as_bytes(), cut);
}

/// Writes bytes that have been cut already.
#[inline(never)]
fn put_cut_bytes(room: &mut Room<'_>, kept: &[u8], cut: u32) {
    put_bytes(room, kept, cut);
}

/// Writes bytes with their length word.
///
/// The last bytes are read as part of an overlapping group of eight. Reading them one by one would
/// take most of the time.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
fn put_bytes(room: &mut Room<'_>, bytes: &[u8], cut: u32) {
    room.put(bytes.len() as u32 | cut);
    let (Some(&first), Some(&last), ..=16) = (bytes.first_chunk(), bytes.last_chunk(), bytes.len())
    else {
        // The room is passed by value. A reference would keep it in memory for all lengths.
        *room = put_short_or_long(room.by_value(), bytes);
        return;
    };
    // Most texts have 8 to 16 bytes. They are written in line and without a loop.
    room.put_u64(u64::from_le_bytes(first));
    put_tail(room, u64::from_le_bytes(last), bytes.len() - 8);
}

/// Writes the `count` highest bytes of `last`. `count` is at most 8.
#[inline]
fn put_tail(room: &mut Room<'_>, last: u64, count: usize) {
    if count == 0 {
        return;
    }
    let tail = last >> (64 - 8 * count as u32);
    if count > 4 {
        room.put_u64(tail);
    } else {
        room.put(tail as u32);
    }
}

/// Writes fewer than 8 or more than 16 bytes.
#[inline(never)]
fn put_short_or_long<'a>(mut room: Room<'a>, bytes: &[u8]) -> Room<'a> {
    let (mut rest, last) = match bytes.last_chunk() {
        Some(&last) => (bytes, u64::from_le_bytes(last)),
        None => (
            bytes,
            from_short(bytes) << ((64 - 8 * bytes.len() as u32) % 64),
        ),
    };
    while let Some((&first, after)) = rest.split_first_chunk() {
        room.put_u64(u64::from_le_bytes(first));
        rest = after;
    }
    put_tail(&mut room, last, rest.len());
    room
}

/// Returns fewer than eight bytes as a little-endian number.
#[inline]
fn from_short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(&first), Some(&last)) => {
            let overlap = 64 - 8 * bytes.len() as u32;
            u64::from(u32::from_le_bytes(first))
                | (u64::from(u32::from_le_bytes(last)) >> overlap) << 32
        }
        _ => match *bytes {
            [a, b, c] => u64::from(u16::from_le_bytes([a, b])) | u64::from(c) << 16,
            [a, b] => u16::from_le_bytes([a, b]).into(),
            [a] => a.into(),
            _ => 0,
        },
    }
}
