//! Money: whole cents, never a float.

use core::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub, SubAssign},
};

/// An amount of money in cents. Negative where something is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cents(pub i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The price of `quantity` pieces.
    #[must_use]
    pub fn times(self, quantity: u32) -> Self {
        Self(self.0 * i64::from(quantity))
    }

    /// `percent` of the amount, to the nearest cent; half a cent is rounded up.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        Self((self.0 * i64::from(percent) + 50).div_euclid(100))
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(out, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl Add for Cents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Cents {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_to_the_nearest_cent_and_half_a_cent_up() {
        for (amount, percent, expected) in [
            (0, 15, 0),
            (999, 10, 100),
            (994, 10, 99),
            (995, 10, 100),
            (10, 5, 1),
            (9, 5, 0),
            (12_345, 100, 12_345),
        ] {
            assert_eq!(
                Cents(amount).percent(percent),
                Cents(expected),
                "{percent} % of {amount}"
            );
        }
    }

    #[test]
    fn an_amount_shows_two_decimals_and_its_sign() {
        let shown: Vec<String> = [0, 5, 120, -7, -12_345]
            .map(|n| Cents(n).to_string())
            .into();
        assert_eq!(shown, ["0.00", "0.05", "1.20", "-0.07", "-123.45"]);
    }
}
