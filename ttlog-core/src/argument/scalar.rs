//! How each scalar, text and bytes are laid out in words.

use super::{Argument, Limit, Room, ScalarStore, sealed::Sealed};
use crate::{kind::Scalar, text::cut_to_boundary};

macro_rules! scalars {
    ($($type:ty, $scalar:ident, $words:literal, |$value:ident, $room:ident| $store:expr;)*) => {$(
        impl Sealed for $type {}

        impl ScalarStore for $type {
            const SCALAR: Scalar = Scalar::$scalar;
            const LEAST_WORDS: usize = $words;
            const HAS_TEXT: bool = false;

            #[inline]
            fn words(&self, _limit: impl Limit) -> usize {
                $words
            }

            #[inline]
            fn store<L: Limit>(&self, $room: &mut Room<'_>, _limit: L) {
                let $value = *self;
                $store;
            }
        }

        impl Argument for $type {
            type Stored<'a> = Self;

            #[inline]
            fn stored(&self) -> Self {
                *self
            }
        }
    )*};
}

#[inline]
fn put_64(room: &mut Room<'_>, value: u64) {
    room.put_all([value as u32, (value >> 32) as u32]);
}

#[inline]
fn put_128(room: &mut Room<'_>, value: u128) {
    put_64(room, value as u64);
    put_64(room, (value >> 64) as u64);
}

scalars! {
    i8, I8, 1, |value, room| room.put(i32::from(value) as u32);
    i16, I16, 1, |value, room| room.put(i32::from(value) as u32);
    i32, I32, 1, |value, room| room.put(value as u32);
    i64, I64, 2, |value, room| put_64(room, value as u64);
    i128, I128, 4, |value, room| put_128(room, value as u128);
    u8, U8, 1, |value, room| room.put(u32::from(value));
    u16, U16, 1, |value, room| room.put(u32::from(value));
    u32, U32, 1, |value, room| room.put(value);
    u64, U64, 2, |value, room| put_64(room, value);
    u128, U128, 4, |value, room| put_128(room, value);
    f32, F32, 1, |value, room| room.put(value.to_bits());
    f64, F64, 2, |value, room| put_64(room, value.to_bits());
    bool, Bool, 1, |value, room| room.put(u32::from(value));
    char, Char, 1, |value, room| room.put(u32::from(value));
}

/// The integers that pointer-sized ones are recorded as: as wide as the target's pointers.
#[cfg(target_pointer_width = "64")]
mod pointer_width {
    pub(super) type Unsigned = u64;
    pub(super) type Signed = i64;
}

#[cfg(not(target_pointer_width = "64"))]
mod pointer_width {
    pub(super) type Unsigned = u32;
    pub(super) type Signed = i32;
}

impl Argument for usize {
    type Stored<'a> = pointer_width::Unsigned;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        *self as _
    }
}

impl Argument for isize {
    type Stored<'a> = pointer_width::Signed;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        *self as _
    }
}

/// Bit of a length word: the end was cut off.
pub(crate) const LENGTH_CUT: u32 = 1 << 31;

/// What a length word has beside the length.
#[inline]
pub(super) const fn cut_flag(cut: bool) -> u32 {
    if cut { LENGTH_CUT } else { 0 }
}

/// How many words `len` bytes take, with their length word.
#[inline]
pub(super) const fn bytes_words(len: usize) -> usize {
    // No slice is so long that this wraps; `div_ceil` would provide for it.
    1 + len.wrapping_add(3) / 4
}

/// Writes bytes with their length word. The last ones are read as part of an overlapping eight,
/// because taking bytes one by one is what would cost.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn put_bytes(room: &mut Room<'_>, bytes: &[u8], cut: u32) {
    room.put(bytes.len() as u32 | cut);
    let (Some(&first), Some(&last), ..=16) = (bytes.first_chunk(), bytes.last_chunk(), bytes.len())
    else {
        // By value: behind a reference the room would have to lie in memory, for all lengths.
        *room = put_other_lengths(Room(room.0), bytes);
        return;
    };
    // From 8 to 16 bytes: what most texts are, in line and without a loop.
    put_64(room, u64::from_le_bytes(first));
    put_last(room, u64::from_le_bytes(last), bytes.len() - 8);
}

/// Writes text, cut to `max_bytes`. Where `cut` is set, it is a cut one already.
///
/// Not in line as [`put_bytes`] is, and so not again for each list of arguments: it is rare.
#[inline(never)]
pub(super) fn put_cut_text(room: &mut Room<'_>, text: &str, max_bytes: usize, cut: u32) {
    let kept = cut_to_boundary(text, max_bytes);
    let cut = cut | cut_flag(kept.len() < text.len());
    put_cut(room, kept.as_bytes(), cut);
}

/// Writes bytes that are cut.
#[inline(never)]
fn put_cut(room: &mut Room<'_>, kept: &[u8], cut: u32) {
    put_bytes(room, kept, cut);
}

/// Writes the last `count` bytes, eight at most, of which `last` has the end.
#[inline]
fn put_last(room: &mut Room<'_>, last: u64, count: usize) {
    if count == 0 {
        return;
    }
    let tail = last >> (64 - 8 * count as u32);
    if count > 4 {
        put_64(room, tail);
    } else {
        room.put(tail as u32);
    }
}

/// Writes fewer than 8 or more than 16 bytes.
#[inline(never)]
fn put_other_lengths<'a>(mut room: Room<'a>, bytes: &[u8]) -> Room<'a> {
    let (mut rest, last) = match bytes.last_chunk() {
        Some(&last) => (bytes, u64::from_le_bytes(last)),
        None => (bytes, short(bytes) << ((64 - 8 * bytes.len() as u32) % 64)),
    };
    while let Some((&first, after)) = rest.split_first_chunk() {
        put_64(&mut room, u64::from_le_bytes(first));
        rest = after;
    }
    put_last(&mut room, last, rest.len());
    room
}

/// Fewer than eight bytes as a number.
#[inline]
fn short(bytes: &[u8]) -> u64 {
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

impl Sealed for &str {}

impl ScalarStore for &str {
    const SCALAR: Scalar = Scalar::Str;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        bytes_words(cut_to_boundary(self, limit.max_bytes()).len())
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        if L::IS_NONE {
            put_bytes(room, self.as_bytes(), 0);
        } else {
            put_cut_text(room, self, limit.max_bytes(), 0);
        }
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
            put_cut(room, kept, cut_flag(kept.len() < self.len()));
        }
    }
}

impl Argument for str {
    type Stored<'a> = &'a Self;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        self
    }
}

impl Argument for [u8] {
    type Stored<'a> = &'a Self;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        self
    }
}

impl<const N: usize> Argument for [u8; N] {
    type Stored<'a> = &'a [u8];

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        self.as_slice().stored()
    }
}

impl<T: Argument + ?Sized> Argument for &T {
    type Stored<'a>
        = T::Stored<'a>
    where
        Self: 'a;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        (**self).stored()
    }
}

impl<T: Argument + ?Sized> Argument for &mut T {
    type Stored<'a>
        = T::Stored<'a>
    where
        Self: 'a;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        (**self).stored()
    }
}

impl<T> Argument for Option<T>
where
    T: Argument,
    for<'a> T::Stored<'a>: ScalarStore,
{
    type Stored<'a>
        = Option<T::Stored<'a>>
    where
        Self: 'a;

    #[inline]
    fn stored(&self) -> Self::Stored<'_> {
        self.as_ref().map(T::stored)
    }
}
