//! The notification service: reaches people by e-mail, SMS or push, whichever works.

pub mod post;

use ttlog_std::{Level, debug, error, span, trace, warn};

use self::post::{Channel, Delivery, Letter, Post};
use crate::{
    bus::{Deadline, Outcome, Service},
    clock::Clock,
    protocol::notification::{Note, Request},
    shared::Shared,
};

/// The post room.
pub struct Notification {
    post: Shared<Post>,
    clock: Clock,
}

impl Notification {
    /// Sends by `post`.
    pub fn new(post: Shared<Post>, clock: Clock) -> Self {
        Self { post, clock }
    }

    fn send(&self, to: String, note: Note) -> Outcome {
        let _span = span!(Level::Debug, "notification.send");
        if !to.contains('@') {
            warn!("notification.undeliverable to={to} note={note:?}");
            return Outcome::Refused;
        }
        let letter = Letter {
            to,
            text: text(note),
            channel: channel(note),
        };
        let delivery = self.post.lock().send(&letter, self.clock.now());
        report(&letter, &delivery);
        self.send_again();
        match delivery.by {
            Some(_) => Outcome::Served,
            None => Outcome::Refused,
        }
    }

    /// One that could not be sent before, for each that is sent now.
    fn send_again(&self) {
        let again = self.post.lock().send_again(self.clock.now());
        if let Some((letter, delivery)) = again {
            trace!("notification.again to={}", letter.to);
            report(&letter, &delivery);
        }
    }
}

fn report(letter: &Letter, delivery: &Delivery) {
    let Letter { to, text, channel } = letter;
    for (channel, trouble) in &delivery.troubles {
        warn!("notification.channel_failed channel={channel} trouble={trouble:?} to={to}");
    }
    match delivery.by {
        Some(by) if by == *channel => {
            debug!("notification.send channel={by} to={to} text={text}");
        }
        Some(by) => warn!("notification.fallback channel={by} instead_of={channel} to={to}"),
        None => error!("notification.failed to={to} text={text}"),
    }
}

/// What is urgent is short, what is to be kept is long.
fn channel(note: Note) -> Channel {
    match note {
        Note::Welcome | Note::Receipt { .. } | Note::Restock { .. } => Channel::Email,
        Note::OrderFailed { .. } | Note::OrderQueued { .. } | Note::Delayed { .. } => Channel::Sms,
        Note::Shipped { .. } | Note::Delivered { .. } => Channel::Push,
    }
}

fn text(note: Note) -> String {
    match note {
        Note::Welcome => "Welcome to the shop.".into(),
        Note::Shipped { order, tracking } => {
            format!("Order {order} is on its way; its parcel is number {tracking}.")
        }
        Note::Delayed { order, days } => {
            format!("The parcel with order {order} is late by {days} days. We are sorry.")
        }
        Note::Delivered { order } => format!("The parcel with order {order} is at your door."),
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
    fn a_message_goes_to_an_address_only() {
        let post = Shared::new(Post::seeded(1));
        let room = Notification::new(post.clone(), Clock::manual());
        assert_eq!(room.send("nobody".into(), Note::Welcome), Outcome::Refused);
        assert_eq!(post.lock().read().sent, [0, 0, 0]);
        assert_eq!(room.send("a@shop".into(), Note::Welcome), Outcome::Served);
        assert_eq!(post.lock().read().sent, [1, 0, 0]);
    }
}
