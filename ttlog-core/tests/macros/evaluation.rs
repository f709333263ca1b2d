//! The evaluation of argument expressions.

use core::{
    cell::{Cell, RefCell},
    future::Future,
    num::ParseIntError,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::panic::catch_unwind;

use ttlog_core::{info, set_filter, span};

use crate::recording::{one, recorded};

#[test]
fn each_argument_is_evaluated_once_and_in_order() {
    let steps = RefCell::new(Vec::new());
    let step = |number: usize| {
        steps.borrow_mut().push(number);
        number
    };
    let event = one(|| {
        info!(a = step(0), b = %step(1), "{0:?} {0:x} {c:.1$} {c:>0$}", step(2), step(3), c = step(4));
    });
    assert_eq!(*steps.borrow(), [0, 1, 2, 3, 4]);
    assert_eq!(event.message, "2 2 4  4");
}

#[test]
fn arguments_are_not_evaluated_when_the_callsite_is_disabled() {
    set_filter("trace,quiet=off").unwrap();
    let evaluated = Cell::new(false);
    let events = recorded(|| {
        info!(target: "quiet", "{}", { evaluated.set(true); 1 });
        let span = span!(target: "quiet::inner", "x", y = { evaluated.set(true); 1 });
        assert_eq!(span.context(), None);
    });
    assert_eq!(events, []);
    assert!(!evaluated.get());
}

#[test]
fn an_argument_that_panics_leaves_nothing_behind() {
    fn fail(fail: bool) -> u32 {
        assert!(!fail);
        7
    }
    let events = recorded(|| {
        catch_unwind(|| info!("{} {}", 1, fail(true))).unwrap_err();
        info!("after {}", fail(false));
    });
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].message, "after 7");
}

#[test]
fn a_display_that_panics_leaves_nothing_behind() {
    struct Fails;

    impl core::fmt::Display for Fails {
        fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            panic!("no")
        }
    }

    let events = recorded(|| {
        catch_unwind(|| info!("{} {}", 1, Fails)).unwrap_err();
        info!("after");
    });
    assert_eq!(events.len(), 1);
}

#[test]
fn an_argument_may_log_itself() {
    fn price() -> u32 {
        info!("asked for the price");
        7
    }
    let messages: Vec<_> = recorded(|| info!("price {}", price()))
        .into_iter()
        .map(|event| event.message)
        .collect();
    assert_eq!(messages, ["asked for the price", "price 7"]);
}

#[test]
fn an_argument_may_leave_the_function() {
    fn parse(text: &str) -> Result<u32, ParseIntError> {
        info!("number {}", text.parse::<u32>()?);
        Ok(1)
    }
    fn shorter(list: &[u32]) -> u32 {
        info!(
            first = match list.first() {
                Some(first) => *first,
                None => return 0,
            }
        );
        1
    }
    let events = recorded(|| {
        assert!(parse("x").is_err());
        assert!(parse("7").is_ok());
        assert_eq!((shorter(&[]), shorter(&[5])), (0, 1));
    });
    assert_eq!(events.len(), 2);
}

#[test]
fn an_argument_may_be_awaited() {
    async fn number(of: u32) -> u32 {
        of
    }
    async fn log() {
        info!("{} {b}", number(1).await, b = number(2).await);
        let user = String::from("Ada");
        info!(user, "in");
        number(3).await;
    }
    // A log statement keeps nothing across an await, so the future stays `Send`.
    fn run(future: impl Future<Output = ()> + Send) {
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(pin!(future).poll(&mut context), Poll::Ready(()));
    }
    let events = recorded(|| run(log()));
    assert_eq!(events[0].message, "1 2");
    assert_eq!(events[1].fields, [("user", "Str", "Ada")]);
}

#[test]
fn arguments_are_only_borrowed() {
    let mut list = vec![1];
    let text = String::from("x");
    let events = recorded(|| {
        let changed = &mut list;
        info!("{changed:?} {} {text}", text);
        changed.push(2);
        info!(?changed, changed.len = changed.len());
        info!("{:?} {}", changed.pop(), String::from("temporary").as_str());
        let keep = || info!(text);
        keep();
        keep();
    });
    assert_eq!(events[2].message, "Some(2) temporary");
    assert_eq!(events.len(), 5);
    drop((list, text));
}

#[test]
fn a_statement_is_an_expression() {
    fn unit(of: u32) {
        match of {
            0 => info!("zero"),
            _ => info!(other = of, "not zero"),
        }
    }
    let events = recorded(|| {
        unit(0);
        (1..3).for_each(|number| info!(number));
        let () = info!("x");
        if events_are_on() {
            info!("then")
        } else {
            info!("else")
        }
    });
    assert_eq!(events.len(), 5);
}

fn events_are_on() -> bool {
    true
}
