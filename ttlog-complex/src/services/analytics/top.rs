//! The top list: what was counted most, in bounded memory.

use core::{cmp::Reverse, hash::Hash};
use std::collections::HashMap;

/// How many keys are counted at once.
const KEYS: usize = 128;

/// Counts of the most frequent keys, by the "space saving" method.
///
/// While there are no more than 128 keys the counts are exact. Afterwards a new key takes the place
/// of the least frequent one, and its count along: then a count may be too high, by that of the
/// place at most, and no key that makes up more than a 128th of all is ever missing.
#[derive(Clone, Debug)]
pub struct Top<K> {
    counts: HashMap<K, u64>,
}

impl<K> Default for Top<K> {
    fn default() -> Self {
        Self {
            counts: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Top<K> {
    /// Counts a key.
    pub fn count(&mut self, key: K) {
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
            return;
        }
        let mut inherited = 0;
        if self.counts.len() >= KEYS {
            // Of equals the last by its order, so that a run can be repeated.
            let least = self
                .counts
                .iter()
                .min_by_key(|&(key, &count)| (count, Reverse(key)))
                .map(|(key, _)| key.clone());
            if let Some(least) = least {
                inherited = self.counts.remove(&least).unwrap_or_default();
            }
        }
        self.counts.insert(key, inherited + 1);
    }

    /// The keys that were counted most, each with its count; of equals, the lesser stands first.
    #[must_use]
    pub fn ranked(&self, limit: usize) -> Vec<(K, u64)> {
        let mut ranked: Vec<_> = self.counts.iter().collect();
        ranked.sort_by_key(|&(key, &count)| (Reverse(count), key));
        ranked.truncate(limit);
        ranked
            .into_iter()
            .map(|(key, &count)| (key.clone(), count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_keys_are_counted_exactly() {
        let mut top = Top::default();
        for key in "abracadabra".chars() {
            top.count(key);
        }
        assert_eq!(top.ranked(3), [('a', 5), ('b', 2), ('r', 2)]);
    }

    #[test]
    fn a_frequent_key_is_found_among_many_rare_ones() {
        let mut top = Top::default();
        for number in 0..10_000_u32 {
            top.count(number + 10);
            if number % 20 == 0 {
                top.count(7);
            }
        }
        assert_eq!(top.counts.len(), KEYS);
        let (first, count) = top.ranked(1)[0];
        assert_eq!(first, 7);
        assert!(count >= 500, "{count}");
    }
}
