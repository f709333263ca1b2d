//! The user service: accounts, passwords and sessions.

pub mod accounts;
pub mod password;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use ttlog_std::{Level, debug, info, span, warn};

use self::{
    accounts::{Accounts, Whose},
    password::{PasswordHash, PasswordHasher},
};
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::CustomerId,
    protocol::{
        analytics::{self, Fact},
        audit::{self, Deed},
        notification::{self, Note},
        user::{
            AccessError, Customer, LogInError, NoSession, RegisterError, Request, SessionToken,
        },
    },
    shared::Shared,
};

/// The shortest password that is taken.
const PASSWORD_MIN_BYTES: usize = 8;

/// Who is who.
pub struct User {
    accounts: Shared<Accounts>,
    chance: Shared<Xoshiro256PlusPlus>,
    hasher: PasswordHasher,
    clock: Clock,
    notification: Client<notification::Request>,
    analytics: Client<analytics::Request>,
    audit: Client<audit::Request>,
}

impl User {
    /// A service without accounts. Salts and tokens come from `seed`, as a real shop's must not.
    pub fn new(
        seed: u64,
        hasher: PasswordHasher,
        clock: Clock,
        notification: Client<notification::Request>,
        analytics: Client<analytics::Request>,
        audit: Client<audit::Request>,
    ) -> Self {
        let chance = Shared::new(Xoshiro256PlusPlus::seed_from_u64(seed));
        Self {
            accounts: Shared::default(),
            chance,
            hasher,
            clock,
            notification,
            analytics,
            audit,
        }
    }

    fn register(&self, email: String, password: &str) -> Result<CustomerId, RegisterError> {
        let _span = span!(Level::Debug, "user.register");
        if !email.contains('@') {
            warn!("user.register bad address");
            return Err(RegisterError::BadEmail);
        }
        if password.len() < PASSWORD_MIN_BYTES {
            warn!("user.register weak password email={email}");
            return Err(RegisterError::WeakPassword);
        }
        // Hashed before the lock is taken: it is slow on purpose.
        let hash = self.hash(password);
        let opened = self.accounts.lock().open(&email, hash);
        let Some(customer) = opened else {
            warn!("user.register address taken email={email}");
            return Err(RegisterError::EmailTaken);
        };
        info!("user.register ok customer={customer} email={email}");
        self.notification.tell(notification::Request::Send {
            to: email,
            note: Note::Welcome,
        });
        self.analytics
            .tell(analytics::Request::Happened(Fact::Registered(customer)));
        self.audit
            .tell(audit::Request::Record(Deed::AccountOpened(customer)));
        Ok(customer)
    }

    fn log_in(&self, email: &str, password: &str) -> Result<SessionToken, LogInError> {
        let _span = span!(Level::Debug, "user.log_in");
        let now = self.clock.now();
        let account = self.accounts.lock().may_try(email, now);
        let (customer, hash) = account.inspect_err(|why| match why {
            LogInError::Locked => warn!("auth.login locked email={email}"),
            _ => debug!("auth.login unknown address email={email}"),
        })?;
        if !self.hasher.verify(password, &hash) {
            let failures = self.accounts.lock().note_failure(customer, now);
            warn!("auth.login wrong password customer={customer} failures={failures}");
            self.audit
                .tell(audit::Request::Record(Deed::LoginRefused(customer)));
            return Err(LogInError::WrongPassword);
        }
        let token = SessionToken(self.chance.lock().random());
        let renewed = self.accounts.lock().begin_session(customer, token, now);
        info!("auth.login ok customer={customer} renewed={renewed}");
        self.analytics
            .tell(analytics::Request::Happened(Fact::LoggedIn(customer)));
        Ok(token)
    }

    fn identify(&self, token: SessionToken) -> Result<Customer, NoSession> {
        match self.accounts.lock().whose(token, self.clock.now()) {
            Whose::Customer(customer) => {
                debug!(customer = customer.id, "auth.session ok");
                Ok(customer)
            }
            Whose::Expired(customer) => {
                info!("auth.session expired customer={customer}");
                Err(NoSession)
            }
            Whose::Nobody => {
                warn!("auth.session none");
                Err(NoSession)
            }
        }
    }

    fn show(&self, token: SessionToken, customer: CustomerId) -> Result<Customer, AccessError> {
        let asks = self.identify(token)?;
        if asks.id != customer {
            let asks = asks.id;
            warn!("auth.access forbidden asks={asks} customer={customer}");
            return Err(AccessError::Forbidden);
        }
        debug!("user.show customer={customer}");
        Ok(asks)
    }

    fn promote(&self, token: SessionToken) -> Result<(), AccessError> {
        let asks = self.identify(token)?.id;
        warn!("auth.access forbidden asks={asks} right=administrator");
        Err(AccessError::Forbidden)
    }

    fn log_out(&self, token: SessionToken) {
        let ended = self.accounts.lock().end_session(token);
        debug!("auth.logout ended={ended}");
    }

    fn hash(&self, password: &str) -> PasswordHash {
        let salt = self.chance.lock().random();
        self.hasher.hash(password, salt)
    }
}

impl Service for User {
    const NAME: &'static str = "user";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Register {
                email,
                password,
                reply,
            } => reply.result(self.register(email, &password)),
            Request::LogIn {
                email,
                password,
                reply,
            } => reply.result(self.log_in(&email, &password)),
            Request::Identify { token, reply } => reply.result(self.identify(token)),
            Request::Show {
                token,
                customer,
                reply,
            } => reply.result(self.show(token, customer)),
            Request::Promote { token, reply } => reply.result(self.promote(token)),
            Request::LogOut { token } => {
                self.log_out(token);
                Outcome::Served
            }
        }
    }
}
