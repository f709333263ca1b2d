//! The payment service: the money for an order, taken once and given back at most once.

pub mod fraud;
pub mod till;

use core::time::Duration;

use ttlog_std::{Level, debug, error, info, span, warn};

use self::{
    fraud::{FraudWatch, SUSPICIOUS},
    till::{Begun, Till},
};
use crate::{
    bank::{Bank, CardNumber, Refusal},
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::OrderId,
    money::Cents,
    protocol::{
        audit::{self, Deed},
        payment::{ChargeError, Request},
    },
    shared::Shared,
    snapshots::Snapshots,
};

/// How long it waits for the bank.
const GATEWAY_PATIENCE: Duration = Duration::from_millis(200);

/// The till, with a line to the bank.
pub struct Payment {
    till: Shared<Till>,
    watch: Shared<FraudWatch>,
    bank: Shared<Bank>,
    clock: Clock,
    snapshots: Snapshots,
    audit: Client<audit::Request>,
}

impl Payment {
    /// Keeps its books in `till`, and asks `bank`.
    pub fn new(
        till: Shared<Till>,
        bank: Shared<Bank>,
        clock: Clock,
        snapshots: Snapshots,
        audit: Client<audit::Request>,
    ) -> Self {
        Self {
            till,
            watch: Shared::default(),
            bank,
            clock,
            snapshots,
            audit,
        }
    }

    fn charge(
        &self,
        order_id: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<(), ChargeError> {
        let _span = span!(Level::Debug, "payment.charge", order_id);
        if let Begun::Before(answer) = self.till.lock().begin(order_id, amount) {
            info!("payment.repeated order_id={order_id} answer={answer:?}");
            return answer;
        }
        let verdict = self
            .check(card, amount)
            .and_then(|()| self.ask_bank(order_id, card, amount));
        let settled = self.till.lock().settle(order_id, verdict);
        if settled != Ok(()) {
            // The bank may have taken the money: it answered too late, or the order was refunded
            // while it was being asked. Giving back what it does not have changes nothing.
            let returned = self.bank.lock().give_back(order_id);
            debug!("payment.reverse order_id={order_id} returned={returned}");
        }
        match settled {
            Ok(()) => {
                info!("payment.charge ok order_id={order_id} card={card} amount={amount}");
                self.audit
                    .tell(audit::Request::Record(Deed::Charged(order_id, amount)));
            }
            Err(why) => {
                let reason = why.reason();
                warn!(order_id, %card, %amount, reason, "payment.charge failed");
                self.audit.tell(audit::Request::Record(Deed::ChargeRefused(
                    order_id, reason,
                )));
                self.snapshots.take("payment_failed");
            }
        }
        settled
    }

    fn check(&self, card: CardNumber, amount: Cents) -> Result<(), ChargeError> {
        let suspicion = self.watch.lock().judge(card, amount, self.clock.now());
        let (score, reasons) = (suspicion.score, &suspicion.reasons);
        debug!("payment.risk card={card} score={score} reasons={reasons:?}");
        if score >= SUSPICIOUS {
            warn!("payment.fraud suspected card={card} score={score} reasons={reasons:?}");
            return Err(ChargeError::SuspectedFraud { score });
        }
        Ok(())
    }

    fn ask_bank(
        &self,
        order_id: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<(), ChargeError> {
        let _span = span!(Level::Debug, "payment.bank", order_id);
        let answer = self.bank.lock().pay(order_id, card, amount);
        self.clock.pause(answer.after.min(GATEWAY_PATIENCE));
        let after_us = answer.after.as_micros() as u64;
        if answer.after > GATEWAY_PATIENCE {
            error!(order_id, issuer = ?card.issuer, after_us, "payment.bank no answer in time");
            return Err(ChargeError::GatewayTimeout);
        }
        debug!("payment.bank answered order_id={order_id} after_us={after_us}");
        answer.verdict.map_err(|refusal| match refusal {
            Refusal::InsufficientFunds => ChargeError::InsufficientFunds,
            Refusal::UnknownCard => ChargeError::UnknownCard,
        })
    }

    fn refund(&self, order_id: OrderId) -> Cents {
        let _span = span!(Level::Debug, "payment.refund", order_id);
        let refunded = self.till.lock().refund(order_id);
        if refunded > Cents::ZERO {
            self.bank.lock().give_back(order_id);
            info!("payment.refund order_id={order_id} amount={refunded}");
            self.audit
                .tell(audit::Request::Record(Deed::Refunded(order_id, refunded)));
        } else {
            debug!("payment.refund nothing was paid order_id={order_id}");
        }
        refunded
    }
}

impl Service for Payment {
    const NAME: &'static str = "payment";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Charge {
                order,
                card,
                amount,
                risk: _,
                reply,
            } => reply.result(self.charge(order, card, amount)),
            Request::Refund { order, reply } => reply.value(self.refund(order)),
        }
    }
}
