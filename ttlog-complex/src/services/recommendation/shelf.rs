//! The shelf at the door: suggestions for customers, even while the service is away.

use std::sync::Arc;

use ttlog_std::{debug, warn};

use super::cache::Cache;
use crate::{
    bus::{Client, Deadline},
    clock::Clock,
    ids::ProductId,
    protocol::{
        analytics::{self, Fact},
        recommendation::Request,
    },
    shared::Shared,
};

/// A customer's way to suggestions. It remembers what the service said, and never fails.
#[derive(Clone)]
pub struct Shelf(Arc<Inner>);

struct Inner {
    service: Client<Request>,
    analytics: Client<analytics::Request>,
    cache: Shared<Cache>,
    clock: Clock,
}

impl Shelf {
    /// An empty shelf before `service`.
    #[must_use]
    pub fn new(
        service: Client<Request>,
        analytics: Client<analytics::Request>,
        clock: Clock,
    ) -> Self {
        let cache = Shared::default();
        Self(Arc::new(Inner {
            service,
            analytics,
            cache,
            clock,
        }))
    }

    /// What others bought with a product; from the cache where the service does not answer.
    #[must_use]
    pub fn suggest(&self, deadline: Deadline, product: ProductId, limit: usize) -> Vec<ProductId> {
        let Inner {
            service,
            analytics,
            cache,
            clock,
        } = &*self.0;
        let ask = |reply| Request::Suggest {
            product,
            limit,
            reply,
        };
        match service.call(deadline, ask) {
            Ok(suggested) => {
                let kept = suggested.clone();
                cache.lock().put(product, kept, clock.now());
                suggested
            }
            Err(why) => {
                let suggested = cache.lock().stale(product, limit);
                let count = suggested.len();
                warn!("recommendation.degraded from cache suggested={count} error={why}");
                let what = "recommendation";
                analytics.tell(analytics::Request::Happened(Fact::Degraded { what }));
                debug!("recommendation.cached product={product} suggested={suggested:?}");
                suggested
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;
    use crate::{
        bus::{Crew, Outcome, PATIENCE, Service},
        services::deaf::deaf,
    };

    const BOUGHT_WITH: ProductId = ProductId(7);

    struct Moody {
        away: Arc<AtomicBool>,
    }

    impl Service for Moody {
        const NAME: &'static str = "moody";
        type Request = Request;

        fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
            match request {
                Request::Suggest { reply, .. } if !self.away.load(Relaxed) => {
                    reply.value(vec![BOUGHT_WITH])
                }
                _ => Outcome::Unheard,
            }
        }
    }

    #[test]
    fn what_the_service_said_is_said_again_while_it_is_away() {
        let away = Arc::<AtomicBool>::default();
        let moody = Moody {
            away: Arc::clone(&away),
        };
        let service = Crew::default().start(1, moody).unwrap();
        let shelf = Shelf::new(service, deaf(), Clock::manual());
        let suggest = || shelf.suggest(Deadline::within(PATIENCE), ProductId(1), 3);
        away.store(true, Relaxed);
        assert_eq!(suggest(), []);
        away.store(false, Relaxed);
        assert_eq!(suggest(), [BOUGHT_WITH]);
        away.store(true, Relaxed);
        assert_eq!(suggest(), [BOUGHT_WITH]);
    }
}
