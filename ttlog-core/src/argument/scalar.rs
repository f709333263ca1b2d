//! Numbers, truth values and characters as words.

use super::{
    room::Room,
    store::{Limit, ScalarStore, sealed::Sealed},
};
use crate::kind::Scalar;

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
    )*};
}

#[inline]
fn put_u128(room: &mut Room<'_>, value: u128) {
    room.put_u64(value as u64);
    room.put_u64((value >> 64) as u64);
}

scalars! {
    i8, I8, 1, |value, room| room.put(i32::from(value) as u32);
    i16, I16, 1, |value, room| room.put(i32::from(value) as u32);
    i32, I32, 1, |value, room| room.put(value as u32);
    i64, I64, 2, |value, room| room.put_u64(value as u64);
    i128, I128, 4, |value, room| put_u128(room, value as u128);
    u8, U8, 1, |value, room| room.put(u32::from(value));
    u16, U16, 1, |value, room| room.put(u32::from(value));
    u32, U32, 1, |value, room| room.put(value);
    u64, U64, 2, |value, room| room.put_u64(value);
    u128, U128, 4, |value, room| put_u128(room, value);
    f32, F32, 1, |value, room| room.put(value.to_bits());
    f64, F64, 2, |value, room| room.put_u64(value.to_bits());
    bool, Bool, 1, |value, room| room.put(u32::from(value));
    char, Char, 1, |value, room| room.put(u32::from(value));
}
