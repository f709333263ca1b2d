//! How values of each type are recorded.

use core::fmt::{self, Debug, Display};
use std::{borrow::Cow, rc::Rc, sync::Arc};

use ttlog_core::info;

use crate::recording::one;

struct Shown;

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("shown")
    }
}

#[derive(Debug)]
struct Debugged;

#[test]
fn scalars_are_recorded_as_they_are() {
    let event = one(|| {
        info!(
            a = 1_i8,
            b = 2_i16,
            c = 3_i32,
            d = 4_i64,
            e = 5_i128,
            f = 1_u8,
            g = 2_u16,
            h = 3_u32,
            i = 4_u64,
            j = u128::MAX,
            k = 1.5_f32,
            l = 2.5,
            m = true,
            n = 'x',
            o = -6,
            p = (),
        );
    });
    let kinds = [
        "I8",
        "I16",
        "I32",
        "I64",
        "I128",
        "U8",
        "U16",
        "U32",
        "U64",
        "U128",
        "F32",
        "F64",
        "Bool",
        "Char",
        "I32",
        "Formatted",
    ];
    assert_eq!(
        event
            .fields
            .iter()
            .map(|field| &*field.kind)
            .collect::<Vec<_>>(),
        kinds
    );
}

#[test]
#[allow(clippy::redundant_closure_call)] // a call of a closure is an expression too
fn text_is_recorded_as_text_whatever_holds_it() {
    let text = "x";
    let fields = one(|| {
        let boxed: Box<str> = text.into();
        let (string, shared) = (String::from(text), Arc::<str>::from(text));
        let mut changing = String::from(text);
        let behind: (&String, &Arc<str>, &Cow<'_, str>) = (&string, &shared, &Cow::Borrowed(text));
        info!(
            a = "x",
            b = &text,
            c = &&&text,
            d = String::from(text),
            e = *text,
            f = boxed,
            g = Cow::Borrowed(text),
            h = Rc::<str>::from(text),
            i = Arc::<str>::from(text),
            j = *String::from(text),
            k = (|| text)(),
            l = behind.0,
            m = &behind.0,
            n = behind.1,
            o = behind.2,
            p = &mut changing,
            "{:>3} {string}",
            behind.0,
        );
    })
    .fields;
    assert_eq!(fields.len(), 18);
    for field in fields {
        assert_eq!(
            (&*field.kind, &*field.shown),
            ("Str", "x"),
            "{}",
            field.name
        );
    }
}

#[test]
fn options_are_recorded_as_they_are() {
    let event = one(|| {
        info!(
            a = Some(7_u32),
            b = None::<u32>,
            c = Some("x"),
            d = Some(&1.5)
        )
    });
    assert_eq!(
        event.fields,
        [
            ("a", "Some U32", "Some(7)"),
            ("b", "None", "None"),
            ("c", "Some Str", "Some(\"x\")"),
            ("d", "Some F64", "Some(1.5)"),
        ]
    );
    let text = String::from("long enough");
    let borrowed = Some(text.as_str());
    let event = one(|| info!(a = borrowed, b = &borrowed, "{borrowed:?}"));
    assert_eq!(event.message, "Some(\"long enough\")");
    assert!(event.fields.iter().all(|field| field.kind == "Some Str"));
    assert_eq!(
        one(|| info!("{:?} {:#?}", Some(1), None::<u8>)).message,
        "Some(1) None"
    );
}

#[test]
fn other_types_are_formatted_by_display_or_else_by_debug() {
    let event = one(|| info!(a = Shown, b = Debugged, c = [1.5], "{a:>7} {b:?} {}", Shown));
    assert_eq!(event.message, "  shown Debugged shown");
    assert_eq!(
        event.fields,
        [
            ("a", "Formatted", "  shown"),
            ("b", "Formatted", "Debugged"),
            ("c", "Formatted", "[1.5]"),
            ("", "Formatted", "shown"),
        ]
    );
}

#[test]
fn generic_values_are_formatted_by_what_is_known_of_them() {
    fn display<T: Display + ?Sized>(value: &T) {
        info!(value, "{value} {}", *value);
    }
    fn debug<T: Debug>(value: T) {
        info!(value, "{value:?}");
    }
    fn dynamic(value: &dyn Display) {
        info!("{value}");
    }
    assert_eq!(one(|| display("x")).message, "x x");
    assert_eq!(one(|| display(&7)).message, "7 7");
    assert_eq!(one(|| debug(Some(7))).message, "Some(7)");
    assert_eq!(one(|| dynamic(&7)).message, "7");
    assert_eq!(
        one(|| info!("{}", Box::new(Shown) as Box<dyn Display>)).message,
        "shown"
    );
}
