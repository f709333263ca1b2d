//! A service for tests that hears everything and says nothing.

use core::marker::PhantomData;

use crate::bus::{Client, Crew, Deadline, Outcome, Service};

struct Deaf<R>(PhantomData<fn(R)>);

impl<R: Send + 'static> Service for Deaf<R> {
    const NAME: &'static str = "deaf";
    type Request = R;

    fn handle(&self, _request: R, _deadline: Deadline) -> Outcome {
        Outcome::Served
    }
}

/// A client for such a service. Told something it does nothing; a call brings no answer.
pub(crate) fn deaf<R: Send + 'static>() -> Client<R> {
    let started = Crew::default().start(1, Deaf(PhantomData));
    started.expect("the system gives a thread")
}
