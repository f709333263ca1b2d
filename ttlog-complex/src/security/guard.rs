//! The guard: decides who comes in, from what is known of their address.

use core::time::Duration;
use std::net::Ipv4Addr;

use super::{
    Threat,
    logins::LoginWatch,
    risk::{BLOCK, BLOCK_TIME, Records, Risk},
    sessions::{Known, Sessions},
};
use crate::{
    protocol::user::SessionToken,
    resilience::limiter::{Allowance, Limiter},
};

/// What an address may ask for: more than a family that shops all day, less than a program.
const ALLOWANCE: Allowance = Allowance {
    rate: 60.0,
    burst: 120,
};
/// How many addresses are remembered.
const ADDRESSES_MAX: usize = 4_096;
/// How many sessions are remembered.
const SESSIONS_MAX: usize = 16_384;
/// Who is refused so often without a pause is held to it once more.
const REFUSALS: u32 = 25;

/// What is known at the door. It is told the time of the shop's clock.
#[derive(Debug)]
pub struct Guard {
    limiter: Limiter<Ipv4Addr>,
    logins: LoginWatch,
    sessions: Sessions,
    records: Records,
    counts: Counts,
}

/// What was counted since the shop opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were let in.
    pub admitted: u64,
    /// Requests of those who were shut out.
    pub blocked: u64,
    /// Requests of those who had had too many.
    pub rate_limited: u64,
    /// How often each of [`Threat::ALL`] was seen.
    pub threats: [u64; Threat::ALL.len()],
    /// How often an address was shut out.
    pub blocks: u64,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its address is shut out.
    Blocked {
        /// For how much longer.
        left: Duration,
    },
    /// Its address asks too often.
    RateLimited {
        /// When it is worth asking again.
        retry_after: Duration,
    },
    /// It is an attack.
    Threat(Threat),
}

impl Refusal {
    /// The reason in one word.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked",
            Self::RateLimited { .. } => "rate_limited",
            Self::Threat(threat) => threat.name(),
        }
    }
}

/// A threat that was seen just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What.
    pub threat: Threat,
    /// All that speaks against the address now.
    pub risk: Risk,
    /// Whether it is shut out for it, and for how long.
    pub blocked_for: Option<Duration>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            limiter: Limiter::new(ALLOWANCE, ADDRESSES_MAX),
            logins: LoginWatch::new(ADDRESSES_MAX),
            sessions: Sessions::new(SESSIONS_MAX),
            records: Records::new(ADDRESSES_MAX),
            counts: Counts::default(),
        }
    }
}

impl Guard {
    /// Lets a request in.
    ///
    /// # Errors
    ///
    /// Why not, and what was seen by that.
    pub fn admit(
        &mut self,
        address: Ipv4Addr,
        now: Duration,
    ) -> Result<(), (Refusal, Option<Sighting>)> {
        if let Some(left) = self.records.blocked(address, now) {
            self.counts.blocked += 1;
            return Err((Refusal::Blocked { left }, None));
        }
        let Err(refused) = self.limiter.admit(address, now) else {
            self.counts.admitted += 1;
            return Ok(());
        };
        self.counts.rate_limited += 1;
        // The first time, and when nothing was learnt from it.
        let sighting =
            (refused.in_a_row % REFUSALS == 1).then(|| self.note(address, Threat::RateLimit, now));
        let retry_after = refused.retry_after;
        Err((Refusal::RateLimited { retry_after }, sighting))
    }

    /// Holds a threat against an address, and shuts it out if that is one too many.
    pub fn note(&mut self, address: Ipv4Addr, threat: Threat, now: Duration) -> Sighting {
        let risk = self.records.add(address, threat, now);
        self.counts.threats[threat as usize] += 1;
        let blocks = risk.score >= BLOCK;
        if blocks {
            self.records.block(address, now);
            self.counts.blocks += 1;
        }
        Sighting {
            threat,
            risk,
            blocked_for: blocks.then_some(BLOCK_TIME),
        }
    }

    /// Notes that a login was refused; answers how many were of late, this one included.
    pub fn login_failed(
        &mut self,
        address: Ipv4Addr,
        email: &str,
        now: Duration,
    ) -> (usize, Option<Sighting>) {
        let failed = self.logins.failed(address, email, now);
        let seen = failed.alarm;
        let sighting = seen.map(|_| self.note(address, Threat::CredentialStuffing, now));
        (failed.recent, sighting)
    }

    /// Notes that a session has begun.
    pub fn session_begun(&mut self, token: SessionToken, address: Ipv4Addr, now: Duration) {
        self.sessions.begin(token, address, now);
    }

    /// Looks at a token before it is shown to anybody.
    ///
    /// # Errors
    ///
    /// What was seen, when it was handed to another address.
    pub fn token_shown(
        &mut self,
        token: SessionToken,
        address: Ipv4Addr,
        now: Duration,
    ) -> Result<(), Sighting> {
        match self.sessions.shown(token, address) {
            Known::Own | Known::Unknown => Ok(()),
            Known::Foreign => Err(self.note(address, Threat::AuthBypass, now)),
        }
    }

    /// Notes that the user service knows no session for a token. One that was handed out here has
    /// ended; any other one is forged.
    pub fn token_refused(
        &mut self,
        token: SessionToken,
        address: Ipv4Addr,
        now: Duration,
    ) -> Option<Sighting> {
        match self.sessions.shown(token, address) {
            Known::Own | Known::Foreign => None,
            Known::Unknown => Some(self.note(address, Threat::AuthBypass, now)),
        }
    }

    /// Notes that a session was ended by its owner.
    pub fn session_ended(&mut self, token: SessionToken) {
        self.sessions.end(token);
    }

    /// What speaks against an address.
    #[must_use]
    pub fn risk(&self, address: Ipv4Addr, now: Duration) -> Risk {
        self.records.of(address, now)
    }

    /// Every address that is watched or shut out, the worst first, and for how much longer.
    #[must_use]
    pub fn worst(&self, now: Duration) -> Vec<(Ipv4Addr, Risk, Option<Duration>)> {
        self.records.worst(now)
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
    const THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const NOW: Duration = Duration::from_secs(100);
    const TOKEN: SessionToken = SessionToken(1);

    #[test]
    fn two_attacks_shut_an_address_out_for_a_while_and_no_other() {
        let mut guard = Guard::default();
        let first = guard.note(HERE, Threat::SqlInjection, NOW);
        assert_eq!(first.blocked_for, None);
        assert_eq!(guard.admit(HERE, NOW), Ok(()));
        let second = guard.note(HERE, Threat::ScriptInjection, NOW);
        assert_eq!(second.blocked_for, Some(BLOCK_TIME));
        let left = BLOCK_TIME;
        assert_eq!(
            guard.admit(HERE, NOW),
            Err((Refusal::Blocked { left }, None))
        );
        assert_eq!(guard.admit(THERE, NOW), Ok(()));
        assert_eq!(guard.admit(HERE, NOW + BLOCK_TIME), Ok(()));
    }

    #[test]
    fn a_flood_is_refused_then_held_against_the_address_then_shut_out() {
        let mut guard = Guard::default();
        let mut sightings = 0;
        let blocked = (0..1_000).position(|_| match guard.admit(HERE, NOW) {
            Err((Refusal::Blocked { .. }, _)) => true,
            Err((_, sighting)) => {
                sightings += usize::from(sighting.is_some());
                false
            }
            Ok(()) => false,
        });
        assert_eq!(sightings, 4);
        assert!(blocked.unwrap() > ALLOWANCE.burst as usize);
        let counts = guard.counts();
        assert_eq!(counts.admitted, u64::from(ALLOWANCE.burst));
        assert_eq!((counts.blocked, counts.blocks), (1, 1));
        assert_eq!(counts.threats[Threat::RateLimit as usize], 4);
    }

    #[test]
    fn passwords_for_many_accounts_are_seen() {
        let mut guard = Guard::default();
        let seen = (0..5).filter_map(|n| guard.login_failed(HERE, &format!("{n}@shop"), NOW).1);
        let seen: Vec<Threat> = seen.map(|sighting| sighting.threat).collect();
        assert_eq!(seen, [Threat::CredentialStuffing]);
    }

    #[test]
    fn a_session_that_was_begun_elsewhere_is_seen_before_it_is_shown() {
        let mut guard = Guard::default();
        guard.session_begun(TOKEN, THERE, NOW);
        assert_eq!(guard.token_shown(TOKEN, THERE, NOW), Ok(()));
        let sighting = guard.token_shown(TOKEN, HERE, NOW).unwrap_err();
        assert_eq!(sighting.threat, Threat::AuthBypass);
        assert_eq!(guard.risk(THERE, NOW), Risk::default());
    }

    #[test]
    fn a_forged_session_is_seen_and_one_that_has_ended_is_not_held_against_anybody() {
        let mut guard = Guard::default();
        guard.session_begun(TOKEN, HERE, NOW);
        assert_eq!(guard.token_refused(TOKEN, HERE, NOW), None);
        assert!(guard.token_shown(SessionToken(2), HERE, NOW).is_ok());
        assert!(guard.token_refused(SessionToken(2), HERE, NOW).is_some());
    }
}
