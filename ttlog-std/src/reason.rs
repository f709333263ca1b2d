//! The reason of a snapshot, in the header and in the file's name.

/// Maximum length of a reason in a file's name, in bytes.
const NAME_MAX_BYTES: usize = 64;
/// Maximum length of a reason in a snapshot's header, in bytes.
const TEXT_MAX_BYTES: usize = 200;

/// A reason, cut to the length that a header holds.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Reason(pub(crate) String);

impl Reason {
    pub(crate) fn new(text: &str) -> Self {
        Self(text[..text.floor_char_boundary(TEXT_MAX_BYTES)].to_owned())
    }

    /// Returns the part of a file's name: each character other than `A-Z a-z 0-9 . _ -` becomes `_`.
    pub(crate) fn file_name_part(&self) -> String {
        let part: String = self
            .0
            .chars()
            .take(NAME_MAX_BYTES)
            .map(|c| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        if part.is_empty() {
            "unnamed".to_owned()
        } else {
            part
        }
    }
}

/// Maximum number of reasons in a line on stderr.
const LISTED_MAX: usize = 8;

/// Returns a list of reasons for a line on stderr.
pub(crate) fn listed<'a>(reasons: impl ExactSizeIterator<Item = &'a String>) -> String {
    let others = reasons.len().saturating_sub(LISTED_MAX);
    let shown: Vec<_> = reasons.take(LISTED_MAX).map(String::as_str).collect();
    let mut list = shown.join(", ");
    if others != 0 {
        list += &format!(" and {others} more");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_states_the_number_of_others() {
        let reasons: Vec<_> = (0..10).map(|number| number.to_string()).collect();
        assert_eq!(listed(reasons[..2].iter()), "0, 1");
        assert_eq!(listed(reasons[..8].iter()), "0, 1, 2, 3, 4, 5, 6, 7");
        assert_eq!(listed(reasons.iter()), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
    }

    #[test]
    fn a_file_name_part_is_clean_and_bounded() {
        for (text, part) in [
            ("order_placed", "order_placed"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("a\0b\nc d/é", "a_b_c_d__"),
            ("", "unnamed"),
        ] {
            assert_eq!(Reason::new(text).file_name_part(), part);
        }
        let long = Reason::new(&"é".repeat(10_000));
        assert_eq!(long.file_name_part().len(), NAME_MAX_BYTES);
        assert!(long.0.len() <= TEXT_MAX_BYTES);
    }
}
