//! The till: which orders were paid, how much, and what went back.

use std::collections::HashMap;

use crate::{ids::OrderId, money::Cents, protocol::payment::ChargeError};

/// A charge for each order, and the sums.
#[derive(Debug, Default)]
pub struct Till {
    /// Kept for ever: an order is charged once, however late a request for it arrives.
    charges: HashMap<OrderId, Charge>,
    paid: Cents,
    refunded: Cents,
}

#[derive(Clone, Copy, Debug)]
enum Charge {
    /// The bank is being asked.
    Pending(Cents),
    Paid(Cents),
    Refused(ChargeError),
    /// Given back, or never to be taken.
    Refunded,
}

/// What became of the wish to charge an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first; now [`settle`](Till::settle) it.
    First,
    /// It was asked before, and this is the answer.
    Before(Result<(), ChargeError>),
}

impl Till {
    /// Begins to charge an order, unless that was done before.
    pub fn begin(&mut self, order: OrderId, amount: Cents) -> Begun {
        let Some(charge) = self.charges.get(&order) else {
            self.charges.insert(order, Charge::Pending(amount));
            return Begun::First;
        };
        Begun::Before(match *charge {
            Charge::Pending(_) => Err(ChargeError::InProgress),
            Charge::Paid(charged) if charged != amount => Err(ChargeError::OtherAmount { charged }),
            Charge::Paid(_) => Ok(()),
            Charge::Refused(why) => Err(why),
            Charge::Refunded => Err(ChargeError::Refunded),
        })
    }

    /// Notes how a charge that was begun has ended, and answers what holds for the order now.
    ///
    /// # Errors
    ///
    /// The one in `verdict`, and [`ChargeError::Refunded`] where the order was refunded meanwhile:
    /// whatever the bank took is then to be given back.
    pub fn settle(
        &mut self,
        order: OrderId,
        verdict: Result<(), ChargeError>,
    ) -> Result<(), ChargeError> {
        let Some(charge) = self.charges.get_mut(&order) else {
            return Err(ChargeError::Refunded);
        };
        let Charge::Pending(amount) = *charge else {
            return Err(ChargeError::Refunded);
        };
        match verdict {
            Ok(()) => {
                *charge = Charge::Paid(amount);
                self.paid += amount;
            }
            Err(why) => *charge = Charge::Refused(why),
        }
        verdict
    }

    /// Notes that a charge that was begun was not tried: it may be begun again.
    pub fn forget(&mut self, order: OrderId) {
        if let Some(Charge::Pending(_)) = self.charges.get(&order) {
            self.charges.remove(&order);
        }
    }

    /// Notes that an order is given back; answers how much that is.
    ///
    /// The order cannot be charged from now on, even if it never was.
    pub fn refund(&mut self, order: OrderId) -> Cents {
        let amount = match self.charges.insert(order, Charge::Refunded) {
            Some(Charge::Paid(amount)) => amount,
            _ => Cents::ZERO,
        };
        self.refunded += amount;
        amount
    }

    /// All that was taken, whether or not it was given back.
    #[must_use]
    pub fn paid(&self) -> Cents {
        self.paid
    }

    /// All that was given back.
    #[must_use]
    pub fn refunded(&self) -> Cents {
        self.refunded
    }

    /// The orders that are paid now, and how much each.
    pub fn orders(&self) -> impl Iterator<Item = (OrderId, Cents)> {
        self.charges
            .iter()
            .filter_map(|(&order, charge)| match *charge {
                Charge::Paid(amount) => Some((order, amount)),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: OrderId = OrderId(1);
    const PRICE: Cents = Cents(1_000);

    fn paid() -> Till {
        let mut till = Till::default();
        assert_eq!(till.begin(ORDER, PRICE), Begun::First);
        assert_eq!(till.settle(ORDER, Ok(())), Ok(()));
        till
    }

    #[test]
    fn an_order_is_charged_once() {
        let mut till = paid();
        assert_eq!(till.begin(ORDER, PRICE), Begun::Before(Ok(())));
        let other = ChargeError::OtherAmount { charged: PRICE };
        assert_eq!(till.begin(ORDER, Cents(1)), Begun::Before(Err(other)));
        assert_eq!(till.paid(), PRICE);
        assert_eq!(till.orders().collect::<Vec<_>>(), [(ORDER, PRICE)]);
    }

    #[test]
    fn an_order_is_refunded_once_and_not_charged_again() {
        let mut till = paid();
        assert_eq!(till.refund(ORDER), PRICE);
        assert_eq!(till.refund(ORDER), Cents::ZERO);
        assert_eq!(
            till.begin(ORDER, PRICE),
            Begun::Before(Err(ChargeError::Refunded))
        );
        assert_eq!((till.paid(), till.refunded()), (PRICE, PRICE));
        assert_eq!(till.orders().count(), 0);
    }

    #[test]
    fn a_refusal_is_remembered() {
        let mut till = Till::default();
        let refusal = Err(ChargeError::InsufficientFunds);
        till.begin(ORDER, PRICE);
        assert_eq!(till.settle(ORDER, refusal), refusal);
        assert_eq!(till.begin(ORDER, PRICE), Begun::Before(refusal));
        assert_eq!(till.paid(), Cents::ZERO);
    }

    #[test]
    fn a_second_request_does_not_wait_for_the_first() {
        let mut till = Till::default();
        till.begin(ORDER, PRICE);
        assert_eq!(
            till.begin(ORDER, PRICE),
            Begun::Before(Err(ChargeError::InProgress))
        );
    }

    #[test]
    fn a_charge_that_was_not_tried_may_be_begun_again_unless_it_was_refunded() {
        let mut till = Till::default();
        till.begin(ORDER, PRICE);
        till.forget(ORDER);
        assert_eq!(till.begin(ORDER, PRICE), Begun::First);
        till.refund(ORDER);
        till.forget(ORDER);
        assert_eq!(
            till.begin(ORDER, PRICE),
            Begun::Before(Err(ChargeError::Refunded))
        );
    }

    #[test]
    fn a_refund_overtakes_the_answer_of_the_bank() {
        let mut till = Till::default();
        till.begin(ORDER, PRICE);
        assert_eq!(till.refund(ORDER), Cents::ZERO);
        assert_eq!(till.settle(ORDER, Ok(())), Err(ChargeError::Refunded));
        assert_eq!((till.paid(), till.refunded()), (Cents::ZERO, Cents::ZERO));
    }
}
