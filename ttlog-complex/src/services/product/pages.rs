//! The pages: the catalogue as the database has it, and as it was read last.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, PoisonError, RwLock},
};

use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use ttlog_std::{info, warn};

use crate::{
    catalogue::{Catalogue, Category, Product as Page},
    clock::Clock,
    database::{Database, DatabaseError},
    ids::ProductId,
    money::Cents,
    shared::Shared,
};

/// How long a page is waited for. It can be had elsewhere.
const PATIENCE: Duration = Duration::from_millis(25);
/// For how long the database is left alone when it could not be had.
const REST: Duration = Duration::from_millis(200);
/// An answer that took so long is a sign to leave the database alone as well, in proportion: who
/// looks at a page does not want to wait for it.
const SLOW: Duration = Duration::from_millis(50);
/// How much longer the rest is than the answer took.
const RESTS_PER_SLOW_ANSWER: u32 = 4;

const TABLE: &str = "CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    price INTEGER NOT NULL,
    opening_stock INTEGER NOT NULL
) STRICT;
CREATE INDEX product_by_price ON product (category, price, id);";
const INSERT: &str = "INSERT INTO product VALUES (?1, ?2, ?3, ?4, ?5)";
const ALL: &str = "SELECT id, name, category, price, opening_stock FROM product";
const ONE: &str = "SELECT id, name, category, price, opening_stock FROM product WHERE id = ?1";
const DEPARTMENT: &str = "SELECT id FROM product WHERE category = ?1 ORDER BY price, id";

/// The catalogue in its database. When that cannot be had, the pages are shown as they were read
/// last, which was when the shop opened at the earliest. Clones share everything.
#[derive(Clone)]
pub struct Pages {
    database: Database,
    clock: Clock,
    /// As many as there are products.
    cache: Arc<RwLock<BTreeMap<ProductId, Page>>>,
    /// Until when the database is left alone.
    rest_until: Shared<Duration>,
    degraded: Arc<AtomicU64>,
}

impl Pages {
    /// Writes the catalogue into its database, and reads it back.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn open(catalogue: &Catalogue, database: Database, clock: Clock) -> io::Result<Self> {
        let pages = database.undisturbed(|connection| {
            write(connection, catalogue)?;
            let mut all = connection.prepare(ALL)?;
            let pages = all.query_map([], page)?;
            pages
                .map(|page| page.map(|page| (page.id, page)))
                .collect::<rusqlite::Result<BTreeMap<_, _>>>()
        })?;
        let count = pages.len();
        info!("product.open pages={count}");
        Ok(Self {
            database,
            clock,
            cache: Arc::new(RwLock::new(pages)),
            rest_until: Shared::default(),
            degraded: Arc::default(),
        })
    }

    /// The pages of some products, each with its id; nothing for one that there is not.
    #[must_use]
    pub fn find(&self, products: &[ProductId]) -> Vec<Option<Page>> {
        let found = self.ask("product.find", |connection| {
            let mut one = connection.prepare_cached(ONE)?;
            products
                .iter()
                .map(|product| one.query_row([product.0], page).optional())
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        match found {
            Some(found) => {
                self.remember(found.iter().flatten());
                found
            }
            None => {
                let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
                products.iter().map(|id| cache.get(id).cloned()).collect()
            }
        }
    }

    /// The products of a department, cheapest first.
    #[must_use]
    pub fn department(&self, category: Category) -> Vec<ProductId> {
        let found = self.ask("product.department", |connection| {
            let mut department = connection.prepare_cached(DEPARTMENT)?;
            let ids = department.query_map([category.to_string()], |row| row.get(0))?;
            ids.map(|id| id.map(ProductId)).collect()
        });
        found.unwrap_or_else(|| {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            let pages = cache.values();
            let mut found: Vec<&Page> = pages.filter(|page| page.category == category).collect();
            found.sort_by_key(|page| (page.price, page.id));
            found.iter().map(|page| page.id).collect()
        })
    }

    /// How many requests were answered without the database.
    #[must_use]
    pub fn degraded(&self) -> u64 {
        self.degraded.load(Relaxed)
    }

    /// Asks the database; answers with nothing when it cannot be had.
    fn ask<T>(
        &self,
        what: &'static str,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let began = self.clock.now();
        if began < *self.rest_until.lock() {
            self.degrade(what, None);
            return None;
        }
        let answer = self.database.run(what, PATIENCE, query);
        let now = self.clock.now();
        let took = now.saturating_sub(began);
        match &answer {
            Err(why) => {
                *self.rest_until.lock() = now + REST;
                self.degrade(what, Some(why));
            }
            Ok(_) if took >= SLOW => {
                *self.rest_until.lock() = now + took * RESTS_PER_SLOW_ANSWER;
                let took_ms = took.as_millis() as u64;
                warn!("product.slow what={what} took_ms={took_ms}");
            }
            Ok(_) => {}
        }
        answer.ok()
    }

    fn degrade(&self, what: &'static str, why: Option<&DatabaseError>) {
        let count = self.degraded.fetch_add(1, Relaxed) + 1;
        match why {
            Some(why) => warn!("product.degraded what={what} count={count} why={why}"),
            None => warn!("product.degraded what={what} count={count} why=resting"),
        }
    }

    /// Keeps what was read, where it is not what is there already.
    fn remember<'a>(&self, read: impl Iterator<Item = &'a Page>) {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let news: Vec<Page> = read
            .filter(|page| cache.get(&page.id) != Some(page))
            .cloned()
            .collect();
        drop(cache);
        if !news.is_empty() {
            let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
            cache.extend(news.into_iter().map(|page| (page.id, page)));
        }
    }
}

fn write(connection: &mut Connection, catalogue: &Catalogue) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLE)?;
    {
        let mut insert = transaction.prepare(INSERT)?;
        for page in catalogue.products() {
            insert.execute(params![
                page.id.0,
                page.name,
                page.category.to_string(),
                page.price.0,
                page.opening_stock
            ])?;
        }
    }
    transaction.commit()
}

fn page(row: &Row<'_>) -> rusqlite::Result<Page> {
    let category: String = row.get(2)?;
    let known = Category::ALL
        .into_iter()
        .find(|it| it.to_string() == category);
    Ok(Page {
        id: ProductId(row.get(0)?),
        name: row.get(1)?,
        category: known.ok_or_else(|| {
            rusqlite::Error::InvalidColumnType(2, format!("category {category}"), Type::Text)
        })?,
        price: Cents(row.get(3)?),
        opening_stock: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chaos::{Fault, Weather, fault::Trouble},
        database::Databases,
        snapshots::Snapshots,
    };

    struct Fixture {
        pages: Pages,
        catalogue: Catalogue,
        weather: Weather,
        clock: Clock,
        databases: Databases,
    }

    fn fixture() -> Fixture {
        let (weather, clock) = (Weather::default(), Clock::manual());
        let parent = std::env::temp_dir();
        let databases = Databases::open(&parent, &weather, &clock, &Snapshots::default()).unwrap();
        let catalogue = Catalogue::seeded(1);
        let pages = Pages::open(&catalogue, databases.catalogue.clone(), clock.clone()).unwrap();
        Fixture {
            pages,
            catalogue,
            weather,
            clock,
            databases,
        }
    }

    fn lost() -> Fault {
        Fault::Database {
            pool: "catalogue".into(),
            trouble: Trouble::Lost,
        }
    }

    /// All pages and all departments, as the pages tell them.
    fn everything(it: &Fixture) -> (Vec<Page>, Vec<Vec<ProductId>>) {
        let ids: Vec<ProductId> = it.catalogue.products().iter().map(|page| page.id).collect();
        let pages = it.pages.find(&ids).into_iter().map(Option::unwrap);
        let departments = Category::ALL.map(|category| it.pages.department(category));
        (pages.collect(), departments.into())
    }

    #[test]
    fn the_database_tells_what_the_catalogue_does_and_so_does_the_cache() {
        let it = fixture();
        let (read, departments) = everything(&it);
        assert_eq!(read, it.catalogue.products());
        assert_eq!(it.pages.degraded(), 0);
        it.weather.begin(lost());
        assert_eq!(everything(&it), (read, departments));
        assert_eq!(it.pages.degraded(), 1 + Category::ALL.len() as u64);
    }

    #[test]
    fn a_product_that_there_is_not_has_no_page_either_way() {
        let it = fixture();
        let wanted = [ProductId(0), ProductId(9_999)];
        let is_there =
            |found: Vec<Option<Page>>| -> Vec<bool> { found.iter().map(Option::is_some).collect() };
        assert_eq!(is_there(it.pages.find(&wanted)), [true, false]);
        it.weather.begin(lost());
        assert_eq!(is_there(it.pages.find(&wanted)), [true, false]);
    }

    #[test]
    fn the_cache_holds_what_was_read_last() {
        let it = fixture();
        let rename = "UPDATE product SET name = 'Renamed' WHERE id = 0";
        it.databases
            .catalogue
            .undisturbed(|connection| connection.execute(rename, []))
            .unwrap();
        let name = || it.pages.find(&[ProductId(0)])[0].clone().unwrap().name;
        assert_eq!(name(), "Renamed");
        it.weather.begin(lost());
        assert_eq!(name(), "Renamed");
        assert_eq!(it.pages.degraded(), 1);
    }

    #[test]
    fn a_database_that_failed_is_left_alone_for_a_while_and_then_asked_again() {
        let it = fixture();
        it.weather.begin(lost());
        for _ in 0..5 {
            drop(it.pages.find(&[ProductId(0)]));
        }
        assert_eq!(it.databases.catalogue.reading().lost, 1);
        it.weather.end(&lost());
        it.clock.pause(REST);
        drop(it.pages.find(&[ProductId(0)]));
        assert_eq!(it.pages.degraded(), 5);
    }

    #[test]
    fn a_database_that_is_slow_is_left_alone_for_longer_than_it_takes() {
        let it = fixture();
        it.weather.begin(Fault::Database {
            pool: "catalogue".into(),
            trouble: Trouble::Slow(SLOW),
        });
        let looks = |count: u32| (0..count).for_each(|_| drop(it.pages.find(&[ProductId(0)])));
        looks(5);
        assert_eq!((it.pages.degraded(), it.clock.now()), (4, SLOW));
        it.clock.pause(SLOW * RESTS_PER_SLOW_ANSWER);
        looks(1);
        assert_eq!(it.pages.degraded(), 4);
    }
}
