//! The catalogue: what the shop sells, made from the seed.

use core::fmt;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::IndexedRandom};

use crate::{ids::ProductId, money::Cents};

/// A department of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Category {
    Kitchen,
    Garden,
    Office,
    Outdoor,
    Music,
    Light,
}

impl Category {
    /// All departments.
    pub const ALL: [Self; 6] = [
        Self::Kitchen,
        Self::Garden,
        Self::Office,
        Self::Outdoor,
        Self::Music,
        Self::Light,
    ];

    /// The goods that the department sells, each in several variants.
    const fn goods(self) -> [&'static str; 5] {
        match self {
            Self::Kitchen => ["Kettle", "Skillet", "Knife", "Teapot", "Grinder"],
            Self::Garden => ["Spade", "Planter", "Hose", "Bench", "Shears"],
            Self::Office => ["Chair", "Desk", "Notebook", "Stapler", "Shelf"],
            Self::Outdoor => ["Tent", "Rucksack", "Stove", "Bottle", "Hammock"],
            Self::Music => ["Guitar", "Drum", "Flute", "Stand", "Tuner"],
            Self::Light => ["Lamp", "Lantern", "Candle", "Torch", "Chandelier"],
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

const VARIANTS: [&str; 8] = [
    "Oak", "Steel", "Copper", "Folding", "Blue", "Vintage", "Compact", "Royal",
];

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// What it is called, such as "Oak Desk".
    pub name: String,
    /// The department that sells it.
    pub category: Category,
    /// What one piece costs before any discount.
    pub price: Cents,
    /// How many pieces are there when the shop opens.
    pub opening_stock: u32,
}

/// All products, by id.
#[derive(Clone, Debug)]
pub struct Catalogue(Vec<Product>);

impl Catalogue {
    /// Makes 120 products. The same seed makes the same ones.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut products = Vec::new();
        for category in Category::ALL {
            for good in category.goods() {
                for variant in VARIANTS.sample(&mut chance, 4) {
                    products.push(Product {
                        id: ProductId(products.len() as u32),
                        name: format!("{variant} {good}"),
                        category,
                        price: Cents(chance.random_range(3..=180) * 100 - 5),
                        opening_stock: chance.random_range(20..=150),
                    });
                }
            }
        }
        Self(products)
    }

    /// The product, if there is one of that id.
    #[must_use]
    pub fn get(&self, id: ProductId) -> Option<&Product> {
        self.0.get(id.0 as usize)
    }

    /// All products, by id.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_products() {
        let names = |seed| -> Vec<String> {
            Catalogue::seeded(seed)
                .products()
                .iter()
                .map(|p| p.name.clone())
                .collect()
        };
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
    }

    #[test]
    fn a_product_stands_where_its_id_says() {
        let catalogue = Catalogue::seeded(1);
        for product in catalogue.products() {
            assert_eq!(catalogue.get(product.id).unwrap().name, product.name);
        }
        assert!(catalogue.get(ProductId(120)).is_none());
    }
}
