//! An order service between services that are as plain as can be, on lines that can be cut.

use core::time::Duration;
use std::{env, marker::PhantomData, sync::Arc, thread, thread::JoinHandle, time::Instant};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use ttlog_complex::{
    bank::{CardNumber, Issuer},
    basket,
    bus::{Client, Crew, Deadline, Outcome, ReplyTo, Service},
    chaos::Weather,
    clock::Clock,
    database::Databases,
    ids::{CustomerId, OrderId, ProductId},
    money::Cents,
    protocol::{
        inventory::{self, NotReserved},
        order::{self, Checkout, OrderError, Placed},
        payment,
        pricing::{self, Quote},
        shipping::{self, Region},
        user::{self, Customer, SessionToken},
    },
    services::{
        inventory::stock::Stock,
        order::{
            Order,
            book::OrderBook,
            clerk::Clerk,
            journal::Journal,
            office::Office,
            queue::{Queue, QueueReading, Tally},
            saga::Saga,
        },
        payment::till::{Begun, Till},
        shipping::depot::{Carrier, Depot},
    },
    shared::Shared,
    snapshots::Snapshots,
};

const PRICE: Cents = Cents(700);
const NOW: Duration = Duration::ZERO;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It arrives, and so does the answer.
    Fine,
    /// It arrives, but the answer does not.
    Mute,
    /// It does not arrive.
    Dead,
}

/// A line to a service.
#[derive(Clone)]
pub(crate) struct Wire(Shared<Fate>);

struct Fate {
    line: Line,
    releases: Line,
    flaky: bool,
    chance: Xoshiro256PlusPlus,
}

impl Wire {
    fn new(seed: u64) -> Self {
        Self(Shared::new(Fate {
            line: Line::Fine,
            releases: Line::Fine,
            flaky: false,
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
        }))
    }

    pub(crate) fn set(&self, line: Line) {
        self.0.lock().line = line;
    }

    /// For requests to put goods back only.
    pub(crate) fn set_for_releases(&self, line: Line) {
        self.0.lock().releases = line;
    }

    /// Whether each request may get lost, and each answer.
    pub(crate) fn set_flaky(&self, flaky: bool) {
        self.0.lock().flaky = flaky;
    }

    fn carry<T>(&self, reply: ReplyTo<T>, work: impl FnOnce() -> T) -> Outcome {
        let line = {
            let fate = &mut *self.0.lock();
            match fate.chance.random_range(0..10) {
                0..2 if fate.flaky => Line::Dead,
                2..4 if fate.flaky => Line::Mute,
                _ => fate.line,
            }
        };
        match line {
            Line::Fine => reply.value(work()),
            Line::Mute => {
                work();
                Outcome::Unheard
            }
            Line::Dead => Outcome::Unheard,
        }
    }
}

struct Payment(Wire, Shared<Till>);

impl Service for Payment {
    const NAME: &'static str = "payment";
    type Request = payment::Request;

    fn handle(&self, request: payment::Request, _deadline: Deadline) -> Outcome {
        let mut till = self.1.lock();
        match request {
            payment::Request::Charge {
                order,
                amount,
                reply,
                ..
            } => self.0.carry(reply, || match till.begin(order, amount) {
                Begun::First => till.settle(order, Ok(())),
                Begun::Before(answer) => answer,
            }),
            payment::Request::Refund { order, reply } => self.0.carry(reply, || till.refund(order)),
        }
    }
}

struct Inventory(Wire, Shared<Stock>);

impl Service for Inventory {
    const NAME: &'static str = "inventory";
    type Request = inventory::Request;

    fn handle(&self, request: inventory::Request, _deadline: Deadline) -> Outcome {
        let mut stock = self.1.lock();
        let releases = self.0.0.lock().releases;
        match request {
            inventory::Request::Reserve {
                order,
                lines,
                reply,
            } => self.0.carry(reply, || stock.reserve(order, &lines, NOW)),
            inventory::Request::Collect { order, reply } => self
                .0
                .carry(reply, || stock.collect(order).map(drop).ok_or(NotReserved)),
            inventory::Request::Release { .. } if releases == Line::Dead => Outcome::Unheard,
            inventory::Request::Release { order, reply } => {
                self.0.carry(reply, || stock.release(order))
            }
            _ => Outcome::Unheard,
        }
    }
}

struct Shipping(Wire, Shared<Depot>);

impl Service for Shipping {
    const NAME: &'static str = "shipping";
    type Request = shipping::Request;

    fn handle(&self, request: shipping::Request, _deadline: Deadline) -> Outcome {
        let mut depot = self.1.lock();
        match request {
            shipping::Request::Dispatch {
                order,
                region,
                email,
                reply,
            } => self
                .0
                .carry(reply, || depot.dispatch(order, region, email, NOW)),
            shipping::Request::Cancel { order, reply } => {
                self.0.carry(reply, || depot.cancel(order))
            }
            _ => Outcome::Unheard,
        }
    }
}

/// Everything has its price, and it is the same.
struct Pricing;

impl Service for Pricing {
    const NAME: &'static str = "pricing";
    type Request = pricing::Request;

    fn handle(&self, request: pricing::Request, _deadline: Deadline) -> Outcome {
        match request {
            pricing::Request::Quote { reply, .. } => reply.result(Ok(Quote {
                list: PRICE,
                market: Cents::ZERO,
                discount: Cents::ZERO,
                postage: Cents::ZERO,
                total: PRICE,
            })),
        }
    }
}

/// Everybody is the same customer.
struct User;

impl Service for User {
    const NAME: &'static str = "user";
    type Request = user::Request;

    fn handle(&self, request: user::Request, _deadline: Deadline) -> Outcome {
        match request {
            user::Request::Identify { reply, .. } => reply.result(Ok(Customer {
                id: CustomerId(1),
                email: "a@shop".into(),
            })),
            _ => Outcome::Unheard,
        }
    }
}

/// Hears everything and says nothing.
struct Deaf<R>(PhantomData<fn(R)>);

impl<R: Send + 'static> Service for Deaf<R> {
    const NAME: &'static str = "deaf";
    type Request = R;

    fn handle(&self, _request: R, _deadline: Deadline) -> Outcome {
        Outcome::Served
    }
}

pub(crate) struct SmallShop {
    pub(crate) payment: Wire,
    pub(crate) inventory: Wire,
    pub(crate) shipping: Wire,
    till: Shared<Till>,
    stock: Shared<Stock>,
    depot: Shared<Depot>,
    book: Shared<OrderBook>,
    journal: Journal,
    crew: Crew,
    order: Client<order::Request>,
    clerk: JoinHandle<()>,
    tally: Tally,
}

/// How everything ended.
pub(crate) struct Ends {
    pub(crate) confirmed: usize,
    pub(crate) failed: Vec<OrderError>,
    pub(crate) paid: usize,
    pub(crate) queue: QueueReading,
}

impl SmallShop {
    pub(crate) fn open(seed: u64) -> Self {
        let [payment, inventory, shipping] = [1, 2, 3].map(|line| Wire::new(seed * 10 + line));
        let till = Shared::<Till>::default();
        let stock = Shared::new(Stock::new([(ProductId(0), 1_000)]));
        let depot = Shared::new(Depot::new([Carrier::new(
            "Cart",
            Region::Mainland,
            1_000,
            1,
        )]));
        let book = Shared::<OrderBook>::default();
        let mut crew = Crew::default();
        let (weather, clock, snapshots) = (Weather::default(), Clock::real(), Snapshots::default());
        let databases = Databases::open(&env::temp_dir(), &weather, &clock, &snapshots).unwrap();
        let journal = Journal::open(databases.orders, clock).unwrap();
        let office = Arc::new(Office {
            book: book.clone(),
            journal: journal.clone(),
            saga: Saga {
                pricing: crew.start(1, Pricing).unwrap(),
                inventory: crew
                    .start(1, Inventory(inventory.clone(), stock.clone()))
                    .unwrap(),
                payment: crew
                    .start(1, Payment(payment.clone(), till.clone()))
                    .unwrap(),
                shipping: crew
                    .start(1, Shipping(shipping.clone(), depot.clone()))
                    .unwrap(),
            },
            recommendation: crew.start(1, Deaf(PhantomData)).unwrap(),
            notification: crew.start(1, Deaf(PhantomData)).unwrap(),
            analytics: crew.start(1, Deaf(PhantomData)).unwrap(),
            audit: crew.start(1, Deaf(PhantomData)).unwrap(),
            snapshots,
        });
        let (queue, jobs) = Queue::new();
        let tally = queue.tally();
        let clerk = Clerk {
            office: Arc::clone(&office),
            tally: tally.clone(),
        };
        let clerk = clerk.start(jobs).unwrap();
        let user = crew.start(1, User).unwrap();
        let order = crew
            .start(
                2,
                Order {
                    user,
                    office,
                    queue,
                },
            )
            .unwrap();
        Self {
            payment,
            inventory,
            shipping,
            till,
            stock,
            depot,
            book,
            journal,
            crew,
            order,
            clerk,
            tally,
        }
    }

    pub(crate) fn order(&self, order: u64) -> Result<Placed, OrderError> {
        let checkout = Checkout {
            order: OrderId(order),
            token: SessionToken(0),
            basket: vec![basket::Line {
                product: ProductId(0),
                quantity: 2,
            }],
            card: CardNumber {
                issuer: Issuer::Union,
                abroad: false,
                serial: 1,
            },
            coupon: None,
            region: Region::Mainland,
            risk: 0,
        };
        let ask = |reply| order::Request::Place { checkout, reply };
        let began = Instant::now();
        let mut answer = self.order.call(patience(), ask).ok();
        while answer.is_none() {
            // It took longer than a call may: what became of it is to be asked for.
            assert!(began.elapsed() < Duration::from_secs(20));
            answer = self.status(order);
        }
        answer.unwrap()
    }

    pub(crate) fn status(&self, order: u64) -> Option<Result<Placed, OrderError>> {
        let order = OrderId(order);
        let ask = |reply| order::Request::Status { order, reply };
        self.order.call(patience(), ask).unwrap()
    }

    /// Asks until the order has left the queue.
    pub(crate) fn wait_for(&self, order: u64) -> Result<Placed, OrderError> {
        let began = Instant::now();
        while self.tally.is_waiting(OrderId(order)) {
            assert!(began.elapsed() < Duration::from_secs(20));
            thread::yield_now();
        }
        self.status(order).unwrap()
    }

    /// Leaves an order as an instance does that dies in the middle of it.
    pub(crate) fn die_over(&self, order: u64) {
        let order = OrderId(order);
        self.book.lock().open(order);
        self.journal.opened(order, CustomerId(1)).unwrap();
        let line = basket::Line {
            product: ProductId(0),
            quantity: 2,
        };
        self.stock.lock().reserve(order, &[line], NOW).unwrap();
        let mut till = self.till.lock();
        till.begin(order, PRICE);
        till.settle(order, Ok(())).unwrap();
    }

    /// Closes the shop, and finds that its books agree.
    pub(crate) fn close(self) -> Ends {
        drop(self.order);
        assert_eq!(self.crew.join(), [""; 0]);
        self.clerk.join().unwrap();
        self.journal.finish();
        let disputed = self.journal.disagreements(&self.book.lock());
        assert_eq!(disputed.unwrap(), []);
        let mut confirmed = Vec::new();
        let mut failed = Vec::new();
        for (order, result) in self.book.lock().orders() {
            match result.expect("no order is left open") {
                Ok(_) => confirmed.push(order),
                Err(why) => failed.push(why),
            }
        }
        confirmed.sort();
        let till = self.till.lock();
        let mut paid: Vec<OrderId> = till.orders().map(|(order, _)| order).collect();
        paid.sort();
        let mut shipped: Vec<OrderId> = self.depot.lock().orders().collect();
        shipped.sort();
        assert_eq!(paid, confirmed);
        assert_eq!(shipped, confirmed);
        assert_eq!(
            till.paid() - till.refunded(),
            PRICE.times(confirmed.len() as u32)
        );
        let (_, level) = self.stock.lock().levels().next().unwrap();
        let sold = 2 * confirmed.len() as u32;
        assert_eq!((level.reserved, level.sold), (0, sold));
        assert_eq!(level.left, 1_000 - sold);
        Ends {
            confirmed: confirmed.len(),
            failed,
            paid: paid.len(),
            queue: self.tally.read(),
        }
    }
}

fn patience() -> Deadline {
    Deadline::within(Duration::from_secs(30))
}
