//! The pricing service: what a basket costs.

pub mod rules;

use ttlog_std::{Level, debug, span, warn};

use self::rules::{Coupon, Item};
use crate::{
    basket::Line,
    bus::{Client, Deadline, Outcome, Service},
    protocol::{
        pricing::{Quote, QuoteError, Request},
        product,
    },
};

/// The rules of price, over the list prices of the product service.
pub struct Pricing {
    product: Client<product::Request>,
}

impl Pricing {
    /// Prices what `product` lists.
    pub fn new(product: Client<product::Request>) -> Self {
        Self { product }
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
        let ask = |reply| product::Request::Prices {
            products: basket.iter().map(|line| line.product).collect(),
            reply,
        };
        let listed = self.product.call_again(deadline, ask)??;
        let items: Vec<Item> = basket
            .iter()
            .zip(listed)
            .map(|(line, listed)| Item {
                price: listed.price,
                category: listed.category,
                quantity: line.quantity,
            })
            .collect();
        let quote = rules::quote(&items, coupon);
        let Quote {
            list,
            discount,
            postage,
            total,
        } = quote;
        debug!("pricing.quote list={list} discount={discount} postage={postage} total={total}");
        Ok(quote)
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
