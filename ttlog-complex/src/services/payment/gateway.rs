//! The gateway: the line to the bank, which is slow at times and then answers too late. When it has
//! done so too often it is left alone for a while.

use core::time::Duration;
use std::sync::Arc;

use ttlog_std::{Level, debug, error, span, warn};

use crate::{
    bank::{Answer, Bank, CardNumber, Refusal},
    chaos::Weather,
    clock::Clock,
    ids::OrderId,
    money::Cents,
    protocol::payment::ChargeError,
    resilience::{breaker::Pass, fuse::Fuse},
    shared::Shared,
};

/// How long it waits for the bank.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// The line to the bank.
pub struct Gateway {
    bank: Shared<Bank>,
    weather: Weather,
    clock: Clock,
    fuse: Arc<Fuse>,
}

/// The bank did not answer in time.
struct Silence;

impl Gateway {
    /// A line to `bank`, which the weather can make slow; `fuse` breaks it.
    #[must_use]
    pub fn new(bank: Shared<Bank>, weather: Weather, clock: Clock, fuse: Arc<Fuse>) -> Self {
        Self {
            bank,
            weather,
            clock,
            fuse,
        }
    }

    /// Whether the bank may be asked now. Who may is to [pay](Self::pay), or to
    /// [waive](Self::waive).
    #[must_use]
    pub fn admit(&self) -> Option<Pass> {
        self.fuse.admit(self.clock.now())
    }

    /// The bank will not be asked after all.
    pub fn waive(&self, pass: Pass) {
        self.fuse.waive(pass);
    }

    /// Asks for the money for an order.
    ///
    /// # Errors
    ///
    /// [`ChargeError`]; after [`ChargeError::GatewayTimeout`] the bank may have taken it all the
    /// same, and has to be told to [give it back](Self::give_back).
    pub fn pay(
        &self,
        pass: Pass,
        order_id: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<(), ChargeError> {
        let _span = span!(Level::Debug, "payment.bank", order_id);
        // A refusal is an answer: it says nothing against the line.
        let answer = self.ask(order_id, card, amount);
        self.fuse.record(pass, self.clock.now(), answer.is_ok());
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
    use crate::{bank::Issuer, chaos::Fault, resilience::breaker::Limits, snapshots::Snapshots};

    const ORDER: OrderId = OrderId(1);
    const CARD: CardNumber = CardNumber {
        issuer: Issuer::Union,
        abroad: false,
        serial: 1,
    };

    fn gateway() -> (Gateway, Weather, Clock) {
        let bank = Shared::new(Bank::open(1, [(CARD, Cents(1_000))]));
        let (weather, clock) = (Weather::default(), Clock::manual());
        let fuse = Fuse::new("payment", "bank", Limits::default(), Snapshots::default());
        let gateway = Gateway::new(bank, weather.clone(), clock.clone(), Arc::new(fuse));
        (gateway, weather, clock)
    }

    fn pay(gateway: &Gateway, order: u64, card: CardNumber, cents: i64) -> Result<(), ChargeError> {
        let pass = gateway.admit().expect("the line is open");
        gateway.pay(pass, OrderId(order), card, Cents(cents))
    }

    #[test]
    fn a_bank_that_does_not_answer_is_left_alone_for_a_while() {
        let (gateway, weather, clock) = gateway();
        let slow = Fault::SlowGateway { by: PATIENCE * 5 };
        weather.begin(slow.clone());
        let mut asked = 0;
        while let Some(pass) = gateway.admit() {
            let _ = gateway.pay(pass, OrderId(asked), CARD, Cents(1));
            asked += 1;
            assert!(asked < 100, "the line stays open");
        }
        weather.end(&slow);
        clock.pause(Duration::from_secs(60));
        assert_eq!(pay(&gateway, 100, CARD, 1), Ok(()));
    }

    #[test]
    fn the_bank_says_yes_or_no() {
        let (gateway, ..) = gateway();
        assert_eq!(pay(&gateway, 1, CARD, 600), Ok(()));
        let refused = Err(ChargeError::InsufficientFunds);
        assert_eq!(pay(&gateway, 2, CARD, 600), refused);
        let unknown = CardNumber { serial: 2, ..CARD };
        let refused = Err(ChargeError::UnknownCard);
        assert_eq!(pay(&gateway, 3, unknown, 1), refused);
    }

    #[test]
    fn an_answer_that_is_late_is_not_waited_for_and_the_money_can_be_had_back() {
        let (gateway, weather, clock) = gateway();
        let slow = Fault::SlowGateway { by: PATIENCE * 5 };
        weather.begin(slow.clone());
        let silent = Err(ChargeError::GatewayTimeout);
        assert_eq!(pay(&gateway, 1, CARD, 600), silent);
        assert_eq!(clock.now(), PATIENCE);
        assert_eq!(gateway.give_back(ORDER), Cents(600));
        weather.end(&slow);
        assert_eq!(pay(&gateway, 2, CARD, 600), Ok(()));
    }

    #[test]
    fn an_answer_that_is_slow_but_in_time_counts() {
        let (gateway, weather, clock) = gateway();
        weather.begin(Fault::SlowGateway { by: PATIENCE / 2 });
        assert_eq!(pay(&gateway, 1, CARD, 600), Ok(()));
        assert!(clock.now() > PATIENCE / 2);
    }
}
