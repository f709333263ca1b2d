//! The client: a caller's handle on a service.

use core::{panic::Location, time::Duration};
use std::{sync::Arc, thread, time::Instant};

use ttlog_std::debug;

use super::{CallError, Deadline, ReplyTo, fleet::Fleet, line::Line};
use crate::{
    resilience::{fuse::Fuse, retry},
    shared::Shared,
};

/// The longest that one call waits, however far off the inherited deadline is, unless the client
/// was given [another patience](Client::with_patience).
pub const PATIENCE: Duration = Duration::from_millis(400);
/// How long one try waits of a client that insists.
const TRY_PATIENCE: Duration = Duration::from_millis(200);
/// Who calls, where nobody says.
const OUTSIDE: &str = "outside";

/// Sends requests of type `R` to the instances of one service, for one caller.
#[derive(Debug)]
pub struct Client<R>(Arc<Line<R>>);

impl<R> Client<R> {
    /// A client for a fleet, for nobody in particular.
    #[must_use]
    pub fn new(fleet: Arc<Fleet<R>>) -> Self {
        let fuse = fleet.exchange.unlisted_fuse(OUTSIDE, fleet.service);
        Self::between(OUTSIDE, fleet, fuse)
    }

    /// A client for `caller`, which has a breaker of its own: what it meets is its own experience.
    #[must_use]
    pub fn of(&self, caller: &'static str) -> Self {
        let fleet = Arc::clone(&self.0.fleet);
        let fuse = fleet.exchange.fuse(caller, fleet.service);
        Self::between(caller, fleet, fuse)
    }

    /// A client that waits for so long at most.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        let Line {
            caller,
            ref fleet,
            ref fuse,
            ..
        } = *self.0;
        Self(Arc::new(Line {
            caller,
            fleet: Arc::clone(fleet),
            fuse: Arc::clone(fuse),
            budget: Shared::default(),
            patience,
        }))
    }

    fn between(caller: &'static str, fleet: Arc<Fleet<R>>, fuse: Arc<Fuse>) -> Self {
        Self(Arc::new(Line {
            caller,
            fleet,
            fuse,
            budget: Shared::default(),
            patience: PATIENCE,
        }))
    }

    /// Sends a request and waits for the reply, until `deadline` and for the client's patience at
    /// most.
    ///
    /// `ask` puts the reply slot into the request:
    /// `client.call(deadline, |reply| Request::Look { product, reply })`.
    ///
    /// # Errors
    ///
    /// [`CallError`]. Whoever gets one does not know whether the request was carried out, except
    /// that with [`CallError::BreakerOpen`] it was not.
    #[track_caller]
    pub fn call<T>(
        &self,
        deadline: Deadline,
        ask: impl FnOnce(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        self.0.call(Location::caller(), deadline, ask)
    }

    /// As [`call`](Self::call), but tries again when that brought no reply: after a pause that
    /// grows, while there is time, and only while the [budget](retry::Budget) lasts.
    ///
    /// For requests that can be carried out twice without harm, and for no others.
    ///
    /// # Errors
    ///
    /// The last [`CallError`].
    #[track_caller]
    pub fn call_again<T>(
        &self,
        deadline: Deadline,
        mut ask: impl FnMut(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let (line, place) = (&*self.0, Location::caller());
        let deadline = deadline.min(Deadline::within(line.patience));
        line.budget.lock().save();
        let mut pauses = retry::pauses(line.fleet.draw());
        let mut attempt = 1;
        loop {
            let now = Instant::now();
            let is_last = attempt == retry::ATTEMPTS;
            let share = retry::share(deadline.left(now), is_last);
            let answer = line.call(place, Deadline::after(now, share), &mut ask);
            let why = match answer {
                // An open breaker will not have closed after a pause as short as these.
                Ok(_) | Err(CallError::BreakerOpen { .. }) => return answer,
                Err(why) => why,
            };
            let left = deadline.left(Instant::now());
            let pause = pauses.next().filter(|pause| *pause < left);
            let Some(pause) = pause.filter(|_| line.budget.lock().spend()) else {
                return answer;
            };
            attempt += 1;
            let (service, pause_us) = (line.fleet.service, pause.as_micros() as u64);
            debug!(
                "call.again service={service} attempt={attempt} pause_us={pause_us} error={why}"
            );
            // Real time, as the deadline is.
            thread::sleep(pause);
        }
    }

    /// As [`call_again`](Self::call_again), but for what must be done, however the callee is: past
    /// the breaker, without a budget, until `deadline` and not only for the client's patience.
    ///
    /// # Errors
    ///
    /// The last [`CallError`].
    #[track_caller]
    pub fn insist<T>(
        &self,
        deadline: Deadline,
        mut ask: impl FnMut(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let (line, place) = (&*self.0, Location::caller());
        let mut pauses = retry::endless_pauses(line.fleet.draw());
        loop {
            let soon = deadline.min(Deadline::within(TRY_PATIENCE));
            // With a pass it is a trial like any other; it goes through without one as well.
            let pass = line.fuse.pass(line.now());
            let answer = line.ask(place, soon, pass, &mut ask);
            let left = deadline.left(Instant::now());
            let pause = pauses.next().filter(|pause| *pause < left);
            let (Err(why), Some(pause)) = (&answer, pause) else {
                return answer;
            };
            let (service, pause_us) = (line.fleet.service, pause.as_micros() as u64);
            debug!("call.insist service={service} pause_us={pause_us} error={why}");
            // Real time, as the deadline is.
            thread::sleep(pause);
        }
    }

    /// Sends a message that has no reply. One that finds no room is counted as lost.
    ///
    /// It inherits no deadline: what happened is worth telling even if the customer has gone.
    #[track_caller]
    pub fn tell(&self, message: R) {
        self.0.tell(Location::caller(), message);
    }
}

impl<R> Clone for Client<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
