//! The observer of callsites: a program has one.

mod support;

use core::sync::atomic::{AtomicU32, Ordering};

use ttlog_core::{
    fields,
    registry::{self, Observer, ObserverInstalled},
};

use support::{info, install, log};

static DESCRIBED: AtomicU32 = AtomicU32::new(0);
static OBSERVER: Observer = Observer {
    described: |_| {
        DESCRIBED.fetch_add(1, Ordering::Relaxed);
    },
};
static OTHER: Observer = Observer {
    described: |_| panic!("the second observer is not installed"),
};

#[test]
fn an_observer_receives_callsites_once_they_are_described_and_a_second_one_is_an_error() {
    install(|| 1, 2, 64);
    let described = || DESCRIBED.load(Ordering::Relaxed);
    log(info("observer", "before", &[]), fields![]);
    registry::observe(&OBSERVER).unwrap();
    assert_eq!(described(), 1);

    let error = registry::observe(&OTHER).unwrap_err();
    assert_eq!(error, ObserverInstalled);
    assert!(error.to_string().contains("is installed already"));

    let callsite = info("observer", "after {0}", &["number"]);
    callsite.enabled();
    // The kinds of its arguments are not known before the first record.
    assert_eq!(described(), 1);
    log(callsite, fields![1_u8]);
    assert_eq!(described(), 2);
}
