//! The atomic of cores that have no compare-and-swap.

use core::sync::atomic::{self, Ordering};

/// An atomic of 32 bits whose read-modify-write operations are critical sections.
///
/// Reading and writing are single instructions as on other cores, for what every event goes
/// through. So a write from another core is not kept out of a critical section: where a word is
/// both written and changed by such an operation, nothing may rest on their order. In this crate
/// none does: a word is only written by who has won it by [`compare_exchange`].
///
/// [`compare_exchange`]: Self::compare_exchange
#[derive(Debug, Default)]
pub struct AtomicU32(atomic::AtomicU32);

impl AtomicU32 {
    /// An atomic with a value.
    #[inline]
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(atomic::AtomicU32::new(value))
    }

    /// Reads it.
    #[inline]
    pub fn load(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    /// Writes it.
    #[inline]
    pub fn store(&self, value: u32, order: Ordering) {
        self.0.store(value, order);
    }

    /// Adds to it, wrapping around; answers with what it was.
    pub fn fetch_add(&self, value: u32, _order: Ordering) -> u32 {
        critical_section::with(|_| {
            let before = self.0.load(Ordering::SeqCst);
            self.0.store(before.wrapping_add(value), Ordering::SeqCst);
            before
        })
    }

    /// Writes it if it has a certain value.
    ///
    /// # Errors
    ///
    /// The value that it has instead.
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
