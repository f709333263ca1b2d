//! The product service: what there is to buy, and what it costs before any discount.

pub mod pages;

use ttlog_std::{Level, debug, span, trace, warn};

use self::pages::Pages;
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    catalogue::{Category, Product as Page},
    ids::{CustomerId, ProductId},
    protocol::{
        analytics::{self, Fact},
        product::{Listed, Request, UnknownProduct},
    },
};

/// The catalogue on show.
pub struct Product {
    pages: Pages,
    analytics: Client<analytics::Request>,
}

impl Product {
    /// Shows what the pages say.
    pub fn new(pages: Pages, analytics: Client<analytics::Request>) -> Self {
        Self { pages, analytics }
    }

    fn look(&self, customer: CustomerId, product: ProductId) -> Result<Page, UnknownProduct> {
        let _span = span!(Level::Debug, "product.look", product);
        let page = self.find(&[product])?.remove(0);
        debug!(customer, product, name = page.name, price = %page.price, "product.look");
        let viewed = Fact::Viewed { customer, product };
        self.analytics.tell(analytics::Request::Happened(viewed));
        Ok(page)
    }

    fn browse(&self, category: Category) -> Vec<ProductId> {
        let found = self.pages.department(category);
        debug!(%category, products = found.len(), "product.browse");
        found
    }

    fn prices(&self, products: &[ProductId]) -> Result<Vec<Listed>, UnknownProduct> {
        trace!(products = products.len(), "product.prices");
        let listed = |page: Page| Listed {
            price: page.price,
            category: page.category,
        };
        Ok(self.find(products)?.into_iter().map(listed).collect())
    }

    /// As many pages as products, in the same order.
    fn find(&self, products: &[ProductId]) -> Result<Vec<Page>, UnknownProduct> {
        let found = self.pages.find(products).into_iter().zip(products);
        found
            .map(|(page, &product)| {
                page.ok_or_else(|| {
                    warn!("product.unknown product={product}");
                    UnknownProduct(product)
                })
            })
            .collect()
    }
}

impl Service for Product {
    const NAME: &'static str = "product";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Look {
                customer,
                product,
                reply,
            } => reply.result(self.look(customer, product)),
            Request::Browse { category, reply } => reply.value(self.browse(category)),
            Request::Prices { products, reply } => reply.result(self.prices(&products)),
        }
    }
}
