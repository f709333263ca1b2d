//! The atomic of cores without compare-and-swap.

use core::sync::atomic::{self, Ordering};

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
