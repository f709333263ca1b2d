//! JSON that is safe to print on a terminal, and pieces of the JSON of events.

use std::io;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::ser::Formatter;
use ttlog_core::decode::EventKind;

use crate::terminal::is_escaped;

/// Writes a value as JSON, in the bytes that `dump`, the console and the live view write.
///
/// Writes the characters that [`escaped`](crate::escaped) escapes as `\\u` escapes. So the JSON is safe to
/// print on a terminal, and a reader of JSON gets the same text.
///
/// # Errors
///
/// Returns an error if `out` fails.
///
/// # Examples
///
/// ```
/// let mut json = Vec::new();
/// ttlog_reader::write_json(&mut json, "safe\u{202e}")?;
/// assert_eq!(json, br#""safe\u202e""#);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_json(out: impl io::Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Escapes);
    Ok(value.serialize(&mut serializer)?)
}

struct Escapes;

impl Formatter for Escapes {
    #[inline]
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly all text. Without a branch for each byte, because that is faster.
        if fragment
            .bytes()
            .fold(true, |is_plain, byte| is_plain & (byte < 0x7F))
        {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(is_escaped) {
            let (plain, from) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = from.chars();
            if let Some(char) = chars.next() {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// An iterator of entries, written as an object.
pub(crate) struct Object<I>(pub(crate) I);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)> + Clone> Serialize for Object<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

/// The names of [`EventKind`], as [`EventKind::name`] returns them.
#[derive(Deserialize, Serialize)]
#[serde(remote = "EventKind", rename_all = "lowercase")]
pub(crate) enum KindName {
    Event,
    Enter,
    Exit,
}

/// The lower-case digits of an id. `core::fmt` takes several times as long.
pub(crate) struct Hex<const DIGITS: usize>(pub(crate) u128);

impl<const DIGITS: usize> Serialize for Hex<DIGITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: [u8; DIGITS] = core::array::from_fn(|place| {
            let shift = 4 * (DIGITS - 1 - place);
            b"0123456789abcdef"[(self.0 >> shift) as usize & 15]
        });
        serializer.serialize_str(str::from_utf8(&digits).unwrap_or_default())
    }
}
