//! The checks: what must hold when the shop has closed, whatever went wrong while it was open.
//!
//! ```text
//! books      1 stock, 2 money, 3 bank, 4 shipping, 5 nothing open    what the services kept
//! stored     6 audit chain, 7 database                               what was written down
//! evidence   8 failed orders, 9 snapshots, 10 chaos, 11 crashes      what the recorder shows
//! cost       12 an event, the recorder's share                       what that took
//! ```

pub mod books;
pub mod cost;
pub mod evidence;
pub mod stored;

pub use self::{cost::Cost, evidence::Evidence, stored::Stored};

/// A check, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its number, from 1 to 12.
    pub number: u8,
    /// What must hold.
    pub name: &'static str,
    /// Whether it does.
    pub passed: bool,
    /// The numbers on both sides.
    pub figures: String,
}

impl Check {
    /// A check that came out so.
    #[must_use]
    pub fn new(number: u8, name: &'static str, passed: bool, figures: String) -> Self {
        Self {
            number,
            name,
            passed,
            figures,
        }
    }
}

/// The first few of several, for people to read: `3, 5, 8 and 4 more`.
fn some<T: ToString>(several: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 5;
    let mut several = several.into_iter();
    let first: Vec<String> = several
        .by_ref()
        .take(SHOWN)
        .map(|it| it.to_string())
        .collect();
    let first = first.join(", ");
    match several.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_only_some_are_shown() {
        assert_eq!(some([1, 2]), "1, 2");
        assert_eq!(some(1..=9), "1, 2, 3, 4, 5 and 4 more");
    }
}
