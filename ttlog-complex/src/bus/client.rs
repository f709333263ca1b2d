//! The client: a caller's handle on a service.

use core::{panic::Location, time::Duration};
use std::{sync::Arc, thread, time::Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use ttlog_std::{Context, Level, debug, span, trace, warn};

use super::{
    CallError, Deadline, ReplyTo,
    dead_letters::Cause,
    fleet::{Fleet, Undelivered},
    message::Envelope,
};
use crate::{
    resilience::{
        breaker::Pass,
        fuse::Fuse,
        retry::{self, Budget},
    },
    shared::Shared,
};

/// The longest that one call waits, however far off the inherited deadline is, unless the client
/// was given [another patience](Client::with_patience).
pub const PATIENCE: Duration = Duration::from_millis(400);
/// How long a message without a reply is worth being read.
const TELL_PATIENCE: Duration = Duration::from_secs(2);
/// How long one try waits of a client that insists.
const TRY_PATIENCE: Duration = Duration::from_millis(200);
/// Who had less time than this for an answer cannot blame the callee.
const FAIR_CHANCE: Duration = Duration::from_millis(25);
/// Who calls, where nobody says.
const OUTSIDE: &str = "outside";

/// Sends requests of type `R` to the instances of one service, for one caller.
#[derive(Debug)]
pub struct Client<R>(Arc<Line<R>>);

#[derive(Debug)]
struct Line<R> {
    caller: &'static str,
    fleet: Arc<Fleet<R>>,
    fuse: Arc<Fuse>,
    budget: Shared<Budget>,
    patience: Duration,
}

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
    /// grows, while there is time, and only while the [budget](Budget) lasts.
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

impl<R> Line<R> {
    fn call<T>(
        &self,
        place: &'static Location<'static>,
        deadline: Deadline,
        ask: impl FnOnce(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let service = self.fleet.service;
        let Some(pass) = self.fuse.admit(self.now()) else {
            let why = CallError::BreakerOpen { service };
            debug!("call.refused service={service} error={why}");
            return Err(why);
        };
        self.ask(place, deadline, Some(pass), ask)
    }

    /// Calls, whatever the breaker thinks of it; tells it how that went where it gave a pass.
    fn ask<T>(
        &self,
        place: &'static Location<'static>,
        deadline: Deadline,
        pass: Option<Pass>,
        ask: impl FnOnce(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let left = deadline.left(Instant::now());
        let outcome = self.send(place, deadline, ask);
        match pass {
            None => {}
            Some(pass) if outcome.is_ok() || left >= FAIR_CHANCE => {
                self.fuse.record(pass, self.now(), outcome.is_ok());
            }
            Some(pass) => self.fuse.waive(pass),
        }
        outcome
    }

    fn send<T>(
        &self,
        place: &'static Location<'static>,
        deadline: Deadline,
        ask: impl FnOnce(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let service = self.fleet.service;
        let _span = span!(Level::Trace, "call", service);
        let sent = Instant::now();
        let deadline = deadline.min(Deadline::after(sent, self.patience));
        let left = deadline.left(sent);
        let left_us = left.as_micros() as u64;
        trace!("call.send service={service} left_us={left_us}");
        let (reply, answer) = ReplyTo::slot();
        let envelope = self.envelope(place, sent, deadline, ask(reply));
        let outcome = self.exchange(envelope, &answer, left >= FAIR_CHANCE);
        let elapsed_us = sent.elapsed().as_micros() as u64;
        match &outcome {
            Ok(_) => trace!("call.answered service={service} elapsed_us={elapsed_us}"),
            Err(why) => warn!("call.failed elapsed_us={elapsed_us} error={why}"),
        }
        outcome
    }

    /// Sends the envelope, and waits for the answer.
    fn exchange<T>(
        &self,
        envelope: Envelope<R>,
        answer: &Receiver<T>,
        is_fair: bool,
    ) -> Result<T, CallError> {
        let (service, deadline) = (self.fleet.service, envelope.deadline);
        if self.is_parted() {
            self.lose(&envelope, Cause::Partition);
            // As far as the caller knows, it may have arrived.
            thread::sleep(deadline.left(Instant::now()));
            return Err(CallError::TimedOut { service });
        }
        let post = match self.fleet.put(envelope) {
            Ok(post) => post,
            Err((envelope, Undelivered::Full)) => {
                self.lose(&envelope, Cause::NoRoom);
                return Err(CallError::Overloaded { service });
            }
            Err((envelope, Undelivered::Closed)) => {
                self.lose(&envelope, Cause::Closed);
                return Err(CallError::Closed { service });
            }
        };
        let ward = &self.fleet.ward;
        match answer.recv_deadline(deadline.instant()) {
            Ok(answer) => {
                ward.answered(post.number);
                Ok(answer)
            }
            // An instance drops a request unanswered when it finds it late, or when it crashes.
            Err(RecvTimeoutError::Disconnected) if !deadline.has_passed(Instant::now()) => {
                Err(CallError::Closed { service })
            }
            Err(_) => {
                if is_fair {
                    ward.failed(post.number);
                }
                Err(CallError::TimedOut { service })
            }
        }
    }

    fn tell(&self, place: &'static Location<'static>, message: R) {
        let service = self.fleet.service;
        trace!("tell.send service={service}");
        let sent = Instant::now();
        let deadline = Deadline::after(sent, TELL_PATIENCE);
        let envelope = self.envelope(place, sent, deadline, message);
        if self.is_parted() {
            return self.lose(&envelope, Cause::Partition);
        }
        match self.fleet.offer(envelope) {
            Ok(_) => {}
            Err((envelope, Undelivered::Full)) => self.lose(&envelope, Cause::NoRoom),
            Err((envelope, Undelivered::Closed)) => self.lose(&envelope, Cause::Closed),
        }
    }

    /// The shop's time, which breakers go by.
    fn now(&self) -> Duration {
        self.fleet.exchange.setting.clock.now()
    }

    fn is_parted(&self) -> bool {
        let weather = &self.fleet.exchange.setting.weather;
        weather.parts(self.caller, self.fleet.service)
    }

    fn lose(&self, envelope: &Envelope<R>, cause: Cause) {
        let exchange = &self.fleet.exchange;
        self.fleet.meter.count_lost();
        exchange.bury(self.fleet.service, envelope.stub(), cause);
    }

    fn envelope(
        &self,
        place: &'static Location<'static>,
        sent: Instant,
        deadline: Deadline,
        request: R,
    ) -> Envelope<R> {
        Envelope {
            request,
            caller: self.caller,
            place,
            deadline,
            context: Context::current(),
            sent,
        }
    }
}

impl<R> Clone for Client<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
