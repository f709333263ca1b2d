//! Calls of the operating system that no crate offers in safe form.
//!
//! The calls in `thread_end` and `thread_name` are made for a thread's first event, so they may run in a
//! signal handler, inside the allocator, or while a thread ends. They allocate nothing and take no lock.

pub(crate) mod native_thread;
pub(crate) mod signal_mask;
#[cfg(feature = "backtrace")]
pub(crate) mod stack_trace;
pub(crate) mod thread_end;
pub(crate) mod thread_name;
