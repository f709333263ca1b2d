//! Services fail and come back, and the bus deals with it. The clock is moved by the tests; deadlines
//! are real, and short.

use core::time::Duration;
use std::{sync::Arc, thread};

use crossbeam_channel::{Receiver, Sender, bounded};
use ttlog_complex::{
    bus::{
        BreakerReading, CallError, Cause, Client, Crew, Deadline, InstanceState, Outcome, ReplyTo,
        Scalable, Service, Setting,
    },
    chaos::{Fault, Weather},
    clock::Clock,
    resilience::{balancer::Balance, breaker::State},
};

/// Answers with what it is asked.
struct Echo;

impl Service for Echo {
    const NAME: &'static str = "echo";
    type Request = (u32, ReplyTo<u32>);

    fn handle(&self, (number, reply): Self::Request, _deadline: Deadline) -> Outcome {
        reply.value(number)
    }
}

/// Waits with each answer until the gate lets it through.
struct Gated(Receiver<()>);

impl Service for Gated {
    const NAME: &'static str = "gated";
    type Request = ReplyTo<()>;

    fn handle(&self, reply: Self::Request, _deadline: Deadline) -> Outcome {
        let _ = self.0.recv();
        reply.value(())
    }
}

/// A crew under faults, on a clock that stands still.
fn crew() -> (Crew, Weather, Clock) {
    let (weather, clock) = (Weather::default(), Clock::manual());
    let crew = Crew::new(Setting {
        clock: clock.clone(),
        weather: weather.clone(),
        balance: Balance::RoundRobin,
        ..Setting::default()
    });
    (crew, weather, clock)
}

/// Long enough for an answer that comes, and for a failure to be the callee's.
fn soon() -> Deadline {
    Deadline::within(Duration::from_millis(40))
}

fn distant() -> Deadline {
    Deadline::within(Duration::from_secs(60))
}

fn crash(service: &str) -> Fault {
    let service = service.into();
    Fault::Crash { service }
}

fn partition() -> Fault {
    let (one, other) = ("caller".into(), "echo".into());
    Fault::Partition { one, other }
}

fn echo(client: &Client<(u32, ReplyTo<u32>)>, deadline: Deadline) -> Result<u32, CallError> {
    client.call(deadline, |reply| (1, reply))
}

fn gate(crew: &mut Crew, instances: usize) -> (Client<ReplyTo<()>>, Sender<()>) {
    let (open, gate) = bounded(1_000);
    (crew.start(instances, Gated(gate)).unwrap(), open)
}

fn states(service: &dyn Scalable) -> Vec<InstanceState> {
    service.instances().iter().map(|it| it.state).collect()
}

/// Waits until something is so that other threads make so.
fn eventually(what: impl Fn() -> bool) {
    while !what() {
        thread::yield_now();
    }
}

#[test]
fn a_partition_opens_the_breaker_of_those_it_parts_and_it_closes_when_it_is_over() {
    let (mut crew, weather, clock) = crew();
    let echo_for_all = crew.start(2, Echo).unwrap();
    let (caller, other) = (echo_for_all.of("caller"), echo_for_all.of("other"));
    let breakers = || crew.breakers();
    let timed_out = Err(CallError::TimedOut { service: "echo" });
    let refused = Err(CallError::BreakerOpen { service: "echo" });

    weather.begin(partition());
    for _ in 0..5 {
        assert_eq!(echo(&caller, soon()), timed_out);
    }
    assert_eq!(echo(&caller, distant()), refused);
    assert_eq!(echo(&other, distant()), Ok(1));
    let letters = crew.dead_letters();
    assert_eq!(letters.lock().counts()[&("echo", Cause::Partition)], 5);

    // A trial while the partition lasts keeps it open, for twice as long.
    clock.pause(Duration::from_millis(500));
    assert_eq!(echo(&caller, soon()), timed_out);
    clock.pause(Duration::from_millis(500));
    assert_eq!(echo(&caller, distant()), refused);

    weather.end(&partition());
    clock.pause(Duration::from_millis(500));
    for _ in 0..3 {
        assert_eq!(echo(&caller, distant()), Ok(1));
    }
    let of_caller = BreakerReading {
        caller: "caller",
        callee: "echo",
        state: State::Closed,
        opened: 2,
        refused: 2,
    };
    assert_eq!(breakers()[0], of_caller);
    assert_eq!((breakers()[1].caller, breakers()[1].opened), ("other", 0));
    drop((echo_for_all, caller, other));
    assert!(crew.join().is_empty());
}

#[test]
fn a_message_into_a_partition_is_a_dead_letter_that_says_where_it_came_from() {
    let (mut crew, weather, _) = crew();
    let caller = crew.start(1, Echo).unwrap().of("caller");
    weather.begin(partition());
    let (reply, _) = ReplyTo::slot();
    caller.tell((1, reply));
    let letters = crew.dead_letters();
    let letters = letters.lock();
    let letter = letters.latest().next().unwrap();
    assert_eq!((letter.caller, letter.service), ("caller", "echo"));
    assert_eq!(letter.cause, Cause::Partition);
    assert!(
        letter.what.contains("tests/resilience.rs:"),
        "{}",
        letter.what
    );
    assert_eq!(crew.meters()[0].1.read().lost, 1);
}

#[test]
fn an_instance_that_crashes_is_out_of_turn_comes_back_and_a_call_again_hides_it() {
    let (mut crew, weather, clock) = crew();
    let caller = crew.start(2, Echo).unwrap().of("caller");
    let service = crew.scalables().remove(0);
    weather.begin(crash("echo"));
    let again = caller.call_again(distant(), |reply| (7, reply));
    assert_eq!(again, Ok(7));
    let crashes = crew.crashes();
    eventually(|| crashes.lock().restarted == 1);
    let count = |state| states(&*service).iter().filter(|it| **it == state).count();
    assert_eq!(count(InstanceState::Ejected), 1);

    // Until its time is over all calls go to the other one.
    let handled = |service: &dyn Scalable| {
        let ejected = |it: &&_| {
            matches!(
                it,
                ttlog_complex::bus::InstanceReading {
                    state: InstanceState::Ejected,
                    ..
                }
            )
        };
        service
            .instances()
            .iter()
            .find(ejected)
            .map(|it| it.handled)
    };
    for _ in 0..20 {
        assert!(echo(&caller, distant()).is_ok());
    }
    assert_eq!(handled(&*service), Some(1));
    clock.pause(Duration::from_secs(1));
    assert!(echo(&caller, distant()).is_ok());
    assert_eq!(count(InstanceState::Probation), 1);
    for _ in 0..20 {
        assert!(echo(&caller, distant()).is_ok());
    }
    assert_eq!(states(&*service), [InstanceState::Fit; 2]);
    let reading = service.reading();
    assert_eq!((reading.failed, reading.served), (1, 42));
    drop(caller);
    assert!(
        crew.join().is_empty(),
        "what was meant to happen is no surprise"
    );
}

#[test]
fn an_instance_that_does_not_answer_is_out_of_turn() {
    let (mut crew, ..) = crew();
    let (gated, open) = gate(&mut crew, 4);
    let caller = gated.of("caller");
    let service = crew.scalables().remove(0);
    // In turn, five times round: every one of them fails, and half of them are taken out.
    thread::scope(|scope| {
        for _ in 0..20 {
            // One breaker for each, so that none of them opens.
            let caller = gated.clone();
            scope.spawn(move || {
                caller
                    .with_patience(Duration::from_millis(40))
                    .call(distant(), |it| it)
            });
        }
    });
    let ejected = states(&*service)
        .iter()
        .filter(|it| **it == InstanceState::Ejected)
        .count();
    assert!((1..=2).contains(&ejected), "{ejected}");
    drop(open);
    drop((gated, caller));
    assert!(crew.join().is_empty());
}

#[test]
fn an_instance_that_was_added_takes_its_share_and_one_that_is_taken_away_loses_nothing() {
    let (mut crew, ..) = crew();
    let caller = crew.start(2, Echo).unwrap().of("caller");
    let service = crew.scalables().remove(0);
    let served: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..500)
                        .filter(|_| echo(&caller, distant()).is_ok())
                        .count()
                })
            })
            .collect();
        for _ in 0..20 {
            while service.grow().unwrap() {}
            assert_eq!(service.instances().len(), 6);
            while service.shrink() {}
            assert_eq!(service.instances().len(), 2);
        }
        callers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert_eq!(served, 2_000);
    assert!(service.grow().unwrap());
    for _ in 0..9 {
        assert!(echo(&caller, distant()).is_ok());
    }
    assert_eq!(service.instances()[2].handled, 3);
    assert_eq!(service.reading().served, 2_009);
    assert_eq!(crew.dead_letters().lock().total(), 0);
    drop(caller);
    let names = Arc::clone(&service);
    assert!(crew.join().is_empty());
    assert!(names.instances().is_empty() && !names.grow().unwrap() && !names.shrink());
}

#[test]
fn what_finds_no_room_is_a_dead_letter_and_the_rest_is_answered() {
    let (mut crew, ..) = crew();
    let (caller, open) = gate(&mut crew, 1);
    for _ in 0..100 {
        let (reply, _) = ReplyTo::slot();
        caller.tell(reply);
    }
    let letters = crew.dead_letters();
    let lost = letters.lock().counts()[&("gated", Cause::NoRoom)];
    // One may be in hand already.
    assert!((35..=36).contains(&lost), "{lost}");
    for _ in 0..100 {
        open.send(()).unwrap();
    }
    drop(caller);
    let meters = crew.meters();
    assert!(crew.join().is_empty());
    assert_eq!(meters[0].1.read().requests + lost, 100);
}

#[test]
fn latency_passes_on_the_clock_before_a_request_is_handled() {
    let (mut crew, weather, clock) = crew();
    let caller = crew.start(1, Echo).unwrap();
    let by = Duration::from_secs(3);
    weather.begin(Fault::Latency {
        service: "echo".into(),
        by,
    });
    assert_eq!(echo(&caller, distant()), Ok(1));
    assert_eq!(clock.now(), by);
}

#[test]
fn who_insists_gets_through_an_open_breaker() {
    let (mut crew, weather, _) = crew();
    let caller = crew.start(1, Echo).unwrap().of("caller");
    weather.begin(partition());
    for _ in 0..5 {
        assert!(echo(&caller, soon()).is_err());
    }
    assert_eq!(crew.breakers()[0].state, State::Open);
    weather.end(&partition());
    assert!(echo(&caller, distant()).is_err());
    assert_eq!(caller.insist(distant(), |reply| (1, reply)), Ok(1));
}
