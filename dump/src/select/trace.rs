//! A trace by its id, or by enough of it.

use core::{error::Error, fmt, str::FromStr};

use ttlog_core::TraceId;

use super::SelectError;
use crate::{load::Loaded, merge::Merge};

/// The first digits of a trace id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TracePrefix {
    /// The digits' value.
    value: u128,
    /// How many there are.
    digits: u32,
}

impl TracePrefix {
    const DIGITS_MIN: usize = 4;
    const DIGITS_MAX: usize = 32;

    fn fits(self, id: TraceId) -> bool {
        id.0 >> (4 * (Self::DIGITS_MAX as u32 - self.digits)) == self.value
    }
}

impl FromStr for TracePrefix {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || !(Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&text.len()) {
            return Err(NoTrace);
        }
        let value = u128::from_str_radix(text, 16).map_err(|_| NoTrace)?;
        Ok(Self {
            value,
            digits: text.len() as u32,
        })
    }
}

impl fmt::Display for TracePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$x}", self.value, width = self.digits as usize)
    }
}

/// A text that cannot be the start of a trace id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoTrace;

impl fmt::Display for NoTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a trace id: expected 32 hex digits, or at least the first 4 of them")
    }
}

impl Error for NoTrace {}

/// The one trace in `files` that begins with `prefix`. Where none does, the id that no trace has.
pub(super) fn find(prefix: TracePrefix, files: &[Loaded]) -> Result<TraceId, SelectError> {
    /// How many traces are named where there are too many.
    const NAMED_MAX: usize = 4;

    if prefix.digits as usize == TracePrefix::DIGITS_MAX {
        return Ok(TraceId(prefix.value));
    }
    let mut found: Vec<TraceId> = Vec::new();
    let contexts = Merge::new(files).filter_map(|event| event.record.context);
    for id in contexts
        .map(|context| context.trace_id)
        .filter(|id| prefix.fits(*id))
    {
        if !found.contains(&id) {
            found.push(id);
        }
        if found.len() == NAMED_MAX {
            break;
        }
    }
    match found[..] {
        [] => Ok(TraceId(0)),
        [id] => Ok(id),
        _ => Err(SelectError::ManyTraces {
            prefix,
            first: found,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_4_to_32_hex_digits() {
        let id = TraceId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        for text in ["4bf9", "4BF92", "4bf92f3577b34da6a3ce929d0e0e4736"] {
            let prefix: TracePrefix = text.parse().unwrap();
            assert!(prefix.fits(id), "{text}");
            assert_eq!(prefix.to_string(), text.to_lowercase());
        }
        assert!(!"4bf8".parse::<TracePrefix>().unwrap().fits(id));
        assert!("0000".parse::<TracePrefix>().unwrap().fits(TraceId(1)));
        for text in [
            "",
            "4bf",
            "4bfg",
            "+4bf9",
            "4bf92f3577b34da6a3ce929d0e0e47360",
        ] {
            assert_eq!(text.parse::<TracePrefix>(), Err(NoTrace), "{text}");
        }
    }
}
