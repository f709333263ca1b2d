//! The journey: one customer's way through the shop, from the door to the door.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::IndexedRandom};
use ttlog_std::{Context, Level, debug, info, span, trace, warn};

use super::population::{Habit, Person, Population};
use crate::{
    basket::Line,
    bus::{CallError, Deadline, PATIENCE},
    ids::{CustomerId, OrderId, ProductId},
    protocol::{
        order::{self, Checkout},
        pricing, product, recommendation, search,
        user::{self, LogInError, SessionToken},
    },
    shop::Front,
};

/// One customer in the shop.
pub struct Journey<'a> {
    number: u64,
    chance: Xoshiro256PlusPlus,
    person: &'a Person,
    front: &'a Front,
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
enum Cut {
    /// The customer, or closing time.
    Left,
    /// A service did not answer, or said no.
    Failed,
}

impl From<CallError> for Cut {
    fn from(_: CallError) -> Self {
        Self::Failed
    }
}

impl<'a> Journey<'a> {
    /// The journey with this number, which together with the seed decides everything about it.
    pub fn new(seed: u64, number: u64, population: &'a Population, front: &'a Front) -> Self {
        // Multiplied by an odd constant, so that neighbouring seeds do not share their journeys.
        let own = seed
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(number);
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(own);
        let person = population.pick(&mut chance);
        Self {
            number,
            chance,
            person,
            front,
        }
    }

    /// Goes through the shop. `closing` ends it before its next step.
    pub fn run(mut self, closing: &AtomicBool) -> End {
        let _context = Context::root().enter();
        let journey = self.number;
        let _span = span!(Level::Debug, "journey", journey);
        let (habit, taste) = (self.person.habit, self.person.taste);
        debug!("journey.start journey={journey} habit={habit:?} taste={taste}");
        let end = match self.walk(closing) {
            Ok(end) => end,
            Err(Cut::Left) => End::Left,
            Err(Cut::Failed) => End::Failed,
        };
        debug!("journey.end journey={journey} end={end:?}");
        end
    }

    fn walk(&mut self, closing: &AtomicBool) -> Result<End, Cut> {
        let go_on = || {
            if closing.load(Relaxed) {
                Err(Cut::Left)
            } else {
                Ok(())
            }
        };
        let token = self.log_in()?;
        go_on()?;
        let found = self.find()?;
        go_on()?;
        let basket = self.fill_basket(token, &found)?;
        go_on()?;
        if basket.is_empty() || !self.wants_to_buy() {
            self.front.user.tell(user::Request::LogOut { token });
            return Ok(End::Left);
        }
        let end = self.check_out(token, basket)?;
        self.front.user.tell(user::Request::LogOut { token });
        Ok(end)
    }

    /// Logs in; who has no account opens one. Now and then somebody mistypes the password.
    fn log_in(&mut self) -> Result<SessionToken, Cut> {
        if self.chance.random_ratio(1, 20) {
            let _ = self.try_password("not the password".into())?;
        }
        match self.try_password(self.person.password.clone())? {
            Ok(token) => return Ok(token),
            Err(LogInError::UnknownEmail) => {}
            Err(LogInError::Locked | LogInError::WrongPassword) => return Err(Cut::Failed),
        }
        let (email, password) = (self.person.email.clone(), self.person.password.clone());
        // Refused where the same person came in by another door meanwhile; then log in as well.
        let _ = self
            .front
            .user
            .call(patience(), |reply| user::Request::Register {
                email,
                password,
                reply,
            })?;
        self.try_password(self.person.password.clone())?
            .map_err(|_| Cut::Failed)
    }

    fn try_password(&self, password: String) -> Result<Result<SessionToken, LogInError>, Cut> {
        let email = self.person.email.clone();
        let ask = |reply| user::Request::LogIn {
            email,
            password,
            reply,
        };
        Ok(self.front.user.call(patience(), ask)?)
    }

    /// Searches for something, or walks through a department.
    fn find(&mut self) -> Result<Vec<ProductId>, Cut> {
        let taste = self.person.taste;
        if self.chance.random_ratio(1, 3) {
            let ask = |reply| product::Request::Browse {
                category: taste,
                reply,
            };
            return Ok(self.front.product.call(patience(), ask)?);
        }
        let words = [
            "oak",
            "steel lamp",
            "folding chair",
            "tent",
            "vintage",
            "blue",
            "submarine",
        ];
        let word = words.choose(&mut self.chance).expect("there are words");
        let text = format!("{word} {taste}");
        let ask = |reply| search::Request::Find {
            text,
            limit: 10,
            reply,
        };
        let hits = self.front.search.call(patience(), ask)?;
        Ok(hits.iter().map(|hit| hit.product).collect())
    }

    /// Looks at some of what was found, and at what others bought with it.
    fn fill_basket(&mut self, token: SessionToken, found: &[ProductId]) -> Result<Vec<Line>, Cut> {
        let ask = |reply| user::Request::Identify { token, reply };
        let customer = self
            .front
            .user
            .call(patience(), ask)?
            .map_err(|_| Cut::Failed)?
            .id;
        let mut basket = Vec::new();
        let looks = self.chance.random_range(1..=3);
        for _ in 0..looks {
            let Some(&product) = found.choose(&mut self.chance) else {
                break;
            };
            self.look(customer, product)?;
            self.take(&mut basket, product);
        }
        if let Some(first) = basket.first().copied()
            && self.chance.random_ratio(1, 2)
        {
            let ask = |reply| recommendation::Request::Suggest {
                product: first.product,
                limit: 3,
                reply,
            };
            let suggested = self.front.recommendation.call(patience(), ask)?;
            if let Some(&product) = suggested.choose(&mut self.chance) {
                self.look(customer, product)?;
                self.take(&mut basket, product);
            }
        }
        let (journey, lines) = (self.number, basket.len());
        trace!("journey.basket journey={journey} lines={lines}");
        Ok(basket)
    }

    fn look(&self, customer: CustomerId, product: ProductId) -> Result<(), Cut> {
        let ask = |reply| product::Request::Look {
            customer,
            product,
            reply,
        };
        self.front
            .product
            .call(patience(), ask)?
            .map(drop)
            .map_err(|_| Cut::Failed)
    }

    fn take(&mut self, basket: &mut Vec<Line>, product: ProductId) {
        let quantity = match self.person.habit {
            Habit::Generous => self.chance.random_range(2..=6),
            Habit::Thief => self.chance.random_range(3..=5),
            Habit::Sober | Habit::Curious => self.chance.random_range(1..=2),
        };
        match basket.iter_mut().find(|line| line.product == product) {
            Some(line) => line.quantity += quantity,
            None => basket.push(Line { product, quantity }),
        }
    }

    fn wants_to_buy(&mut self) -> bool {
        let buys_in_100 = match self.person.habit {
            Habit::Sober => 70,
            Habit::Curious => 25,
            Habit::Generous | Habit::Thief => 90,
        };
        self.chance.random_ratio(buys_in_100, 100)
    }

    /// Asks for the price, then orders. Now and then somebody presses the button twice.
    fn check_out(&mut self, token: SessionToken, basket: Vec<Line>) -> Result<End, Cut> {
        let coupon = match self.chance.random_range(0..20) {
            0 => Some("WELCOME10"),
            1 => Some("freepost"),
            _ => None,
        };
        let coupon = coupon.map(String::from);
        let (lines, code) = (basket.clone(), coupon.clone());
        let ask = |reply| pricing::Request::Quote {
            basket: lines,
            coupon: code,
            reply,
        };
        let quote = self
            .front
            .pricing
            .call(patience(), ask)?
            .map_err(|_| Cut::Failed)?;
        let (order_id, total) = (OrderId(self.number), quote.total);
        debug!("journey.checkout order_id={order_id} total={total}");

        let presses = if self.chance.random_ratio(1, 30) {
            2
        } else {
            1
        };
        let mut end = End::Failed;
        for _ in 0..presses {
            let checkout = Checkout {
                order: order_id,
                token,
                basket: basket.clone(),
                card: self.person.card,
                coupon: coupon.clone(),
                region: self.person.region,
            };
            let ask = |reply| order::Request::Place { checkout, reply };
            end = match self.front.order.call(patience(), ask) {
                Ok(Ok(_)) => End::Bought,
                Ok(Err(_)) => End::Failed,
                Err(why) => self.ask_again(order_id, why)?,
            };
        }
        Ok(end)
    }

    /// Asks what became of an order when the answer did not come.
    fn ask_again(&self, order_id: OrderId, why: CallError) -> Result<End, Cut> {
        warn!("journey.unsure order_id={order_id} error={why}");
        let ask = |reply| order::Request::Status {
            order: order_id,
            reply,
        };
        let bought = matches!(self.front.order.call(patience(), ask)?, Some(Ok(_)));
        info!("journey.asked order_id={order_id} bought={bought}");
        Ok(if bought { End::Bought } else { End::Failed })
    }
}

fn patience() -> Deadline {
    Deadline::within(PATIENCE)
}
