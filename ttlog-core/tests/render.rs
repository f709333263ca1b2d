//! Messages equal the result of `std::format!` for the same text and arguments.

use core::fmt::{Binary, Debug, Display, LowerExp, LowerHex, Octal, UpperExp, UpperHex};

use ttlog_core::{ScalarValue, Value, render, render_value, value::Text};

/// The values of the arguments that are a width and a precision.
const WIDTH: usize = 7;
const PRECISION: usize = 3;

/// A template and the result of `format!` for it. The value is argument 0. Each template shows the
/// width and the precision at its end, because `format!` refuses unused arguments.
struct Case<T: ?Sized> {
    template: &'static str,
    expected: fn(&T) -> String,
}

/// Adds a case for each combination of one part from each list.
///
/// Each case is a function, because the compiler is slow if one function has thousands of closures.
macro_rules! cases {
    ($table:ident: $value:ty, $spec:expr, ()) => {{
        fn expected(value: &$value) -> String {
            format!(concat!("{0:", $spec, "}|{1}|{2}"), value, WIDTH, PRECISION)
        }
        let template = concat!("{0:", $spec, "}|{1}|{2}");
        $table.push(Case { template, expected });
    }};
    ($table:ident: $value:ty, $spec:expr, ([$($part:literal)*] $($rest:tt)*)) => {
        cases!(@each $table: $value, $spec, [$($part)*], ($($rest)*));
    };
    (@each $table:ident: $value:ty, $spec:expr, [$($part:literal)*], $rest:tt) => {
        $( cases!($table: $value, concat!($spec, $part), $rest); )*
    };
}

trait Integer: Debug + Display + Octal + LowerHex + UpperHex + Binary + LowerExp + UpperExp {}
impl<T> Integer for T where
    T: Debug + Display + Octal + LowerHex + UpperHex + Binary + LowerExp + UpperExp
{
}

trait Float: Debug + Display + LowerExp + UpperExp {}
impl<T: Debug + Display + LowerExp + UpperExp> Float for T {}

trait Written: Debug + Display {}
impl<T: Debug + Display + ?Sized> Written for T {}

fn integer_cases() -> Vec<Case<dyn Integer>> {
    let mut table = Vec::new();
    cases!(table: dyn Integer, "", (
        ["" "<" "é^" "}>"]
        ["" "+"]
        ["" "#"]
        ["" "0"]
        ["" "12" "1$"]
        ["" ".2"]
        ["" "?" "x?" "X?" "o" "x" "X" "b" "e" "E"]
    ));
    table
}

fn float_cases() -> Vec<Case<dyn Float>> {
    let mut table = Vec::new();
    cases!(table: dyn Float, "", (
        ["" "<" "*^"]
        ["" "+"]
        ["" "#"]
        ["" "0"]
        ["" "12"]
        ["" ".0" ".17" ".2$"]
        ["" "?" "x?" "X?" "e" "E"]
    ));
    table
}

fn written_cases() -> Vec<Case<dyn Written>> {
    let mut table = Vec::new();
    cases!(table: dyn Written, "", (
        ["" ">" "é^" "\u{301}<"]
        ["" "+"]
        ["" "#"]
        ["" "0"]
        ["" "9" "1$"]
        ["" ".0" ".4"]
        ["" "?"]
    ));
    table
}

fn debug_cases() -> Vec<Case<dyn Debug>> {
    let mut table = Vec::new();
    cases!(table: dyn Debug, "", (
        ["" "<" "\n^"]
        ["" "+"]
        ["" "#"]
        ["" "0"]
        ["" "9"]
        ["" ".0" ".2$"]
        ["?" "x?" "X?"]
    ));
    table
}

const fn text(text: &str) -> ScalarValue<'_> {
    ScalarValue::Str(Text { text, cut: false })
}

const fn bytes(bytes: &[u8]) -> ScalarValue<'_> {
    ScalarValue::Bytes { bytes, cut: false }
}

fn rendered(template: &str, values: &[Value<'_>]) -> String {
    let mut out = String::new();
    render(template, values, &mut out).expect("a String takes everything");
    out
}

/// Compares the result of each case with that of `render`.
#[track_caller]
fn check<T: ?Sized + Debug>(cases: &[Case<T>], value: &T, recorded: Value<'_>) {
    let values = [
        recorded,
        Value::Plain(ScalarValue::U64(WIDTH as u64)),
        Value::Plain(ScalarValue::U8(PRECISION as u8)),
    ];
    for case in cases {
        let expected = (case.expected)(value);
        let actual = rendered(case.template, &values);
        assert_eq!(actual, expected, "{} of {value:?}", case.template);
    }
}

/// Checks edge values of integer types, bare and in an `Option`.
macro_rules! check_integers {
    ($($type:ident $variant:ident)*) => {
        let (cases, debug_cases) = (integer_cases(), debug_cases());
        $(
            for value in [$type::MIN, $type::MIN + 1, 0, 1, 15, 25, 35, 99, 100, 127, $type::MAX] {
                let recorded = ScalarValue::$variant(value);
                check::<dyn Integer>(&cases, &value, Value::Plain(recorded));
                check::<dyn Debug>(&debug_cases, &Some(value), Value::Some(recorded));
            }
            check::<dyn Debug>(&debug_cases, &None::<$type>, Value::None);
        )*
    };
}

/// Checks edge values of a float type, bare and in an `Option`.
macro_rules! check_floats {
    ($($type:ident $variant:ident)*) => {
        let (cases, debug_cases) = (float_cases(), debug_cases());
        $(
            let positive = [
                0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 9.995, 1e-5, 1e-7, 12345.678, 1e15, 1e16, 1e21,
                $type::MAX, $type::EPSILON, $type::MIN_POSITIVE, $type::MIN_POSITIVE / 3.0,
                $type::from_bits(1), $type::INFINITY, $type::NAN,
            ];
            for value in positive.into_iter().flat_map(|value| [value, -value]) {
                let recorded = ScalarValue::$variant(value);
                check::<dyn Float>(&cases, &value, Value::Plain(recorded));
                check::<dyn Debug>(&debug_cases, &Some(value), Value::Some(recorded));
            }
        )*
    };
}

#[test]
fn integers_are_shown_as_std_shows_them() {
    check_integers! {
        i8 I8 i16 I16 i32 I32 i64 I64 i128 I128 u8 U8 u16 U16 u32 U32 u64 U64 u128 U128
    }
}

#[test]
fn floats_are_shown_as_std_shows_them() {
    check_floats!(f32 F32 f64 F64);
}

#[test]
fn texts_chars_and_bools_are_shown_as_std_shows_them() {
    let (cases, debug_cases) = (written_cases(), debug_cases());
    let texts = [
        "",
        "a",
        "ä",
        "abcd",
        "Grüße 🦀",
        "a\"b\n\u{301}",
        "\u{301}it's \\ \0 \u{7f}\u{200b}",
        "a text that is longer than any of the widths it is shown at",
    ];
    for value in texts {
        check::<dyn Written>(&cases, &value, Value::Plain(text(value)));
        check::<dyn Debug>(&debug_cases, &Some(value), Value::Some(text(value)));
    }
    for value in [
        'a',
        'ä',
        '\'',
        '"',
        '\\',
        '\n',
        '\0',
        '\u{301}',
        '\u{200b}',
        '🦀',
        char::MAX,
    ] {
        let recorded = ScalarValue::Char(value);
        check::<dyn Written>(&cases, &value, Value::Plain(recorded));
        check::<dyn Debug>(&debug_cases, &Some(value), Value::Some(recorded));
    }
    for value in [false, true] {
        let recorded = ScalarValue::Bool(value);
        check::<dyn Written>(&cases, &value, Value::Plain(recorded));
        check::<dyn Debug>(&debug_cases, &Some(value), Value::Some(recorded));
    }
}

#[test]
fn bytes_are_shown_as_std_shows_a_slice() {
    let cases = debug_cases();
    for value in [
        &[] as &[u8],
        &[0],
        &[1, 20, 255],
        b"longer than any of the widths",
    ] {
        check::<dyn Debug>(&cases, &value, Value::Plain(bytes(value)));
        check::<dyn Debug>(&cases, &Some(value), Value::Some(bytes(value)));
    }
}

#[test]
fn integers_are_rounded_to_a_precision_as_std_rounds_them() {
    for value in 0..=u16::MAX {
        for precision in 0_u8..4 {
            let recorded = ScalarValue::U16(value);
            let values = [recorded, ScalarValue::U8(precision)].map(Value::Plain);
            let expected = format!("{value:.0$e}", usize::from(precision));
            assert_eq!(
                rendered("{0:.1$e}", &values),
                expected,
                "{value} to {precision}"
            );
        }
    }
}

#[test]
fn the_largest_width_and_precision_are_honoured() {
    let values = [
        Value::Plain(ScalarValue::F64(0.1)),
        Value::Plain(ScalarValue::U32(65_535)),
        Value::Plain(text("ä")),
        Value::Plain(ScalarValue::I8(-1)),
    ];
    let actual = rendered(
        "{0:>1$}{0:.1$}{0:.1$?}{2:é^1$.1$}{2:65535}{3:.1$e}",
        &values,
    );
    let expected = format!(
        "{0:>1$}{0:.1$}{0:.1$?}{2:é^1$.1$}{2:65535}{3:.1$e}",
        0.1, 65_535, "ä", -1_i8
    );
    assert!(actual == expected, "too long to print");
}

#[test]
fn the_precision_at_which_std_panics_is_taken_for_the_one_below() {
    for value in [0.1, 0.0, f64::MAX, f64::MIN_POSITIVE, f64::NAN] {
        let values = [Value::Plain(ScalarValue::F64(value))];
        for template in ["{0:.65534e}", "{0:.65535e}", "{0:.99999e}"] {
            let expected = format!("{value:.65534e}");
            assert!(
                rendered(template, &values) == expected,
                "{template} of {value}"
            );
        }
    }
}

#[test]
fn arguments_are_taken_by_index_in_any_order_and_braces_are_unescaped() {
    let values = [
        Value::Plain(text("a")),
        Value::Plain(ScalarValue::I32(-1)),
        Value::Some(bytes(&[7])),
    ];
    assert_eq!(
        rendered("{{{1}}} {0}{0} {{0}} {2:?}}}{{ é", &values),
        format!("{{{1}}} {0}{0} {{0}} {2:?}}}{{ é", "a", -1, Some([7])),
    );
}

#[test]
fn parts_of_the_grammar_that_say_nothing_are_passed_over() {
    let value = [Value::Plain(ScalarValue::U8(7))];
    assert_eq!(
        rendered("{0:}{0 }{0:-}{0:>3 }{0:?\n}{0:.}", &value),
        "777  777"
    );
}

#[test]
fn formatted_text_stands_as_it_was_recorded() {
    let recorded = ScalarValue::Formatted(Text {
        text: "it's \"é\"\n",
        cut: false,
    });
    let values = [Value::Plain(recorded)];
    for template in ["{0}", "{0:?}", "{0:#?}", "{0:>30.2}", "{0:p}", "{0:9$}"] {
        assert_eq!(rendered(template, &values), "it's \"é\"\n", "{template}");
    }
}

#[test]
fn a_cut_is_marked_where_the_rest_was() {
    let cut = |text| Text { text, cut: true };
    let values = [
        Value::Plain(ScalarValue::Str(cut("it's \"é\u{301}"))),
        Value::Plain(ScalarValue::Formatted(cut("Some(4"))),
        Value::Plain(ScalarValue::Bytes {
            bytes: &[1, 2],
            cut: true,
        }),
        Value::Some(ScalarValue::Str(cut("ab"))),
    ];
    for (template, expected) in [
        ("{0}", "it's \"é\u{301}…"),
        ("{0:>11}", "  it's \"é\u{301}…"),
        ("{0:.2}", "it"),
        ("{0:.8}", "it's \"é\u{301}"),
        ("{0:.9}", "it's \"é\u{301}…"),
        ("{0:?}", "\"it's \\\"é\\u{301}…\""),
        ("{1:?}", "Some(4…"),
        ("{2:?}", "[1, 2, …]"),
        ("{3:#?}", "Some(\n    \"ab…\",\n)"),
    ] {
        assert_eq!(rendered(template, &values), expected, "{template}");
    }
}

#[test]
fn a_cut_text_is_quoted_as_a_whole_one_is() {
    let every_char: String = (char::MIN..=char::MAX).collect();
    let quoted = |cut| {
        let text = Text {
            text: &every_char,
            cut,
        };
        rendered("{0:?}", &[Value::Plain(ScalarValue::Str(text))])
    };
    let whole = quoted(false);
    assert!(whole == format!("{every_char:?}"), "too long to print");
    assert!(
        quoted(true).replace("…\"", "\"") == whole.replace("…\"", "\""),
        "too long to print"
    );
}

#[test]
fn a_value_alone_is_shown_plainly() {
    for (value, expected) in [
        (Value::Plain(ScalarValue::F64(1e16)), "10000000000000000"),
        (Value::Plain(text("a\"")), "a\""),
        (Value::Plain(ScalarValue::Char('\n')), "\n"),
        (Value::Plain(bytes(&[1, 2])), "[1, 2]"),
        (Value::Some(text("a\"")), "Some(\"a\\\"\")"),
        (Value::Some(ScalarValue::F32(1e16)), "Some(1e16)"),
        (Value::None, "None"),
    ] {
        let mut out = String::new();
        render_value(&value, &mut out).expect("a String takes everything");
        assert_eq!(out, expected);
    }
}

#[test]
fn what_cannot_be_rendered_stands_as_it_is_in_the_text() {
    let values = [
        Value::Plain(text("text")),
        Value::Plain(ScalarValue::I32(-1)),
        Value::Plain(ScalarValue::F32(1.0)),
        Value::Some(ScalarValue::I32(1)),
        Value::None,
    ];
    for template in [
        "{5}",
        "{99999999999999999999999999999999999999999999}",
        "{0:99999999999999999999999999999999999999999999$}",
        "{0:>5$}",
        "{0:1$}",
        "{0:.0$}",
        "{0:.3$}",
        "{0:x}",
        "{0:e}",
        "{2:b}",
        "{3:x}",
        "{4:e}",
        "{1:p}",
        "{",
        "}",
        "{0",
        "{0:",
        "{0:é",
        "{0:>",
        "{}",
        "{:?}",
        "{name}",
        "{-1}",
        "{0:zz}",
        "{0:5.2??}",
        "{0:.*}",
        "{0é}",
        "}{",
        "{ {x} }",
    ] {
        assert_eq!(rendered(template, &values), template);
    }
}

#[test]
fn damage_leaves_the_placeholders_around_it_alone() {
    let values = [Value::Plain(text("a")), Value::Plain(text("b"))];
    for (template, expected) in [
        ("{0} {7} {1}", "a {7} b"),
        ("{0} {x:y} {1}", "a {x:y} b"),
        ("{0} {1:>3 {1}", "a {1:>3 b"),
        ("{0:?? {1", "{0:?? {1"),
        ("} {0} {", "} a {"),
        ("{x}}{0}", "{x}}a"),
    ] {
        assert_eq!(rendered(template, &values), expected, "{template}");
    }
}

#[test]
fn an_absurd_width_or_precision_counts_as_the_largest_allowed() {
    let values = [
        Value::Plain(ScalarValue::F64(1.5)),
        Value::Plain(ScalarValue::U128(u128::MAX)),
    ];
    for template in [
        "{0:4294967295}",
        "{0:99999999999999999999999}",
        "{0:1$}",
        "{0:01$}",
    ] {
        assert_eq!(rendered(template, &values).len(), 65_535, "{template}");
    }
    for template in ["{0:.4294967295}", "{0:.99999999999999999999999}", "{0:.1$}"] {
        assert_eq!(rendered(template, &values).len(), 65_537, "{template}");
    }
}

#[test]
fn no_template_makes_it_panic() {
    let values = [
        Value::Plain(ScalarValue::I8(-7)),
        Value::Plain(ScalarValue::U8(9)),
        Value::Plain(ScalarValue::F64(-0.1)),
        Value::Plain(text("a\u{301}é")),
        Value::Some(bytes(&[1, 2, 3])),
        Value::Plain(ScalarValue::Formatted(Text {
            text: "f",
            cut: true,
        })),
        Value::None,
    ];
    let alphabet: Vec<char> = "{{{{}}}}001234567:::<^>+-#0..$$?xXobeEp é\u{301}🦀\n"
        .chars()
        .collect();
    // A linear congruential generator; its high bits are the good ones.
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut placeholders = 0;
    for _ in 0..100_000 {
        let length = random(24);
        let template: String = (0..length)
            .map(|_| alphabet[random(alphabet.len())])
            .collect();
        placeholders += usize::from(rendered(&template, &values) != template);
    }
    assert!(
        placeholders > 10_000,
        "only {placeholders} templates meant anything"
    );
}
