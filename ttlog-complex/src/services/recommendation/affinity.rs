//! The affinity of products: how often two of them were bought together.

use std::collections::{BTreeMap, HashMap};

use crate::ids::ProductId;

/// Counts of pairs, and of orders for each product.
#[derive(Debug, Default)]
pub struct Affinity {
    together: HashMap<ProductId, BTreeMap<ProductId, u32>>,
    orders: BTreeMap<ProductId, u32>,
}

impl Affinity {
    /// Learns from one order; answers how many pairs it held.
    pub fn learn(&mut self, products: &[ProductId]) -> usize {
        let mut pairs = 0;
        for (position, &one) in products.iter().enumerate() {
            *self.orders.entry(one).or_default() += 1;
            for &other in products[position + 1..]
                .iter()
                .filter(|&&other| other != one)
            {
                *self
                    .together
                    .entry(one)
                    .or_default()
                    .entry(other)
                    .or_default() += 1;
                *self
                    .together
                    .entry(other)
                    .or_default()
                    .entry(one)
                    .or_default() += 1;
                pairs += 1;
            }
        }
        pairs
    }

    /// What was most often bought together with `product`; where that is not enough, what is
    /// bought most often at all. Of equals, the lower id stands first.
    #[must_use]
    pub fn suggest(&self, product: ProductId, limit: usize) -> Vec<ProductId> {
        let mut suggested = Vec::new();
        for counts in self
            .together
            .get(&product)
            .into_iter()
            .chain([&self.orders])
        {
            let mut ranked: Vec<_> = counts.iter().collect();
            ranked.sort_by_key(|&(id, &count)| (core::cmp::Reverse(count), *id));
            for (&id, _) in ranked {
                if suggested.len() == limit {
                    return suggested;
                }
                if id != product && !suggested.contains(&id) {
                    suggested.push(id);
                }
            }
        }
        suggested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProductId = ProductId(0);
    const B: ProductId = ProductId(1);
    const C: ProductId = ProductId(2);
    const D: ProductId = ProductId(3);

    #[test]
    fn what_is_bought_together_most_often_stands_first() {
        let mut affinity = Affinity::default();
        for order in [[A, B], [A, C], [C, A], [D, B]] {
            assert_eq!(affinity.learn(&order), 1);
        }
        assert_eq!(affinity.suggest(A, 2), [C, B]);
    }

    #[test]
    fn the_most_bought_fill_up_what_pairs_do_not() {
        let mut affinity = Affinity::default();
        affinity.learn(&[A, B]);
        affinity.learn(&[D]);
        affinity.learn(&[D]);
        assert_eq!(affinity.suggest(A, 3), [B, D]);
        assert_eq!(affinity.suggest(C, 1), [D]);
    }

    #[test]
    fn nothing_is_suggested_before_anything_was_bought() {
        assert!(Affinity::default().suggest(A, 3).is_empty());
    }

    #[test]
    fn a_product_twice_in_an_order_is_no_pair() {
        assert_eq!(Affinity::default().learn(&[A, A]), 0);
    }
}
