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
//! Who is called is started before its callers, so there is no circle: no two services ever wait
//! for each other, and when the customers have gone, all of them end in turn.

use std::{io, sync::Arc, thread::JoinHandle};

use crate::{
    bank::Bank,
    bus::{Client, Crew, meter::Meter},
    catalogue::Catalogue,
    clock::Clock,
    protocol::{order, pricing, product, recommendation, search, shipping, user},
    services::{
        analytics::{Analytics, figures::Figures},
        audit::Audit,
        inventory::{Inventory, stock::Stock},
        notification::{
            Notification,
            post::{Post, PostReading},
        },
        order::{
            Order,
            book::OrderBook,
            clerk::Clerk,
            office::Office,
            queue::{Queue, QueueReading, Tally},
            saga::Saga,
        },
        payment::{Payment, till::Till},
        pricing::Pricing,
        product::Product,
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
}

/// A shop that is open.
pub struct Shop {
    front: Front,
    crew: Crew,
    clerk: JoinHandle<()>,
    tally: Tally,
    post: Shared<Post>,
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
    /// What the queue of orders saw.
    pub queue: QueueReading,
    /// What the channels to the customers did.
    pub post: PostReading,
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
        let post = Shared::new(Post::seeded(seed));
        let mut crew = Crew::default();

        let audit = crew.start(2, Audit::new(clock.clone()))?;
        let analytics = crew.start(2, Analytics::new(books.figures.clone(), clock.clone()))?;
        let notification = crew.start(2, Notification::new(post.clone(), clock.clone()))?;
        let recommendation = Recommendation::new(clock.clone(), analytics.clone());
        let recommendation = crew.start(2, recommendation)?;
        let suggestions = Shelf::new(recommendation.clone(), analytics.clone(), clock.clone());
        let search = crew.start(2, Search::new(&catalogue, analytics.clone()))?;
        let product = crew.start(2, Product::new(catalogue, analytics.clone()))?;
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
        let pricing = Pricing::new(
            clock.clone(),
            product.clone(),
            inventory.clone(),
            analytics.clone(),
        );
        let pricing = crew.start(2, pricing)?;
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
        let office = Arc::new(Office {
            book: books.orders.clone(),
            saga: Saga {
                pricing: pricing.clone(),
                inventory,
                payment,
                shipping: shipping.clone(),
            },
            recommendation: recommendation.clone(),
            notification,
            analytics,
            audit,
            snapshots,
        });
        let (queue, jobs) = Queue::new();
        let tally = queue.tally();
        let clerk = Clerk {
            office: Arc::clone(&office),
            tally: tally.clone(),
        };
        let clerk = clerk.start(jobs)?;
        let order = Order {
            user: user.clone(),
            office,
            queue,
        };
        let order = crew.start(4, order)?;

        let front = Front {
            user,
            search,
            recommendation,
            suggestions,
            product,
            pricing,
            order,
            shipping,
        };
        Ok(Self {
            front,
            crew,
            clerk,
            tally,
            post,
            books,
        })
    }

    /// The services that customers talk to. The shop cannot close while somebody holds this.
    #[must_use]
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// Which orders wait to be paid, and how many did.
    #[must_use]
    pub fn queue(&self) -> Tally {
        self.tally.clone()
    }

    /// What went to whom, and by which channel.
    #[must_use]
    pub fn post(&self) -> Shared<Post> {
        self.post.clone()
    }

    /// Lets nobody in any more, and waits until everything that is under way has ended.
    #[must_use]
    pub fn close(self) -> Closed {
        let meters = self.crew.meters();
        drop(self.front);
        // The clerk holds clients, and ends when the last order instance has.
        let mut panicked = self.crew.join();
        if self.clerk.join().is_err() {
            panicked.push("order-clerk".into());
        }
        Closed {
            books: self.books,
            meters,
            queue: self.tally.read(),
            post: self.post.lock().read(),
            panicked,
        }
    }
}
