//! The order of the panic hooks.

use std::panic::PanicHookInfo;

use ttlog_reader::Check;

/// A panic hook, as `std::panic::set_hook` takes it.
pub(crate) type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Returns the address of a hook's closure. It stays the same while the hook is boxed. The closure must
/// capture something: one that captures nothing has no memory, and no address of its own.
pub(crate) fn address_of(hook: &Hook) -> usize {
    (&raw const *hook).cast::<()>().addr()
}

/// Checks that the recorder's panic hook is the one that the process calls first. `installed` is the address
/// of the recorder's hook, or `None` if it has not been installed. `outermost` is the address of the hook
/// that the process calls.
pub(crate) fn check_hook(installed: Option<usize>, outermost: usize) -> Check {
    const NAME: &str = "panic hook";
    match installed {
        None => Check::problem(
            NAME,
            "not installed: a panic leaves no snapshot",
            "call `PanicHook::install` after the recorder has started",
        ),
        Some(installed) if installed == outermost => Check::ok(NAME, "called first"),
        Some(_) => Check::problem(
            NAME,
            "another hook was installed later: a panic is saved only if that hook calls the one before it, \
             and without its text if that hook calls `exit`",
            "install the other hook first, and `PanicHook` last",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boxed_hook_keeps_its_address_and_differs_from_others() {
        let (first, second) = (vec![1_u8], vec![2_u8]);
        let first: Box<Hook> = Box::new(move |_| drop(first.clone()));
        let second: Box<Hook> = Box::new(move |_| drop(second.clone()));
        let address = address_of(&*first);
        assert_ne!(address, address_of(&*second));
        let moved = [first];
        assert_eq!(address, address_of(&*moved[0]));
    }

    #[test]
    fn a_hook_that_is_missing_or_not_called_first_is_a_problem() {
        assert!(check_hook(Some(8), 8).is_ok());
        assert!(!check_hook(Some(8), 16).is_ok());
        assert!(!check_hook(None, 16).is_ok());
    }
}
