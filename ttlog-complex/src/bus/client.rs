//! The client: a caller's handle on a service.

use core::{error::Error, fmt, time::Duration};
use std::{sync::Arc, time::Instant};

use crossbeam_channel::RecvTimeoutError;
use ttlog_std::{Context, Level, debug, span, trace, warn};

use super::{
    Deadline, ReplyTo,
    inboxes::{Inboxes, Undelivered},
    message::Envelope,
    meter::Meter,
};

/// The longest that any one call waits, however far off the inherited deadline is.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Sends requests of type `R` to the instances of one service.
#[derive(Debug)]
pub struct Client<R> {
    service: &'static str,
    inboxes: Arc<Inboxes<R>>,
    meter: Arc<Meter>,
}

impl<R> Client<R> {
    /// A client for the instances behind `inboxes`.
    #[must_use]
    pub fn new(service: &'static str, inboxes: Inboxes<R>, meter: Arc<Meter>) -> Self {
        Self {
            service,
            inboxes: Arc::new(inboxes),
            meter,
        }
    }

    /// Sends a request and waits for the reply, until `deadline` and for [`PATIENCE`] at most.
    ///
    /// `ask` puts the reply slot into the request:
    /// `client.call(deadline, |reply| Request::Look { product, reply })`.
    ///
    /// # Errors
    ///
    /// [`CallError`]. Whoever gets one does not know whether the request was carried out.
    pub fn call<T>(
        &self,
        deadline: Deadline,
        ask: impl FnOnce(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        let service = self.service;
        let _span = span!(Level::Trace, "call", service);
        let (reply, answer) = ReplyTo::slot();
        let envelope = self.envelope(deadline, ask(reply));
        let (sent, deadline) = (envelope.sent, envelope.deadline);
        let left_us = deadline.left(sent).as_micros() as u64;
        trace!("call.send service={service} left_us={left_us}");
        let outcome = match self.inboxes.put(envelope) {
            Err(Undelivered::Full) => Err(CallError::Overloaded { service }),
            Err(Undelivered::Closed) => Err(CallError::Closed { service }),
            Ok(()) => answer
                .recv_deadline(deadline.instant())
                .map_err(|why| match why {
                    RecvTimeoutError::Timeout => CallError::TimedOut { service },
                    // An instance drops a request unanswered when it finds it late.
                    RecvTimeoutError::Disconnected if deadline.has_passed(Instant::now()) => {
                        CallError::TimedOut { service }
                    }
                    RecvTimeoutError::Disconnected => CallError::Closed { service },
                }),
        };
        let elapsed_us = sent.elapsed().as_micros() as u64;
        match &outcome {
            Ok(_) => trace!("call.answered service={service} elapsed_us={elapsed_us}"),
            Err(why) => warn!("call.failed elapsed_us={elapsed_us} error={why}"),
        }
        outcome
    }

    /// Sends a message that has no reply. One that finds no room is counted as lost.
    ///
    /// It inherits no deadline: what happened is worth telling even if the customer has gone.
    pub fn tell(&self, message: R) {
        let service = self.service;
        trace!("tell.send service={service}");
        let envelope = self.envelope(Deadline::within(PATIENCE), message);
        if let Err(why) = self.inboxes.offer(envelope) {
            self.meter.count_lost();
            debug!("tell.lost service={service} why={why:?}");
        }
    }

    fn envelope(&self, deadline: Deadline, request: R) -> Envelope<R> {
        let sent = Instant::now();
        Envelope {
            request,
            deadline: deadline.min(Deadline::after(sent, PATIENCE)),
            context: Context::current(),
            sent,
        }
    }
}

impl<R> Clone for Client<R> {
    fn clone(&self) -> Self {
        Self {
            service: self.service,
            inboxes: Arc::clone(&self.inboxes),
            meter: Arc::clone(&self.meter),
        }
    }
}

/// Why a call brought no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// No reply by the deadline.
    TimedOut {
        /// Who was called.
        service: &'static str,
    },
    /// No inbox had room by the deadline.
    Overloaded {
        /// Who was called.
        service: &'static str,
    },
    /// The instance that had the request has ended, or all have.
    Closed {
        /// Who was called.
        service: &'static str,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { service } => write!(out, "{service} did not answer in time"),
            Self::Overloaded { service } => write!(out, "{service} has no room for a request"),
            Self::Closed { service } => write!(out, "{service} is closed"),
        }
    }
}

impl Error for CallError {}
