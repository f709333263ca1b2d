//! The cache: what was suggested before, for when nothing better is to be had.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use crate::ids::ProductId;

/// For how many products suggestions are kept; the oldest go first.
const PRODUCTS_KEPT: usize = 512;
/// As long as this a suggestion is as good as a new one.
const FRESH: Duration = Duration::from_millis(500);

/// Suggestions by product, each with its age.
#[derive(Debug, Default)]
pub struct Cache {
    kept: HashMap<ProductId, Kept>,
    oldest_first: VecDeque<ProductId>,
    /// The product that was put in last: what goes with it may go with others.
    last: Option<ProductId>,
}

#[derive(Debug)]
struct Kept {
    suggested: Vec<ProductId>,
    at: Duration,
}

impl Cache {
    /// Keeps what was suggested with a product. Nothing is not worth keeping.
    pub fn put(&mut self, product: ProductId, suggested: Vec<ProductId>, now: Duration) {
        if suggested.is_empty() {
            return;
        }
        let kept = Kept { suggested, at: now };
        if self.kept.insert(product, kept).is_none() {
            self.oldest_first.push_back(product);
        }
        if self.kept.len() > PRODUCTS_KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.kept.remove(&oldest);
        }
        self.last = Some(product);
    }

    /// What was suggested with the product a moment ago, if it was as much as is wanted now.
    #[must_use]
    pub fn fresh(&self, product: ProductId, limit: usize, now: Duration) -> Option<Vec<ProductId>> {
        let kept = self.kept.get(&product)?;
        (kept.at + FRESH > now && kept.suggested.len() >= limit)
            .then(|| kept.suggested[..limit].to_vec())
    }

    /// What was suggested with the product at any time, or else with the last one of all.
    #[must_use]
    pub fn stale(&self, product: ProductId, limit: usize) -> Vec<ProductId> {
        let last = self.last.and_then(|last| self.kept.get(&last));
        let kept = self.kept.get(&product).or(last);
        let suggested = kept.into_iter().flat_map(|kept| &kept.suggested);
        let others = suggested.copied().filter(|&other| other != product);
        others.take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ProductId = ProductId(0);
    const B: ProductId = ProductId(1);
    const C: ProductId = ProductId(2);
    const NOW: Duration = Duration::from_secs(5);

    #[test]
    fn a_suggestion_is_fresh_for_a_moment_and_stale_for_ever() {
        let mut cache = Cache::default();
        cache.put(A, vec![B, C], NOW);
        assert_eq!(cache.fresh(A, 1, NOW), Some(vec![B]));
        assert_eq!(cache.fresh(A, 3, NOW), None, "more is wanted");
        assert_eq!(cache.fresh(A, 1, NOW + FRESH), None);
        assert_eq!(cache.stale(A, 9), [B, C]);
    }

    #[test]
    fn an_unknown_product_gets_what_was_suggested_last_but_not_itself() {
        let mut cache = Cache::default();
        assert_eq!(cache.stale(A, 9), []);
        cache.put(A, vec![B, C], NOW);
        cache.put(C, Vec::new(), NOW);
        assert_eq!(cache.stale(B, 9), [C]);
    }

    #[test]
    fn only_so_much_is_kept() {
        let mut cache = Cache::default();
        for product in 0..3 * PRODUCTS_KEPT as u32 {
            cache.put(ProductId(product), vec![A], NOW);
        }
        assert_eq!(cache.kept.len(), PRODUCTS_KEPT);
        assert_eq!(cache.oldest_first.len(), PRODUCTS_KEPT);
    }
}
