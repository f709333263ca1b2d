//! A shop without a recorder, on a clock that stands still: nothing sleeps, whatever it waits for.

use core::{mem, time::Duration};
use std::env;

use ttlog_complex::{
    bank::{Bank, CardNumber, Issuer},
    basket::Line,
    bus::Deadline,
    catalogue::Catalogue,
    chaos::Weather,
    checks,
    clock::Clock,
    database::Databases,
    ids::{OrderId, ProductId},
    money::Cents,
    protocol::{
        order::{self, Checkout, OrderError, Placed, Receipt},
        search,
        shipping::Region,
        user::{self, SessionToken},
    },
    resilience::balancer::Balance,
    services::{shipping::depot::Carrier, user::password::PasswordHasher},
    shared::Shared,
    shop::{Books, Closed, Front, Opening, Shop},
    snapshots::Snapshots,
};

pub(crate) const CARD: CardNumber = CardNumber {
    issuer: Issuer::Union,
    abroad: false,
    serial: 1,
};
pub(crate) const SLOW_CARD: CardNumber = CardNumber {
    issuer: Issuer::Meridian,
    abroad: false,
    serial: 2,
};
pub(crate) const PRODUCT: ProductId = ProductId(0);

/// A shop with one customer in it.
pub(crate) struct OneCustomer {
    shop: Shop,
    front: Front,
    token: SessionToken,
    /// What is wrong.
    pub(crate) weather: Weather,
}

impl OneCustomer {
    /// Opens the shop, and lets a customer register and log in who has `funds` on each card.
    pub(crate) fn with_funds(funds: Cents, carriers: &[Carrier]) -> Self {
        Self::in_weather(Weather::default(), funds, carriers)
    }

    /// The same under faults.
    pub(crate) fn in_weather(weather: Weather, funds: Cents, carriers: &[Carrier]) -> Self {
        let (clock, snapshots) = (Clock::manual(), Snapshots::default());
        let databases = Databases::open(&env::temp_dir(), &weather, &clock, &snapshots).unwrap();
        let shop = Shop::open(Opening {
            seed: 1,
            hasher: PasswordHasher { rounds: 1 },
            catalogue: Catalogue::seeded(1),
            carriers: carriers.into(),
            bank: Shared::new(Bank::open(1, [(CARD, funds), (SLOW_CARD, funds)])),
            databases,
            clock,
            snapshots,
            weather: weather.clone(),
            balance: Balance::default(),
        })
        .unwrap();
        let front = shop.front();
        let (email, password) = ("a@shop".to_owned(), "password".to_owned());
        let ask = |reply| user::Request::Register {
            email: email.clone(),
            password: password.clone(),
            reply,
        };
        front.user.call(patience(), ask).unwrap().unwrap();
        let ask = |reply| user::Request::LogIn {
            email,
            password,
            reply,
        };
        let token = front.user.call(patience(), ask).unwrap().unwrap();
        Self {
            shop,
            front,
            token,
            weather,
        }
    }

    /// Orders some pieces of [`PRODUCT`].
    pub(crate) fn order(
        &self,
        order: u64,
        quantity: u32,
        card: CardNumber,
    ) -> Result<Receipt, OrderError> {
        let checkout = self.checkout(order, quantity, card);
        let ask = |reply| order::Request::Place { checkout, reply };
        match self.front.order.call(patience(), ask).unwrap()? {
            Placed::Confirmed(receipt) => Ok(receipt),
            Placed::Queued => panic!("payment is there"),
        }
    }

    /// Orders, and asks what became of it when no answer comes.
    pub(crate) fn order_somehow(&self, order: u64) -> Option<Result<Placed, OrderError>> {
        let checkout = self.checkout(order, 1, CARD);
        let ask = |reply| order::Request::Place { checkout, reply };
        if let Ok(answer) = self.front.order.call(patience(), ask) {
            return Some(answer);
        }
        let order = OrderId(order);
        let ask = |reply| order::Request::Status { order, reply };
        self.front.order.call_again(patience(), ask).unwrap()
    }

    fn checkout(&self, order: u64, quantity: u32, card: CardNumber) -> Checkout {
        Checkout {
            order: OrderId(order),
            token: self.token,
            basket: vec![Line {
                product: PRODUCT,
                quantity,
            }],
            card,
            coupon: None,
            region: Region::Mainland,
            risk: 0,
        }
    }

    /// Whether a search finds anything.
    pub(crate) fn finds(&self, text: &str) -> bool {
        let ask = |reply| search::Request::Find {
            text: text.into(),
            limit: 1,
            reply,
        };
        !self
            .front
            .search
            .call_again(patience(), ask)
            .unwrap()
            .is_empty()
    }

    /// Closes the shop. Whatever happened in it, the books agree, and what was written down.
    pub(crate) fn close(self) -> Books {
        self.close_and_tell().books
    }

    /// The same, with all that is known in the end.
    pub(crate) fn close_and_tell(self) -> Closed {
        self.close_leaving(0)
    }

    /// The same, with so many steps back that nobody could take.
    pub(crate) fn close_leaving(self, stuck: u64) -> Closed {
        drop(self.front);
        let closed = self.shop.close();
        assert_eq!(closed.panicked, [""; 0]);
        let mut queue = closed.backroom.queue;
        assert_eq!(mem::take(&mut queue.stuck), stuck);
        for check in checks::books::check(&closed.books, &queue) {
            assert!(check.passed, "{check:?}");
        }
        let disputed = closed.journal.disagreements(&closed.books.orders.lock());
        assert_eq!(disputed.unwrap(), []);
        assert_eq!((closed.journal.behind(), closed.trail.behind()), (0, 0));
        assert!(closed.trail.verify().unwrap() > 0);
        closed
    }
}

/// Pieces of [`PRODUCT`] that were sold.
pub(crate) fn sold(books: &Books) -> u32 {
    let stock = books.stock.lock();
    let level = stock.levels().find(|(product, _)| *product == PRODUCT);
    level.unwrap().1.sold
}

fn patience() -> Deadline {
    Deadline::within(Duration::from_secs(30))
}
