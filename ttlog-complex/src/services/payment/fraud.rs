//! The fraud watch: how much a payment looks like somebody else's money.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use crate::{bank::CardNumber, money::Cents};

/// From so many points on a payment is refused.
pub const SUSPICIOUS: u32 = 70;

const MANY: usize = 4;
const MANY_WITHIN: Duration = Duration::from_secs(10);
const MANY_POINTS: u32 = 40;
const ABROAD_POINTS: u32 = 40;
const LARGE: Cents = Cents(40_000);
const LARGE_POINTS: u32 = 30;

/// What it remembers of each card: when it was used of late.
#[derive(Debug, Default)]
pub struct FraudWatch {
    uses: HashMap<CardNumber, VecDeque<Duration>>,
}

/// What speaks against a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// The points of all reasons together.
    pub score: u32,
    /// The reasons.
    pub reasons: Vec<&'static str>,
}

impl FraudWatch {
    /// Judges a payment, and remembers it. `now` is the time of the shop's clock.
    pub fn judge(&mut self, card: CardNumber, amount: Cents, now: Duration) -> Suspicion {
        let uses = self.uses.entry(card).or_default();
        uses.retain(|&used| used + MANY_WITHIN > now);
        uses.push_back(now);
        let rules = [
            (uses.len() >= MANY, MANY_POINTS, "used often"),
            (card.abroad, ABROAD_POINTS, "issued abroad"),
            (amount >= LARGE, LARGE_POINTS, "large amount"),
        ];
        let mut suspicion = Suspicion {
            score: 0,
            reasons: Vec::new(),
        };
        for (_, points, reason) in rules.into_iter().filter(|&(holds, ..)| holds) {
            suspicion.score += points;
            suspicion.reasons.push(reason);
        }
        suspicion
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::Issuer;

    const NOW: Duration = Duration::from_secs(100);

    fn card(abroad: bool) -> CardNumber {
        CardNumber {
            issuer: Issuer::Union,
            abroad,
            serial: 1,
        }
    }

    #[test]
    fn one_reason_alone_is_not_suspicious() {
        let mut watch = FraudWatch::default();
        assert_eq!(watch.judge(card(false), Cents(1), NOW).score, 0);
        assert!(watch.judge(card(true), Cents(1), NOW).score < SUSPICIOUS);
        assert!(watch.judge(card(false), LARGE, NOW).score < SUSPICIOUS);
    }

    #[test]
    fn a_large_amount_from_abroad_is_suspicious() {
        let suspicion = FraudWatch::default().judge(card(true), LARGE, NOW);
        assert!(suspicion.score >= SUSPICIOUS);
        assert_eq!(suspicion.reasons, ["issued abroad", "large amount"]);
    }

    #[test]
    fn many_uses_count_while_they_are_recent() {
        let mut watch = FraudWatch::default();
        for _ in 1..MANY {
            assert_eq!(watch.judge(card(false), Cents(1), NOW).score, 0);
        }
        assert_eq!(
            watch.judge(card(false), Cents(1), NOW).reasons,
            ["used often"]
        );
        assert_eq!(
            watch.judge(card(false), Cents(1), NOW + MANY_WITHIN).score,
            0
        );
    }
}
