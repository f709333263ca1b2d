//! The choice, by type and at compile time, of how an argument is recorded.
//!
//! `(&&&&Probe(&value)).ttlog_select()` finds the trait below whose receiver needs the fewest
//! references taken off, so the first that holds wins: raw, text, `Display`, `Debug`. (This is
//! known as autoref-based specialization.) What comes back is a tag without size; the macros call
//! [`capture`](Raw::capture) on it, or [`capture_as`](Raw::capture_as) where the message has a
//! format spec for the argument.

use core::{
    borrow::Borrow,
    fmt::{self, Debug, Display, Write},
    ops::Deref,
};

use super::{Argument, Formatted};

/// An argument whose way is to be chosen.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// Record it raw.
#[derive(Clone, Copy, Debug)]
pub struct Raw;

impl Raw {
    /// The value as it is.
    #[inline]
    pub fn capture<T: Argument + ?Sized>(self, value: &T) -> T::Stored<'_> {
        value.stored()
    }

    /// The value as it is; the decoder applies the format.
    #[inline]
    pub fn capture_as<T: Argument + ?Sized>(
        self,
        value: &T,
        _format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> T::Stored<'_> {
        value.stored()
    }
}

/// Record the text that it derefs to (`String`, `Arc<str>`, `Cow<str>`, `heapless::String`).
#[derive(Clone, Copy, Debug)]
pub struct AsText;

impl AsText {
    /// The text.
    #[inline]
    pub fn capture<T: Deref<Target = str>>(self, value: &T) -> <str as Argument>::Stored<'_> {
        (**value).stored()
    }

    /// The text; the decoder applies the format.
    #[inline]
    pub fn capture_as<T: Deref<Target = str>>(
        self,
        value: &T,
        _format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> <str as Argument>::Stored<'_> {
        (**value).stored()
    }
}

/// Format it by `Display`.
#[derive(Clone, Copy, Debug)]
pub struct ByDisplay;

impl ByDisplay {
    /// The value formatted by `{}`.
    #[inline]
    pub fn capture<T: Display + ?Sized>(self, value: &T) -> Formatted {
        Formatted::new(|out| write!(out, "{value}"))
    }

    /// The value formatted as the message says.
    #[inline]
    pub fn capture_as<T: ?Sized>(
        self,
        _value: &T,
        format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> Formatted {
        Formatted::new(format)
    }
}

/// Format it by `Debug`.
#[derive(Clone, Copy, Debug)]
pub struct ByDebug;

impl ByDebug {
    /// The value formatted by `{:?}`.
    #[inline]
    pub fn capture<T: Debug + ?Sized>(self, value: &T) -> Formatted {
        Formatted::new(|out| write!(out, "{value:?}"))
    }

    /// The value formatted as the message says.
    #[inline]
    pub fn capture_as<T: ?Sized>(
        self,
        _value: &T,
        format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> Formatted {
        Formatted::new(format)
    }
}

/// First choice.
pub trait SelectRaw {
    /// Answers [`Raw`].
    #[inline]
    fn ttlog_select(&self) -> Raw {
        Raw
    }
}

impl<T: Argument + ?Sized> SelectRaw for &&&Probe<'_, T> {}

/// Second choice. `Borrow<str>` is asked for because its contract (equal to, ordered as and hashed
/// as the text) rules out types that deref to a text but show another.
pub trait SelectText {
    /// Answers [`AsText`].
    #[inline]
    fn ttlog_select(&self) -> AsText {
        AsText
    }
}

impl<T: Deref<Target = str> + Borrow<str> + Display> SelectText for &&Probe<'_, T> {}

/// Third choice.
pub trait SelectDisplay {
    /// Answers [`ByDisplay`].
    #[inline]
    fn ttlog_select(&self) -> ByDisplay {
        ByDisplay
    }
}

impl<T: Display + ?Sized> SelectDisplay for &Probe<'_, T> {}

/// Last choice.
pub trait SelectDebug {
    /// Answers [`ByDebug`].
    #[inline]
    fn ttlog_select(&self) -> ByDebug {
        ByDebug
    }
}

// Without a bound: a type that has neither is reported where it is formatted, in one error.
impl<T: ?Sized> SelectDebug for Probe<'_, T> {}
