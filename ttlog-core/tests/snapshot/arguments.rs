//! Arguments that are too long, that change their kinds, or that are many.

use core::fmt::Write;

use ttlog_core::{
    Argument, RecordHeader, Ring, ScalarValue, Value,
    argument::{FORMATTED_MAX_BYTES, Formatted},
    fields,
    value::Text,
};

use crate::{
    events_of, lane, only,
    support::{info, log, read, snapshot},
};

#[test]
fn a_text_too_long_for_a_record_is_cut_between_characters_and_marked() {
    let ring = lane();
    // A cut after a whole number of words is between characters for one of these three only.
    for lead in ["", "x", "xx"] {
        let text = format!("{lead}{}", "€".repeat(3000));
        let target = format!("cut{}", lead.len()).leak();
        log(info(target, "{0}", &["text"]), fields![text.as_str()]);
        let message = only(&ring, target).message;
        let kept = message.strip_suffix('…').unwrap();
        assert!(
            text.starts_with(kept) && kept.len() > 4000,
            "{}",
            kept.len()
        );
    }
}

#[test]
fn a_text_that_just_fits_is_not_cut() {
    let ring = lane();
    let text = "x".repeat((RecordHeader::RECORD_MAX_WORDS - RecordHeader::WORDS - 1) * 4);
    log(info("fits", "{0}", &["text"]), fields![text.as_str()]);
    assert_eq!(only(&ring, "fits").message, text);
}

#[test]
fn numbers_beside_a_text_that_is_cut_are_whole() {
    let ring = lane();
    let text = "x".repeat(10_000);
    log(
        info("beside", "{0} {2}", &["before", "text", "after"]),
        fields![u64::MAX, text.as_str(), Some(i128::MIN)],
    );
    let expected = format!("{} {}", u64::MAX, i128::MIN);
    let message = only(&ring, "beside")
        .message
        .replace("Some(", "")
        .replace(')', "");
    assert_eq!(message, expected);
}

#[test]
fn the_longest_texts_are_cut_and_the_shorter_ones_stay_whole() {
    let ring = lane();
    let (long, longer) = ("a".repeat(9_000), "b".repeat(90_000));
    let short = "the end";
    log(
        info("fair", "{0}|{1}|{2}", &["long", "longer", "short"]),
        fields![long.as_str(), longer.as_str(), short],
    );
    let message = only(&ring, "fair").message;
    let kept: Vec<usize> = message
        .split('|')
        .map(|text| text.trim_end_matches('…').len())
        .collect();
    // Two words lead the record, and each text has a length word.
    let whole = (RecordHeader::RECORD_MAX_WORDS - RecordHeader::WORDS - 3) * 4;
    assert_eq!(kept, [kept[0], kept[0], short.len()]);
    assert!(
        2 * kept[0] + short.len() > whole - 16,
        "{kept:?} of {whole}"
    );
}

#[test]
fn bytes_too_long_for_a_record_are_cut_and_marked() {
    let ring = lane();
    log(info("bytes", "{0}", &["bytes"]), fields![[7_u8; 10_000]]);
    assert!(only(&ring, "bytes").message.ends_with("7, 7, …]"));
}

#[test]
fn formatted_text_over_its_limit_is_cut_and_marked() {
    let ring = lane();
    let formatted = Formatted::new(|out| write!(out, "{}", "ä".repeat(FORMATTED_MAX_BYTES)));
    log(info("formatted", "{0}", &["text"]), (formatted, ()));
    let expected = "ä".repeat(FORMATTED_MAX_BYTES / 2) + "…";
    assert_eq!(only(&ring, "formatted").message, expected);
}

/// Records values of two types through one callsite, as a log statement in generic code does.
fn generic<T: Argument>(target: &'static str, values: &[T], others: &[&str]) {
    let callsite = info(target, "got {0:?}", &["value"]);
    values
        .iter()
        .for_each(|value| assert!(log(callsite, (value.stored(), ()))));
    others
        .iter()
        .for_each(|other| assert!(log(callsite, fields![*other])));
}

#[test]
fn a_callsite_in_generic_code_records_each_type() {
    let ring = lane();
    generic("generic", &[1_u64 << 40, 7], &["text", "more"]);
    let messages: Vec<String> = events_of(&ring, "generic")
        .into_iter()
        .map(|event| event.message)
        .collect();
    assert_eq!(
        messages,
        ["got 1099511627776", "got 7", "got \"text\"", "got \"more\""]
    );
}

#[test]
fn a_long_text_is_cut_and_marked_if_the_record_states_its_own_kinds() {
    let ring = lane();
    generic("generic-long", &[7_u64], &["x".repeat(10_000).as_str()]);
    assert!(
        events_of(&ring, "generic-long")[1]
            .message
            .ends_with("xx…\"")
    );
}

const NAMES_32: [&str; 32] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14",
    "a15", "a16", "a17", "a18", "a19", "a20", "a21", "a22", "a23", "a24", "a25", "a26", "a27",
    "a28", "a29", "a30", "a31",
];

#[rustfmt::skip] // eight on a line
macro_rules! arguments_32 {
    ($last:expr) => {
        fields![
            0_u8, 1_i16, 2_u32, 3_i64, 4_u128, "5", 6_u8, 7_u8,
            8_u8, 9_u8, 10_u8, 11_u8, Some(12_u8), 13_u8, 14_u8, 15_u8,
            16_u8, 17_u8, 18_u8, 19_u8, 20_u8, 21_u8, 22_u8, 23_u8,
            24_u8, 25_u8, 26_u8, 27_u8, 28_u8, 29_u8, "30", $last,
        ]
    };
}

/// Returns the fields of the last event of a target as `name=value`.
fn shown_32(ring: &Ring<'_>, target: &str) -> Vec<String> {
    let fields = events_of(ring, target).pop().unwrap().fields;
    fields
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

fn expected_32() -> Vec<String> {
    let value = |at: usize| {
        if at == 12 {
            "Some(12)".into()
        } else {
            at.to_string()
        }
    };
    (0..32).map(|at| format!("a{at}={}", value(at))).collect()
}

#[test]
fn an_event_may_have_32_arguments() {
    let ring = lane();
    log(info("32", "{31}", &NAMES_32), arguments_32!(31_u8));
    assert_eq!(shown_32(&ring, "32"), expected_32());
}

#[test]
fn an_event_with_its_own_kinds_may_have_32_arguments() {
    let ring = lane();
    let callsite = info("own-32", "{31}", &NAMES_32);
    log(callsite, arguments_32!(31_u8));
    log(callsite, arguments_32!("31"));
    assert_eq!(shown_32(&ring, "own-32"), expected_32());
}

#[test]
fn a_text_that_was_not_cut_is_not_marked() {
    let ring = lane();
    log(info("whole", "{0}", &["text"]), fields!["text"]);
    let mut values = vec![];
    read(&snapshot(&ring).0, |_, event| {
        if event.callsite.unwrap().target == "whole" {
            let Value::Plain(ScalarValue::Str(Text { cut, .. })) = event.values()[0] else {
                panic!("{:?}", event.values());
            };
            values.push(cut);
        }
    });
    assert_eq!(values, [false]);
}
