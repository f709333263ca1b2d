//! The handler of crash signals.

use ttlog_reader::Check;

use crate::os::crash_handler::HandlerState;

/// Checks that the program has not replaced the handler since its installation.
pub(crate) fn check_crash_handler(state: HandlerState) -> Check {
    const NAME: &str = "crash signals";
    match state {
        HandlerState::Absent => Check::ok(
            NAME,
            "a crash leaves no snapshot: neither `Builder::crash_signals` nor `SignalHook` is used",
        ),
        HandlerState::InForce => Check::ok(NAME, "a crash leaves a snapshot"),
        HandlerState::Replaced(signal) => Check::problem(
            NAME,
            format!("{} has another handler by now", signal.name()),
            "install `SignalHook` after the other handler, or call the handler of before from that one",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash_signal::CrashSignal;

    #[test]
    fn a_handler_that_was_replaced_is_a_problem() {
        assert!(check_crash_handler(HandlerState::Absent).is_ok());
        assert!(check_crash_handler(HandlerState::InForce).is_ok());
        let replaced = check_crash_handler(HandlerState::Replaced(CrashSignal::Bus));
        assert!(!replaced.is_ok() && replaced.to_string().contains("SIGBUS"));
    }
}
