//! The inverted index: from a word to the products that have it.

use std::collections::HashMap;

use crate::{ids::ProductId, protocol::search::Hit};

/// A word in a product's name says more than the name of its department.
const NAME_WEIGHT: f64 = 3.0;
const CATEGORY_WEIGHT: f64 = 1.0;

/// Words, each with the products that have it and how much it says about them.
#[derive(Debug, Default)]
pub struct Index {
    postings: HashMap<String, Vec<(ProductId, f64)>>,
    products: usize,
}

impl Index {
    /// Adds a product.
    pub fn add(&mut self, product: ProductId, name: &str, category: &str) {
        let mut weights: HashMap<String, f64> = HashMap::new();
        for (text, weight) in [(name, NAME_WEIGHT), (category, CATEGORY_WEIGHT)] {
            for word in words(text) {
                *weights.entry(word).or_default() += weight;
            }
        }
        for (word, weight) in weights {
            self.postings
                .entry(word)
                .or_default()
                .push((product, weight));
        }
        self.products += 1;
    }

    /// The products that have any of the words, the best first.
    ///
    /// A rare word counts for more than a common one; of equals, the lower id stands first.
    #[must_use]
    pub fn find(&self, text: &str, limit: usize) -> Vec<Hit> {
        let mut scores: HashMap<ProductId, f64> = HashMap::new();
        for word in words(text) {
            let Some(postings) = self.postings.get(&word) else {
                continue;
            };
            let rarity = (1.0 + self.products as f64 / postings.len() as f64).ln();
            for &(product, weight) in postings {
                *scores.entry(product).or_default() += weight * rarity;
            }
        }
        let mut hits: Vec<Hit> = scores
            .into_iter()
            .map(|(product, score)| Hit { product, score })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.product.cmp(&b.product)));
        hits.truncate(limit);
        hits
    }

    /// Products that have any of the words, as they come: no score is computed and nothing sorted,
    /// so it costs no more than what it answers.
    #[must_use]
    pub fn find_unranked(&self, text: &str, limit: usize) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for word in words(text) {
            for &(product, _) in self.postings.get(&word).into_iter().flatten() {
                if hits.len() == limit {
                    return hits;
                }
                if hits.iter().all(|hit| hit.product != product) {
                    let score = 0.0;
                    hits.push(Hit { product, score });
                }
            }
        }
        hits
    }

    /// How many products it holds.
    #[must_use]
    pub fn products(&self) -> usize {
        self.products
    }

    /// How many different words it knows.
    #[must_use]
    pub fn words(&self) -> usize {
        self.postings.len()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (id, name, category) in [
            (0, "Oak Desk", "Office"),
            (1, "Oak Chair", "Office"),
            (2, "Steel Desk", "Office"),
            (3, "Desk Lamp", "Light"),
            (4, "Garden Lamp", "Garden"),
        ] {
            index.add(ProductId(id), name, category);
        }
        index
    }

    fn ids(hits: &[Hit]) -> Vec<u32> {
        hits.iter().map(|hit| hit.product.0).collect()
    }

    fn found(text: &str, limit: usize) -> Vec<u32> {
        ids(&index().find(text, limit))
    }

    #[test]
    fn a_product_with_both_words_stands_before_those_with_one() {
        assert_eq!(found("oak desk", 9)[0], 0);
        assert_eq!(found("desk lamp", 9)[0], 3);
    }

    #[test]
    fn a_rare_word_counts_for_more_than_a_common_one() {
        assert_eq!(found("desk steel", 1), [2]);
        assert_eq!(found("desk chair", 9)[0], 1);
    }

    #[test]
    fn a_word_in_the_name_counts_for_more_than_the_department() {
        assert_eq!(found("garden", 9), [4]);
        assert_eq!(found("office", 9), [0, 1, 2]);
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert_eq!(found("  OAK, desk!", 1), [0]);
    }

    #[test]
    fn what_nobody_sells_is_not_found() {
        assert!(found("submarine", 9).is_empty());
        assert!(found("", 9).is_empty());
        assert!(found("desk", 0).is_empty());
    }

    #[test]
    fn without_ranking_the_same_products_are_found_each_once() {
        let index = index();
        for text in [
            "desk",
            "oak desk",
            "lamp desk oak",
            "garden",
            "submarine",
            "",
        ] {
            let mut ranked = ids(&index.find(text, 9));
            let mut unranked = ids(&index.find_unranked(text, 9));
            ranked.sort_unstable();
            unranked.sort_unstable();
            assert_eq!(ranked, unranked, "{text}");
        }
        assert_eq!(index.find_unranked("desk", 2).len(), 2);
        assert!(index.find_unranked("desk", 0).is_empty());
    }
}
