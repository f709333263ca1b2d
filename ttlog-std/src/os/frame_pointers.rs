//! The return addresses of a thread that has crashed, by its frame pointers.
//!
//! A damaged stack may hold any addresses, so the frames are read by a system call, which fails where memory is
//! not readable. The list is empty if the program is built without frame pointers, or if a sandbox refuses the
//! call.

use crate::crash_site::FRAMES_MAX;

/// Number of bytes that a frame may take. A larger step is not that of a frame pointer.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// Walks the frames from a frame pointer on. Returns the number of addresses. Makes only calls that are allowed in
/// a signal handler.
pub(crate) fn walk(mut frame: usize, addresses: &mut [usize; FRAMES_MAX]) -> usize {
    let mut count = 0;
    for address in addresses {
        // The frame pointer of the caller, and the return address.
        let mut record = [0_usize; 2];
        if !frame.is_multiple_of(size_of::<usize>()) || !read(frame, &mut record) {
            break;
        }
        let [next, returns_to] = record;
        if returns_to == 0 {
            break;
        }
        *address = returns_to;
        count += 1;
        // Stacks grow downwards, so the caller's frame is above.
        if next <= frame || next - frame > FRAME_BYTES_MAX {
            break;
        }
        frame = next;
    }
    count
}

/// Returns the byte at an address, or `None` if it is not readable. Makes only calls that are allowed in a signal
/// handler.
#[cfg(target_arch = "x86_64")]
pub(crate) fn byte_at(address: usize) -> Option<u8> {
    let mut byte = [0];
    read(address, &mut byte).then_some(byte[0])
}

/// Reads memory of this process. Returns `false` if it is not readable.
fn read<T: Copy>(from: usize, to: &mut [T]) -> bool {
    let bytes = size_of_val(to);
    let local = libc::iovec {
        iov_base: to.as_mut_ptr().cast(),
        iov_len: bytes,
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(from),
        iov_len: bytes,
    };
    // SAFETY: the call writes at most `bytes` bytes to `to`, which is exclusively borrowed. It does not use the
    // other address as a pointer of this program, but checks it.
    let read = unsafe {
        libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0)
    };
    usize::try_from(read) == Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_are_linked_are_listed() {
        // Three records: each leads to the one above it.
        let mut stack = [0_usize; 6];
        let base = (&raw const stack).addr();
        let step = 2 * size_of::<usize>();
        stack = [base + step, 11, base + 2 * step, 22, 0, 33];
        std::hint::black_box(&mut stack);
        let mut addresses = [0; FRAMES_MAX];
        assert_eq!(walk(base, &mut addresses), 3);
        assert_eq!(addresses[..3], [11, 22, 33]);
    }

    #[test]
    fn a_frame_pointer_that_leads_nowhere_ends_the_list() {
        let mut addresses = [0; FRAMES_MAX];
        for frame in [0, 1, 8, usize::MAX - 7, usize::MAX] {
            assert_eq!(walk(frame, &mut addresses), 0);
        }
    }
}
