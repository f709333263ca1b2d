//! The arguments of an event, from the log statement to the words of its record.
//!
//! A log statement does not format its arguments. It records their bits, and the reader formats
//! them later. That takes three steps:
//!
//! 1. [`select`] chooses by type, at compile time, how an argument is recorded. Numbers, text,
//!    bytes and options of these are recorded raw. All other values are formatted at once, into a
//!    bounded buffer ([`Formatted`]).
//! 2. [`Argument::stored`] returns the form in which a record holds a raw value, a [`Store`].
//! 3. [`Fields`] is the list of all stores of one event. It measures the record first, and then
//!    writes the words into a [`Room`] of exactly that size.
//!
//! ```
//! use ttlog_core::{argument::Fields, fields};
//!
//! fn count<F: Fields>(_: &F) -> usize {
//!     F::COUNT
//! }
//!
//! let (order, city) = (7_u64, "Bonn");
//! assert_eq!(count(&fields![order, city, Some(1.5_f32)]), 3);
//! ```

mod bytes;
mod fields;
mod formatted;
mod layout;
mod room;
mod scalar;
pub mod select;
mod store;

use core::num::NonZero;

pub(crate) use self::layout::LENGTH_CUT;
pub use self::{
    fields::Fields,
    formatted::Formatted,
    layout::{FIELDS_MAX, FORMATTED_MAX_BYTES, Kinds},
    room::Room,
    store::{AtMost, Limit, ScalarStore, Store, Whole},
};

/// A type whose values are recorded raw, without being formatted.
///
/// # Examples
///
/// A type of your own is recorded as one of its fields:
///
/// ```
/// use ttlog_core::{Argument, info};
///
/// struct OrderId(u64);
///
/// impl Argument for OrderId {
///     type Stored<'a> = u64;
///
///     fn stored(&self) -> u64 {
///         self.0
///     }
/// }
///
/// info!("order placed", id = OrderId(7)); // recorded as the number 7
/// ```
pub trait Argument {
    /// The form in which a record holds the value.
    type Stored<'a>: Store
    where
        Self: 'a;

    /// Returns the value in the form in which a record holds it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Argument;
    ///
    /// assert_eq!(7_usize.stored() as usize, 7);
    /// assert_eq!(Some("Bonn").stored(), Some("Bonn"));
    /// assert_eq!([1, 2].stored(), &[1_u8, 2][..]);
    /// ```
    fn stored(&self) -> Self::Stored<'_>;
}

/// The integers as which pointer-sized integers are recorded.
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

macro_rules! arguments {
    ($([$($generics:tt)*] $type:ty, $stored:ty, |$value:ident| $store:expr;)*) => {$(
        impl<$($generics)*> Argument for $type {
            type Stored<'a>
                = $stored
            where
                Self: 'a;

            #[inline]
            fn stored(&self) -> Self::Stored<'_> {
                let $value = self;
                $store
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ty, $stored:ty;)*) => {
        arguments! {$(
            [] $type, $stored, |value| *value as $stored;
            [] NonZero<$type>, $stored, |value| value.get() as $stored;
        )*}
    };
}

integers! {
    i8, i8;
    i16, i16;
    i32, i32;
    i64, i64;
    i128, i128;
    isize, pointer_width::Signed;
    u8, u8;
    u16, u16;
    u32, u32;
    u64, u64;
    u128, u128;
    usize, pointer_width::Unsigned;
}

arguments! {
    [] f32, Self, |value| *value;
    [] f64, Self, |value| *value;
    [] bool, Self, |value| *value;
    [] char, Self, |value| *value;
    [] str, &'a Self, |text| text;
    [] [u8], &'a Self, |bytes| bytes;
    [const N: usize] [u8; N], &'a [u8], |bytes| bytes.as_slice();
    [] Formatted, &'a Self, |formatted| formatted;
    [T: Argument + ?Sized] &T, T::Stored<'a>, |reference| (**reference).stored();
    [T: Argument + ?Sized] &mut T, T::Stored<'a>, |reference| (**reference).stored();
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
