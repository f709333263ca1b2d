//! The recommendation service: what else somebody may like.

pub mod affinity;
pub mod cache;
pub mod shelf;

use core::time::Duration;
use std::time::Instant;

use ttlog_std::{Level, debug, span, trace, warn};

use self::{affinity::Affinity, cache::Cache};
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::ProductId,
    protocol::{
        analytics::{self, Fact},
        recommendation::Request,
    },
    shared::Shared,
};

/// With less time left than this, the deadline is near.
const NEAR: Duration = Duration::from_millis(100);

/// What was bought together so far.
pub struct Recommendation {
    affinity: Shared<Affinity>,
    cache: Shared<Cache>,
    clock: Clock,
    analytics: Client<analytics::Request>,
}

impl Recommendation {
    /// Nothing was bought yet.
    pub fn new(clock: Clock, analytics: Client<analytics::Request>) -> Self {
        Self {
            affinity: Shared::default(),
            cache: Shared::default(),
            clock,
            analytics,
        }
    }

    fn suggest(&self, product: ProductId, limit: usize, deadline: Deadline) -> Vec<ProductId> {
        let _span = span!(Level::Debug, "recommendation.suggest", product);
        let now = self.clock.now();
        if let Some(suggested) = self.cache.lock().fresh(product, limit, now) {
            debug!("recommendation.suggest product={product} from=cache");
            return suggested;
        }
        let left = deadline.left(Instant::now());
        if !has_time_to_compute(left) {
            let suggested = self.cache.lock().stale(product, limit);
            let left_us = left.as_micros() as u64;
            warn!("recommendation.degraded from cache left_us={left_us}");
            let fact = Fact::Degraded { what: Self::NAME };
            self.analytics.tell(analytics::Request::Happened(fact));
            return suggested;
        }
        let suggested = self.affinity.lock().suggest(product, limit);
        self.cache.lock().put(product, suggested.clone(), now);
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

    fn handle(&self, request: Request, deadline: Deadline) -> Outcome {
        match request {
            Request::Suggest {
                product,
                limit,
                reply,
            } => reply.value(self.suggest(product, limit, deadline)),
            Request::Bought { products } => {
                self.learn(&products);
                Outcome::Served
            }
        }
    }
}

/// Whoever has waited so long that little is left gets what is at hand.
fn has_time_to_compute(left: Duration) -> bool {
    left >= NEAR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::deaf::deaf;

    #[test]
    fn who_has_waited_long_gets_what_was_suggested_before() {
        let clock = Clock::manual();
        let service = Recommendation::new(clock.clone(), deaf());
        let [one, other, third] = [1, 2, 3].map(ProductId);
        let suggest = |patience| service.suggest(one, 1, Deadline::within(patience));
        service.learn(&[one, other]);
        assert_eq!(suggest(2 * NEAR), [other]);
        service.learn(&[one, third]);
        service.learn(&[one, third]);
        assert_eq!(suggest(2 * NEAR), [other], "a moment ago is as good");
        clock.pause(Duration::from_secs(9));
        assert_eq!(suggest(NEAR / 2), [other], "there is no time");
        assert_eq!(suggest(2 * NEAR), [third]);
    }
}
