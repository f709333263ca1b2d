//! Log statements, kept beyond the block that describes them.

use core::mem::size_of;

use ttlog_core::CallsiteInfo;

/// A log statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    line: u32,
    target: Box<str>,
    file: Box<str>,
    text: Box<str>,
    /// The names of its fields, each another one.
    keys: Box<[Box<str>]>,
    kinds: Box<[u8]>,
}

impl Statement {
    /// How much memory it will take, with the form in which the decoder wants it.
    pub(crate) fn cost_bytes(info: &CallsiteInfo<'_>) -> usize {
        // Twice, because tables grow by doubling.
        let fixed = 2 * (size_of::<Self>() + size_of::<CallsiteInfo<'_>>());
        let texts = info.target.len() + info.file.len() + info.text.len();
        let names = info
            .names
            .iter()
            .map(|name| name.len() + 2 * size_of::<Box<str>>());
        fixed + texts + names.sum::<usize>()
    }

    pub(crate) fn new(info: &CallsiteInfo<'_>) -> Self {
        Self {
            line: info.line,
            target: info.target.into(),
            file: info.file.into(),
            text: info.text.into(),
            keys: unique_keys(&info.names),
            kinds: (*info.kinds).into(),
        }
    }

    /// The statement as the decoder wants it, but with unique names.
    pub(crate) fn info(&self, id: u32) -> CallsiteInfo<'_> {
        CallsiteInfo {
            id,
            level: 0,
            kind: 0,
            line: self.line,
            target: &self.target,
            file: &self.file,
            text: &self.text,
            names: self.keys.iter().map(|key| &**key).collect(),
            kinds: self.kinds.iter().copied().collect(),
        }
    }
}

/// A key for each field: its name, or its number where it has none or the name is taken.
fn unique_keys(names: &[&str]) -> Box<[Box<str>]> {
    let mut keys: Vec<Box<str>> = Vec::with_capacity(names.len());
    for (number, name) in names.iter().enumerate() {
        let is_taken = |key: &str| keys.iter().any(|other| **other == *key);
        let mut key = String::from(*name);
        if name.is_empty() || is_taken(name) {
            key = number.to_string();
        }
        // A field before may be named as a number.
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
    fn each_field_has_a_key_of_its_own() {
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
