//! The macros use no names of the user's scope, and add none to it.

use crate::recording::{one, recorded};

/// Names that an expansion must not use.
mod shadowed {
    #![allow(dead_code, unused_imports, unused_macros, non_camel_case_types)]
    #![no_implicit_prelude]

    use ::std::{boxed::Box, marker::Sized};
    use ::ttlog_core as log;

    mod core {}
    mod std {}
    mod ttlog_core {}
    mod ttlog_core_macros {}

    struct Some;
    struct None;
    struct Ok;
    struct Option;
    struct String;
    struct Level;
    struct Callsite;
    struct Metadata;
    struct Probe;
    struct Raw;
    struct Span;
    type u32 = ();
    type bool = ();
    type str = ();

    const KINDS: () = ();
    const METADATA: () = ();
    const CALLSITE: () = ();
    const LEVEL: () = ();

    macro_rules! format_args {
        ($($any:tt)*) => {
            ::std::compile_error!("not this one")
        };
    }
    macro_rules! module_path {
        ($($any:tt)*) => {
            ::std::compile_error!("not this one")
        };
    }
    macro_rules! line {
        ($($any:tt)*) => {
            ::std::compile_error!("not this one")
        };
    }
    pub(crate) use {format_args, line, module_path};

    /// A trait whose methods have the names that an expansion calls.
    trait Everything: Sized {
        fn enabled(self) -> Self {
            self
        }
        #[allow(clippy::wrong_self_convention)] // the name is what the macros call
        fn is_compiled_in(self) -> Self {
            self
        }
        fn capture(self) -> Self {
            self
        }
        fn capture_as(self) -> Self {
            self
        }
        fn write_fmt(self) -> Self {
            self
        }
    }

    impl<T> Everything for T {}

    pub(crate) fn log() {
        let (header, record, out, text) = (1, 2, 3, Box::new(4));
        log::info!(header, record, "{out} {text:>3} {text:p} {0:>1$}", 5, 6);
        log::event!(log::Level::Warn, "x");
        let _span = log::span!("s", out);
    }
}

#[test]
fn no_name_of_the_user_leads_an_expansion_astray() {
    let records = recorded(shadowed::log);
    assert_eq!(records.len(), 4);
    assert!(
        records[0].message.starts_with("3   4 0x"),
        "{}",
        records[0].message
    );
}

#[test]
fn an_expansion_hides_no_name_of_the_user() {
    let (out, header, level, fields, ttlog_header, ttlog_argument_0) = (1, 2, 3, 4, 5, 6);
    let event = one(|| {
        ttlog_core::info!(
            "{out} {header} {level} {fields} {ttlog_header} {ttlog_argument_0} {}",
            7
        );
    });
    assert_eq!(event.message, "1 2 3 4 5 6 7");
}

mod renamed {
    pub(crate) use ttlog_core as recorder;

    pub(crate) mod prelude {
        pub(crate) use super::recorder::{info as log_info, span as log_span};
    }
}

#[test]
fn macros_work_under_another_name_and_path() {
    use renamed::prelude::{log_info, log_span};

    let user = 7;
    let records = recorded(|| {
        log_info!(user, "{user}");
        renamed::recorder::warn!("{user}");
        let _span = log_span!("{user}");
    });
    assert_eq!(records.len(), 4);
}

#[test]
fn captures_see_what_the_literal_sees() {
    macro_rules! with_own_value {
        ($text:literal) => {{
            let value = "the macro's";
            ttlog_core::info!($text);
            ttlog_core::info!("{value}");
        }};
    }
    let value = "the caller's";
    let messages: Vec<_> = recorded(|| with_own_value!("{value}"))
        .into_iter()
        .map(|event| event.message)
        .collect();
    assert_eq!(messages, ["the caller's", "the macro's"]);
    assert_eq!(value, "the caller's");
}

#[test]
fn a_statement_may_stand_in_macros_of_the_user() {
    macro_rules! log_all {
        ($($name:ident = $value:expr),* $(,)? ; $($rest:tt)*) => {
            ttlog_core::info!($($name = $value),*, $($rest)*)
        };
    }
    macro_rules! log_field {
        ($field:expr) => {
            ttlog_core::info!($field)
        };
    }
    let order = (7, 8);
    let event = one(|| log_all!(a = 1 + 1, b = 2 * 3; "{a} {b} {}", order.0));
    assert_eq!(event.message, "2 6 7");
    assert_eq!(
        one(|| log_field!(order.1)).fields,
        [("order.1", "I32", "8")]
    );
    assert_eq!(one(|| log_field!("text")).message, "text");
}

#[test]
fn statements_may_stand_in_generic_and_nested_code() {
    fn generic<const N: usize, T: Default + core::fmt::Debug>() {
        ttlog_core::info!(N, value = ?T::default(), "{:?}", {
            ttlog_core::info!("inner");
            [(); N]
        });
    }
    let events = recorded(|| {
        generic::<2, u8>();
        generic::<3, String>();
    });
    assert_eq!(events.len(), 4);
    assert_eq!(events[3].message, "[(), (), ()]");
}
