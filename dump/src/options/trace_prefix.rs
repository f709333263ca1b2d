//! The first digits of a trace id on the command line.

use core::str::FromStr;

use ttlog_reader::TraceId;

/// The first digits of a trace id, in lower case.
///
/// # Examples
///
/// ```
/// use dump::TracePrefix;
///
/// assert!("4bf92f35".parse::<TracePrefix>().is_ok());
/// assert!("4bf".parse::<TracePrefix>().is_err()); // too short
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TracePrefix(pub(crate) String);

impl TracePrefix {
    /// Returns whether a trace id starts with the digits.
    pub(crate) fn fits(&self, id: TraceId) -> bool {
        id.to_string().starts_with(&self.0)
    }
}

impl FromStr for TracePrefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && (4..=32).contains(&text.len()) {
            Ok(Self(text.to_lowercase()))
        } else {
            Err("not a trace id: give 32 hex digits, or at least the first 4 of them")
        }
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
            assert_eq!(prefix.0, text.to_lowercase());
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
            assert!(text.parse::<TracePrefix>().is_err(), "{text}");
        }
    }
}
