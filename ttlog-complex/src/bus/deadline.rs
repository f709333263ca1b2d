//! The deadline: when an answer stops being of use.

use core::time::Duration;
use std::time::Instant;

/// A moment that travels with a request. What is called on the way inherits it, so nobody works
/// for a caller who has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment `patience` after `now`.
    #[must_use]
    pub fn after(now: Instant, patience: Duration) -> Self {
        Self(now + patience)
    }

    /// The moment `patience` from now.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        Self::after(Instant::now(), patience)
    }

    /// Whether it is over.
    #[must_use]
    pub fn has_passed(self, now: Instant) -> bool {
        self.0 <= now
    }

    /// How much time is left.
    #[must_use]
    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// As the channels take it.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0
    }
}
