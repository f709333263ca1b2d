//! Calls of the operating system that no crate offers in safe form.
//!
//! The calls in `thread_end` and `thread_name` are made for a thread's first event, so they may run in a
//! signal handler, inside the allocator, or while a thread ends. They allocate nothing and take no lock.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(crate) mod crash_handler;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "os/no_crash_handler.rs"]
pub(crate) mod crash_handler;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod crash_process;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod crash_stack;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod end_timer;
pub(crate) mod fork_guard;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod frame_pointers;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) mod modules;
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
#[path = "os/no_modules.rs"]
pub(crate) mod modules;
pub(crate) mod native_thread;
pub(crate) mod signal_action;
pub(crate) mod signal_mask;
#[cfg(feature = "backtrace")]
pub(crate) mod stack_trace;
pub(crate) mod thread_end;
pub(crate) mod thread_name;
