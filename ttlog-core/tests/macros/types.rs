//! The form in which values of each type are recorded.

use core::{
    borrow::Borrow,
    fmt::{self, Debug, Display, Write},
    num::NonZero,
    ops::Deref,
};
use std::{borrow::Cow, rc::Rc, sync::Arc};

use ttlog_core::{
    Scalar,
    argument::{Fields, Formatted, Kinds},
    fields, info,
};

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

/// Asserts the kind and the value that are recorded: as a field, with a sigil, by position and
/// captured. The last three have a format spec. The message must be that of `format!`.
macro_rules! assert_recorded {
    ($($kind:literal, $shown:literal: $value:expr;)*) => {$({
        let value = $value;
        let event = one(|| info!(field = value, sigil = ?value, "{:?} {value:#?}", value));
        assert_eq!(event.message, format!("{:?} {value:#?}", value), "{}", stringify!($value));
        for field in &event.fields {
            let recorded = (&*field.kind, &*field.shown);
            assert_eq!(recorded, ($kind, $shown), "{} of {}", field.name, stringify!($value));
        }
        assert_eq!(event.fields.len(), 4);
    })*};
}

#[test]
fn options_of_text_are_recorded_as_options_of_text() {
    let string = String::from("x");
    let some = Some(string.clone());
    let mut other = some.clone();
    assert_recorded! {
        "Some Str", "Some(\"x\")": Some(string.clone());
        "Some Str", "Some(\"x\")": Some(Box::<str>::from("x"));
        "Some Str", "Some(\"x\")": Some(Arc::<str>::from("x"));
        "Some Str", "Some(\"x\")": Some(Rc::<str>::from("x"));
        "Some Str", "Some(\"x\")": Some(Cow::Borrowed("x"));
        "Some Str", "Some(\"x\")": Some(Cow::<'_, str>::Owned(string.clone()));
        "Some Str", "Some(\"x\")": Some(&string);
        "Some Str", "Some(\"x\")": Some(&&string);
        "Some Str", "Some(\"x\")": Some(heapless::String::<8>::try_from("x").unwrap());
        "Some Str", "Some(\"x\")": &some;
        "Some Str", "Some(\"x\")": &&some;
        "Some Str", "Some(\"x\")": &mut other;
        "Some Str", "Some(\"x\")": some.as_ref();
        "Some Str", "Some(\"x\")": some.as_deref();
        "None", "None": None::<String>;
        "None", "None": None::<Box<str>>;
        "None", "None": None::<Arc<str>>;
        "None", "None": None::<Rc<str>>;
        "None", "None": None::<Cow<'_, str>>;
        "None", "None": None::<&String>;
        "None", "None": &None::<String>;
    }
}

#[test]
fn bytes_are_recorded_as_bytes_whatever_holds_them() {
    let vec = vec![1_u8, 255];
    let small = heapless::Vec::<u8, 4>::from_slice(&vec).unwrap();
    assert_recorded! {
        "Bytes", "[1, 255]": [1_u8, 255];
        "Bytes", "[1, 255]": vec.as_slice();
        "Bytes", "[1, 255]": vec.clone();
        "Bytes", "[1, 255]": &vec;
        "Bytes", "[1, 255]": &mut vec.clone();
        "Bytes", "[1, 255]": Box::<[u8]>::from(&*vec);
        "Bytes", "[1, 255]": Arc::<[u8]>::from(&*vec);
        "Bytes", "[1, 255]": Rc::<[u8]>::from(&*vec);
        "Bytes", "[1, 255]": Cow::Borrowed(&*vec);
        "Bytes", "[1, 255]": &small;
        "Some Bytes", "Some([1, 255])": Some(vec.clone());
        "Some Bytes", "Some([1, 255])": Some(&vec);
        "Some Bytes", "Some([1, 255])": &Some(vec.clone());
        "Some Bytes", "Some([1, 255])": Some(Arc::<[u8]>::from(&*vec));
        "Some Bytes", "Some([1, 255])": Some(&small);
        "None", "None": None::<Vec<u8>>;
    }
    let event = one(|| info!("{vec:x?} {vec:02X?} {:5?}", Some(&vec)));
    assert_eq!(
        event.message,
        format!("{vec:x?} {vec:02X?} {:5?}", Some(&vec))
    );
    assert!(
        event
            .fields
            .iter()
            .all(|field| field.kind.ends_with("Bytes"))
    );
}

#[test]
fn integers_that_are_not_zero_are_recorded_as_integers() {
    assert_recorded! {
        "I8", "-7": NonZero::new(-7_i8).unwrap();
        "I16", "-7": NonZero::new(-7_i16).unwrap();
        "I32", "-7": NonZero::new(-7_i32).unwrap();
        "I64", "-7": NonZero::new(-7_i64).unwrap();
        "I128", "-7": NonZero::new(-7_i128).unwrap();
        "I64", "-7": NonZero::new(-7_isize).unwrap();
        "U8", "7": NonZero::new(7_u8).unwrap();
        "U16", "7": NonZero::new(7_u16).unwrap();
        "U32", "7": NonZero::new(7_u32).unwrap();
        "U64", "7": NonZero::new(7_u64).unwrap();
        "U128", "7": NonZero::new(7_u128).unwrap();
        "U64", "7": NonZero::new(7_usize).unwrap();
        "U32", "7": &NonZero::new(7_u32).unwrap();
        "Some U32", "Some(7)": NonZero::new(7_u32);
        "Some U64", "Some(7)": Some(&NonZero::new(7_usize).unwrap());
        "None", "None": NonZero::new(0_i128);
    }
    let number = NonZero::new(7_u32).unwrap();
    let event = one(|| info!("{number} {number:03} {number:#x}"));
    assert_eq!(event.message, "7 007 0x7");
}

#[test]
fn pointers_to_strings_are_recorded_as_text() {
    let string = String::from("x");
    assert_recorded! {
        "Str", "x": Arc::new(string.clone());
        "Str", "x": Box::new(&string);
        "Str", "x": &Cow::Borrowed("x");
        "Some Str", "Some(\"x\")": Some(Arc::new(string.clone()));
        "Str", "x": heapless::String::<8>::try_from("x").unwrap();
    }
}

#[test]
fn types_that_hold_text_or_bytes_but_show_something_else_are_formatted() {
    /// A text that is not equal to what it shows, so it has no `Borrow<str>`.
    struct Loud(&'static str);

    impl Deref for Loud {
        type Target = str;
        fn deref(&self) -> &str {
            self.0
        }
    }
    impl Display for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}!", self.0)
        }
    }
    impl Debug for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Loud")
        }
    }

    /// Bytes that are shown as a text, like `Bytes` of the crate `bytes`.
    struct Packet(Vec<u8>);

    impl Deref for Packet {
        type Target = [u8];
        fn deref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Borrow<[u8]> for Packet {
        fn borrow(&self) -> &[u8] {
            self
        }
    }
    impl fmt::LowerHex for Packet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }
    impl Debug for Packet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "b{:?}", str::from_utf8(&self.0))
        }
    }

    assert_eq!(
        one(|| info!(loud = Loud("x"), some = Some(Loud("x")))).fields,
        [
            ("loud", "Formatted", "x!"),
            ("some", "Formatted", "Some(Loud)")
        ]
    );
    let packet = Packet(b"x".to_vec());
    let event = one(|| {
        info!(
            some = Some(&packet),
            behind = &Some(&packet),
            "{packet:?} {packet:x}"
        )
    });
    assert_eq!(event.message, format!("{packet:?} {packet:x}"));
    assert!(event.fields.iter().all(|field| field.kind == "Formatted"));
}

#[test]
fn a_log_statement_does_not_make_integers_bytes() {
    let (array, bytes, slice) = ([1, 300], *b"ab", &[1, 300][..]);
    let event = one(|| info!(array, bytes, "{slice:?} {:?} {:?}", Some([1, 300]), &bytes));
    assert_eq!(event.message, "[1, 300] Some([1, 300]) [97, 98]");
    let kinds: Vec<_> = event.fields.iter().map(|field| &*field.kind).collect();
    assert_eq!(
        kinds,
        ["Formatted", "Bytes", "Formatted", "Bytes", "Formatted"]
    );
    assert_eq!(one(|| info!("{:?}", *slice)).message, "[1, 300]");
    let list = vec![1, 300];
    let event = one(|| {
        info!(
            list,
            some = Some(vec![-1]),
            "{list:03?} {:?}",
            Some(vec![1, 300])
        )
    });
    assert_eq!(
        event.message,
        format!("{list:03?} {:?}", Some(vec![1, 300]))
    );
    assert_eq!(
        event.fields[..2],
        [
            ("list", "Formatted", "[001, 300]"),
            ("some", "Formatted", "Some([-1])")
        ]
    );
    let wide: Vec<u64> = vec![1];
    assert_eq!(one(|| info!(wide)).fields, [("wide", "Formatted", "[1]")]);
}

#[test]
fn options_of_other_types_are_formatted() {
    let (some, none, nested) = (Some(Debugged), None::<Debugged>, Some(Some(7)));
    assert_eq!(
        one(|| info!(some, none, nested, list = vec![Some("x")])).fields,
        [
            ("some", "Formatted", "Some(Debugged)"),
            ("none", "Formatted", "None"),
            ("nested", "Formatted", "Some(Some(7))"),
            ("list", "Formatted", "[Some(\"x\")]"),
        ]
    );
}

#[test]
fn formatted_text_is_an_argument() {
    let formatted = Formatted::new(|out| write!(out, "a {}", 7));
    let event = one(|| info!(formatted, some = Some(&formatted), "{formatted}"));
    assert_eq!(event.message, "a 7");
    assert_eq!(
        event.fields,
        [
            ("formatted", "Formatted", "a 7"),
            ("some", "Some Formatted", "Some(a 7)")
        ]
    );
}

#[test]
fn fields_are_nested_pairs_of_stored_values() {
    fn parts<F: Fields>(_: &F) -> (usize, Kinds) {
        (F::COUNT, F::KINDS)
    }

    let (text, number) = ("x", NonZero::new(7_u16).unwrap());
    let formatted = Formatted::new(|out| write!(out, "a {}", 7));
    let list = fields![text, number, formatted, None::<&[u8]>,];
    assert_eq!(parts(&fields![]), (0, [0; 8]));
    let kinds =
        [Scalar::Str, Scalar::U16, Scalar::Formatted, Scalar::Bytes].map(|scalar| scalar as u8);
    let first = u32::from_le_bytes(kinds) | 0x80 << 24;
    assert_eq!(parts(&list), (4, [first, 0, 0, 0, 0, 0, 0, 0]));
    let (text, (number, (formatted, (bytes, ())))) = list;
    assert_eq!(
        (text, number, formatted.as_str(), bytes),
        ("x", 7, "a 7", None)
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
