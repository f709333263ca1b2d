//! The product service: what there is to buy, and what it costs before any discount.

use ttlog_std::{Level, debug, span, trace, warn};

use crate::{
    bus::{Client, Deadline, Outcome, Service},
    catalogue::{Catalogue, Category, Product as Page},
    ids::{CustomerId, ProductId},
    protocol::{
        analytics::{self, Fact},
        product::{Listed, Request, UnknownProduct},
    },
};

/// The catalogue on show.
pub struct Product {
    catalogue: Catalogue,
    analytics: Client<analytics::Request>,
}

impl Product {
    /// Shows a catalogue.
    pub fn new(catalogue: Catalogue, analytics: Client<analytics::Request>) -> Self {
        Self {
            catalogue,
            analytics,
        }
    }

    fn look(&self, customer: CustomerId, product: ProductId) -> Result<Page, UnknownProduct> {
        let _span = span!(Level::Debug, "product.look", product);
        let page = self.find(product)?;
        debug!(customer, product, name = page.name, price = %page.price, "product.look");
        let viewed = Fact::Viewed { customer, product };
        self.analytics.tell(analytics::Request::Happened(viewed));
        Ok(page.clone())
    }

    fn browse(&self, category: Category) -> Vec<ProductId> {
        let products = self.catalogue.products().iter();
        let mut found: Vec<&Page> = products.filter(|page| page.category == category).collect();
        found.sort_by_key(|page| page.price);
        debug!(%category, products = found.len(), "product.browse");
        found.iter().map(|page| page.id).collect()
    }

    fn prices(&self, products: &[ProductId]) -> Result<Vec<Listed>, UnknownProduct> {
        trace!(products = products.len(), "product.prices");
        let listed = |&id| {
            self.find(id).map(|page| Listed {
                price: page.price,
                category: page.category,
            })
        };
        products.iter().map(listed).collect()
    }

    fn find(&self, product: ProductId) -> Result<&Page, UnknownProduct> {
        self.catalogue.get(product).ok_or_else(|| {
            warn!("product.unknown product={product}");
            UnknownProduct(product)
        })
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
