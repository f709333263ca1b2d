//! The basket: what a customer wants, and how much of it.

use crate::ids::ProductId;

/// One product and a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub product: ProductId,
    /// How many; at least one.
    pub quantity: u32,
}

/// How many pieces the lines hold together.
#[must_use]
pub fn units(lines: &[Line]) -> u32 {
    lines.iter().map(|line| line.quantity).sum()
}
