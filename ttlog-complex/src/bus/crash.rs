//! The crash: how an instance is made to panic, and how that panic is told from any other.

use core::cell::Cell;
use std::{
    collections::BTreeMap,
    panic::{self, PanicHookInfo},
};

/// What a panic says that was meant to happen.
const INJECTED: &str = "crash injected between the work and its answer";

thread_local! {
    static DOOMED: Cell<bool> = const { Cell::new(false) };
}

/// The instances that panicked so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crashes {
    /// How many were meant to.
    pub injected: u64,
    /// The thread names of those that were not, and how often.
    pub unexpected: BTreeMap<String, u64>,
    /// How many are serving again.
    pub restarted: u64,
}

/// Lets the calling thread panic the next time that it is about to answer.
pub(super) fn doom() {
    DOOMED.set(true);
}

/// Panics if the calling thread is doomed.
pub(super) fn strike() {
    assert!(!DOOMED.replace(false), "{INJECTED}");
}

/// Takes the doom from the calling thread: it died of something else.
pub(super) fn spare() {
    DOOMED.set(false);
}

/// Whether that is what a panic said.
pub(super) fn was_injected(payload: &(dyn core::any::Any + Send)) -> bool {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()) == Some(INJECTED)
}

/// Keeps injected crashes off stderr. All other panics are printed as ever.
///
/// To be called before the recorder's hook is installed, which is to see all of them.
pub fn print_real_panics_only() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if info.payload_as_str() != Some(INJECTED) {
            previous(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_doomed_panics_once_and_can_be_told_from_others() {
        strike();
        doom();
        assert!(was_injected(&*panic::catch_unwind(strike).unwrap_err()));
        strike();
        let other = panic::catch_unwind(|| panic!("another reason"));
        assert!(!was_injected(&*other.unwrap_err()));
        doom();
        spare();
        strike();
    }
}
