//! Each attack is seen for what it is, and customers are not taken for attackers. The shop's clock
//! stands still, so nothing fades and nothing sleeps.

use core::sync::atomic::AtomicBool;
use std::env;

use ttlog_complex::{
    bank::{Bank, CardNumber},
    basket::Line,
    catalogue::{Catalogue, Category},
    chaos::Weather,
    checks,
    clock::Clock,
    database::Databases,
    ids::{OrderId, ProductId},
    load::{
        attack::{Attack, Attacker},
        journey::{End, Journey},
        population::Population,
    },
    protocol::{order::Checkout, user::AccessError},
    resilience::balancer::Balance,
    security::{
        Door, Origin, Threat, Turned,
        guard::Refusal,
        sentry::{Reading, Sentry},
    },
    services::{shipping::depot::CARRIERS, user::password::PasswordHasher},
    shared::Shared,
    shop::{Opening, Shop},
    snapshots::Snapshots,
};

const SEED: u64 = 1;

struct Guarded {
    shop: Shop,
    door: Door,
    sentry: Sentry,
    population: Population,
}

impl Guarded {
    fn open() -> Self {
        let population = Population::seeded(SEED);
        let (clock, weather) = (Clock::manual(), Weather::default());
        let snapshots = Snapshots::default();
        let databases = Databases::open(&env::temp_dir(), &weather, &clock, &snapshots).unwrap();
        let shop = Shop::open(Opening {
            seed: SEED,
            hasher: PasswordHasher { rounds: 1 },
            catalogue: Catalogue::seeded(SEED),
            carriers: CARRIERS.into(),
            bank: Shared::new(Bank::open(SEED, population.cards().iter().copied())),
            databases,
            clock: clock.clone(),
            snapshots,
            weather,
            balance: Balance::default(),
        })
        .unwrap();
        let sentry = Sentry::new(clock, Snapshots::default());
        let door = Door::new(shop.front(), sentry.clone());
        Self {
            shop,
            door,
            sentry,
            population,
        }
    }

    fn attack(&self, number: u64, attack: Attack) {
        let closing = AtomicBool::new(false);
        let (population, door) = (&self.population, &self.door);
        Attacker::new(SEED, number, attack, population, door, &closing).run();
    }

    fn journey(&self, number: u64) -> End {
        let journey = Journey::new(SEED, number, &self.population, &self.door);
        journey.run(&AtomicBool::new(false))
    }

    /// Closes the shop, whose books must agree; answers with what was seen at the door.
    fn close(self) -> Reading {
        drop(self.door);
        let closed = self.shop.close();
        for finding in checks::books::check(&closed.books, &closed.backroom.queue) {
            assert!(finding.passed, "{finding:?}");
        }
        self.sentry.read()
    }
}

/// What was seen, in the order of [`Threat::ALL`].
fn seen(reading: &Reading) -> Vec<Threat> {
    let seen = reading.threats().filter(|&(_, count)| count > 0);
    seen.map(|(threat, _)| threat).collect()
}

fn seen_of(attack: Attack) -> Reading {
    let shop = Guarded::open();
    shop.attack(1, attack);
    shop.close()
}

#[test]
fn each_attack_is_seen_for_what_it_is() {
    for (attack, threat) in [
        (Attack::SqlInjection, Threat::SqlInjection),
        (Attack::ScriptInjection, Threat::ScriptInjection),
        (Attack::CredentialStuffing, Threat::CredentialStuffing),
        (Attack::AuthBypass, Threat::AuthBypass),
        (Attack::PrivilegeProbe, Threat::PrivilegeProbe),
        (Attack::Flood, Threat::RateLimit),
    ] {
        let reading = seen_of(attack);
        assert_eq!(seen(&reading), [threat], "{attack:?}");
        assert!(!reading.suspects.is_empty(), "{attack:?}");
    }
}

#[test]
fn who_goes_on_is_shut_out() {
    for attack in [Attack::SqlInjection, Attack::PrivilegeProbe, Attack::Flood] {
        let reading = seen_of(attack);
        assert_eq!(reading.counts.blocks, 1, "{attack:?}");
        let blocked = reading.suspects.iter().filter(|it| it.blocked.is_some());
        assert_eq!(blocked.count(), 1, "{attack:?}");
    }
}

#[test]
fn customers_are_not_taken_for_attackers() {
    let shop = Guarded::open();
    let ends: Vec<End> = (1..=150).map(|number| shop.journey(number)).collect();
    let bought = ends.iter().filter(|&&end| end == End::Bought).count();
    assert!(bought > 50, "{bought}");
    let reading = shop.close();
    assert_eq!(seen(&reading), []);
    assert_eq!((reading.counts.blocked, reading.suspects.len()), (0, 0));
}

#[test]
fn what_was_typed_in_malice_reaches_no_service() {
    let shop = Guarded::open();
    let somebody = shop.door.visitor(Origin::home(1));
    let away = Err(Turned::Away(Refusal::Threat(Threat::SqlInjection)));
    assert_eq!(somebody.search("' or 1=1", 10), away);
    assert!(somebody.search("lamp", 10).is_ok());
    drop(shop.door);
    let closed = shop.shop.close();
    let (_, search) = closed.meters.iter().find(|it| it.0 == "search").unwrap();
    assert_eq!(search.read().requests, 1);
}

#[test]
fn everybody_may_see_their_own_account_and_nobody_elses() {
    let shop = Guarded::open();
    let me = shop.door.visitor(Origin::home(1));
    let id = me.register("a@shop", "password").unwrap().unwrap();
    let other = me.register("b@shop", "password").unwrap().unwrap();
    let token = me.log_in("a@shop", "password").unwrap().unwrap();
    assert_eq!(me.account(token, id).unwrap().unwrap().email, "a@shop");
    let forbidden = Err(AccessError::Forbidden);
    assert_eq!(me.account(token, other).unwrap(), forbidden);
    assert_eq!(
        me.promote(token).unwrap().unwrap_err(),
        AccessError::Forbidden
    );
    let reading = shop.close();
    assert_eq!(reading.counts.threats[Threat::PrivilegeProbe as usize], 2);
}

#[test]
fn a_session_is_no_good_at_another_address() {
    let shop = Guarded::open();
    let me = shop.door.visitor(Origin::home(1));
    me.register("a@shop", "password").unwrap().unwrap();
    let token = me.log_in("a@shop", "password").unwrap().unwrap();
    let thief = shop.door.visitor(Origin::elsewhere(1, "curl"));
    let away = Err(Turned::Away(Refusal::Threat(Threat::AuthBypass)));
    assert_eq!(thief.identify(token), away);
    // It still is where it was begun, and when it is over nobody is blamed.
    assert!(me.identify(token).unwrap().is_ok());
    shop.close();
}

#[test]
fn an_order_takes_along_what_speaks_against_its_address() {
    let shop = Guarded::open();
    let person = &shop.population.people()[0];
    let me = shop.door.visitor(Origin::home(1));
    me.register("a@shop", "password").unwrap().unwrap();
    let token = me.log_in("a@shop", "password").unwrap().unwrap();
    let checkout = Checkout {
        order: OrderId(1),
        token,
        basket: vec![Line {
            product: ProductId(0),
            quantity: 1,
        }],
        card: person.card,
        coupon: None,
        region: person.region,
        // Whatever the customer says of it.
        risk: 1_000,
    };
    assert!(me.place(checkout.clone()).unwrap().is_ok());
    let _ = me.search("' or 1=1", 10);
    let risky = Checkout {
        order: OrderId(2),
        card: abroad(&shop.population),
        ..checkout
    };
    // Abroad alone would be let through, and so would be the address.
    assert!(me.place(risky).unwrap().is_err());
    assert!(me.browse(Category::Light).is_ok());
    shop.close();
}

fn abroad(population: &Population) -> CardNumber {
    let mut cards = population.cards().iter().map(|&(card, _)| card);
    cards.find(|card| card.abroad).unwrap()
}
