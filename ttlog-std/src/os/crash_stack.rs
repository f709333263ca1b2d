//! A stack for the handler of a crash.
//!
//! A handler runs on the alternate stack of its thread. The standard library makes these stacks as small as the
//! system permits, and a thread that C has started has none. So the handler needs a stack of its own for all
//! but its first step.

use std::{ffi::c_void, io, ptr};

/// Length of a stack. The encoder uses less than a tenth of it.
const STACK_BYTES: usize = 128 << 10;
/// Length of the part at the low end that must not be used.
const GUARD_BYTES: usize = 64 << 10;

/// The time at which the pages of a stack take memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pages {
    /// When the stack is made.
    Now,
    /// When they are used first, which fails if the machine has no memory then.
    WhenUsed,
}

/// A stack that is never freed, above memory that must not be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrashStack {
    /// The address behind the stack's last byte, which is a multiple of 16.
    top: usize,
}

impl CrashStack {
    /// Maps a stack.
    pub(crate) fn new(pages: Pages) -> io::Result<Self> {
        let populate = match pages {
            Pages::Now => libc::MAP_POPULATE,
            Pages::WhenUsed => 0,
        };
        // SAFETY: a new mapping at an address that the system chooses changes no other memory.
        let low = unsafe {
            libc::mmap(
                ptr::null_mut(),
                GUARD_BYTES + STACK_BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | populate,
                -1,
                0,
            )
        };
        if low == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: this is the low end of the mapping above, which nothing uses yet. 64 KiB are whole pages on
        // all processors.
        if unsafe { libc::mprotect(low, GUARD_BYTES, libc::PROT_NONE) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            top: low.expose_provenance() + GUARD_BYTES + STACK_BYTES,
        })
    }

    /// Returns the address behind the stack's last byte.
    pub(crate) fn top(self) -> *mut c_void {
        ptr::with_exposed_provenance_mut(self.top)
    }

    /// Calls `work` on this stack. Returns when `work` has returned.
    ///
    /// # Safety
    ///
    /// Nothing else uses the stack meanwhile, and `work` does not unwind.
    pub(crate) unsafe fn call(self, mut work: &mut dyn FnMut()) {
        let work: *mut &mut dyn FnMut() = &raw mut work;
        // SAFETY: nothing else uses the stack, as the caller states. `enter` gets the pointer that it expects,
        // which is valid until this function returns.
        unsafe { switch(self.top, work.cast()) };
    }
}

/// Calls the closure that the pointer leads to. A panic aborts the process here.
extern "C" fn enter(work: *mut c_void) {
    // SAFETY: `call` passes a pointer to a reference that is valid during the call.
    let work = unsafe { &mut *work.cast::<&mut dyn FnMut()>() };
    work();
}

/// Calls `enter(work)` with the stack pointer `top`.
///
/// # Safety
///
/// `top` is the aligned end of a stack that nothing else uses, and `work` is what [`enter`] expects.
#[cfg(target_arch = "x86_64")]
unsafe fn switch(top: usize, work: *mut c_void) {
    // SAFETY: r12 keeps the former stack pointer, because each function preserves it. All other registers that
    // a function may change are declared. The stack pointer is as before behind the last instruction.
    unsafe {
        std::arch::asm!(
            "xchg rsp, r12",
            "call {enter}",
            "mov rsp, r12",
            enter = sym enter,
            inout("r12") top => _,
            inout("rdi") work => _,
            clobber_abi("C"),
        );
    }
}

/// See above.
///
/// # Safety
///
/// See above.
#[cfg(target_arch = "aarch64")]
unsafe fn switch(top: usize, work: *mut c_void) {
    // SAFETY: x21 keeps the former stack pointer, because each function preserves it. All other registers that
    // a function may change are declared. The stack pointer is as before behind the last instruction.
    unsafe {
        std::arch::asm!(
            "mov x21, sp",
            "mov sp, x20",
            "bl {enter}",
            "mov sp, x21",
            enter = sym enter,
            in("x20") top,
            out("x21") _,
            inout("x0") work => _,
            clobber_abi("C"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_the_stack_and_its_result_comes_back() {
        let stack = CrashStack::new(Pages::Now).unwrap();
        let mut distance = 0;
        // SAFETY: this test alone knows the stack, and the closure does not unwind.
        unsafe {
            stack.call(&mut || {
                let local = 0_u8;
                distance = stack.top - std::hint::black_box(&raw const local).addr();
            });
        }
        assert!((1..STACK_BYTES).contains(&distance), "{distance}");
    }
}
