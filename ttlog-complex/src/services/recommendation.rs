//! The recommendation service: what else somebody may like.

pub mod affinity;

use ttlog_std::{Level, debug, span, trace};

use self::affinity::Affinity;
use crate::{
    bus::{Deadline, Outcome, Service},
    ids::ProductId,
    protocol::recommendation::Request,
    shared::Shared,
};

/// What was bought together so far.
#[derive(Default)]
pub struct Recommendation {
    affinity: Shared<Affinity>,
}

impl Recommendation {
    fn suggest(&self, product: ProductId, limit: usize) -> Vec<ProductId> {
        let _span = span!(Level::Debug, "recommendation.suggest", product);
        let suggested = self.affinity.lock().suggest(product, limit);
        debug!(
            product,
            suggested = suggested.len(),
            "recommendation.suggest"
        );
        suggested
    }

    fn learn(&self, products: &[ProductId]) {
        let pairs = self.affinity.lock().learn(products);
        trace!("recommendation.learn pairs={pairs}");
    }
}

impl Service for Recommendation {
    const NAME: &'static str = "recommendation";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Suggest {
                product,
                limit,
                reply,
            } => reply.value(self.suggest(product, limit)),
            Request::Bought { products } => {
                self.learn(&products);
                Outcome::Served
            }
        }
    }
}
