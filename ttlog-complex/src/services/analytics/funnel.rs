//! The funnel: how far each visit came.

use std::collections::{HashMap, VecDeque};

use super::window::percent;

/// How many visits are remembered at once; the oldest is forgotten, and counts where it got to.
const VISITS_REMEMBERED: usize = 4_096;

/// How far a visit can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Logged in.
    Visit,
    /// Searched for something.
    Search,
    /// Looked at a product.
    View,
    /// Asked what a basket costs.
    Basket,
    /// Bought it.
    Order,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Visit,
        Self::Search,
        Self::View,
        Self::Basket,
        Self::Order,
    ];

    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Search => "search",
            Self::View => "view",
            Self::Basket => "basket",
            Self::Order => "order",
        }
    }
}

/// How many visits reached each stage. A visit is known by its trace, and counts once for a stage
/// however often it got there.
#[derive(Clone, Debug, Default)]
pub struct Funnel {
    reached: [u64; 5],
    /// A bit for each stage.
    visits: HashMap<u128, u8>,
    oldest_first: VecDeque<u128>,
}

impl Funnel {
    /// Notes that a visit has reached a stage.
    pub fn reach(&mut self, visit: u128, stage: Stage) {
        if !self.visits.contains_key(&visit) {
            if self.visits.len() == VISITS_REMEMBERED
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.visits.remove(&oldest);
            }
            self.oldest_first.push_back(visit);
        }
        let stages = self.visits.entry(visit).or_default();
        let bit = 1 << stage as u8;
        if *stages & bit == 0 {
            *stages |= bit;
            self.reached[stage as usize] += 1;
        }
    }

    /// How many visits reached a stage.
    #[must_use]
    pub fn reached(&self, stage: Stage) -> u64 {
        self.reached[stage as usize]
    }

    /// Each stage with the visits that reached it, and what share of all visits these are.
    ///
    /// Not everybody searches: some walk through a department, so more may view than search.
    #[must_use]
    pub fn stages(&self) -> [(Stage, u64, f64); 5] {
        let visits = self.reached(Stage::Visit);
        Stage::ALL.map(|stage| {
            let reached = self.reached(stage);
            (stage, reached, percent(reached, visits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_counts_once_for_each_stage() {
        let mut funnel = Funnel::default();
        for stage in [Stage::Visit, Stage::View, Stage::View, Stage::Basket] {
            funnel.reach(1, stage);
        }
        funnel.reach(2, Stage::Visit);
        let reached = Stage::ALL.map(|stage| funnel.reached(stage));
        assert_eq!(reached, [2, 0, 1, 1, 0]);
        assert_eq!(funnel.stages()[2], (Stage::View, 1, 50.0));
    }

    #[test]
    fn only_so_many_visits_are_remembered() {
        let mut funnel = Funnel::default();
        let many = 3 * VISITS_REMEMBERED as u128;
        for visit in 0..many {
            funnel.reach(visit, Stage::Visit);
        }
        assert_eq!(funnel.reached(Stage::Visit), many as u64);
        assert_eq!(funnel.visits.len(), VISITS_REMEMBERED);
        assert_eq!(funnel.oldest_first.len(), VISITS_REMEMBERED);
    }
}
