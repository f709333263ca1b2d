//! The elements of a list: bytes and other integers.

use core::fmt;

use crate::argument::{Formatted, Store};

/// An integer type as the element of a list. Only `u8` is recorded raw.
///
/// The other integers have this trait for the sake of type inference. If only `u8` had it, a log
/// statement of `[1, 300]` would make its elements `u8`.
#[diagnostic::on_unimplemented(
    message = "the element type of this list is not known where it is logged",
    note = "state the type of the list before the log statement, such as `Vec::<{Self}>::new()`"
)]
pub trait Element: Sized + 'static {
    /// The form in which a record holds a list whose raw form is `Raw`.
    type Stored<Raw: Store>: Store;

    /// Returns a list as bytes. Returns no bytes if the elements are not `u8`.
    #[inline]
    fn bytes(_list: &[Self]) -> &[u8] {
        &[]
    }

    /// Returns the raw form of a list if the elements are `u8`. Otherwise formats the list.
    fn stored<Raw: Store>(
        raw: Raw,
        format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> Self::Stored<Raw>;
}

impl Element for u8 {
    type Stored<Raw: Store> = Raw;

    #[inline]
    fn bytes(list: &[Self]) -> &[u8] {
        list
    }

    #[inline]
    fn stored<Raw: Store>(raw: Raw, _: impl FnOnce(&mut Formatted) -> fmt::Result) -> Raw {
        raw
    }
}

macro_rules! formatted_elements {
    ($($type:ty)*) => {$(
        impl Element for $type {
            type Stored<Raw: Store> = Formatted;

            #[inline]
            fn stored<Raw: Store>(
                _: Raw,
                format: impl FnOnce(&mut Formatted) -> fmt::Result,
            ) -> Formatted {
                Formatted::new(format)
            }
        }
    )*};
}

formatted_elements! { i8 i16 i32 i64 i128 isize u16 u32 u64 u128 usize }
