//! The search service: which products fit the words that a customer typed.

pub mod index;

use core::time::Duration;
use std::time::Instant;

use ttlog_std::{Level, debug, info, span, warn};

use self::index::Index;
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    catalogue::Catalogue,
    protocol::{
        analytics::{self, Fact},
        search::{Hit, Request},
    },
};

/// With less time left than this, the deadline is near.
const NEAR: Duration = Duration::from_millis(100);

/// The index of the catalogue.
pub struct Search {
    index: Index,
    analytics: Client<analytics::Request>,
}

impl Search {
    /// Indexes a catalogue.
    pub fn new(catalogue: &Catalogue, analytics: Client<analytics::Request>) -> Self {
        let mut index = Index::default();
        for product in catalogue.products() {
            index.add(product.id, &product.name, &product.category.to_string());
        }
        info!(
            products = index.products(),
            words = index.words(),
            "search.index ready"
        );
        Self { index, analytics }
    }

    fn find(&self, text: String, limit: usize, deadline: Deadline) -> Vec<Hit> {
        let _span = span!(Level::Debug, "search.find");
        let left = deadline.left(Instant::now());
        let found = if has_time_to_rank(left) {
            self.index.find(&text, limit)
        } else {
            let left_us = left.as_micros() as u64;
            warn!("search.degraded unranked left_us={left_us} text={text}");
            self.tell(Fact::Degraded { what: Self::NAME });
            self.index.find_unranked(&text, limit)
        };
        let hits = found.len();
        match found.first() {
            Some(Hit { product, score }) => {
                debug!("search.find text={text} hits={hits} best={product} score={score:.2}");
            }
            None => debug!("search.find nothing text={text}"),
        }
        self.tell(Fact::Searched { text, hits });
        found
    }

    fn tell(&self, fact: Fact) {
        self.analytics.tell(analytics::Request::Happened(fact));
    }
}

/// Whoever has waited so long that little is left had better get some answer than the best one too
/// late. That happens only while the service is slow, or has much to do.
fn has_time_to_rank(left: Duration) -> bool {
    left >= NEAR
}

impl Service for Search {
    const NAME: &'static str = "search";
    type Request = Request;

    fn handle(&self, request: Request, deadline: Deadline) -> Outcome {
        match request {
            Request::Find { text, limit, reply } => reply.value(self.find(text, limit, deadline)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::deaf::deaf;

    #[test]
    fn an_answer_is_ranked_only_where_there_is_time_for_it() {
        let search = Search::new(&Catalogue::seeded(1), deaf());
        let scores = |deadline| {
            let hits = search.find("lamp light".into(), 5, deadline);
            assert_eq!(hits.len(), 5);
            hits.iter().map(|hit| hit.score).sum::<f64>()
        };
        assert!(scores(Deadline::within(2 * NEAR)) > 0.0);
        assert_eq!(scores(Deadline::within(NEAR / 2)), 0.0);
        assert_eq!(scores(Deadline::within(Duration::ZERO)), 0.0);
    }
}
