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

use core::time::Duration;
use std::{io, sync::Arc};

use crate::{
    bank::Bank,
    bus::{
        BreakerReading, Client, Crew, DeadLetters, Scalable, Service, Setting, crash::Crashes,
        exchange::Exchange, meter::Meter,
    },
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
        payment::{Payment, gateway::Gateway, till::Till},
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

/// Who calls the services that are in front.
pub const CUSTOMER: &str = "customer";
/// How long a customer waits for an order to be carried out, which takes many steps.
pub const CHECKOUT_PATIENCE: Duration = Duration::from_secs(1);

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
    /// What was not delivered or not answered.
    pub dead_letters: Shared<DeadLetters>,
    /// What the breakers showed at last.
    pub breakers: Vec<BreakerReading>,
    /// The instances that crashed.
    pub crashes: Crashes,
    /// Instances that panicked without being meant to.
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
            weather: weather.clone(),
            snapshots: snapshots.clone(),
            balance,
        });

        // Each caller gets a client of its own, and with it a breaker of its own.
        let audit = crew.start(2, Audit::new(clock.clone()))?;
        let analytics = crew.start(2, Analytics::new(books.figures.clone()))?;
        let notification = crew.start(2, Notification::default())?;
        let recommendation = crew.start(2, Recommendation::default())?;
        let search = Search::new(&catalogue, analytics.of(Search::NAME));
        let search = crew.start(2, search)?;
        let product = Product::new(catalogue, analytics.of(Product::NAME));
        let product = crew.start(2, product)?;
        let pricing = crew.start(2, Pricing::new(product.of(Pricing::NAME)))?;
        let shipping = Shipping::new(
            books.depot.clone(),
            clock.clone(),
            notification.of(Shipping::NAME),
        );
        let shipping = crew.start(2, shipping)?;
        let inventory = Inventory::new(
            books.stock.clone(),
            clock.clone(),
            notification.of(Inventory::NAME),
            audit.of(Inventory::NAME),
        );
        let inventory = crew.start(2, inventory)?;
        let payment = Payment::new(
            books.till.clone(),
            Gateway::new(books.bank.clone(), weather, clock.clone()),
            clock.clone(),
            snapshots.clone(),
            audit.of(Payment::NAME),
        );
        let payment = crew.start(4, payment)?;
        let user = User::new(
            seed,
            hasher,
            clock,
            notification.of(User::NAME),
            analytics.of(User::NAME),
            audit.of(User::NAME),
        );
        let user = crew.start(3, user)?;
        let order = Order {
            book: books.orders.clone(),
            saga: Saga {
                pricing: pricing.of(Order::NAME),
                inventory: inventory.of(Order::NAME),
                payment: payment.of(Order::NAME),
                shipping: shipping.of(Order::NAME),
            },
            user: user.of(Order::NAME),
            recommendation: recommendation.of(Order::NAME),
            notification: notification.of(Order::NAME),
            analytics: analytics.of(Order::NAME),
            audit: audit.of(Order::NAME),
            snapshots,
        };
        let order = crew.start(4, order)?;

        let front = Front {
            user: user.of(CUSTOMER),
            search: search.of(CUSTOMER),
            recommendation: recommendation.of(CUSTOMER),
            product: product.of(CUSTOMER),
            pricing: pricing.of(CUSTOMER),
            order: order.of(CUSTOMER).with_patience(CHECKOUT_PATIENCE),
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

    /// The running services, to be watched and scaled. Holding this does not keep the shop open.
    #[must_use]
    pub fn scalables(&self) -> Vec<Arc<dyn Scalable>> {
        self.crew.scalables()
    }

    /// What all services have in common: breakers, dead letters, crashes. It outlives them.
    #[must_use]
    pub fn exchange(&self) -> Arc<Exchange> {
        self.crew.exchange()
    }

    /// Lets nobody in any more, and waits until everything that is under way has ended.
    #[must_use]
    pub fn close(self) -> Closed {
        let (meters, exchange) = (self.crew.meters(), self.crew.exchange());
        drop(self.front);
        let panicked = self.crew.join();
        Closed {
            books: self.books,
            meters,
            dead_letters: exchange.dead_letters.clone(),
            breakers: exchange.breakers(),
            crashes: exchange.crashes.lock().clone(),
            panicked,
        }
    }
}
