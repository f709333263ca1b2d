//! The gateway: the line to the bank, which is slow at times and then answers too late.

use core::time::Duration;

use ttlog_std::{Level, debug, error, span, warn};

use crate::{
    bank::{Answer, Bank, CardNumber, Refusal},
    chaos::Weather,
    clock::Clock,
    ids::OrderId,
    money::Cents,
    protocol::payment::ChargeError,
    shared::Shared,
};

/// How long it waits for the bank.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// The line to the bank.
pub struct Gateway {
    bank: Shared<Bank>,
    weather: Weather,
    clock: Clock,
}

/// The bank did not answer in time.
struct Silence;

impl Gateway {
    /// A line to `bank`, which the weather can make slow.
    #[must_use]
    pub fn new(bank: Shared<Bank>, weather: Weather, clock: Clock) -> Self {
        Self {
            bank,
            weather,
            clock,
        }
    }

    /// Asks for the money for an order.
    ///
    /// # Errors
    ///
    /// [`ChargeError`]; after [`ChargeError::GatewayTimeout`] the bank may have taken it all the
    /// same, and has to be told to [give it back](Self::give_back).
    pub fn pay(
        &self,
        order_id: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<(), ChargeError> {
        let _span = span!(Level::Debug, "payment.bank", order_id);
        // A refusal is an answer: it says nothing against the line.
        let answer = self.ask(order_id, card, amount);
        let verdict = answer.map_err(|Silence| ChargeError::GatewayTimeout)?;
        verdict.map_err(|refusal| match refusal {
            Refusal::InsufficientFunds => ChargeError::InsufficientFunds,
            Refusal::UnknownCard => ChargeError::UnknownCard,
        })
    }

    /// Has whatever was paid for an order given back; a second time, nothing.
    pub fn give_back(&self, order_id: OrderId) -> Cents {
        self.bank.lock().give_back(order_id)
    }

    /// Waits for the answer, as long as it is of use.
    fn ask(
        &self,
        order_id: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<Result<(), Refusal>, Silence> {
        let Answer { mut after, verdict } = self.bank.lock().pay(order_id, card, amount);
        if let Some(by) = self.weather.gateway() {
            warn!("payment.gateway slow order_id={order_id} by={by:?}");
            after += by;
        }
        self.clock.pause(after.min(PATIENCE));
        let after_us = after.as_micros() as u64;
        if after > PATIENCE {
            error!(order_id, issuer = ?card.issuer, after_us, "payment.bank no answer in time");
            return Err(Silence);
        }
        debug!("payment.bank answered order_id={order_id} after_us={after_us}");
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bank::Issuer, chaos::Fault};

    const ORDER: OrderId = OrderId(1);
    const CARD: CardNumber = CardNumber {
        issuer: Issuer::Union,
        abroad: false,
        serial: 1,
    };

    fn gateway() -> (Gateway, Weather, Clock) {
        let bank = Shared::new(Bank::open(1, [(CARD, Cents(1_000))]));
        let (weather, clock) = (Weather::default(), Clock::manual());
        let gateway = Gateway::new(bank, weather.clone(), clock.clone());
        (gateway, weather, clock)
    }

    #[test]
    fn the_bank_says_yes_or_no() {
        let (gateway, ..) = gateway();
        assert_eq!(gateway.pay(ORDER, CARD, Cents(600)), Ok(()));
        let refused = Err(ChargeError::InsufficientFunds);
        assert_eq!(gateway.pay(OrderId(2), CARD, Cents(600)), refused);
        let unknown = CardNumber { serial: 2, ..CARD };
        let refused = Err(ChargeError::UnknownCard);
        assert_eq!(gateway.pay(OrderId(3), unknown, Cents(1)), refused);
    }

    #[test]
    fn an_answer_that_is_late_is_not_waited_for_and_the_money_can_be_had_back() {
        let (gateway, weather, clock) = gateway();
        let slow = Fault::SlowGateway { by: PATIENCE * 5 };
        weather.begin(slow.clone());
        let silent = Err(ChargeError::GatewayTimeout);
        assert_eq!(gateway.pay(ORDER, CARD, Cents(600)), silent);
        assert_eq!(clock.now(), PATIENCE);
        assert_eq!(gateway.give_back(ORDER), Cents(600));
        weather.end(&slow);
        assert_eq!(gateway.pay(OrderId(2), CARD, Cents(600)), Ok(()));
    }

    #[test]
    fn an_answer_that_is_slow_but_in_time_counts() {
        let (gateway, weather, clock) = gateway();
        weather.begin(Fault::SlowGateway { by: PATIENCE / 2 });
        assert_eq!(gateway.pay(ORDER, CARD, Cents(600)), Ok(()));
        assert!(clock.now() > PATIENCE / 2);
    }
}
