//! The tags that the choice returns. A tag records a value in the chosen way.

use core::{
    fmt::{self, Debug, Write},
    marker::PhantomData,
};

use super::keep::Keep;
use crate::argument::Formatted;

/// The tag of a way that the type of the value is known to have.
#[derive(Debug)]
pub struct By<Way>(PhantomData<Way>);

impl<Way> Default for By<Way> {
    #[inline]
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Way> By<Way> {
    /// Returns the value as a record holds it.
    #[inline]
    pub fn capture<'a, T: Keep<'a, Way> + ?Sized>(self, value: &'a T) -> T::Stored {
        value.keep()
    }

    /// Returns the value as a record holds it. If it is not recorded raw, `format`
    /// formats it.
    #[inline]
    pub fn capture_as<'a, T: Keep<'a, Way> + ?Sized>(
        self,
        value: &'a T,
        format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> T::Stored {
        value.keep_as(format)
    }
}

/// The tag of all other values. `Debug` is required only here, so that a type without it is
/// reported once.
#[derive(Debug)]
pub struct ByDebug<Way = ()>(PhantomData<Way>);

impl<Way> Default for ByDebug<Way> {
    #[inline]
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Way> ByDebug<Way> {
    /// Formats the value by `{:?}`.
    #[inline]
    pub fn capture<T: Debug + ?Sized>(self, value: &T) -> Formatted {
        Formatted::new(|out| write!(out, "{value:?}"))
    }

    /// Formats the value by `format`.
    #[inline]
    pub fn capture_as<T: ?Sized>(
        self,
        _value: &T,
        format: impl FnOnce(&mut Formatted) -> fmt::Result,
    ) -> Formatted {
        Formatted::new(format)
    }
}
