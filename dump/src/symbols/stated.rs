//! The addresses of code that an event states.

use ttlog_reader::{EventRef, Field};

/// An address of code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StatedAddress {
    /// The address of an instruction.
    Instruction(u64),
    /// The address behind a call. It may belong to the next function.
    Return(u64),
}

impl StatedAddress {
    pub(super) fn address(self) -> u64 {
        match self {
            Self::Instruction(address) | Self::Return(address) => address,
        }
    }

    /// Returns an address within the instruction that was being executed.
    pub(super) fn instruction(self) -> u64 {
        match self {
            Self::Instruction(address) => address,
            Self::Return(address) => address.saturating_sub(1),
        }
    }
}

/// Returns the addresses that the event of a crash states, or that of a panic whose backtrace has no names.
pub(super) fn stated_addresses(event: &EventRef<'_>) -> Vec<StatedAddress> {
    let mut stated = Vec::new();
    if !matches!(event.target(), Some("signal" | "panic")) {
        return stated;
    }
    for (name, value) in event.fields() {
        match (name, value) {
            ("instruction", Field::Integer(address)) => {
                stated.push(StatedAddress::Instruction(address.cast_unsigned()));
            }
            ("instruction", Field::Text(digits)) => {
                let address = digits.parse().ok();
                stated.extend(address.map(StatedAddress::Instruction));
            }
            ("frames", Field::Text(text)) => stated.extend(addresses_in(&text)),
            _ => {}
        }
    }
    stated
}

/// Returns the words of a text that are addresses.
fn addresses_in(text: &str) -> Vec<StatedAddress> {
    text.split_ascii_whitespace()
        .filter_map(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok())
        .map(StatedAddress::Return)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_addresses_are_found() {
        let found = addresses_in("0: 0x40\n1: shop::order at src/0x50.rs:7\n2: 0xzz\n3: 0x60");
        assert_eq!(
            found,
            [StatedAddress::Return(0x40), StatedAddress::Return(0x60)]
        );
        assert_eq!(addresses_in(""), []);
    }

    #[test]
    fn a_return_address_is_looked_up_in_the_call_before_it() {
        assert_eq!(StatedAddress::Return(0x40).instruction(), 0x3f);
        assert_eq!(StatedAddress::Instruction(0x40).instruction(), 0x40);
        assert_eq!(StatedAddress::Return(0).instruction(), 0);
    }
}
