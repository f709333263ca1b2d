//! A shop without a recorder, on a clock that stands still: nothing sleeps, whatever it waits for.

use core::time::Duration;

use ttlog_complex::{
    bank::{Bank, CardNumber, Issuer},
    basket::Line,
    bus::Deadline,
    catalogue::Catalogue,
    chaos::Weather,
    clock::Clock,
    ids::{OrderId, ProductId},
    ledger,
    money::Cents,
    protocol::{
        order::{self, Checkout, OrderError, Receipt},
        shipping::Region,
        user::{self, SessionToken},
    },
    resilience::balancer::Balance,
    services::{shipping::depot::Carrier, user::password::PasswordHasher},
    shared::Shared,
    shop::{Books, Front, Opening, Shop},
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
}

impl OneCustomer {
    /// Opens the shop, and lets a customer register and log in who has `funds` on each card.
    pub(crate) fn with_funds(funds: Cents, carriers: &[Carrier]) -> Self {
        let shop = Shop::open(Opening {
            seed: 1,
            hasher: PasswordHasher { rounds: 1 },
            catalogue: Catalogue::seeded(1),
            carriers: carriers.into(),
            bank: Shared::new(Bank::open(1, [(CARD, funds), (SLOW_CARD, funds)])),
            clock: Clock::manual(),
            snapshots: Snapshots::default(),
            weather: Weather::default(),
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
        Self { shop, front, token }
    }

    /// Orders some pieces of [`PRODUCT`].
    pub(crate) fn order(
        &self,
        order: u64,
        quantity: u32,
        card: CardNumber,
    ) -> Result<Receipt, OrderError> {
        let checkout = Checkout {
            order: OrderId(order),
            token: self.token,
            basket: vec![Line {
                product: PRODUCT,
                quantity,
            }],
            card,
            coupon: None,
            region: Region::Mainland,
        };
        let ask = |reply| order::Request::Place { checkout, reply };
        self.front.order.call(patience(), ask).unwrap()
    }

    /// Closes the shop. Whatever happened in it, the books agree.
    pub(crate) fn close(self) -> Books {
        drop(self.front);
        let closed = self.shop.close();
        assert_eq!(closed.panicked, [""; 0]);
        for finding in ledger::check(&closed.books) {
            assert!(finding.holds, "{finding:?}");
        }
        closed.books
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
