//! The ways in which a value is recorded.

use core::{
    fmt::{self, Debug, Display, Write},
    marker::PhantomData,
};

use super::{
    element::Element,
    hold::{HoldsList, HoldsText},
    optional::Optional,
};
use crate::argument::{Argument, Formatted, ScalarStore, Store};

/// A type whose values are recorded in a way that is known. `Way` tells the implementations apart.
pub trait Keep<'a, Way> {
    /// The form in which a record holds the value.
    type Stored: Store;

    /// Returns the value in the form in which a record holds it.
    fn keep(&'a self) -> Self::Stored;

    /// Returns the same as [`keep`](Self::keep). If the value is not recorded raw, the closure formats
    /// it.
    #[inline]
    fn keep_as(&'a self, _format: impl FnOnce(&mut Formatted) -> fmt::Result) -> Self::Stored {
        self.keep()
    }
}

/// The way of an [`Argument`].
#[derive(Debug)]
pub struct AsArgument;

impl<'a, T: Argument + ?Sized + 'a> Keep<'a, AsArgument> for T {
    type Stored = T::Stored<'a>;

    #[inline]
    fn keep(&'a self) -> Self::Stored {
        self.stored()
    }
}

/// The way of a type that holds a text, such as `String`, `Arc<str>` or `&Cow<str>`.
#[derive(Debug)]
pub struct AsText<Depth>(PhantomData<Depth>);

impl<'a, D, T: HoldsText<D> + Display + 'a> Keep<'a, AsText<D>> for T {
    type Stored = &'a str;

    #[inline]
    fn keep(&'a self) -> Self::Stored {
        self.text()
    }
}

/// The way of an `Option`, by the way of its value.
///
/// [`Argument`] holds for options as well, but only if their value can be borrowed for any
/// lifetime. An option of something borrowed cannot. Here the lifetime is known, so this comes
/// first.
#[derive(Debug)]
pub struct InOption<Way>(PhantomData<Way>);

impl<'a, W, T> Keep<'a, InOption<W>> for T
where
    T: Optional<Value: Keep<'a, W, Stored: ScalarStore> + 'a>,
{
    type Stored = Option<<T::Value as Keep<'a, W>>::Stored>;

    #[inline]
    fn keep(&'a self) -> Self::Stored {
        self.option().map(T::Value::keep)
    }
}

/// The way of a list and of a type that holds one, such as `Vec<u8>`, `Arc<[u8]>` or `&Cow<[u8]>`.
#[derive(Debug)]
pub struct AsList<Depth>(PhantomData<Depth>);

impl<'a, D, T: HoldsList<D> + Debug + ?Sized + 'a> Keep<'a, AsList<D>> for T {
    type Stored = <T::Element as Element>::Stored<&'a [u8]>;

    #[inline]
    fn keep(&'a self) -> Self::Stored {
        self.keep_as(|out| write!(out, "{self:?}"))
    }

    #[inline]
    fn keep_as(&'a self, format: impl FnOnce(&mut Formatted) -> fmt::Result) -> Self::Stored {
        T::Element::stored(T::Element::bytes(self.list()), format)
    }
}

/// The way of an `Option` of a list.
#[derive(Debug)]
pub struct AsOptionOfList<Depth>(PhantomData<Depth>);

impl<'a, D, T: Optional<Value: HoldsList<D> + 'a> + Debug> Keep<'a, AsOptionOfList<D>> for T {
    type Stored = <<T::Value as HoldsList<D>>::Element as Element>::Stored<Option<&'a [u8]>>;

    #[inline]
    fn keep(&'a self) -> Self::Stored {
        self.keep_as(|out| write!(out, "{self:?}"))
    }

    #[inline]
    fn keep_as(&'a self, format: impl FnOnce(&mut Formatted) -> fmt::Result) -> Self::Stored {
        let list = self.option().map(T::Value::list);
        let bytes = list.map(<T::Value as HoldsList<D>>::Element::bytes);
        <T::Value as HoldsList<D>>::Element::stored(bytes, format)
    }
}

/// The way of a type that is formatted by `Display`.
#[derive(Debug)]
pub struct AsDisplay;

impl<'a, T: Display + ?Sized> Keep<'a, AsDisplay> for T {
    type Stored = Formatted;

    #[inline]
    fn keep(&'a self) -> Formatted {
        Formatted::new(|out| write!(out, "{self}"))
    }

    #[inline]
    fn keep_as(&'a self, format: impl FnOnce(&mut Formatted) -> fmt::Result) -> Formatted {
        Formatted::new(format)
    }
}
