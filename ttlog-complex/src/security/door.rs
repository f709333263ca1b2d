//! The door: every request of a customer passes it on its way to the front services.
//!
//! ```text
//! visitor ─► come in? (shut out, too many) ─► what was typed ─► whose session ─► service
//! ```

use core::{error::Error, fmt};

use super::{Origin, Threat, guard::Refusal, sentry::Sentry};
use crate::{
    basket::Line,
    bus::{CallError, Client, Deadline, PATIENCE, ReplyTo},
    catalogue::{Category, Product},
    ids::{CustomerId, OrderId, ProductId},
    protocol::{
        order::{self, Checkout, OrderError, Placed},
        pricing::{self, Quote, QuoteError},
        product::{self, UnknownProduct},
        search::{self, Hit},
        shipping::{self, Tracked},
        user::{self, AccessError, Customer, LogInError, NoSession, RegisterError, SessionToken},
    },
    shop::{CHECKOUT_PATIENCE, Front},
};

/// The way in. The shop cannot close while somebody holds it, as with the [`Front`].
#[derive(Clone)]
pub struct Door {
    front: Front,
    sentry: Sentry,
}

/// Somebody at the door, who asks for one thing after the other.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    door: &'a Door,
    origin: Origin,
}

/// Why a visitor has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// The request was not let in.
    Away(Refusal),
    /// The service did not answer.
    Unanswered(CallError),
}

impl Door {
    /// A door to `front`, with `sentry` at it.
    #[must_use]
    pub fn new(front: Front, sentry: Sentry) -> Self {
        Self { front, sentry }
    }

    /// Somebody comes.
    #[must_use]
    pub fn visitor(&self, origin: Origin) -> Visitor<'_> {
        Visitor { door: self, origin }
    }
}

impl Visitor<'_> {
    /// Logs in. Who is turned away here may be trying passwords, and it counts as such.
    ///
    /// # Errors
    ///
    /// [`Turned`], as of all requests.
    pub fn log_in(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Result<SessionToken, LogInError>, Turned> {
        let sentry = &self.door.sentry;
        let answer = self.come_in(&[("email", email)]).and_then(|front| {
            let (email, password) = (email.to_owned(), password.to_owned());
            call(&front.user, |reply| user::Request::LogIn {
                email,
                password,
                reply,
            })
        });
        match &answer {
            Ok(Ok(token)) => sentry.session_begun(self.origin, *token),
            Ok(Err(_)) | Err(Turned::Away(_)) => sentry.login_failed(self.origin, email),
            Err(Turned::Unanswered(_)) => {}
        }
        answer
    }

    /// Opens an account.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn register(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Result<CustomerId, RegisterError>, Turned> {
        let front = self.come_in(&[("email", email)])?;
        let (email, password) = (email.to_owned(), password.to_owned());
        call(&front.user, |reply| user::Request::Register {
            email,
            password,
            reply,
        })
    }

    /// Asks who one is.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn identify(&self, token: SessionToken) -> Result<Result<Customer, NoSession>, Turned> {
        let front = self.come_in_with(token, &[])?;
        let answer = call_again(&front.user, |reply| user::Request::Identify {
            token,
            reply,
        })?;
        if answer.is_err() {
            self.door.sentry.token_refused(self.origin, token);
        }
        Ok(answer)
    }

    /// Asks for what is known of a customer.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn account(
        &self,
        token: SessionToken,
        customer: CustomerId,
    ) -> Result<Result<Customer, AccessError>, Turned> {
        let front = self.come_in_with(token, &[])?;
        let answer = call_again(&front.user, |reply| user::Request::Show {
            token,
            customer,
            reply,
        })?;
        self.note_access(token, &answer);
        Ok(answer)
    }

    /// Asks for an administrator's rights.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn promote(&self, token: SessionToken) -> Result<Result<(), AccessError>, Turned> {
        let front = self.come_in_with(token, &[])?;
        let answer = call(&front.user, |reply| user::Request::Promote { token, reply })?;
        self.note_access(token, &answer);
        Ok(answer)
    }

    /// Searches.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, Turned> {
        let front = self.come_in(&[("search", text)])?;
        let text = text.to_owned();
        call_again(&front.search, |reply| search::Request::Find {
            text: text.clone(),
            limit,
            reply,
        })
    }

    /// Walks through a department.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn browse(&self, category: Category) -> Result<Vec<ProductId>, Turned> {
        let front = self.come_in(&[])?;
        call_again(&front.product, |reply| product::Request::Browse {
            category,
            reply,
        })
    }

    /// Looks at a product.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn look(
        &self,
        customer: CustomerId,
        product: ProductId,
    ) -> Result<Result<Product, UnknownProduct>, Turned> {
        let front = self.come_in(&[])?;
        call_again(&front.product, |reply| product::Request::Look {
            customer,
            product,
            reply,
        })
    }

    /// Asks what others bought with a product; answers with what was said before, where nobody
    /// else does.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn suggest(&self, product: ProductId, limit: usize) -> Result<Vec<ProductId>, Turned> {
        let front = self.come_in(&[])?;
        let deadline = Deadline::within(PATIENCE);
        Ok(front.suggestions.suggest(deadline, product, limit))
    }

    /// Asks where a parcel is.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn track(&self, order: OrderId) -> Result<Option<Tracked>, Turned> {
        let front = self.come_in(&[])?;
        call_again(&front.shipping, |reply| shipping::Request::Track {
            order,
            reply,
        })
    }

    /// Asks what a basket costs.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn quote(
        &self,
        basket: Vec<Line>,
        coupon: Option<String>,
    ) -> Result<Result<Quote, QuoteError>, Turned> {
        let front = self.come_in(&[("coupon", coupon.as_deref().unwrap_or_default())])?;
        call_again(&front.pricing, |reply| pricing::Request::Quote {
            basket: basket.clone(),
            coupon: coupon.clone(),
            reply,
        })
    }

    /// Orders. The order takes along what speaks against this address.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn place(&self, mut checkout: Checkout) -> Result<Result<Placed, OrderError>, Turned> {
        let coupon = checkout.coupon.as_deref().unwrap_or_default();
        let front = self.come_in_with(checkout.token, &[("coupon", coupon)])?;
        let sentry = &self.door.sentry;
        sentry.ordered();
        checkout.risk = sentry.risk(self.origin).score;
        let ask = |reply| order::Request::Place { checkout, reply };
        let answer = front.order.call(Deadline::within(CHECKOUT_PATIENCE), ask)?;
        if let Ok(Placed::Confirmed(receipt)) = &answer {
            sentry.paid(receipt.total);
        }
        Ok(answer)
    }

    /// Asks what became of an order.
    ///
    /// # Errors
    ///
    /// [`Turned`].
    pub fn status(&self, order: OrderId) -> Result<Option<Result<Placed, OrderError>>, Turned> {
        let front = self.come_in(&[])?;
        call_again(&front.order, |reply| order::Request::Status {
            order,
            reply,
        })
    }

    /// Logs out. Nobody is kept from that.
    pub fn log_out(&self, token: SessionToken) {
        self.door.front.user.tell(user::Request::LogOut { token });
        self.door.sentry.session_ended(token);
    }

    fn come_in(&self, typed: &[(&'static str, &str)]) -> Result<&Front, Turned> {
        let Door { front, sentry } = self.door;
        sentry.admit(self.origin)?;
        for (field, text) in typed {
            sentry.inspect(self.origin, field, text)?;
        }
        Ok(front)
    }

    fn come_in_with(
        &self,
        token: SessionToken,
        typed: &[(&'static str, &str)],
    ) -> Result<&Front, Turned> {
        let front = self.come_in(typed)?;
        self.door.sentry.token_shown(self.origin, token)?;
        Ok(front)
    }

    fn note_access<T>(&self, token: SessionToken, answer: &Result<T, AccessError>) {
        let sentry = &self.door.sentry;
        match answer {
            Ok(_) => {}
            Err(AccessError::NoSession) => sentry.token_refused(self.origin, token),
            Err(AccessError::Forbidden) => sentry.note(self.origin, Threat::PrivilegeProbe),
        }
    }
}

fn call<R, T>(client: &Client<R>, ask: impl FnOnce(ReplyTo<T>) -> R) -> Result<T, Turned> {
    Ok(client.call(Deadline::within(PATIENCE), ask)?)
}

/// For requests that can be carried out twice without harm.
fn call_again<R, T>(client: &Client<R>, ask: impl FnMut(ReplyTo<T>) -> R) -> Result<T, Turned> {
    Ok(client.call_again(Deadline::within(PATIENCE), ask)?)
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Away(refusal)
    }
}

impl From<CallError> for Turned {
    fn from(error: CallError) -> Self {
        Self::Unanswered(error)
    }
}

impl fmt::Display for Turned {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(refusal) => write!(out, "turned away ({})", refusal.reason()),
            Self::Unanswered(error) => error.fmt(out),
        }
    }
}

impl Error for Turned {}
