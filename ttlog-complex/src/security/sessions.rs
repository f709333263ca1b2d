//! The sessions as the door knows them: which token was handed to which address.

use core::time::Duration;
use std::{collections::HashMap, net::Ipv4Addr};

use crate::protocol::user::SessionToken;

/// Tokens that were handed out, the latest of them. Whether one still holds is for the user
/// service to say.
#[derive(Debug)]
pub struct Sessions {
    sessions_max: usize,
    begun: HashMap<SessionToken, (Ipv4Addr, Duration)>,
}

/// What the door knows of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was handed to this address.
    Own,
    /// It was handed to another one.
    Foreign,
    /// It was not handed out here, or so long ago that it is forgotten.
    Unknown,
}

impl Sessions {
    /// Remembers `sessions_max` tokens; at least two.
    #[must_use]
    pub fn new(sessions_max: usize) -> Self {
        Self {
            sessions_max: sessions_max.max(2),
            begun: HashMap::new(),
        }
    }

    /// Notes that a token was handed out.
    pub fn begin(&mut self, token: SessionToken, address: Ipv4Addr, now: Duration) {
        if self.begun.len() >= self.sessions_max {
            let mut times: Vec<Duration> = self.begun.values().map(|&(_, at)| at).collect();
            let (_, &mut half, _) = times.select_nth_unstable(self.sessions_max / 2);
            self.begun.retain(|_, &mut (_, at)| at > half);
        }
        self.begun.insert(token, (address, now));
    }

    /// Who shows a token: the one that it was handed to, or not?
    #[must_use]
    pub fn shown(&self, token: SessionToken, address: Ipv4Addr) -> Known {
        match self.begun.get(&token) {
            Some(&(owner, _)) if owner == address => Known::Own,
            Some(_) => Known::Foreign,
            None => Known::Unknown,
        }
    }

    /// Forgets a token that was given back.
    pub fn end(&mut self, token: SessionToken) {
        self.begun.remove(&token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const THERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

    #[test]
    fn a_token_is_good_where_it_was_handed_out() {
        let mut sessions = Sessions::new(9);
        sessions.begin(SessionToken(1), HERE, Duration::ZERO);
        assert_eq!(sessions.shown(SessionToken(1), HERE), Known::Own);
        assert_eq!(sessions.shown(SessionToken(1), THERE), Known::Foreign);
        assert_eq!(sessions.shown(SessionToken(2), HERE), Known::Unknown);
        sessions.end(SessionToken(1));
        assert_eq!(sessions.shown(SessionToken(1), HERE), Known::Unknown);
    }

    #[test]
    fn the_latest_are_remembered_and_no_more_than_there_is_room_for() {
        let mut sessions = Sessions::new(8);
        for number in 0..1_000_u32 {
            let now = Duration::from_millis(number.into());
            sessions.begin(SessionToken(number.into()), HERE, now);
            assert!(sessions.begun.len() <= 8);
        }
        assert_eq!(sessions.shown(SessionToken(999), HERE), Known::Own);
        // All at one moment: the oldest half is all of them.
        for number in 0..100 {
            sessions.begin(SessionToken(number), HERE, Duration::from_secs(9));
            assert!(sessions.begun.len() <= 8);
        }
    }
}
