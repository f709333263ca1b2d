//! The payment service: the money for an order, taken once and given back at most once.

pub mod fraud;
pub mod gateway;
pub mod till;

use ttlog_std::{Level, debug, info, span, warn};

use self::{
    fraud::{FraudWatch, Suspicion},
    gateway::Gateway,
    till::{Begun, Till},
};
use crate::{
    bank::CardNumber,
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

/// The till, with a line to the bank.
pub struct Payment {
    till: Shared<Till>,
    watch: Shared<FraudWatch>,
    gateway: Gateway,
    clock: Clock,
    snapshots: Snapshots,
    audit: Client<audit::Request>,
}

impl Payment {
    /// Keeps its books in `till`, and asks the bank through `gateway`.
    pub fn new(
        till: Shared<Till>,
        gateway: Gateway,
        clock: Clock,
        snapshots: Snapshots,
        audit: Client<audit::Request>,
    ) -> Self {
        Self {
            till,
            watch: Shared::default(),
            gateway,
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
        risk: u32,
    ) -> Result<(), ChargeError> {
        let _span = span!(Level::Debug, "payment.charge", order_id);
        if let Begun::Before(answer) = self.till.lock().begin(order_id, amount) {
            info!("payment.repeated order_id={order_id} answer={answer:?}");
            return answer;
        }
        let Some(pass) = self.gateway.admit() else {
            // Before the card is judged: who has to come again is no more suspicious for it.
            debug!("payment.gateway closed order_id={order_id}");
            self.till.lock().forget(order_id);
            return Err(ChargeError::GatewayClosed);
        };
        let suspicion = self.judge(card, amount, risk);
        let verdict = if suspicion.is_refused() {
            self.gateway.waive(pass);
            let score = suspicion.score;
            Err(ChargeError::SuspectedFraud { score })
        } else {
            self.gateway.pay(pass, order_id, card, amount)
        };
        let settled = self.till.lock().settle(order_id, verdict);
        if settled != Ok(()) {
            // The bank may have taken the money: it answered too late, or the order was refunded
            // while it was being asked. Giving back what it does not have changes nothing.
            let returned = self.gateway.give_back(order_id);
            debug!("payment.reverse order_id={order_id} returned={returned}");
        }
        match settled {
            Ok(()) => {
                info!("payment.charge ok order_id={order_id} card={card} amount={amount}");
                if suspicion.is_elevated() {
                    let Suspicion { score, reasons } = &suspicion;
                    warn!(order_id, %card, %amount, score, ?reasons, "payment.risk accepted");
                    self.snapshots.take("security_risk_payment_processed");
                }
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

    fn judge(&self, card: CardNumber, amount: Cents, risk: u32) -> Suspicion {
        let now = self.clock.now();
        let suspicion = self.watch.lock().judge(card, amount, risk, now);
        let (score, reasons) = (suspicion.score, &suspicion.reasons);
        debug!("payment.risk card={card} address={risk} score={score} reasons={reasons:?}");
        if suspicion.is_refused() {
            warn!("payment.fraud suspected card={card} score={score} reasons={reasons:?}");
        }
        suspicion
    }

    fn refund(&self, order_id: OrderId) -> Cents {
        let _span = span!(Level::Debug, "payment.refund", order_id);
        let refunded = self.till.lock().refund(order_id);
        if refunded > Cents::ZERO {
            self.gateway.give_back(order_id);
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
                risk,
                reply,
            } => reply.result(self.charge(order, card, amount, risk)),
            Request::Refund { order, reply } => reply.value(self.refund(order)),
        }
    }
}
