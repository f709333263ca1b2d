//! Types that hold a text or a list of integers.

use core::{borrow::Borrow, marker::PhantomData, ops::Deref};

use super::element::Element;

/// The depth of a text or a list itself.
#[derive(Debug)]
pub struct Here;

/// The depth of a pointer, by the depth of its target.
#[derive(Debug)]
pub struct Behind<Depth>(PhantomData<Depth>);

/// A type that holds a text behind any number of pointers.
///
/// Each pointer has to implement `Deref` and also `Borrow`. The contract of `Borrow` is that the
/// pointer compares, orders and hashes as its target does. That excludes types that dereference to
/// a text but display another.
pub trait HoldsText<Depth> {
    /// Returns the text.
    fn text(&self) -> &str;
}

impl HoldsText<Here> for str {
    #[inline]
    fn text(&self) -> &str {
        self
    }
}

impl<D, P: Deref<Target: HoldsText<D>> + Borrow<P::Target>> HoldsText<Behind<D>> for P {
    #[inline]
    fn text(&self) -> &str {
        (**self).text()
    }
}

/// A type that holds a list behind any number of pointers, as [`HoldsText`] holds a text.
pub trait HoldsList<Depth> {
    /// The type of the elements.
    type Element: Element;

    /// Returns the list.
    fn list(&self) -> &[Self::Element];
}

impl<E: Element> HoldsList<Here> for [E] {
    type Element = E;

    #[inline]
    fn list(&self) -> &[E] {
        self
    }
}

impl<E: Element, const N: usize> HoldsList<Here> for [E; N] {
    type Element = E;

    #[inline]
    fn list(&self) -> &[E] {
        self
    }
}

impl<D, P: Deref<Target: HoldsList<D>> + Borrow<P::Target>> HoldsList<Behind<D>> for P {
    type Element = <P::Target as HoldsList<D>>::Element;

    #[inline]
    fn list(&self) -> &[Self::Element] {
        (**self).list()
    }
}

/// A list of integers that is not behind a smart pointer: a slice, an array, or a reference to one.
pub trait Slice {}

impl<E: Element> Slice for [E] {}
impl<E: Element, const N: usize> Slice for [E; N] {}
impl<T: Slice + ?Sized> Slice for &T {}
impl<T: Slice + ?Sized> Slice for &mut T {}
