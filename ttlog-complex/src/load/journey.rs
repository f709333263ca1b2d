//! The journey: one customer's way through the shop, from the door to the door.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ttlog_std::{Context, Level, debug, info, span, trace, warn};

use super::{
    choices::Choices,
    population::{Person, Population},
};
use crate::{
    basket::Line,
    ids::{CustomerId, OrderId, ProductId},
    protocol::{
        order::Checkout,
        user::{LogInError, SessionToken},
    },
    security::{Door, Turned, Visitor},
};

/// How many hits a search shows.
const HITS: usize = 10;
/// How many suggestions a page shows.
const SUGGESTIONS: usize = 3;

/// One customer in the shop.
pub struct Journey<'a> {
    number: u64,
    choices: Choices,
    person: &'a Person,
    shop: Visitor<'a>,
}

/// How a journey ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an order.
    Bought,
    /// Without one, as the customer wished, or because the shop is closing.
    Left,
    /// Without one, because the shop refused or failed.
    Failed,
}

/// What ends a journey early.
pub(super) enum Cut {
    /// Closing time.
    Closing,
    /// A service said no.
    Refused,
    /// There was no answer, or the door was shut.
    Turned,
}

impl From<Turned> for Cut {
    fn from(_: Turned) -> Self {
        Self::Turned
    }
}

impl<'a> Journey<'a> {
    /// The journey with this number, which together with the seed decides every choice in it.
    pub fn new(seed: u64, number: u64, population: &'a Population, door: &'a Door) -> Self {
        let mut choices = Choices::new(seed, number);
        let person = choices
            .one_of(population.people())
            .expect("there are people");
        Self {
            number,
            choices,
            person,
            shop: door.visitor(person.origin),
        }
    }

    /// Goes through the shop. `closing` ends it before its next step.
    pub fn run(mut self, closing: &AtomicBool) -> End {
        let journey = self.number;
        let _span = span!(Level::Debug, "journey", journey);
        // The span begins a trace, unless it is filtered out: the events are to have one even then.
        let no_trace = Context::current().is_none();
        let _context = no_trace.then(|| Context::root().enter());
        let (habit, taste) = (self.person.habit, self.person.taste);
        let (address, agent) = (self.person.origin.address, self.person.origin.agent);
        debug!("journey.start journey={journey} habit={habit:?} taste={taste}");
        trace!("journey.origin journey={journey} address={address} agent={agent}");
        let end = match self.walk(closing) {
            Ok(end) => end,
            Err(Cut::Closing) => End::Left,
            Err(Cut::Refused | Cut::Turned) => End::Failed,
        };
        debug!("journey.end journey={journey} end={end:?}");
        end
    }

    fn walk(&mut self, closing: &AtomicBool) -> Result<End, Cut> {
        let token = self.log_in()?;
        go_on(closing)?;
        let found = self.find()?;
        go_on(closing)?;
        let basket = self.fill_basket(token, &found)?;
        go_on(closing)?;
        let end = if basket.is_empty() || !self.choices.buys(self.person) {
            End::Left
        } else {
            self.check_out(token, basket)?
        };
        self.shop.log_out(token);
        Ok(end)
    }

    /// Logs in; who has no account opens one.
    fn log_in(&mut self) -> Result<SessionToken, Cut> {
        if self.choices.mistypes() {
            // Refused, and tried again.
            let _ = self.try_password("not the password")?;
        }
        match self.try_password(&self.person.password)? {
            Ok(token) => return Ok(token),
            Err(LogInError::UnknownEmail) => self.register()?,
            Err(LogInError::Locked | LogInError::WrongPassword) => return Err(Cut::Refused),
        }
        self.try_password(&self.person.password)?
            .map_err(|_| Cut::Refused)
    }

    fn try_password(&self, password: &str) -> Result<Result<SessionToken, LogInError>, Cut> {
        Ok(self.shop.log_in(&self.person.email, password)?)
    }

    fn register(&self) -> Result<(), Cut> {
        let Person {
            email, password, ..
        } = self.person;
        // Refused where the same person came in by another door meanwhile: then there is an account.
        let _ = self.shop.register(email, password)?;
        Ok(())
    }

    /// Searches for something, or walks through a department.
    fn find(&mut self) -> Result<Vec<ProductId>, Cut> {
        let category = self.person.taste;
        let Some(text) = self.choices.search(category) else {
            return Ok(self.shop.browse(category)?);
        };
        let hits = self.shop.search(&text, HITS)?;
        Ok(hits.iter().map(|hit| hit.product).collect())
    }

    /// Looks at some of what was found, and at what others bought with it.
    fn fill_basket(&mut self, token: SessionToken, found: &[ProductId]) -> Result<Vec<Line>, Cut> {
        let customer = self.shop.identify(token)?.map_err(|_| Cut::Refused)?.id;
        if self.choices.checks_account() {
            let _ = self.shop.account(token, customer)?;
        }
        let mut basket = Vec::new();
        for product in self.choices.looks(found) {
            self.take(customer, product, &mut basket)?;
        }
        if !basket.is_empty() && self.choices.follows_others() {
            let suggested = self.shop.suggest(basket[0].product, SUGGESTIONS)?;
            if let Some(&product) = self.choices.one_of(&suggested) {
                self.take(customer, product, &mut basket)?;
            }
        }
        let (journey, lines) = (self.number, basket.len());
        trace!("journey.basket journey={journey} lines={lines}");
        Ok(basket)
    }

    /// Looks at a product, and puts some of it into the basket.
    fn take(
        &mut self,
        customer: CustomerId,
        product: ProductId,
        basket: &mut Vec<Line>,
    ) -> Result<(), Cut> {
        let page = self.shop.look(customer, product)?;
        page.map_err(|_| Cut::Refused)?;
        let quantity = self.choices.quantity(self.person);
        match basket.iter_mut().find(|line| line.product == product) {
            Some(line) => line.quantity += quantity,
            None => basket.push(Line { product, quantity }),
        }
        Ok(())
    }

    /// Asks for the price, then orders.
    fn check_out(&mut self, token: SessionToken, basket: Vec<Line>) -> Result<End, Cut> {
        let order_id = OrderId(self.number);
        let coupon = self.choices.coupon();
        let quote = self.shop.quote(basket.clone(), coupon.clone())?;
        let total = quote.map_err(|_| Cut::Refused)?.total;
        debug!("journey.checkout order_id={order_id} total={total}");
        let checkout = Checkout {
            order: order_id,
            token,
            basket,
            card: self.person.card,
            coupon,
            region: self.person.region,
            risk: 0,
        };
        if self.choices.presses_twice() {
            // Whatever the first one brings, the second one brings too.
            self.place(checkout.clone())?;
        }
        let end = self.place(checkout)?;
        if end == End::Bought {
            self.track(order_id);
        }
        Ok(end)
    }

    /// Orders; asks what became of it when the answer does not come.
    fn place(&self, checkout: Checkout) -> Result<End, Cut> {
        let order = checkout.order;
        let bought = match self.shop.place(checkout) {
            Ok(answer) => answer.is_ok(),
            Err(Turned::Away(_)) => return Err(Cut::Turned),
            Err(why) => {
                warn!(order_id = order, error = %why, "journey.unsure");
                let bought = matches!(self.shop.status(order)?, Some(Ok(_)));
                info!(order_id = order, bought, "journey.asked");
                bought
            }
        };
        Ok(if bought { End::Bought } else { End::Failed })
    }

    /// Asks where the parcel is. Whoever gets no answer to that is a customer all the same.
    fn track(&self, order: OrderId) {
        let tracked = self.shop.track(order);
        trace!("journey.track order_id={order} parcel={tracked:?}");
    }
}

pub(super) fn go_on(closing: &AtomicBool) -> Result<(), Cut> {
    if closing.load(Relaxed) {
        Err(Cut::Closing)
    } else {
        Ok(())
    }
}
