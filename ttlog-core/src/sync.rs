//! The atomics of this crate.
//!
//! [`Word`] is a word of the ring's memory. With `--cfg loom` it is loom's atomic, so that the protocol
//! of the ring can be checked. [`AtomicU32`] is for statics, which loom does not support. On cores
//! without compare-and-swap both are the type of `without_cas`, which uses the critical section.

#[cfg(not(target_has_atomic = "ptr"))]
mod without_cas;

#[cfg(target_has_atomic = "ptr")]
mod section;

#[cfg(target_has_atomic = "ptr")]
pub use core::sync::atomic::AtomicU32;
pub(crate) use core::sync::atomic::Ordering;

#[cfg(not(target_has_atomic = "ptr"))]
pub use self::without_cas::AtomicU32;
#[cfg(not(target_has_atomic = "ptr"))]
pub(crate) use self::without_cas::Section;

#[cfg(target_has_atomic = "ptr")]
pub(crate) use self::section::Section;

#[cfg(not(loom))]
pub use self::AtomicU32 as Word;
#[cfg(not(loom))]
pub(crate) use core::{hint::spin_loop, sync::atomic::fence};

#[cfg(loom)]
pub use loom::sync::atomic::AtomicU32 as Word;
#[cfg(loom)]
pub(crate) use loom::{hint::spin_loop, sync::atomic::fence};
