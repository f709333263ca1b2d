//! The atomic of cores without compare-and-swap.

use core::{
    marker::PhantomData,
    sync::atomic::{self, Ordering},
};

/// A critical section around several changes of words.
///
/// All contexts change these words in critical sections. These order what the contexts write, so the loads
/// and stores in here need no order of their own.
#[derive(Clone, Copy)]
pub(crate) struct Section(PhantomData<*const ()>);

impl Section {
    /// Runs `act` in a critical section.
    #[inline(always)]
    pub(crate) fn with<R>(act: impl FnOnce(Self) -> R) -> R {
        critical_section::with(|_| act(Self(PhantomData)))
    }

    /// Loads a word.
    #[inline(always)]
    pub(crate) fn load(self, word: &AtomicU32) -> u32 {
        word.0.load(Ordering::Relaxed)
    }

    /// Returns whether a word has changed since its value was loaded. No other context changes it meanwhile.
    #[inline(always)]
    pub(crate) fn is_changed(self, _word: &AtomicU32, _value: u32) -> bool {
        false
    }

    /// Replaces the value of a word if it is `before`. Returns whether it was.
    #[inline(always)]
    pub(crate) fn exchange(self, word: &AtomicU32, before: u32, after: u32) -> bool {
        let is_before = self.load(word) == before;
        if is_before {
            word.0.store(after, Ordering::Relaxed);
        }
        is_before
    }

    /// As [`exchange`](Self::exchange).
    #[inline(always)]
    pub(crate) fn take(self, word: &AtomicU32, before: u32, after: u32) -> bool {
        self.exchange(word, before, after)
    }
}

/// An atomic of 32 bits whose read-modify-write operations are critical sections.
///
/// Loads and stores are single instructions as on other cores, because every event needs them. So a
/// critical section does not exclude a store from another core: if a word is both stored and changed by
/// such an operation, nothing may depend on their order. In this crate nothing does: only the context
/// that has won a word by [`compare_exchange`] stores to it.
///
/// [`compare_exchange`]: Self::compare_exchange
#[derive(Debug, Default)]
pub struct AtomicU32(atomic::AtomicU32);

impl AtomicU32 {
    /// Creates an atomic with this value.
    #[inline]
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(atomic::AtomicU32::new(value))
    }

    /// Loads the value.
    #[inline]
    pub fn load(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    /// Stores a value.
    #[inline]
    pub fn store(&self, value: u32, order: Ordering) {
        self.0.store(value, order);
    }

    /// Adds to the value, wrapping around. Returns the value before.
    pub fn fetch_add(&self, value: u32, _order: Ordering) -> u32 {
        critical_section::with(|_| {
            let before = self.0.load(Ordering::SeqCst);
            self.0.store(before.wrapping_add(value), Ordering::SeqCst);
            before
        })
    }

    /// Stores `new` if the value is `current`.
    ///
    /// # Errors
    ///
    /// The value, if it is not `current`.
    pub fn compare_exchange(
        &self,
        current: u32,
        new: u32,
        _success: Ordering,
        _failure: Ordering,
    ) -> Result<u32, u32> {
        critical_section::with(|_| {
            let before = self.0.load(Ordering::SeqCst);
            if before != current {
                return Err(before);
            }
            self.0.store(new, Ordering::SeqCst);
            Ok(before)
        })
    }
}
