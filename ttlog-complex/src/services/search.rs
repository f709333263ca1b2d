//! The search service: which products fit the words that a customer typed.

pub mod index;

use ttlog_std::{Level, debug, info, span};

use self::index::Index;
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    catalogue::Catalogue,
    protocol::{
        analytics::{self, Fact},
        search::{Hit, Request},
    },
};

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

    fn find(&self, text: String, limit: usize) -> Vec<Hit> {
        let _span = span!(Level::Debug, "search.find");
        let found = self.index.find(&text, limit);
        let hits = found.len();
        match found.first() {
            Some(Hit { product, score }) => {
                debug!("search.find text={text} hits={hits} best={product} score={score:.2}");
            }
            None => debug!("search.find nothing text={text}"),
        }
        self.analytics
            .tell(analytics::Request::Happened(Fact::Searched { text, hits }));
        found
    }
}

impl Service for Search {
    const NAME: &'static str = "search";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Find { text, limit, reply } => reply.value(self.find(text, limit)),
        }
    }
}
