//! The notification service: writes to people.

use std::collections::VecDeque;

use ttlog_std::{Level, debug, span, trace, warn};

use crate::{
    bus::{Deadline, Outcome, Service},
    protocol::notification::{Note, Request},
    shared::Shared,
};

/// How many letters are kept for reference.
const OUTBOX_LETTERS: usize = 1_000;

/// The post room.
#[derive(Default)]
pub struct Notification {
    outbox: Shared<VecDeque<Letter>>,
}

/// Something that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// What it says.
    pub text: String,
}

impl Notification {
    fn send(&self, to: String, note: Note) -> Outcome {
        let _span = span!(Level::Debug, "notification.send");
        if !to.contains('@') {
            warn!("notification.undeliverable to={to} note={note:?}");
            return Outcome::Refused;
        }
        let text = text(note);
        debug!("notification.send to={to} text={text}");
        let mut outbox = self.outbox.lock();
        if outbox.len() == OUTBOX_LETTERS {
            outbox.pop_front();
            trace!("notification.outbox full, oldest letter dropped");
        }
        outbox.push_back(Letter { to, text });
        Outcome::Served
    }
}

fn text(note: Note) -> String {
    match note {
        Note::Welcome => "Welcome to the shop.".into(),
        Note::Shipped { order, tracking } => {
            format!("Order {order} is on its way; its parcel is number {tracking}.")
        }
        Note::OrderQueued { order } => {
            format!("Order {order} is accepted and will be carried out soon.")
        }
        Note::OrderFailed { order, reason } => {
            format!("Order {order} was not carried out ({reason}). Nothing is owed.")
        }
        Note::Restock { product, quantity } => format!("Please send {quantity} of {product}."),
        Note::Receipt { order, total } => format!("Order {order}: {total} received. Thank you."),
    }
}

impl Service for Notification {
    const NAME: &'static str = "notification";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Send { to, note } => self.send(to, note),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_goes_to_an_address_only() {
        let room = Notification::default();
        assert_eq!(room.send("nobody".into(), Note::Welcome), Outcome::Refused);
        assert_eq!(room.send("a@shop".into(), Note::Welcome), Outcome::Served);
        let sent = Letter {
            to: "a@shop".into(),
            text: "Welcome to the shop.".into(),
        };
        assert_eq!(*room.outbox.lock(), [sent]);
    }

    #[test]
    fn the_outbox_keeps_the_latest_letters() {
        let room = Notification::default();
        for tracking in 0..=OUTBOX_LETTERS as u64 {
            let order = crate::ids::OrderId(tracking);
            room.send("a@shop".into(), Note::Shipped { order, tracking });
        }
        let outbox = room.outbox.lock();
        assert_eq!(outbox.len(), OUTBOX_LETTERS);
        assert_eq!(
            outbox[0].text,
            "Order 1 is on its way; its parcel is number 1."
        );
    }
}
