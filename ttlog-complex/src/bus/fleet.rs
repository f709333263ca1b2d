//! The fleet: the instances of one service, the choice among them, and how there come to be more or
//! fewer of them.

use core::fmt;
use std::{
    io,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus};
use ttlog_std::info;

use super::{
    desk::{Desk, Post},
    exchange::Exchange,
    message::Envelope,
    meter::Meter,
    ward::Ward,
};
use crate::{resilience::balancer::Candidate, shared::Shared};

/// How many requests wait at one instance before it is full.
const INBOX_REQUESTS: usize = 64;
/// So many instances can be added to those that a service starts with.
const MORE_INSTANCES: usize = 4;

/// Starts an instance behind a desk.
pub type Hire<R> = dyn Fn(Arc<Post>, Receiver<Envelope<R>>) -> io::Result<()> + Send + Sync;

/// The desks of one service. Its clients hold it together: when the last of them is gone, the
/// inboxes close, and the instances end.
pub struct Fleet<R> {
    /// Which service.
    pub service: &'static str,
    /// What it has in common with the other services.
    pub exchange: Arc<Exchange>,
    /// Where its requests are counted.
    pub meter: Arc<Meter>,
    /// The health of its instances.
    pub ward: Arc<Ward>,
    hire: Box<Hire<R>>,
    desks: RwLock<Vec<Desk<R>>>,
    /// The number of the next instance. Held while one is added or taken away.
    next: Shared<usize>,
    instances_min: usize,
    choice: Shared<Choice>,
}

#[derive(Debug)]
struct Choice {
    turn: usize,
    chance: Xoshiro256PlusPlus,
}

/// Why a request could not be put anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Every inbox was full.
    Full,
    /// Every instance has ended.
    Closed,
}

/// What comes back with an envelope that was not put anywhere.
type Refused<R> = (Box<Envelope<R>>, Undelivered);

impl<R> Fleet<R> {
    /// Starts with so many instances, and never has fewer.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(
        service: &'static str,
        instances: usize,
        exchange: Arc<Exchange>,
        meter: Arc<Meter>,
        ward: Arc<Ward>,
        hire: Box<Hire<R>>,
    ) -> io::Result<Self> {
        // Each service has choices of its own, whichever is started first.
        let name = service.bytes().fold(0, |sum: u64, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        let seed = exchange.setting.seed.wrapping_add(name);
        let fleet = Self {
            service,
            exchange,
            meter,
            ward,
            hire,
            desks: RwLock::default(),
            next: Shared::new(1),
            instances_min: instances,
            choice: Shared::new(Choice {
                turn: 0,
                chance: Xoshiro256PlusPlus::seed_from_u64(seed),
            }),
        };
        for _ in 0..instances {
            fleet.add(&mut fleet.next.lock())?;
        }
        Ok(fleet)
    }

    /// Adds an instance; false when there are as many as there may be.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn grow(&self) -> io::Result<bool> {
        let mut next = self.next.lock();
        let instances = self.desks().len();
        if instances >= self.instances_min + MORE_INSTANCES {
            return Ok(false);
        }
        self.add(&mut next)?;
        let (service, instances) = (self.service, instances + 1);
        info!("fleet.grown service={service} instances={instances}");
        Ok(true)
    }

    /// Takes the youngest instance away; false when there are as few as there may be. It ends when
    /// it has handled what was sent to it.
    pub fn shrink(&self) -> bool {
        let _one_at_a_time = self.next.lock();
        let mut desks = self.desks_mut();
        if desks.len() <= self.instances_min {
            return false;
        }
        let Some(desk) = desks.pop() else {
            return false;
        };
        let (service, instances) = (self.service, desks.len());
        drop(desks);
        self.ward.leave(desk.post.number);
        info!("fleet.shrunk service={service} instances={instances}");
        true
    }

    fn add(&self, next: &mut usize) -> io::Result<()> {
        let (sender, inbox) = bounded(INBOX_REQUESTS);
        let post = Arc::new(Post::new(*next));
        (self.hire)(Arc::clone(&post), inbox)?;
        self.ward.enter(*next);
        *next += 1;
        self.desks_mut().push(Desk {
            inbox: sender,
            post,
        });
        Ok(())
    }

    /// Puts the envelope into the inbox that the balancer names, or into another one with room.
    /// Answers with whose it was.
    ///
    /// # Errors
    ///
    /// The envelope and why, at once.
    pub fn offer(&self, envelope: Envelope<R>) -> Result<Arc<Post>, Refused<R>> {
        self.try_each(envelope).map_err(|(envelope, full)| {
            let why = full.map_or(Undelivered::Closed, |_| Undelivered::Full);
            (envelope, why)
        })
    }

    /// As [`offer`](Self::offer), but waits for room until the deadline of the envelope.
    ///
    /// # Errors
    ///
    /// The envelope and why, at the deadline.
    pub fn put(&self, envelope: Envelope<R>) -> Result<Arc<Post>, Refused<R>> {
        let (envelope, full) = match self.try_each(envelope) {
            Ok(post) => return Ok(post),
            Err((envelope, Some(full))) => (envelope, full),
            Err((envelope, None)) => return Err((envelope, Undelivered::Closed)),
        };
        let (inbox, post) = full;
        let deadline = envelope.deadline.instant();
        post.take_on();
        inbox
            .send_deadline(*envelope, deadline)
            .map_err(|refused| {
                post.take_back();
                match refused {
                    SendTimeoutError::Timeout(back) => (Box::new(back), Undelivered::Full),
                    SendTimeoutError::Disconnected(back) => (Box::new(back), Undelivered::Closed),
                }
            })?;
        Ok(post)
    }

    /// Tries the desks, each once, in the order that the balancer likes. Hands the envelope back
    /// with the first one that was full, or with none where every instance has ended.
    #[expect(clippy::type_complexity, reason = "private, and read twice")]
    fn try_each(
        &self,
        envelope: Envelope<R>,
    ) -> Result<Arc<Post>, (Box<Envelope<R>>, Option<(Sender<Envelope<R>>, Arc<Post>)>)> {
        let desks = self.desks();
        let candidate = |desk: &Desk<R>| Candidate {
            load: desk.post.in_hand(),
            fit: !desk.post.is_down() && self.ward.is_fit(desk.post.number),
        };
        let mut left: Vec<(&Desk<R>, Candidate)> =
            desks.iter().map(|desk| (desk, candidate(desk))).collect();
        let (mut envelope, mut full) = (envelope, None);
        while let Some(at) = self.pick(&left) {
            let (desk, _) = left.swap_remove(at);
            desk.post.take_on();
            envelope = match desk.inbox.try_send(envelope) {
                Ok(()) => return Ok(Arc::clone(&desk.post)),
                Err(TrySendError::Full(back)) => {
                    full.get_or_insert_with(|| (desk.inbox.clone(), Arc::clone(&desk.post)));
                    back
                }
                Err(TrySendError::Disconnected(back)) => back,
            };
            desk.post.take_back();
        }
        Err((Box::new(envelope), full))
    }

    fn pick(&self, desks: &[(&Desk<R>, Candidate)]) -> Option<usize> {
        let candidates: Vec<Candidate> = desks.iter().map(|&(_, candidate)| candidate).collect();
        let mut choice = self.choice.lock();
        choice.turn = choice.turn.wrapping_add(1);
        let Choice { turn, chance } = &mut *choice;
        let balance = self.exchange.setting.balance;
        balance.pick(&candidates, *turn, chance)
    }

    /// A number by chance, from the seed.
    pub fn draw(&self) -> u64 {
        self.choice.lock().chance.next_u64()
    }

    /// The desks, in the order of their numbers.
    pub fn desks(&self) -> RwLockReadGuard<'_, Vec<Desk<R>>> {
        self.desks.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn desks_mut(&self) -> RwLockWriteGuard<'_, Vec<Desk<R>>> {
        self.desks.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> fmt::Debug for Fleet<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fleet")
            .field("service", &self.service)
            .field("instances", &self.desks().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
