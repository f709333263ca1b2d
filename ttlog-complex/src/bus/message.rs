//! The message: a request on its way to a service, and the slot that its reply goes to.

use core::{panic::Location, time::Duration};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use ttlog_std::Context;

use super::{
    Deadline, crash,
    dead_letters::{Cause, DeadLetter},
};

/// A request with what travels along.
#[derive(Debug)]
pub struct Envelope<R> {
    /// What is asked; it holds the slot for the reply.
    pub request: R,
    /// Who asks.
    pub caller: &'static str,
    /// Where in the source it asks.
    pub place: &'static Location<'static>,
    /// When nobody waits for it any more.
    pub deadline: Deadline,
    /// The trace that it belongs to.
    pub context: Option<Context>,
    /// When it was sent.
    pub sent: Instant,
}

impl<R> Envelope<R> {
    /// What is left of it when the request itself has been handed on.
    pub fn stub(&self) -> Stub {
        Stub {
            caller: self.caller,
            place: self.place,
            context: self.context,
        }
    }
}

/// Where an envelope came from.
#[derive(Clone, Copy, Debug)]
pub struct Stub {
    caller: &'static str,
    place: &'static Location<'static>,
    context: Option<Context>,
}

impl Stub {
    /// The dead letter that it becomes.
    pub fn dead(self, service: &'static str, cause: Cause, at: Duration) -> DeadLetter {
        DeadLetter {
            at,
            caller: self.caller,
            service,
            cause,
            what: self.place.to_string(),
            context: self.context,
        }
    }
}

/// Where the reply to one request goes.
#[derive(Debug)]
pub struct ReplyTo<T>(Sender<T>);

impl<T> ReplyTo<T> {
    /// A slot, and the end at which the caller waits.
    #[must_use]
    pub fn slot() -> (Self, Receiver<T>) {
        let (sender, receiver) = bounded(1);
        (Self(sender), receiver)
    }

    /// Replies with a value that cannot be a refusal.
    pub fn value(self, value: T) -> Outcome {
        self.send(value, Outcome::Served)
    }

    fn send(self, value: T, outcome: Outcome) -> Outcome {
        crash::strike();
        match self.0.send(value) {
            Ok(()) => outcome,
            Err(_) => Outcome::Unheard,
        }
    }
}

impl<T, E> ReplyTo<Result<T, E>> {
    /// Replies with a result; an error counts as a refusal.
    pub fn result(self, result: Result<T, E>) -> Outcome {
        let outcome = if result.is_ok() {
            Outcome::Served
        } else {
            Outcome::Refused
        };
        self.send(result, outcome)
    }
}

/// How a request ended, for the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The caller got what it asked for.
    Served,
    /// The caller got a no, with the reason.
    Refused,
    /// The reply was ready, but the caller had gone.
    Unheard,
}
