//! What the user service can be asked: who somebody is.

use core::fmt;

use crate::{bus::ReplyTo, ids::CustomerId};

/// A request to the user service.
pub enum Request {
    /// Open an account.
    Register {
        /// The address to log in with, and to write to.
        email: String,
        /// In clear; the service keeps a hash of it only.
        password: String,
        /// The new customer.
        reply: ReplyTo<Result<CustomerId, RegisterError>>,
    },
    /// Begin a session.
    LogIn {
        /// The address of the account.
        email: String,
        /// In clear.
        password: String,
        /// The token to show from now on.
        reply: ReplyTo<Result<SessionToken, LogInError>>,
    },
    /// Tell whose session it is.
    Identify {
        /// The token.
        token: SessionToken,
        /// The customer.
        reply: ReplyTo<Result<Customer, NoSession>>,
    },
    /// Show what is known of a customer. Everybody may see their own.
    Show {
        /// Proof of who asks.
        token: SessionToken,
        /// Of whom.
        customer: CustomerId,
        /// What is known.
        reply: ReplyTo<Result<Customer, AccessError>>,
    },
    /// Give a customer an administrator's rights. Nobody has the right to ask for that here.
    Promote {
        /// Proof of who asks, and for whom.
        token: SessionToken,
        /// Whether it was done.
        reply: ReplyTo<Result<(), AccessError>>,
    },
    /// End a session.
    LogOut {
        /// The token.
        token: SessionToken,
    },
}

/// Proof of a login. Whoever holds it is the customer, so it never shows its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionToken(pub u128);

impl fmt::Debug for SessionToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SessionToken")
    }
}

/// What other services may know of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// Where to write to.
    pub email: String,
}

/// Why an account was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// There is an account with this address.
    EmailTaken,
    /// It is no address.
    BadEmail,
    /// The password is too short.
    WeakPassword,
}

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogInError {
    /// There is no account with this address.
    UnknownEmail,
    /// The password is another one.
    WrongPassword,
    /// Too many wrong passwords of late.
    Locked,
}

/// The session has ended or never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSession;

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// Nobody knows who asks.
    NoSession,
    /// It is not theirs.
    Forbidden,
}

impl From<NoSession> for AccessError {
    fn from(_: NoSession) -> Self {
        Self::NoSession
    }
}
