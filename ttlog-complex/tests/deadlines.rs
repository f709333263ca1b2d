//! Every wait on the bus ends, and nobody works for a caller who has gone.

use core::time::Duration;
use std::{thread, time::Instant};

use crossbeam_channel::{Receiver, bounded};
use ttlog_complex::bus::{
    CallError, Client, Crew, Deadline, Outcome, PATIENCE, ReplyTo, Service, meter::Reading,
};

/// Far enough not to matter.
fn distant() -> Deadline {
    Deadline::within(Duration::from_secs(3_600))
}

/// Answers with the deadline that a request came with.
struct Inner;

impl Service for Inner {
    const NAME: &'static str = "inner";
    type Request = ReplyTo<Deadline>;

    fn handle(&self, reply: Self::Request, deadline: Deadline) -> Outcome {
        reply.value(deadline)
    }
}

/// Answers with its deadline, and with the one that its own call came with.
struct Outer(Client<ReplyTo<Deadline>>);

impl Service for Outer {
    const NAME: &'static str = "outer";
    type Request = ReplyTo<[Deadline; 2]>;

    fn handle(&self, reply: Self::Request, deadline: Deadline) -> Outcome {
        let inner = self.0.call(deadline, |reply| reply).unwrap();
        reply.value([deadline, inner])
    }
}

/// Waits with each answer until the gate lets it through; panics when the gate is gone.
struct Gated(Receiver<()>);

impl Service for Gated {
    const NAME: &'static str = "gated";
    type Request = ReplyTo<()>;

    fn handle(&self, reply: Self::Request, _deadline: Deadline) -> Outcome {
        self.0.recv().expect("the gate is there");
        reply.value(())
    }
}

#[test]
fn what_is_called_on_the_way_inherits_the_deadline() {
    let mut crew = Crew::default();
    let inner = crew.start(1, Inner).unwrap();
    let outer = crew.start(1, Outer(inner)).unwrap();
    let given = Deadline::within(PATIENCE / 2);
    assert_eq!(outer.call(given, |reply| reply), Ok([given; 2]));
}

#[test]
fn no_call_waits_longer_than_the_patience_of_a_client() {
    let inner = Crew::default().start(1, Inner).unwrap();
    let latest = |at| Deadline::after(at, PATIENCE);
    let before = latest(Instant::now());
    let given = inner.call(distant(), |reply| reply).unwrap();
    assert!(before <= given && given <= latest(Instant::now()));
}

#[test]
fn a_call_ends_at_its_deadline_and_is_not_carried_out_later() {
    let (open, gate) = bounded(1);
    let mut crew = Crew::default();
    let client = crew.start(1, Gated(gate)).unwrap();
    let meters = crew.meters();

    thread::scope(|scope| {
        let first = scope.spawn(|| client.call(distant(), |reply| reply));
        // Arrives while the instance is busy with the first, or before it: one of the two waits.
        let soon = Deadline::within(Duration::from_millis(20));
        let second = client.call(soon, |reply| reply);
        assert_eq!(second, Err(CallError::TimedOut { service: "gated" }));
        open.send(()).unwrap();
        open.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Ok(()));
    });

    drop(client);
    assert!(crew.join().is_empty());
    let Reading { requests, late, .. } = meters[0].1.read();
    assert_eq!((requests, late), (2, 1));
}

#[test]
fn a_call_to_an_instance_that_panics_ends_at_once_and_the_others_go_on() {
    let (open, gate) = bounded::<()>(0);
    let mut crew = Crew::default();
    let doomed = crew.start(1, Gated(gate)).unwrap();
    let inner = crew.start(1, Inner).unwrap();
    drop(open);

    let closed = Err(CallError::Closed { service: "gated" });
    assert_eq!(doomed.call(distant(), |reply| reply), closed);
    assert!(inner.call(distant(), |reply| reply).is_ok());
    drop((doomed, inner));
    assert_eq!(crew.join(), ["gated-1"]);
}
