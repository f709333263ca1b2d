//! What the instances of one service have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// State behind a lock that all instances of a service use.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<Mutex<T>>);

impl<T> Shared<T> {
    /// Puts `state` behind a lock.
    pub fn new(state: T) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for the lock.
    ///
    /// A lock whose holder panicked is taken all the same: one instance that dies must not take
    /// the others along, and what it left half done is for the shop's final check to find.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
