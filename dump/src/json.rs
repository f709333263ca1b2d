//! Writing JSON: strings, numbers, objects. Ours because it is several times quicker than going
//! through a tree of values, and because a message is escaped while it is rendered.

pub(crate) mod event;
pub(crate) mod file;
mod value;

use core::fmt::{self, Display, Write};

/// Takes text and escapes it as the inside of a JSON string.
#[derive(Debug)]
pub(crate) struct Escaped<'a>(pub(crate) &'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Looks at all bytes whatever it finds, so that the compiler can make it many at a time.
        if !text.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
            self.0.push_str(text);
            return Ok(());
        }
        let mut rest = text;
        while let Some(at) = rest.bytes().position(is_escaped) {
            // What is escaped is one byte, so the text can be cut before and behind it.
            let (plain, escaped) = rest.split_at(at);
            let (escaped, after) = escaped.split_at(1);
            self.0.push_str(plain);
            match escaped {
                "\"" => self.0.push_str("\\\""),
                "\\" => self.0.push_str("\\\\"),
                "\n" => self.0.push_str("\\n"),
                "\r" => self.0.push_str("\\r"),
                "\t" => self.0.push_str("\\t"),
                "\u{8}" => self.0.push_str("\\b"),
                "\u{c}" => self.0.push_str("\\f"),
                _ => escaped
                    .bytes()
                    .try_for_each(|byte| write!(self.0, "\\u{byte:04x}"))?,
            }
            rest = after;
        }
        self.0.push_str(rest);
        Ok(())
    }
}

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Appends text as a string.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    // Writing to a String does not fail; so throughout.
    let _ = Escaped(out).write_str(text);
    out.push('"');
}

/// Appends what can be displayed as a string.
pub(crate) fn push_string(out: &mut String, text: impl Display) {
    out.push('"');
    let _ = write!(Escaped(out), "{text}");
    out.push('"');
}

/// Appends what is a number, `true`, `false` or `null` in JSON as it is for `Display`.
pub(crate) fn push_bare(out: &mut String, bare: impl Display) {
    let _ = write!(out, "{bare}");
}

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
        }
    }

    /// Starts an entry; its value is to be appended to the answer.
    pub(crate) fn key(&mut self, key: &str) -> &mut String {
        self.key_after(",", key)
    }

    /// Starts an entry on the next line, where the one before would grow long.
    pub(crate) fn on_a_new_line(&mut self, key: &str) -> &mut String {
        self.key_after(",\n", key)
    }

    fn key_after(&mut self, comma: &str, key: &str) -> &mut String {
        if !self.is_empty {
            self.out.push_str(comma);
        }
        self.is_empty = false;
        push_text(self.out, key);
        self.out.push(':');
        self.out
    }

    /// An entry that is text.
    pub(crate) fn text(&mut self, key: &str, text: &str) {
        push_text(self.key(key), text);
    }

    /// An entry that is text, or null.
    pub(crate) fn text_or_null(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(key, text),
            None => self.null(key),
        }
    }

    /// An entry that is null.
    pub(crate) fn null(&mut self, key: &str) {
        self.key(key).push_str("null");
    }

    /// An entry that is shown in a string.
    pub(crate) fn string(&mut self, key: &str, value: impl Display) {
        push_string(self.key(key), value);
    }

    /// An entry that is shown in a string, or null.
    pub(crate) fn string_or_null(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.string(key, value),
            None => self.null(key),
        }
    }

    /// An entry that is a number or a word.
    pub(crate) fn bare(&mut self, key: &str, value: impl Display) {
        push_bare(self.key(key), value);
    }

    /// An entry that is a number or a word, or null.
    pub(crate) fn bare_or_null(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.bare(key, value),
            None => self.null(key),
        }
    }

    pub(crate) fn close(self) {
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> String {
        let mut out = String::new();
        push_string(&mut out, text);
        out
    }

    #[test]
    fn strings_are_what_serde_json_writes() {
        for char in (0..=0x2_ffff).filter_map(char::from_u32) {
            let text = format!("a{char}b{char}{char}");
            assert_eq!(
                string(&text),
                serde_json::to_string(&text).unwrap(),
                "{text:?}"
            );
        }
        assert_eq!(string(""), "\"\"");
    }

    #[test]
    fn objects_have_commas_between_their_entries_only() {
        let mut out = String::new();
        Object::open(&mut out).close();
        let mut object = Object::open(&mut out);
        object.string("a\"", "b");
        object.bare("c", 1);
        object.string_or_null("d", None::<&str>);
        object.bare_or_null("e", Some(true));
        object.close();
        assert_eq!(out, r#"{}{"a\"":"b","c":1,"d":null,"e":true}"#);
    }
}
