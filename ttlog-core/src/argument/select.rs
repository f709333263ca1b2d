//! The choice, by type and at compile time, of how an argument is recorded.
//!
//! `(&&&&&Probe(&value)).ttlog_select()` finds the trait below whose receiver needs the fewest
//! references taken off, so the first that holds wins: an option, raw, text, `Display`, `Debug`.
//! (This is known as autoref-based specialization.) What comes back is a tag without size; the
//! macros call [`capture`](Raw::capture) on it, or [`capture_as`](Raw::capture_as) where the
//! message has a format spec for the argument.

use core::{
    borrow::Borrow,
    fmt::{self, Debug, Display, Write},
    ops::Deref,
};

use super::{Argument, Formatted, ScalarStore, Store};

/// An argument whose way is to be chosen.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// An option of what can be recorded raw, for as long as it is borrowed.
///
/// [`Argument`] holds for options too, but asks that the value can be recorded for whatever time
/// it is borrowed; an option of something borrowed does not meet that. Here the time is known.
pub trait Optional<'a> {
    /// What is written for it.
    type Stored: Store;

    /// The value as it is written.
    fn stored(&'a self) -> Self::Stored;
}

impl<'a, T: Argument + 'a> Optional<'a> for Option<T>
where
    T::Stored<'a>: ScalarStore,
{
    type Stored = Option<T::Stored<'a>>;

    #[inline]
    fn stored(&'a self) -> Self::Stored {
        self.as_ref().map(T::stored)
    }
}

impl<'a, T: Optional<'a>> Optional<'a> for &T {
    type Stored = T::Stored;

    #[inline]
    fn stored(&'a self) -> Self::Stored {
        (**self).stored()
    }
}

/// Record an option raw.
#[derive(Clone, Copy, Debug)]
pub struct RawOption;

impl RawOption {
    /// The value as it is.
    #[inline]
    pub fn capture<'a, T: Optional<'a>>(self, value: &'a T) -> T::Stored {
        value.stored()
    }

    /// The value as it is; the decoder applies the format.
    #[inline]
    pub fn capture_as<'a, T: Optional<'a>>(
        self,
        value: &'a T,
        _format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> T::Stored {
        value.stored()
    }
}

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
    /// The text; whatever it lies behind is taken off where this is called.
    #[inline]
    pub fn capture(self, text: &str) -> <str as Argument>::Stored<'_> {
        text.stored()
    }

    /// The text; the decoder applies the format.
    #[inline]
    pub fn capture_as(
        self,
        text: &str,
        _format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> <str as Argument>::Stored<'_> {
        text.stored()
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
pub trait SelectOption {
    /// Answers [`RawOption`].
    #[inline]
    fn ttlog_select(&self) -> RawOption {
        RawOption
    }
}

impl<'a, T: Optional<'a>> SelectOption for &&&&Probe<'a, T> {}

/// Second choice.
pub trait SelectRaw {
    /// Answers [`Raw`].
    #[inline]
    fn ttlog_select(&self) -> Raw {
        Raw
    }
}

impl<T: Argument + ?Sized> SelectRaw for &&&Probe<'_, T> {}

/// A type that is a text in another dress. `Borrow<str>` is asked for because its contract (equal
/// to, ordered as and hashed as the text) rules out types that deref to a text but show another.
pub trait Text: Deref<Target = str> + Borrow<str> + Display {}

impl<T: Deref<Target = str> + Borrow<str> + Display> Text for T {}

/// Third choice. The number only tells the implementations apart, of which one holds at most.
pub trait SelectText<const NUMBER: usize> {
    /// Answers [`AsText`].
    #[inline]
    fn ttlog_select(&self) -> AsText {
        AsText
    }
}

impl<T: Text> SelectText<0> for &&Probe<'_, T> {}
impl<T: Text> SelectText<1> for &&Probe<'_, &T> {}
impl<T: Text> SelectText<2> for &&Probe<'_, &&T> {}
impl<T: Text> SelectText<3> for &&Probe<'_, &mut T> {}

/// Fourth choice.
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
