//! The inboxes of one service, one for each instance, and the choice among them.

use core::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};

use super::message::Envelope;

/// Where requests for a service can be put.
#[derive(Debug)]
pub struct Inboxes<R> {
    senders: Vec<Sender<Envelope<R>>>,
    turn: AtomicUsize,
}

/// Why a request could not be put anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Every inbox was full.
    Full,
    /// Every instance has ended.
    Closed,
}

impl<R> Inboxes<R> {
    /// The inboxes of the instances, in their order.
    #[must_use]
    pub fn new(senders: Vec<Sender<Envelope<R>>>) -> Self {
        Self {
            senders,
            turn: AtomicUsize::new(0),
        }
    }

    /// Puts the envelope into the inbox whose turn it is, or into the next one with room.
    ///
    /// # Errors
    ///
    /// [`Undelivered`], at once.
    pub fn offer(&self, envelope: Envelope<R>) -> Result<(), Undelivered> {
        self.try_each(envelope).map_err(|(_, full)| match full {
            Some(_) => Undelivered::Full,
            None => Undelivered::Closed,
        })
    }

    /// As [`offer`](Self::offer), but waits for room until the deadline of the envelope.
    ///
    /// # Errors
    ///
    /// [`Undelivered`], at the deadline.
    pub fn put(&self, envelope: Envelope<R>) -> Result<(), Undelivered> {
        let Err((envelope, full)) = self.try_each(envelope) else {
            return Ok(());
        };
        let full = full.ok_or(Undelivered::Closed)?;
        let deadline = envelope.deadline.instant();
        full.send_deadline(envelope, deadline)
            .map_err(|refused| match refused {
                SendTimeoutError::Timeout(_) => Undelivered::Full,
                SendTimeoutError::Disconnected(_) => Undelivered::Closed,
            })
    }

    /// Tries each inbox once, in turn. Hands the envelope back with the first inbox that was full,
    /// or with none where every instance has ended.
    #[expect(clippy::type_complexity, reason = "private, and read once")]
    fn try_each(
        &self,
        mut envelope: Envelope<R>,
    ) -> Result<(), (Envelope<R>, Option<&Sender<Envelope<R>>>)> {
        let mut full = None;
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.senders.len() {
            let sender = &self.senders[(first + offset) % self.senders.len()];
            match sender.try_send(envelope) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) => {
                    full.get_or_insert(sender);
                    envelope = back;
                }
                Err(TrySendError::Disconnected(back)) => envelope = back,
            }
        }
        Err((envelope, full))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::time::Instant;

    use crossbeam_channel::{Receiver, bounded};

    use super::*;
    use crate::bus::Deadline;

    fn envelope(request: u32) -> Envelope<u32> {
        let sent = Instant::now();
        Envelope {
            request,
            deadline: Deadline::after(sent, Duration::ZERO),
            context: None,
            sent,
        }
    }

    fn two_inboxes_of_one() -> (Inboxes<u32>, [Receiver<Envelope<u32>>; 2]) {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..2).map(|_| bounded(1)).unzip();
        (Inboxes::new(senders), receivers.try_into().unwrap())
    }

    #[test]
    fn requests_are_dealt_out_in_turn_until_every_inbox_is_full() {
        let (inboxes, receivers) = two_inboxes_of_one();
        assert_eq!(inboxes.offer(envelope(1)), Ok(()));
        assert_eq!(inboxes.offer(envelope(2)), Ok(()));
        assert_eq!(inboxes.offer(envelope(3)), Err(Undelivered::Full));
        assert_eq!(
            receivers.map(|inbox| inbox.try_recv().unwrap().request),
            [1, 2]
        );
    }

    #[test]
    fn an_instance_that_ended_is_passed_over() {
        let (inboxes, [first, second]) = two_inboxes_of_one();
        drop(first);
        assert_eq!(inboxes.offer(envelope(1)), Ok(()));
        assert_eq!(second.try_recv().unwrap().request, 1);
        drop(second);
        assert_eq!(inboxes.put(envelope(2)), Err(Undelivered::Closed));
    }

    #[test]
    fn waiting_for_room_ends_at_the_deadline() {
        let (inboxes, _receivers) = two_inboxes_of_one();
        for request in 0..2 {
            assert_eq!(inboxes.put(envelope(request)), Ok(()));
        }
        assert_eq!(inboxes.put(envelope(2)), Err(Undelivered::Full));
    }
}
