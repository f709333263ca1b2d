//! Descriptions of callsites, copied from a block.

use core::mem::size_of;

use ttlog_core::{CallsiteInfo, Piece, Template};

/// The description of a callsite, copied from a block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) target: Box<str>,
    pub(crate) file: Box<str>,
    pub(crate) text: Box<str>,
    /// A unique key for each argument.
    pub(crate) keys: Box<[Box<str>]>,
    /// The kinds of the arguments; 0 if a kind is not known.
    pub(crate) kinds: Box<[u8]>,
    /// A bit for each argument that the text shows.
    shown: u32,
}

impl Statement {
    /// Memory of a name without its text, in bytes: its pointer, and an allocation.
    const NAME_BYTES: usize = size_of::<Box<str>>() + 32;

    /// Returns the number of bytes of memory that the description takes.
    pub(crate) fn cost_bytes(info: &CallsiteInfo<'_>) -> usize {
        let texts = info.target.len() + info.file.len() + info.text.len();
        let names = info.names.iter().map(|name| name.len() + Self::NAME_BYTES);
        // Twice, because hash tables grow by doubling.
        2 * size_of::<Self>() + texts + names.sum::<usize>()
    }

    pub(crate) fn new(info: &CallsiteInfo<'_>) -> Self {
        Self {
            line: info.line,
            target: info.target.into(),
            file: info.file.into(),
            text: info.text.into(),
            keys: unique_keys(&info.names),
            kinds: (*info.kinds).into(),
            shown: shown_arguments(info.text),
        }
    }

    /// Returns whether the text shows this argument.
    pub(crate) fn shows(&self, argument: usize) -> bool {
        1_u32
            .checked_shl(argument as u32)
            .is_some_and(|bit| self.shown & bit != 0)
    }

    /// Returns whether the kinds of all arguments are known.
    pub(crate) fn is_complete(&self) -> bool {
        self.kinds.iter().all(|&kind| kind != 0)
    }

    /// Returns whether both describe the same callsite. A description may lack kinds that a later one
    /// states, and its texts may be cut to fit a small block.
    pub(crate) fn is_of_same_callsite(&self, other: &Self) -> bool {
        let mut texts = self.texts().into_iter().zip(other.texts());
        let mut kinds = self.kinds.iter().zip(&other.kinds);
        let mut keys = self.keys.iter().zip(&other.keys);
        self.line == other.line
            && self.kinds.len() == other.kinds.len()
            && texts.all(|(one, other)| is_cut_of(one, other))
            && kinds.all(|(&one, &other)| one == other || one == 0 || other == 0)
            && keys.all(|(one, other)| {
                // A name that is cut may be that of another argument, and then has a position for a key.
                let is_position = |key: &str| key.starts_with(|char: char| char.is_ascii_digit());
                is_cut_of(one, other) || is_position(one) || is_position(other)
            })
    }

    /// Returns whether this description contains more than another one of the same callsite.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        let worth = |it: &Self| {
            let bytes = it
                .texts()
                .into_iter()
                .chain(it.keys.iter().map(|key| &**key));
            (it.is_complete(), bytes.map(str::len).sum::<usize>())
        };
        worth(self) > worth(other)
    }

    fn texts(&self) -> [&str; 3] {
        [&self.target, &self.file, &self.text]
    }
}

/// Returns whether one of the texts is the other, with its end cut off or not.
fn is_cut_of(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Returns a bit for each argument that the text has a placeholder for. A text has at most 32 arguments.
fn shown_arguments(text: &str) -> u32 {
    Template::new(text).fold(0, |shown, piece| match piece {
        Piece::Placeholder { index, .. } => shown | 1_u32.checked_shl(index as u32).unwrap_or(0),
        Piece::Literal(_) => shown,
    })
}

/// Returns a unique key for each argument: its name, or its position if it has no name or the name is
/// taken.
fn unique_keys(names: &[&str]) -> Box<[Box<str>]> {
    let mut keys: Vec<Box<str>> = Vec::with_capacity(names.len());
    for (number, name) in names.iter().enumerate() {
        let is_taken = |key: &str| keys.iter().any(|other| **other == *key);
        let mut key = String::from(*name);
        if name.is_empty() || is_taken(name) {
            key = number.to_string();
        }
        // An earlier argument may have a number for a name.
        while is_taken(&key) {
            key.push('_');
        }
        keys.push(key.into());
    }
    keys.into()
}

#[cfg(test)]
mod tests {
    use super::unique_keys;

    #[test]
    fn each_argument_has_a_key_of_its_own() {
        for (names, keys) in [
            (vec!["user", "ip"], vec!["user", "ip"]),
            (vec!["", "user", ""], vec!["0", "user", "2"]),
            (vec!["a", "a", "a"], vec!["a", "1", "2"]),
            (vec!["1", "", "2", ""], vec!["1", "1_", "2", "3"]),
            (vec!["", "0"], vec!["0", "1"]),
        ] {
            let unique = unique_keys(&names);
            assert!(unique.iter().map(|key| &**key).eq(keys), "{names:?}");
        }
    }
}
