//! The fraud watch: how much a payment looks like somebody else's money.

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use crate::{bank::CardNumber, money::Cents, security};

/// From so many points on a payment is refused.
pub const SUSPICIOUS: u32 = 70;
/// From so many points on a payment that goes through is worth a second look.
pub const ELEVATED: u32 = 40;

/// With so many cards, those that were not used of late are forgotten.
const CARDS_MAX: usize = 4_096;
const MANY: usize = 4;
const MANY_WITHIN: Duration = Duration::from_secs(10);
const MANY_POINTS: u32 = 40;
const ABROAD_POINTS: u32 = 40;
const ADDRESS_POINTS: u32 = 40;
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

impl Suspicion {
    /// Whether the payment is refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.score >= SUSPICIOUS
    }

    /// Whether the payment is worth a second look, refused or not.
    #[must_use]
    pub fn is_elevated(&self) -> bool {
        self.score >= ELEVATED
    }
}

impl FraudWatch {
    /// Judges a payment, and remembers it. `risk` is what speaks against the address that the order
    /// came from, `now` the time of the shop's clock.
    pub fn judge(
        &mut self,
        card: CardNumber,
        amount: Cents,
        risk: u32,
        now: Duration,
    ) -> Suspicion {
        if self.uses.len() >= CARDS_MAX && !self.uses.contains_key(&card) {
            self.uses.retain(|_, uses| {
                let last = uses.back();
                last.is_some_and(|&used| used + MANY_WITHIN > now)
            });
        }
        let uses = self.uses.entry(card).or_default();
        uses.retain(|&used| used + MANY_WITHIN > now);
        uses.push_back(now);
        let rules = [
            (uses.len() >= MANY, MANY_POINTS, "used often"),
            (card.abroad, ABROAD_POINTS, "issued abroad"),
            (
                risk >= security::risk::WATCH,
                ADDRESS_POINTS,
                "risky address",
            ),
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
        assert_eq!(watch.judge(card(false), Cents(1), 0, NOW).score, 0);
        assert!(watch.judge(card(true), Cents(1), 0, NOW).score < SUSPICIOUS);
        assert!(watch.judge(card(false), LARGE, 0, NOW).score < SUSPICIOUS);
    }

    #[test]
    fn a_large_amount_from_abroad_is_suspicious() {
        let suspicion = FraudWatch::default().judge(card(true), LARGE, 0, NOW);
        assert!(suspicion.score >= SUSPICIOUS);
        assert_eq!(suspicion.reasons, ["issued abroad", "large amount"]);
    }

    #[test]
    fn many_uses_count_while_they_are_recent() {
        let mut watch = FraudWatch::default();
        for _ in 1..MANY {
            assert_eq!(watch.judge(card(false), Cents(1), 0, NOW).score, 0);
        }
        assert_eq!(
            watch.judge(card(false), Cents(1), 0, NOW).reasons,
            ["used often"]
        );
        assert_eq!(
            watch
                .judge(card(false), Cents(1), 0, NOW + MANY_WITHIN)
                .score,
            0
        );
    }

    #[test]
    fn one_good_reason_is_worth_a_second_look_and_two_are_too_many() {
        let mut watch = FraudWatch::default();
        let address = watch.judge(card(false), Cents(1), security::risk::WATCH, NOW);
        assert_eq!(address.reasons, ["risky address"]);
        assert!(address.is_elevated() && !address.is_refused());
        let both = watch.judge(card(true), Cents(1), security::risk::WATCH, NOW);
        assert!(both.is_refused());
        assert!(!watch.judge(card(false), Cents(1), 39, NOW).is_elevated());
    }

    #[test]
    fn cards_that_are_not_used_any_more_are_forgotten() {
        let mut watch = FraudWatch::default();
        for serial in 0..3 * CARDS_MAX as u32 {
            let used = CardNumber {
                serial,
                ..card(false)
            };
            let now = Duration::from_millis(serial.into()) * 10;
            watch.judge(used, Cents(1), 0, now);
            assert!(watch.uses.len() <= CARDS_MAX);
        }
    }
}
