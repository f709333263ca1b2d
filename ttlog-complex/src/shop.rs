//! The shop: the twelve services, put together.
//!
//! ```text
//! customers ─┬─► User
//!            ├─► Search
//!            ├─► Recommendation                 whoever has something to tell:
//!            ├─► Product ◄─┐                    Notification, Analytics, Audit
//!            ├─► Pricing ──┘ ◄─┐
//!            └─► Order ────────┼─► Inventory
//!                              ├─► Payment ─► bank
//!                              ├─► Shipping
//!                              └─► User, Recommendation
//! ```
//!
//! Who is called is started before its callers, so there is no circle: no two services ever wait
//! for each other, and when the customers have gone, all of them end in turn.

use std::{io, sync::Arc};

use crate::{
    bank::Bank,
    bus::{Client, Crew, Scalable, Setting, exchange::Exchange, meter::Meter},
    catalogue::Catalogue,
    chaos::Weather,
    clock::Clock,
    protocol::{order, pricing, product, recommendation, search, user},
    resilience::balancer::Balance,
    services::{
        analytics::{Analytics, figures::Figures},
        audit::Audit,
        inventory::{Inventory, stock::Stock},
        notification::Notification,
        order::{Order, book::OrderBook, saga::Saga},
        payment::{Payment, till::Till},
        pricing::Pricing,
        product::Product,
        recommendation::Recommendation,
        search::Search,
        shipping::{
            Shipping,
            depot::{Carrier, Depot},
        },
        user::{User, password::PasswordHasher},
    },
    shared::Shared,
    snapshots::Snapshots,
};

/// What a shop is opened with.
pub struct Opening {
    /// Decides salts and session tokens.
    pub seed: u64,
    /// How passwords are hashed.
    pub hasher: PasswordHasher,
    /// What is sold.
    pub catalogue: Catalogue,
    /// Who carries parcels, the preferred first.
    pub carriers: Vec<Carrier>,
    /// Where the customers' money is.
    pub bank: Shared<Bank>,
    /// What time it is.
    pub clock: Clock,
    /// Where the moments worth keeping are named.
    pub snapshots: Snapshots,
    /// Which faults are about.
    pub weather: Weather,
    /// How an instance of a service is chosen.
    pub balance: Balance,
}

/// A shop that is open.
pub struct Shop {
    front: Front,
    crew: Crew,
    books: Books,
}

/// The services that customers talk to.
#[derive(Clone)]
pub struct Front {
    /// Who somebody is.
    pub user: Client<user::Request>,
    /// What fits some words.
    pub search: Client<search::Request>,
    /// What else somebody may like.
    pub recommendation: Client<recommendation::Request>,
    /// What there is to buy.
    pub product: Client<product::Request>,
    /// What a basket costs.
    pub pricing: Client<pricing::Request>,
    /// The checkout.
    pub order: Client<order::Request>,
}

/// The state that must add up at the end, whoever kept it.
#[derive(Clone)]
pub struct Books {
    /// Inventory's.
    pub stock: Shared<Stock>,
    /// Payment's.
    pub till: Shared<Till>,
    /// Order's.
    pub orders: Shared<OrderBook>,
    /// Shipping's.
    pub depot: Shared<Depot>,
    /// Analytics'.
    pub figures: Shared<Figures>,
    /// The bank's.
    pub bank: Shared<Bank>,
}

/// A shop that has closed.
pub struct Closed {
    /// What the services kept.
    pub books: Books,
    /// What each service did.
    pub meters: Vec<(&'static str, Arc<Meter>)>,
    /// Instances that panicked.
    pub panicked: Vec<String>,
}

impl Shop {
    /// Starts all services.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn open(opening: Opening) -> io::Result<Self> {
        let Opening {
            seed,
            hasher,
            catalogue,
            carriers,
            bank,
            clock,
            snapshots,
            weather,
            balance,
        } = opening;
        let shelves = catalogue
            .products()
            .iter()
            .map(|it| (it.id, it.opening_stock));
        let books = Books {
            stock: Shared::new(Stock::new(shelves)),
            till: Shared::default(),
            orders: Shared::default(),
            depot: Shared::new(Depot::new(carriers)),
            figures: Shared::default(),
            bank,
        };
        let mut crew = Crew::new(Setting {
            seed,
            clock: clock.clone(),
            weather,
            snapshots: snapshots.clone(),
            balance,
        });

        let audit = crew.start(2, Audit::new(clock.clone()))?;
        let analytics = crew.start(2, Analytics::new(books.figures.clone()))?;
        let notification = crew.start(2, Notification::default())?;
        let recommendation = crew.start(2, Recommendation::default())?;
        let search = crew.start(2, Search::new(&catalogue, analytics.clone()))?;
        let product = crew.start(2, Product::new(catalogue, analytics.clone()))?;
        let pricing = crew.start(2, Pricing::new(product.clone()))?;
        let shipping = Shipping::new(books.depot.clone(), clock.clone(), notification.clone());
        let shipping = crew.start(2, shipping)?;
        let inventory = crew.start(
            2,
            Inventory::new(
                books.stock.clone(),
                clock.clone(),
                notification.clone(),
                audit.clone(),
            ),
        )?;
        let payment = crew.start(
            4,
            Payment::new(
                books.till.clone(),
                books.bank.clone(),
                clock.clone(),
                snapshots.clone(),
                audit.clone(),
            ),
        )?;
        let user = crew.start(
            3,
            User::new(
                seed,
                hasher,
                clock,
                notification.clone(),
                analytics.clone(),
                audit.clone(),
            ),
        )?;
        let order = crew.start(
            4,
            Order {
                book: books.orders.clone(),
                saga: Saga {
                    pricing: pricing.clone(),
                    inventory,
                    payment,
                    shipping,
                },
                user: user.clone(),
                recommendation: recommendation.clone(),
                notification,
                analytics,
                audit,
                snapshots,
            },
        )?;

        let front = Front {
            user,
            search,
            recommendation,
            product,
            pricing,
            order,
        };
        Ok(Self { front, crew, books })
    }

    /// The services that customers talk to. The shop cannot close while somebody holds this.
    #[must_use]
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// The state that must add up at the end, as it is now.
    #[must_use]
    pub fn books(&self) -> Books {
        self.books.clone()
    }

    /// All services, to be watched and scaled.
    #[must_use]
    pub fn scalables(&self) -> Vec<Arc<dyn Scalable>> {
        self.crew.scalables()
    }

    /// The breakers, dead letters and crashes of all services.
    #[must_use]
    pub fn exchange(&self) -> Arc<Exchange> {
        self.crew.exchange()
    }

    /// Lets nobody in any more, and waits until everything that is under way has ended.
    #[must_use]
    pub fn close(self) -> Closed {
        let meters = self.crew.meters();
        drop(self.front);
        Closed {
            books: self.books,
            meters,
            panicked: self.crew.join(),
        }
    }
}
