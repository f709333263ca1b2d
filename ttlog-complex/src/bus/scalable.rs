//! The scalable: a service as its monitor sees it, which can have more or fewer instances.

use core::{fmt, time::Duration};
use std::{
    io,
    sync::{Arc, Weak},
};

use super::{
    desk::Desk,
    fleet::Fleet,
    meter::{Meter, Reading},
};
use crate::resilience::health::Condition;

/// A service that can be looked at and scaled. Holding it does not keep the service open.
pub trait Scalable: Send + Sync {
    /// The service's name.
    fn name(&self) -> &'static str;

    /// What its meter shows.
    fn reading(&self) -> Reading;

    /// Its instances, in the order of their numbers; none when it has closed.
    fn instances(&self) -> Vec<InstanceReading>;

    /// Adds an instance; false when there are as many as there may be, or it has closed.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    fn grow(&self) -> io::Result<bool>;

    /// Takes an instance away, which ends when it has handled what was sent to it; false when there
    /// are as few as there may be, or it has closed.
    fn shrink(&self) -> bool;
}

/// What an instance showed at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceReading {
    /// Its number, from 1.
    pub number: usize,
    /// Whether it is in turn.
    pub state: InstanceState,
    /// Requests that wait in its inbox.
    pub queue: usize,
    /// Requests that were sent to it and have not ended, those in the inbox included.
    pub in_hand: usize,
    /// Requests that have ended.
    pub handled: u64,
    /// How often it has crashed.
    pub crashes: u64,
    /// Time spent on requests.
    pub busy: Duration,
}

/// Whether an instance is in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It is.
    Fit,
    /// It is again, and is being watched.
    Probation,
    /// It is not, because it failed too often.
    Ejected,
    /// It is not, because it crashed and is not back yet.
    Down,
}

/// A fleet that somebody else holds.
pub(super) struct Watched<R> {
    service: &'static str,
    fleet: Weak<Fleet<R>>,
    meter: Arc<Meter>,
}

impl<R> Watched<R> {
    pub(super) fn new(fleet: &Arc<Fleet<R>>) -> Self {
        Self {
            service: fleet.service,
            fleet: Arc::downgrade(fleet),
            meter: Arc::clone(&fleet.meter),
        }
    }
}

impl<R: Send> Scalable for Watched<R> {
    fn name(&self) -> &'static str {
        self.service
    }

    fn reading(&self) -> Reading {
        self.meter.read()
    }

    fn instances(&self) -> Vec<InstanceReading> {
        let Some(fleet) = self.fleet.upgrade() else {
            return Vec::new();
        };
        let reading = |desk: &Desk<R>| {
            let post = &desk.post;
            InstanceReading {
                number: post.number,
                state: state(post.is_down(), fleet.ward.condition(post.number)),
                queue: desk.inbox.len(),
                in_hand: post.in_hand(),
                handled: post.handled(),
                crashes: post.crashes(),
                busy: post.busy(),
            }
        };
        let desks = fleet.desks();
        desks.iter().map(reading).collect()
    }

    fn grow(&self) -> io::Result<bool> {
        self.fleet.upgrade().map_or(Ok(false), |fleet| fleet.grow())
    }

    fn shrink(&self) -> bool {
        self.fleet.upgrade().is_some_and(|fleet| fleet.shrink())
    }
}

fn state(is_down: bool, condition: Condition) -> InstanceState {
    match condition {
        _ if is_down => InstanceState::Down,
        Condition::Fit => InstanceState::Fit,
        Condition::Probation { .. } => InstanceState::Probation,
        Condition::Ejected { .. } => InstanceState::Ejected,
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Fit => "fit",
            Self::Probation => "probation",
            Self::Ejected => "ejected",
            Self::Down => "down",
        })
    }
}
