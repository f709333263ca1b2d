//! The accounts: customers, their failed logins and their sessions.

use core::time::Duration;
use std::collections::HashMap;

use super::password::PasswordHash;
use crate::{
    ids::CustomerId,
    protocol::user::{Customer, LogInError, SessionToken},
};

/// How long a session lasts after it was last used.
pub const SESSION_LIFE: Duration = Duration::from_secs(300);
/// After so many wrong passwords in a row an account is locked.
pub const FAILURES_MAX: u32 = 3;
/// How long it stays locked.
pub const LOCK_TIME: Duration = Duration::from_secs(30);

/// All accounts. Times are those of the shop's clock.
#[derive(Debug, Default)]
pub struct Accounts {
    by_id: Vec<Account>,
    by_email: HashMap<String, CustomerId>,
    sessions: HashMap<SessionToken, Session>,
}

#[derive(Debug)]
struct Account {
    email: String,
    password: PasswordHash,
    failures: u32,
    locked_until: Duration,
    /// The only session; a new login ends it.
    session: Option<SessionToken>,
}

#[derive(Debug)]
struct Session {
    customer: CustomerId,
    ends: Duration,
}

/// Whose session a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This customer's.
    Customer(Customer),
    /// This one's, until it was not used for too long.
    Expired(CustomerId),
    /// There is no such session.
    Nobody,
}

impl Accounts {
    /// Opens an account, unless the address has one.
    pub fn open(&mut self, email: &str, password: PasswordHash) -> Option<CustomerId> {
        if self.by_email.contains_key(email) {
            return None;
        }
        let id = CustomerId(self.by_id.len() as u64);
        let email = email.to_owned();
        self.by_email.insert(email.clone(), id);
        let locked_until = Duration::ZERO;
        self.by_id.push(Account {
            email,
            password,
            failures: 0,
            locked_until,
            session: None,
        });
        Some(id)
    }

    /// Whether a password may be tried now: the account and what to check it against.
    ///
    /// # Errors
    ///
    /// [`LogInError::UnknownEmail`] and [`LogInError::Locked`].
    pub fn may_try(
        &self,
        email: &str,
        now: Duration,
    ) -> Result<(CustomerId, PasswordHash), LogInError> {
        let id = *self.by_email.get(email).ok_or(LogInError::UnknownEmail)?;
        let account = &self.by_id[id.0 as usize];
        if now < account.locked_until {
            Err(LogInError::Locked)
        } else {
            Ok((id, account.password))
        }
    }

    /// Notes a wrong password; answers how many there were in a row.
    pub fn note_failure(&mut self, id: CustomerId, now: Duration) -> u32 {
        let account = &mut self.by_id[id.0 as usize];
        account.failures += 1;
        let failures = account.failures;
        if failures >= FAILURES_MAX {
            account.failures = 0;
            account.locked_until = now + LOCK_TIME;
        }
        failures
    }

    /// Begins a session; answers whether it took the place of another.
    pub fn begin_session(&mut self, id: CustomerId, token: SessionToken, now: Duration) -> bool {
        let account = &mut self.by_id[id.0 as usize];
        account.failures = 0;
        let old = account.session.replace(token);
        self.sessions.insert(
            token,
            Session {
                customer: id,
                ends: now + SESSION_LIFE,
            },
        );
        old.is_some_and(|old| self.sessions.remove(&old).is_some())
    }

    /// Tells whose session it is, and prolongs it; or ends it, if its time is over.
    pub fn whose(&mut self, token: SessionToken, now: Duration) -> Whose {
        let Some(session) = self.sessions.get_mut(&token) else {
            return Whose::Nobody;
        };
        let id = session.customer;
        if session.ends <= now {
            self.sessions.remove(&token);
            return Whose::Expired(id);
        }
        session.ends = now + SESSION_LIFE;
        Whose::Customer(Customer {
            id,
            email: self.by_id[id.0 as usize].email.clone(),
        })
    }

    /// Ends a session; answers whether there was one.
    pub fn end_session(&mut self, token: SessionToken) -> bool {
        self.sessions.remove(&token).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::password::PasswordHasher, *};

    const NOW: Duration = Duration::from_secs(1_000);
    const TOKEN: SessionToken = SessionToken(1);

    fn one_account() -> (Accounts, CustomerId) {
        let mut accounts = Accounts::default();
        let id = accounts.open(
            "a@shop",
            PasswordHasher { rounds: 1 }.hash("password", [0; 16]),
        );
        (accounts, id.unwrap())
    }

    #[test]
    fn an_address_has_one_account() {
        let (mut accounts, _) = one_account();
        let again = PasswordHasher { rounds: 1 }.hash("another", [0; 16]);
        assert_eq!(accounts.open("a@shop", again), None);
    }

    #[test]
    fn wrong_passwords_lock_an_account_for_a_while() {
        let (mut accounts, id) = one_account();
        for failures in 1..=FAILURES_MAX {
            assert!(accounts.may_try("a@shop", NOW).is_ok());
            assert_eq!(accounts.note_failure(id, NOW), failures);
        }
        assert_eq!(
            accounts.may_try("a@shop", NOW).unwrap_err(),
            LogInError::Locked
        );
        assert!(accounts.may_try("a@shop", NOW + LOCK_TIME).is_ok());
    }

    #[test]
    fn a_session_ends_when_it_is_not_used() {
        let (mut accounts, id) = one_account();
        accounts.begin_session(id, TOKEN, NOW);
        let used = NOW + SESSION_LIFE / 2;
        let customer = Whose::Customer(Customer {
            id,
            email: "a@shop".into(),
        });
        assert_eq!(accounts.whose(TOKEN, used), customer);
        assert_eq!(accounts.whose(TOKEN, NOW + SESSION_LIFE), customer);
        let late = NOW + SESSION_LIFE * 3;
        assert_eq!(accounts.whose(TOKEN, late), Whose::Expired(id));
        assert_eq!(accounts.whose(TOKEN, NOW), Whose::Nobody);
    }

    #[test]
    fn a_new_login_ends_the_session_before() {
        let (mut accounts, id) = one_account();
        assert!(!accounts.begin_session(id, TOKEN, NOW));
        assert!(accounts.begin_session(id, SessionToken(2), NOW));
        assert_eq!(accounts.whose(TOKEN, NOW), Whose::Nobody);
        assert!(accounts.end_session(SessionToken(2)));
        assert!(!accounts.end_session(SessionToken(2)));
    }
}
