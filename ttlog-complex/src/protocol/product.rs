//! What the product service can be asked: what there is to buy.

use crate::{
    bus::ReplyTo,
    catalogue::{Category, Product},
    ids::{CustomerId, ProductId},
    money::Cents,
};

/// A request to the product service.
pub enum Request {
    /// Show one product to a customer.
    Look {
        /// Who looks.
        customer: CustomerId,
        /// At what.
        product: ProductId,
        /// Its page.
        reply: ReplyTo<Result<Product, UnknownProduct>>,
    },
    /// List a department.
    Browse {
        /// Which.
        category: Category,
        /// Its products, cheapest first.
        reply: ReplyTo<Vec<ProductId>>,
    },
    /// Tell list prices.
    Prices {
        /// Of which products.
        products: Vec<ProductId>,
        /// In the same order.
        reply: ReplyTo<Result<Vec<Listed>, UnknownProduct>>,
    },
}

/// What pricing has to know of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What one piece costs before any discount.
    pub price: Cents,
    /// The department that sells it.
    pub category: Category,
}

/// The catalogue has no such product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownProduct(pub ProductId);
