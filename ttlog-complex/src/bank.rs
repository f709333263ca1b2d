//! The bank: the world outside that holds the customers' money. The shop sees its answers only.

use core::{fmt, time::Duration};
use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::{ids::OrderId, money::Cents};

/// Who issued a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// Answers within milliseconds.
    Harbour,
    /// Answers within milliseconds.
    Union,
    /// One answer in ten takes [`SLOW`].
    Meridian,
}

/// How long a slow answer takes.
pub const SLOW: Duration = Duration::from_millis(600);

/// The number of a payment card. Only its last digits are ever shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardNumber {
    /// Who issued it.
    pub issuer: Issuer,
    /// Whether it was issued in another country.
    pub abroad: bool,
    /// The card among those of its issuer.
    pub serial: u32,
}

impl fmt::Display for CardNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "*{:04}", self.serial % 10_000)
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// What the bank says to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How long it takes until the answer arrives.
    pub after: Duration,
    /// The answer.
    pub verdict: Result<(), Refusal>,
}

/// Why the bank does not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account does not hold the amount.
    InsufficientFunds,
    /// There is no such card.
    UnknownCard,
}

/// The accounts behind the cards, and the shop's own.
#[derive(Debug)]
pub struct Bank {
    seed: u64,
    accounts: HashMap<CardNumber, Cents>,
    captured: HashMap<OrderId, (CardNumber, Cents)>,
    opening: Cents,
    shop: Cents,
}

impl Bank {
    /// Opens an account for each card.
    #[must_use]
    pub fn open(seed: u64, cards: impl IntoIterator<Item = (CardNumber, Cents)>) -> Self {
        let accounts: HashMap<_, _> = cards.into_iter().collect();
        let opening = accounts.values().copied().sum();
        Self {
            seed,
            accounts,
            captured: HashMap::new(),
            opening,
            shop: Cents::ZERO,
        }
    }

    /// Moves `amount` from the card's account to the shop's.
    ///
    /// The answer may come too late for whoever asked; the money has moved all the same.
    pub fn pay(&mut self, order: OrderId, card: CardNumber, amount: Cents) -> Answer {
        Answer {
            after: self.answers_after(order, card),
            verdict: self.move_money(order, card, amount),
        }
    }

    /// Gives back what was paid for an order, and says how much that was; a second time, nothing.
    pub fn give_back(&mut self, order: OrderId) -> Cents {
        let Some((card, amount)) = self.captured.remove(&order) else {
            return Cents::ZERO;
        };
        self.shop -= amount;
        *self.accounts.entry(card).or_default() += amount;
        amount
    }

    /// What the shop's account holds.
    #[must_use]
    pub fn shop_account(&self) -> Cents {
        self.shop
    }

    /// Whether all accounts together hold what they held at first.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.accounts.values().copied().sum::<Cents>() + self.shop == self.opening
    }

    fn move_money(
        &mut self,
        order: OrderId,
        card: CardNumber,
        amount: Cents,
    ) -> Result<(), Refusal> {
        let account = self.accounts.get_mut(&card).ok_or(Refusal::UnknownCard)?;
        if self.captured.contains_key(&order) {
            return Ok(());
        }
        if *account < amount {
            return Err(Refusal::InsufficientFunds);
        }
        *account -= amount;
        self.shop += amount;
        self.captured.insert(order, (card, amount));
        Ok(())
    }

    /// Decided by the seed and the order alone, so that it is the same in each run.
    fn answers_after(&self, order: OrderId, card: CardNumber) -> Duration {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(self.seed ^ order.0);
        if card.issuer == Issuer::Meridian && chance.random_ratio(1, 10) {
            SLOW
        } else {
            Duration::from_micros(chance.random_range(500..3_000))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: CardNumber = CardNumber {
        issuer: Issuer::Union,
        abroad: false,
        serial: 12_345,
    };

    #[test]
    fn an_order_is_paid_once_and_given_back_once() {
        let mut bank = Bank::open(1, [(CARD, Cents(1_000))]);
        for _ in 0..2 {
            assert_eq!(bank.pay(OrderId(1), CARD, Cents(600)).verdict, Ok(()));
            assert_eq!(bank.shop_account(), Cents(600));
        }
        assert_eq!(bank.give_back(OrderId(1)), Cents(600));
        assert_eq!(bank.give_back(OrderId(1)), Cents::ZERO);
        assert_eq!(bank.shop_account(), Cents::ZERO);
        assert!(bank.is_balanced());
    }

    #[test]
    fn an_account_never_goes_below_zero() {
        let mut bank = Bank::open(1, [(CARD, Cents(1_000))]);
        assert_eq!(bank.pay(OrderId(1), CARD, Cents(600)).verdict, Ok(()));
        let second = bank.pay(OrderId(2), CARD, Cents(401));
        assert_eq!(second.verdict, Err(Refusal::InsufficientFunds));
        assert!(bank.is_balanced());
    }

    #[test]
    fn a_card_number_shows_its_last_digits_only() {
        assert_eq!(format!("{CARD} {CARD:?}"), "*2345 *2345");
    }
}
