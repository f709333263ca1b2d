//! The shop: the twelve services, put together.
//!
//! ```text
//! customers ─┬─► User
//!            ├─► Search, Shipping
//!            ├─► Recommendation                 whoever has something to tell:
//!            ├─► Product ◄───┐                  Notification, Analytics, Audit
//!            ├─► Pricing ────┴─► Inventory ◄─┐
//!            └─► Order, clerk ─┬─────────────┘
//!                              ├─► Payment ─► bank
//!                              ├─► Shipping
//!                              └─► User, Pricing, Recommendation
//! ```
//!
//! Product, Order and Audit have a database each, and no other service sees it.
//!
//! Who is called is started before its callers, so there is no circle: no two services ever wait
//! for each other, and when the customers have gone, all of them end in turn.

mod backroom;

use core::time::Duration;
use std::{io, sync::Arc, thread::JoinHandle};

pub use self::backroom::{Backroom, BackroomReading};

use crate::{
    bank::Bank,
    bus::{
        BreakerReading, Client, Crew, DeadLetters, Scalable, Service, Setting, crash::Crashes,
        exchange::Exchange, meter::Meter,
    },
    catalogue::Catalogue,
    chaos::Weather,
    clock::Clock,
    database::Databases,
    protocol::{order, pricing, product, recommendation, search, shipping, user},
    resilience::balancer::Balance,
    services::{
        analytics::{Analytics, figures::Figures},
        audit::{Audit, trail::Trail},
        inventory::{Inventory, stock::Stock},
        notification::{Notification, post::Post},
        order::{
            Order, book::OrderBook, clerk::Clerk, journal::Journal, office::Office, queue::Queue,
            saga::Saga,
        },
        payment::{Payment, gateway::Gateway, till::Till},
        pricing::Pricing,
        product::{Product, pages::Pages},
        recommendation::{Recommendation, shelf::Shelf},
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
    /// Where services keep what must not be lost.
    pub databases: Databases,
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
    clerk: JoinHandle<()>,
    backroom: Backroom,
    books: Books,
    journal: Journal,
    trail: Trail,
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
    /// The same, and something even while that service is away.
    pub suggestions: Shelf,
    /// What there is to buy.
    pub product: Client<product::Request>,
    /// What a basket costs.
    pub pricing: Client<pricing::Request>,
    /// The checkout.
    pub order: Client<order::Request>,
    /// Where a parcel is.
    pub shipping: Client<shipping::Request>,
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
    /// What went on behind the counter.
    pub backroom: BackroomReading,
    /// What was not delivered or not answered.
    pub dead_letters: Shared<DeadLetters>,
    /// What the breakers showed at last.
    pub breakers: Vec<BreakerReading>,
    /// The instances that crashed.
    pub crashes: Crashes,
    /// What was written down about the orders.
    pub journal: Journal,
    /// What everybody did that must be answered for.
    pub trail: Trail,
    /// Instances that panicked without being meant to.
    pub panicked: Vec<String>,
}

impl Shop {
    /// Starts all services.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread, or a database's.
    pub fn open(opening: Opening) -> io::Result<Self> {
        let Opening {
            seed,
            hasher,
            catalogue,
            carriers,
            bank,
            databases,
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
            depot: Shared::new(Depot::new(carriers).with_seed(seed)),
            figures: Shared::default(),
            bank,
        };
        let journal = Journal::open(databases.orders.clone(), clock.clone())?;
        let trail = Trail::open(databases.audit.clone(), clock.clone())?;
        let post = Shared::new(Post::seeded(seed));
        let mut crew = Crew::new(Setting {
            seed,
            clock: clock.clone(),
            weather: weather.clone(),
            snapshots: snapshots.clone(),
            balance,
        });

        // Each caller gets a client of its own, and with it a breaker of its own.
        let audit = crew.start(2, Audit::new(trail.clone()))?;
        let analytics = crew.start(2, Analytics::new(books.figures.clone(), clock.clone()))?;
        let notification = crew.start(2, Notification::new(post.clone(), clock.clone()))?;
        let recommendation = Recommendation::new(clock.clone(), analytics.of(Recommendation::NAME));
        let recommendation = crew.start(2, recommendation)?;
        let suggestions = Shelf::new(
            recommendation.of(CUSTOMER),
            analytics.of(CUSTOMER),
            clock.clone(),
        );
        let search = Search::new(&catalogue, analytics.of(Search::NAME));
        let search = crew.start(2, search)?;
        let pages = Pages::open(&catalogue, databases.catalogue.clone(), clock.clone())?;
        let product = Product::new(pages.clone(), analytics.of(Product::NAME));
        let product = crew.start(2, product)?;
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
        let pricing = Pricing::new(
            clock.clone(),
            product.of(Pricing::NAME),
            inventory.of(Pricing::NAME),
            analytics.of(Pricing::NAME),
        );
        let pricing = crew.start(2, pricing)?;
        let payment = Payment::new(
            books.till.clone(),
            Gateway::new(
                books.bank.clone(),
                weather,
                clock.clone(),
                crew.fuse(Payment::NAME, "bank"),
            ),
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
        let office = Arc::new(Office {
            book: books.orders.clone(),
            journal: journal.clone(),
            saga: Saga {
                pricing: pricing.of(Order::NAME),
                inventory: inventory.of(Order::NAME),
                payment: payment.of(Order::NAME),
                shipping: shipping.of(Order::NAME),
            },
            recommendation: recommendation.of(Order::NAME),
            notification: notification.of(Order::NAME),
            analytics: analytics.of(Order::NAME),
            audit: audit.of(Order::NAME),
            snapshots,
        });
        let (queue, jobs) = Queue::new();
        let backroom = Backroom {
            queue: queue.tally(),
            post,
            stock: books.stock.clone(),
            depot: books.depot.clone(),
            pages,
            databases,
        };
        let clerk = Clerk {
            office: Arc::clone(&office),
            tally: queue.tally(),
        };
        let clerk = clerk.start(jobs)?;
        let order = Order {
            user: user.of(Order::NAME),
            office,
            queue,
        };
        let order = crew.start(4, order)?;

        let front = Front {
            user: user.of(CUSTOMER),
            search: search.of(CUSTOMER),
            recommendation: recommendation.of(CUSTOMER),
            suggestions,
            product: product.of(CUSTOMER),
            pricing: pricing.of(CUSTOMER),
            order: order.of(CUSTOMER).with_patience(CHECKOUT_PATIENCE),
            shipping: shipping.of(CUSTOMER),
        };
        Ok(Self {
            front,
            crew,
            clerk,
            backroom,
            books,
            journal,
            trail,
        })
    }

    /// The services that customers talk to. The shop cannot close while somebody holds this.
    #[must_use]
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// What goes on behind the counter.
    #[must_use]
    pub fn backroom(&self) -> Backroom {
        self.backroom.clone()
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
        // The clerk holds clients, and ends when the last order instance has.
        let mut panicked = self.crew.join();
        if self.clerk.join().is_err() {
            panicked.push("order-clerk".into());
        }
        self.journal.finish();
        self.trail.finish();
        Closed {
            books: self.books,
            meters,
            backroom: self.backroom.read(),
            dead_letters: exchange.dead_letters.clone(),
            breakers: exchange.breakers(),
            crashes: exchange.crashes.lock().clone(),
            journal: self.journal,
            trail: self.trail,
            panicked,
        }
    }
}
