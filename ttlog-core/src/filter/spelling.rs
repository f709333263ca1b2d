//! The words for levels, and words that are probably meant as one.

use crate::level::Level;

/// The lowest level that is enabled; `None` if the target is off.
pub(super) type Threshold = Option<Level>;

/// Words of other loggers and of switches. They are no targets, but what they mean here is not plain.
const UNCLEAR: [&str; 10] = [
    "verbose", "notice", "severe", "dbg", "wrn", "on", "true", "false", "yes", "no",
];

/// Levels as some loggers abbreviate them.
const INITIALS: [&str; 7] = ["v", "t", "d", "i", "w", "e", "f"];

/// Words that name a setting, a variable, or all targets in the syntax of other loggers. As a target, each would
/// turn off all others.
const SETTINGS: [&str; 15] = [
    "level",
    "lvl",
    "loglevel",
    "log_level",
    "log-level",
    "rust_log",
    "ttlog_filter",
    "filter",
    "verbosity",
    "severity",
    "default",
    "global",
    "root",
    "crate",
    "any",
];

/// Returns the threshold that a word names: a level or one of its aliases, `all`, `off` or `none`.
pub(super) fn threshold(word: &str) -> Option<Threshold> {
    if is_one_of(word, &["off", "none"]) {
        return Some(None);
    }
    if is_all(word) {
        return Some(Some(Level::Trace));
    }
    word.parse().ok().map(Some)
}

/// Returns whether the word stands for all levels, or for all targets.
pub(super) fn is_all(word: &str) -> bool {
    word.eq_ignore_ascii_case("all")
}

/// Returns whether a target is the name of a setting instead.
pub(super) fn is_setting(target: &str) -> bool {
    is_one_of(target, &SETTINGS)
}

/// Returns whether a word that is no level was probably meant as one: if one letter is missing, added,
/// wrong, or swapped with the next, or if the word is the first letter of a level.
///
/// Two such errors are not enough: `cart`, `card` and `main` are that close to `warn`. Names of three
/// letters are close to too many words.
pub(super) fn is_near_level(word: &str) -> bool {
    is_one_of(word, &UNCLEAR)
        || is_one_of(word, &INITIALS)
        || Level::names()
            .filter(|name| name.len() > 3)
            .any(|name| is_one_edit_away(word.as_bytes(), name.as_bytes()))
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// Returns whether one letter has to be added, removed, replaced, or swapped with the next.
fn is_one_edit_away(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = without_common_start(left.iter(), right.iter());
    let (left, right) = without_common_start(left.rev(), right.rev());
    let mut left = left.map(u8::to_ascii_lowercase);
    let mut right = right.map(u8::to_ascii_lowercase);
    match (left.next(), left.next(), right.next(), right.next()) {
        (Some(_), None, None, None) | (None, None, Some(_), None) => true,
        (Some(_), None, Some(_), None) => true,
        (Some(a), Some(b), Some(c), Some(d)) => {
            a == d && b == c && left.next().is_none() && right.next().is_none()
        }
        _ => false,
    }
}

/// Returns what is left of two texts behind the letters in which their starts agree.
fn without_common_start<'a, L, R>(mut left: L, mut right: R) -> (L, R)
where
    L: Iterator<Item = &'a u8> + Clone,
    R: Iterator<Item = &'a u8> + Clone,
{
    loop {
        let (mut left_next, mut right_next) = (left.clone(), right.clone());
        match (left_next.next(), right_next.next()) {
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {
                (left, right) = (left_next, right_next);
            }
            _ => return (left, right),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_the_names_that_other_loggers_use() {
        for (word, meant) in [
            ("WARNING", Some(Level::Warn)),
            ("err", Some(Level::Error)),
            ("Critical", Some(Level::Fatal)),
            ("crit", Some(Level::Fatal)),
            ("information", Some(Level::Info)),
            ("all", Some(Level::Trace)),
            ("none", None),
            ("OFF", None),
        ] {
            assert_eq!(threshold(word), Some(meant), "{word}");
        }
    }

    #[test]
    fn a_word_with_one_typing_error_is_near_a_level() {
        for word in [
            "inof", "ifno", "info_", "nfo", "inffo", "debg", "dbug", "Debugg", "warnings",
            "wraning", "wran", "eror", "errror", "errors", "trce", "tarce", "fatl", "critcal",
            "verbose", "true", "W", "i",
        ] {
            assert!(is_near_level(word), "{word}");
        }
    }

    #[test]
    fn a_word_that_is_usual_as_a_target_is_not_near_a_level() {
        for word in [
            "shop",
            "order",
            "cart",
            "card",
            "main",
            "data",
            "work",
            "mirror",
            "infra",
            "app",
            "net",
            "orm",
            "api",
            "mod",
            "core",
            "user",
            "bug",
            "debug_tools",
            "a",
            "",
        ] {
            assert!(!is_near_level(word), "{word}");
        }
    }
}
