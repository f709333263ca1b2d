//! The grammar of statements, and the fields that they record.

use ttlog_core::{
    Level, ScalarValue, Value, debug, decode::EventKind, error, event, fatal, info, render, trace,
    warn,
};

use crate::recording::{one, recorded};

/// Asserts the text, the fields and the message that each case of a table records. The message must
/// be that of `format!`.
macro_rules! cases {
    (
        read {$($text:literal ($($argument:tt)*) => $normal:literal [$($name:literal)*];)*}
        refused {$($refused:literal)*}
    ) => {{
        $(
            let event = one(|| info!($text, $($argument)*));
            assert_eq!(event.text, $normal);
            assert_eq!(event.message, format!($text, $($argument)*));
            let names: Vec<_> = event.fields.iter().map(|field| &*field.name).collect();
            assert_eq!(names, &[$($name),*] as &[&str], "{}", $text);
        )*
        for text in [$($refused),*] {
            let mut message = String::new();
            render(text, &[Value::Plain(ScalarValue::U8(77))], &mut message).unwrap();
            assert!(!message.contains("77"), "{text}: {message}");
        }
    }};
}

#[test]
fn messages_are_what_format_makes_of_them() {
    let (name, r2_d2, é, total) = ("Ada", 7, 'e', 12.3456);
    let (width, precision) = (9_usize, 3_usize);
    include!("../../macros/src/format/cases.rs");
    let event = one(|| {
        info!(
            "a \
        continued {name:>width$.precision$} {r2_d2} {é} {total}",
        )
    });
    assert_eq!(
        event.message,
        format!("a continued {name:>9.3} 7 e 12.3456")
    );
    assert_eq!(
        one(|| info!(r#"raw "{name}" \n"#)).message,
        "raw \"Ada\" \\n"
    );
}

#[test]
fn a_text_alone_is_recorded_as_it_stands() {
    let event = one(|| info!("auth.login ok user=123 ip=1.2.3.4 ms=32"));
    assert_eq!(event.message, "auth.login ok user=123 ip=1.2.3.4 ms=32");
    assert_eq!(event.kind, EventKind::Event);
    assert_eq!(event.fields.len(), 0);
}

#[test]
fn each_level_has_a_macro() {
    let events = recorded(|| {
        trace!("x");
        debug!("x");
        info!("x");
        warn!("x");
        error!("x");
        fatal!("x");
    });
    let levels: Vec<_> = events.iter().map(|event| event.level).collect();
    assert_eq!(levels, Level::ALL);
}

#[test]
fn the_place_of_a_statement_is_recorded() {
    let line = line!() + 1;
    let event = one(|| info!("x"));
    assert_eq!((event.line, &*event.target), (line, module_path!()));
}

#[test]
fn a_target_and_a_level_may_be_given() {
    const LEVEL: Level = Level::Warn;
    const TARGET: &str = concat!("shop", "::order");
    let events = recorded(|| {
        info!(target: "shop::order", "x");
        info!(target: TARGET, user = 7);
        event!(target: TARGET, LEVEL, "x");
        event!(if true { LEVEL } else { Level::Info }, user = 7, "x",);
    });
    let given: Vec<_> = events
        .iter()
        .map(|event| (&*event.target, event.level))
        .collect();
    let target = "shop::order";
    let here = module_path!();
    assert_eq!(given[..2], [(target, Level::Info), (target, Level::Info)]);
    assert_eq!(given[2..], [(target, Level::Warn), (here, Level::Warn)]);
}

#[test]
fn captured_variables_and_named_arguments_are_fields() {
    let (order, total) = (42_u64, 9.5);
    let event = one(|| info!("order {order} {total:.2} {order:>5} {count}", count = 3));
    assert_eq!(
        event.fields[..3],
        [
            ("count", "I32", "3"),
            ("order", "U64", "42"),
            ("total", "F64", "9.5"),
        ]
    );
    assert_eq!(event.text, "order {1} {2:.2} {3:>5} {0}");
    assert_eq!(event.message, "order 42 9.50    42 3");
}

#[test]
fn named_values_need_not_be_shown() {
    let event = one(|| info!("order {} done", 7, user = "Ada", total = %1.5));
    assert_eq!(event.message, "order 7 done");
    assert_eq!(
        event.fields,
        [
            ("", "I32", "7"),
            ("user", "Str", "Ada"),
            ("total", "F64", "1.5")
        ]
    );
}

#[test]
fn a_variable_that_the_text_does_not_show_is_a_field() {
    let (order, place) = (7, (1, "x"));
    let event = one(|| info!("paid {}", "Ada", order, place.1));
    assert_eq!(event.message, "paid Ada");
    assert_eq!(
        event.fields,
        [
            ("", "Str", "Ada"),
            ("order", "I32", "7"),
            ("place.1", "Str", "x")
        ]
    );
    assert_eq!(
        one(|| info!("paid {order}", order)).fields,
        [("order", "I32", "7")]
    );
}

#[test]
fn a_name_and_an_equals_sign_before_a_placeholder_name_the_argument() {
    let list = [1, 2];
    let event = one(|| info!("len={} first={:?} {}", list.len(), list.first(), 'x'));
    assert_eq!(event.message, "len=2 first=Some(1) x");
    assert_eq!(
        event.fields,
        [
            ("len", "U64", "2"),
            ("first", "Some I32", "Some(1)"),
            ("", "Char", "x")
        ]
    );
}

#[test]
fn fields_may_stand_before_the_text() {
    struct Order {
        id: u32,
        place: (u8, u16),
    }
    let order = Order {
        id: 7,
        place: (1, 2),
    };
    let (user, r#type) = ("Ada", 'x');
    let event = one(|| {
        info!(
            user,
            order.id,
            order.place.1,
            r#type,
            attempts = 3,
            "{user} paid"
        )
    });
    assert_eq!(event.message, "Ada paid");
    assert_eq!(
        event.fields,
        [
            ("user", "Str", "Ada"),
            ("order.id", "U32", "7"),
            ("order.place.1", "U16", "2"),
            ("type", "Char", "x"),
            ("attempts", "I32", "3"),
        ]
    );
}

#[test]
fn names_may_be_dotted_quoted_or_keywords() {
    let event = one(|| info!(http.method = "GET", "a key" = 1, r#fn = 2, type = 3, a.r#in = 4));
    assert_eq!(event.message, "");
    assert_eq!(
        event.fields,
        [
            ("http.method", "Str", "GET"),
            ("a key", "I32", "1"),
            ("fn", "I32", "2"),
            ("type", "I32", "3"),
            ("a.in", "I32", "4"),
        ]
    );
    assert_eq!(one(|| info!(type = 3, "{type} {r}", r = 4)).message, "3 4");
    let r#match = 5;
    assert_eq!(one(|| info!("{match}")).message, "5");
}

#[test]
fn fields_of_self_have_names_of_their_own() {
    struct Order(u32);

    impl Order {
        fn place(&self) {
            info!(self.0, "placed {0} {self}", self.0 + 1);
        }
    }

    impl core::fmt::Display for Order {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            write!(f, "order {}", self.0)
        }
    }

    let event = one(|| Order(7).place());
    assert_eq!(event.message, "placed 8 order 7");
    assert_eq!(
        event.fields,
        [
            ("self.0", "U32", "7"),
            ("", "U32", "8"),
            ("self", "Formatted", "order 7"),
        ]
    );
}

#[test]
fn sigils_choose_display_or_debug() {
    let path = std::path::Path::new("/tmp");
    let error = "x".parse::<u8>().unwrap_err();
    let event = one(|| info!(%error, debug = ?error, path = ?path, shown = %path.display()));
    let debug = format!("{error:?}");
    assert_eq!(
        event.fields,
        [
            ("error", "Formatted", "invalid digit found in string"),
            ("debug", "Formatted", &*debug),
            ("path", "Formatted", "\"/tmp\""),
            ("shown", "Formatted", "/tmp"),
        ]
    );
}

#[test]
fn the_text_shows_fields_that_stand_before_it() {
    let event = one(|| info!(user = 7, name = %"Ada", "{name} is {user:03}, {user:03}"));
    assert_eq!(event.message, "Ada is 007, 007");
    assert_eq!(event.fields, [("user", "I32", "7"), ("name", "Str", "Ada")]);
}

#[test]
fn an_argument_shown_in_two_ways_is_recorded_for_each() {
    let list = vec![1, 2];
    let event = one(|| info!(list = ?list, "{list:?} {list:#?} {list:?} {list:#?} {0:>3} {0}", 7));
    assert_eq!(
        event.message,
        format!("{list:?} {list:#?} {list:?} {list:#?} {0:>3} {0}", 7)
    );
    let pretty = format!("{list:#?}");
    assert_eq!(
        event.fields,
        [
            ("list", "Formatted", "[1, 2]"),
            ("", "I32", "7"),
            ("", "Formatted", &*pretty),
            ("", "I32", "7"),
        ]
    );
}

#[test]
fn an_address_is_formatted_at_once() {
    let (value, other) = (&7, &8);
    let event = one(|| info!("{value:p} {:>20p} {value}", other));
    assert_eq!(event.message, format!("{value:p} {:>20p} {value}", other));
}

#[test]
fn a_width_is_an_argument_of_its_own() {
    let width = 6_usize;
    let event = one(|| info!("{:>width$.*}", 1, 2.25));
    assert_eq!(event.message, "   2.2");
    assert_eq!(
        event.fields,
        [("", "U64", "1"), ("", "F64", "2.25"), ("width", "U64", "6")]
    );
    let list = vec![1.5, 2.5];
    assert_eq!(
        one(|| info!("{list:width$.1?}")).message,
        format!("{list:width$.1?}")
    );
}

#[test]
fn the_text_may_come_from_a_macro() {
    macro_rules! log {
        ($text:literal) => { info!($text) };
        (fields $text:literal $(, $argument:expr)*) => { info!(user = 7, $text, $($argument),*) };
        (expression $text:expr, $($rest:tt)*) => { info!($text, $($rest)*) };
    }
    let name = "Ada";
    let messages: Vec<_> = recorded(|| {
        log!("{name} is in");
        log!(fields "{} {name} {user}", 1 + 1);
        log!(expression "{name} {}", 3);
        log!(expression concat!("{}", 1, 'c', true, 2.50, stringify!(a + b), "!"), 4);
        info!(core::concat!("é", "{name}"));
        info!(stringify!({}), 5);
    })
    .into_iter()
    .map(|event| event.message)
    .collect();
    assert_eq!(
        messages,
        [
            "Ada is in",
            "2 Ada 7",
            "Ada 3",
            "41ctrue2.50a + b!",
            "éAda",
            "5"
        ]
    );
}

#[test]
fn as_many_arguments_as_a_record_holds_are_taken() {
    let event = one(|| {
        info!(
            "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            23,
            24,
            25,
            26,
            27,
            28,
            29,
            30,
            31
        );
    });
    assert!(event.message.starts_with("0 1 2 ") && event.message.ends_with(" 30 31"));
}
