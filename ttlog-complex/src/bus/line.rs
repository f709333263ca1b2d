//! The line: from one caller to one service, with the breaker between them.

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
    resilience::{breaker::Pass, fuse::Fuse, retry::Budget},
    shared::Shared,
};

/// How long a message without a reply is worth being read.
const TELL_PATIENCE: Duration = Duration::from_secs(2);
/// Who had less time than this for an answer cannot blame the callee.
const FAIR_CHANCE: Duration = Duration::from_millis(25);

/// What a client sends over. It waits as a caller does, on the caller's thread.
#[derive(Debug)]
pub(super) struct Line<R> {
    /// Who calls.
    pub(super) caller: &'static str,
    /// Who is called.
    pub(super) fleet: Arc<Fleet<R>>,
    /// The breaker between the two.
    pub(super) fuse: Arc<Fuse>,
    /// How many retries it may make.
    pub(super) budget: Shared<Budget>,
    /// The longest that one call waits.
    pub(super) patience: Duration,
}

impl<R> Line<R> {
    /// Calls, if the breaker lets it through.
    pub(super) fn call<T>(
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
    pub(super) fn ask<T>(
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

    /// Sends a message that has no reply.
    pub(super) fn tell(&self, place: &'static Location<'static>, message: R) {
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
    pub(super) fn now(&self) -> Duration {
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
