//! Why an event was not recorded.

/// The cause for which an event was dropped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum DropCause {
    /// The event interrupted another record of the same writer, and the page had no room behind it.
    Nested = 0,
    /// All pages were owned by other writers.
    NoPage = 1,
    /// The record does not fit a page even with its text cut to nothing.
    TooLong = 2,
    /// The program has more callsites than there are ids.
    NoId = 3,
}

impl DropCause {
    /// All causes, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Nested, Self::NoPage, Self::TooLong, Self::NoId];

    /// Number of causes.
    pub const COUNT: usize = Self::ALL.len();

    /// Returns the cause as `dump` prints it, `no_page` for example.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::DropCause;
    ///
    /// let names = DropCause::ALL.map(DropCause::name);
    /// assert_eq!(names, ["nested", "no_page", "too_long", "no_id"]);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nested => "nested",
            Self::NoPage => "no_page",
            Self::TooLong => "too_long",
            Self::NoId => "no_id",
        }
    }
}
