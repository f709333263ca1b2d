//! Options behind references.

/// An `Option`, or a reference to one.
pub trait Optional {
    /// The type of its value.
    type Value;

    /// Returns the option of a reference to the value.
    fn option(&self) -> Option<&Self::Value>;
}

impl<T> Optional for Option<T> {
    type Value = T;

    #[inline]
    fn option(&self) -> Option<&T> {
        self.as_ref()
    }
}

impl<T: Optional> Optional for &T {
    type Value = T::Value;

    #[inline]
    fn option(&self) -> Option<&T::Value> {
        (**self).option()
    }
}

impl<T: Optional> Optional for &mut T {
    type Value = T::Value;

    #[inline]
    fn option(&self) -> Option<&T::Value> {
        (**self).option()
    }
}
