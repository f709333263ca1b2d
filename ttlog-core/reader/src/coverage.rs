//! The sequence numbers that have been read, by writer.

use core::ops::Range;
use std::collections::{BTreeMap, HashMap};

/// Sets of sequence numbers, one for each writer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    /// By writer: ranges with a gap between each two, the ends by the starts.
    ranges: HashMap<u64, BTreeMap<u64, u64>>,
}

impl Coverage {
    /// Returns the parts of `range` that are not covered.
    pub(crate) fn uncovered(&self, writer: u64, range: Range<u64>) -> Vec<Range<u64>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        if let Some(covered) = self.ranges.get(&writer) {
            if let Some((_, &end)) = covered.range(..=start).next_back() {
                start = start.max(end);
            }
            for (&next, &end) in covered.range(start..range.end.max(start)) {
                if start < next {
                    parts.push(start..next);
                }
                start = end;
            }
        }
        if start < range.end {
            parts.push(start..range.end);
        }
        parts
    }

    /// Adds a range.
    pub(crate) fn insert(&mut self, writer: u64, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let covered = self.ranges.entry(writer).or_default();
        let (mut start, mut end) = (range.start, range.end);
        // Joins the ranges that overlap it or touch it.
        while let Some((&other_start, &other_end)) = covered.range(..=end).next_back()
            && other_end >= start
        {
            covered.remove(&other_start);
            start = start.min(other_start);
            end = end.max(other_end);
        }
        covered.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coverage_is_a_set_of_numbers() {
        let mut random: u64 = 1;
        for _ in 0..200 {
            let mut coverage = Coverage::default();
            let mut model = [false; 64];
            for _ in 0..12 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let start = random >> 58;
                let range = start..(start + (random >> 40 & 15)).min(64);
                let uncovered: Vec<u64> = coverage
                    .uncovered(7, range.clone())
                    .into_iter()
                    .flatten()
                    .collect();
                let expected = range.clone().filter(|seq| !model[*seq as usize]);
                assert!(expected.eq(uncovered));
                range.clone().for_each(|seq| model[seq as usize] = true);
                coverage.insert(7, range);
            }
            assert_eq!(coverage.uncovered(8, 0..9).first(), Some(&(0..9)));
        }
    }
}
