//! The atomics that the crate uses, named in one place.
//!
//! [`Word`] is a word of the ring's memory: under `--cfg loom` it is loom's atomic, so that the
//! ring's protocol can be checked. [`AtomicU32`] is for statics, which loom has none of. On cores
//! without compare-and-swap both are `without_cas`'s, which has it from the critical section.

#[cfg(not(target_has_atomic = "ptr"))]
mod without_cas;

#[cfg(target_has_atomic = "ptr")]
pub use core::sync::atomic::AtomicU32;
pub(crate) use core::sync::atomic::Ordering;

#[cfg(not(target_has_atomic = "ptr"))]
pub use self::without_cas::AtomicU32;

#[cfg(not(loom))]
pub use self::AtomicU32 as Word;
#[cfg(not(loom))]
pub(crate) use core::{hint::spin_loop, sync::atomic::fence};

#[cfg(loom)]
pub use loom::sync::atomic::AtomicU32 as Word;
#[cfg(loom)]
pub(crate) use loom::{hint::spin_loop, sync::atomic::fence};
