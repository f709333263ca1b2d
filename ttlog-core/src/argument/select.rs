//! The choice of how an argument is recorded, by its type and at compile time.
//!
//! The macros call `(&&&&&&&&Probe(&value)).ttlog_select()` for each argument. Method lookup takes
//! one reference off at a time until it finds an implementation of [`Select`]. There is one for
//! each way of recording, behind a different number of references. The first way that the type
//! allows wins:
//!
//! | references | types | recorded |
//! | --- | --- | --- |
//! | 7 | slices and arrays of integers and `Option` of these | as bytes if the integers are `u8`, else formatted by `{:?}` |
//! | 6 | `Option` of an [`Argument`] | raw |
//! | 5 | [`Argument`] | raw |
//! | 4 | types that hold a `str` and `Option` of these | as text |
//! | 3 | `Display` | formatted by `{}` |
//! | 2 | `LowerHex` without `Display` and `Option` of these | formatted by `{:?}` |
//! | 1 | types that hold a list of integers and `Option` of these | as slices |
//! | 0 | all other types | formatted by `{:?}` |
//!
//! This is known as autoref-based specialization. It names no type that needs an allocator, so
//! `String`, `Cow<str>` and `Vec<u8>` are chosen by their traits. The method returns a tag of size
//! zero. The macros call `capture` on the tag, or `capture_as` if the text or a sigil has a format
//! spec for the argument.

mod element;
mod hold;
mod keep;
mod optional;
mod tag;

use core::fmt::{Display, LowerHex};

pub use self::{
    element::Element,
    hold::{Behind, Here, HoldsList, HoldsText, Slice},
    keep::{AsArgument, AsDisplay, AsList, AsOptionOfList, AsText, InOption, Keep},
    optional::Optional,
    tag::{By, ByDebug},
};
use super::Argument;

/// An argument for which a way of recording is chosen.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// The choice of a way of recording. `Tag` is the chosen way.
pub trait Select<Tag: Default> {
    /// Returns the tag.
    #[inline]
    fn ttlog_select(&self) -> Tag {
        Tag::default()
    }
}

impl<'a, D, T> Select<By<AsList<D>>> for &&&&&&&Probe<'a, T> where
    T: Slice + Keep<'a, AsList<D>> + ?Sized
{
}
impl<'a, D, T> Select<By<AsOptionOfList<D>>> for &&&&&&&Probe<'a, T> where
    T: Optional<Value: Slice> + Keep<'a, AsOptionOfList<D>>
{
}
impl<'a, T: Keep<'a, InOption<AsArgument>>> Select<By<InOption<AsArgument>>>
    for &&&&&&Probe<'a, T>
{
}
impl<T: Argument + ?Sized> Select<By<AsArgument>> for &&&&&Probe<'_, T> {}
impl<'a, D, T: Keep<'a, AsText<D>>> Select<By<AsText<D>>> for &&&&Probe<'a, T> {}
impl<'a, D, T: Keep<'a, InOption<AsText<D>>>> Select<By<InOption<AsText<D>>>> for &&&&Probe<'a, T> {}
impl<T: Display + ?Sized> Select<By<AsDisplay>> for &&&Probe<'_, T> {}
impl<W, T: Hex<W>> Select<ByDebug<W>> for &&Probe<'_, T> {}
impl<'a, D, T: Keep<'a, AsList<D>>> Select<By<AsList<D>>> for &Probe<'a, T> {}
impl<'a, D, T: Keep<'a, AsOptionOfList<D>>> Select<By<AsOptionOfList<D>>> for &Probe<'a, T> {}
// This has no bound. If a type has no `Debug` either, the compiler reports it once, where it is
// formatted.
impl<T: ?Sized> Select<ByDebug> for Probe<'_, T> {}

/// A type with a hexadecimal form, or an `Option` of it.
///
/// Such a type may hold bytes and still not be shown as a list of numbers. `Bytes` of the crate
/// `bytes` is shown as `b"text"`. So it is formatted.
pub trait Hex<Way> {}

impl<T: LowerHex> Hex<Here> for T {}
impl<W, T: Optional<Value: Hex<W>>> Hex<InOption<W>> for T {}
