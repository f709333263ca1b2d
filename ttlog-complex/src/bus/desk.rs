//! The desk: one instance as its callers see it.

use core::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::message::Envelope;

/// Where requests for one instance are put.
#[derive(Debug)]
pub struct Desk<R> {
    /// Its inbox. It closes when the desk is taken away.
    pub inbox: Sender<Envelope<R>>,
    /// What the instance lets its callers see.
    pub post: Arc<Post>,
}

/// What an instance and its callers both know of it.
#[derive(Debug)]
pub struct Post {
    /// Its number, from 1; never given to another one.
    pub number: usize,
    /// Requests that were sent to it and have not ended.
    in_hand: AtomicUsize,
    /// Whether it has crashed and is not back yet.
    down: AtomicBool,
    handled: AtomicU64,
    crashes: AtomicU64,
    busy_ns: AtomicU64,
}

impl Post {
    /// One that has done nothing yet.
    #[must_use]
    pub fn new(number: usize) -> Self {
        Self {
            number,
            in_hand: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            handled: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
        }
    }

    /// Counts a request that is sent to it.
    pub fn take_on(&self) {
        self.in_hand.fetch_add(1, Relaxed);
    }

    /// Counts a request that it did not get after all.
    pub fn take_back(&self) {
        self.in_hand.fetch_sub(1, Relaxed);
    }

    /// Counts a request that has ended, one way or the other, after `busy`.
    pub fn finish(&self, busy: Duration) {
        self.in_hand.fetch_sub(1, Relaxed);
        self.handled.fetch_add(1, Relaxed);
        self.busy_ns.fetch_add(busy.as_nanos() as u64, Relaxed);
    }

    /// Counts a crash; answers with the number of crashes so far.
    pub fn go_down(&self) -> u64 {
        self.down.store(true, Relaxed);
        self.crashes.fetch_add(1, Relaxed) + 1
    }

    /// It is back.
    pub fn come_up(&self) {
        self.down.store(false, Relaxed);
    }

    /// Whether it has crashed and is not back yet.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.down.load(Relaxed)
    }

    /// Requests that were sent to it and have not ended.
    #[must_use]
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Relaxed)
    }

    /// Requests that have ended.
    #[must_use]
    pub fn handled(&self) -> u64 {
        self.handled.load(Relaxed)
    }

    /// How often it has crashed.
    #[must_use]
    pub fn crashes(&self) -> u64 {
        self.crashes.load(Relaxed)
    }

    /// Time spent on requests.
    #[must_use]
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_ns.load(Relaxed))
    }
}
