//! Asking for snapshots.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError};

use crate::{
    admission::{Admission, Admitted},
    error::SnapshotError,
    outcome::Ticket,
    reason::Reason,
    saver::Saver,
    writer_thread::{Message, Request},
};

/// Asks for snapshots. Clones ask the same writer thread, and keep nothing alive.
#[derive(Clone, Debug)]
pub struct SnapshotSender {
    pub(crate) messages: Sender<Message>,
    pub(crate) saver: Arc<Saver>,
    pub(crate) admission: Arc<Admission>,
}

impl SnapshotSender {
    /// Asks for a snapshot. Never blocks: the request is queued, or merged with one of the same
    /// reason that is pending or was answered a moment ago, or, where the queue is full, refused
    /// on the ticket.
    pub fn request_snapshot(&self, reason: impl AsRef<str>) -> Ticket {
        self.request_snapshot_after(reason, Duration::ZERO)
    }

    /// Asks for a snapshot after some time, to hold what followed as well.
    pub fn request_snapshot_after(&self, reason: impl AsRef<str>, delay: Duration) -> Ticket {
        let reason = Reason::new(reason.as_ref());
        let now = Instant::now();
        let (promise, ticket) = match self.admission.admit(&reason, now) {
            Admitted::New(promise, ticket) => (promise, ticket),
            Admitted::Merged(ticket) => {
                self.saver.tally.merged.fetch_add(1, Ordering::Relaxed);
                return ticket;
            }
        };
        // A delay beyond what the clock can name is as good as for ever.
        let due = now
            .checked_add(delay)
            .unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        let message = Message::Save(Request {
            reason,
            promise,
            due,
        });
        if let Err(refused) = self.messages.try_send(message) {
            self.saver.tally.failed.fetch_add(1, Ordering::Relaxed);
            let (message, error) = match refused {
                TrySendError::Full(message) => (message, SnapshotError::QueueFull),
                TrySendError::Disconnected(message) => (message, SnapshotError::ShutDown),
            };
            if let Message::Save(Request {
                reason, promise, ..
            }) = message
            {
                self.admission.withdraw(&reason, promise, error);
            }
        }
        ticket
    }
}
