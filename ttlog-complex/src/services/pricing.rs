//! The pricing service: what a basket costs, today and with a voucher.

pub mod market;
pub mod rules;

use ttlog_std::{Level, debug, span, trace, warn};

use self::{
    market::Market,
    rules::{Coupon, Item},
};
use crate::{
    basket::{self, Line},
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::ProductId,
    protocol::{
        analytics::{self, Fact},
        inventory,
        pricing::{Quote, QuoteError, Request},
        product,
    },
    shared::Shared,
};

/// The rules of price, over the list prices of the product service.
pub struct Pricing {
    market: Shared<Market>,
    clock: Clock,
    product: Client<product::Request>,
    inventory: Client<inventory::Request>,
    analytics: Client<analytics::Request>,
}

impl Pricing {
    /// Prices what `product` lists, by what `inventory` has of it.
    pub fn new(
        clock: Clock,
        product: Client<product::Request>,
        inventory: Client<inventory::Request>,
        analytics: Client<analytics::Request>,
    ) -> Self {
        Self {
            market: Shared::default(),
            clock,
            product,
            inventory,
            analytics,
        }
    }

    fn quote(
        &self,
        basket: &[Line],
        coupon: Option<&str>,
        deadline: Deadline,
    ) -> Result<Quote, QuoteError> {
        let _span = span!(Level::Debug, "pricing.quote");
        if basket.is_empty() || basket.iter().any(|line| line.quantity == 0) {
            warn!("pricing.quote empty basket");
            return Err(QuoteError::EmptyBasket);
        }
        let coupon = match coupon {
            None => None,
            Some(code) => Some(Coupon::from_code(code).ok_or_else(|| {
                warn!("pricing.coupon unknown code={code}");
                QuoteError::UnknownCoupon
            })?),
        };
        let products: Vec<ProductId> = basket.iter().map(|line| line.product).collect();
        let ask = |reply| product::Request::Prices {
            products: products.clone(),
            reply,
        };
        let listed = self.product.call_again(deadline, ask)??;
        let market = self.market(basket, products, deadline);
        let items: Vec<Item> = basket
            .iter()
            .zip(listed)
            .zip(market)
            .map(|((line, listed), market_percent)| Item {
                price: listed.price,
                market_percent,
                category: listed.category,
                quantity: line.quantity,
            })
            .collect();
        let quote = rules::quote(&items, coupon);
        let Quote {
            list,
            market,
            discount,
            postage,
            total,
        } = quote;
        debug!(
            "pricing.quote list={list} market={market} discount={discount} postage={postage} total={total}"
        );
        let units = basket::units(basket);
        self.tell(Fact::Priced { units, total });
        Ok(quote)
    }

    /// What demand and stock do to the price of each line, in percent. Where the stock is not to be
    /// had, demand alone decides.
    fn market(&self, basket: &[Line], products: Vec<ProductId>, deadline: Deadline) -> Vec<i32> {
        let ask = |reply| inventory::Request::Levels { products, reply };
        let levels = self.inventory.call(deadline, ask).unwrap_or_else(|why| {
            warn!("pricing.degraded without stock error={why}");
            self.tell(Fact::Degraded { what: Self::NAME });
            Vec::new()
        });
        let now = self.clock.now();
        let mut market = self.market.lock();
        let percent = basket.iter().enumerate().map(|(position, line)| {
            let left = levels.get(position).copied();
            let percent = market.percent(line.product, left, now);
            market.ask(line.product, line.quantity, now);
            let product = line.product;
            if percent != 0 {
                debug!("pricing.market product={product} percent={percent} left={left:?}");
            } else {
                trace!("pricing.market product={product} percent=0 left={left:?}");
            }
            percent
        });
        percent.collect()
    }

    fn tell(&self, fact: Fact) {
        self.analytics.tell(analytics::Request::Happened(fact));
    }
}

impl Service for Pricing {
    const NAME: &'static str = "pricing";
    type Request = Request;

    fn handle(&self, request: Request, deadline: Deadline) -> Outcome {
        match request {
            Request::Quote {
                basket,
                coupon,
                reply,
            } => reply.result(self.quote(&basket, coupon.as_deref(), deadline)),
        }
    }
}
