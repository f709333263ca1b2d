//! The origin: where a request comes from.

use std::net::Ipv4Addr;

/// Where somebody stands outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address; always one that is reserved for documentation, so it is nobody's.
    pub address: Ipv4Addr,
    /// What the program there calls itself. Anybody can call themselves anything.
    pub agent: &'static str,
}

impl Origin {
    /// The home of customers: TEST-NET-1 and TEST-NET-2 of RFC 5737. So few addresses for so many
    /// people that some share one, as families do.
    #[must_use]
    pub fn home(number: u32) -> Self {
        const AGENTS: [&str; 3] = ["Firefox/145", "Chrome/142", "Safari/26"];
        let address = match number / 254 % 2 {
            0 => Ipv4Addr::new(192, 0, 2, host(number)),
            _ => Ipv4Addr::new(198, 51, 100, host(number)),
        };
        let agent = AGENTS[number as usize % AGENTS.len()];
        Self { address, agent }
    }

    /// Where attackers sit: TEST-NET-3.
    #[must_use]
    pub fn elsewhere(number: u32, agent: &'static str) -> Self {
        let address = Ipv4Addr::new(203, 0, 113, host(number));
        Self { address, agent }
    }
}

/// From 1 to 254.
fn host(number: u32) -> u8 {
    (number % 254) as u8 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_reserved_for_documentation() {
        for number in 0..2_000 {
            let home = Origin::home(number).address;
            let elsewhere = Origin::elsewhere(number, "curl/8.17").address;
            assert!(home.is_documentation() && elsewhere.is_documentation());
            assert_ne!(home, elsewhere);
            assert!((1..=254).contains(&home.octets()[3]));
        }
        assert_ne!(Origin::home(0).address, Origin::home(254).address);
        assert_eq!(Origin::home(0).address, Origin::home(508).address);
    }
}
