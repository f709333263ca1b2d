//! How much memory a file's content may take.

use core::fmt;

/// Bytes that are still to be had. What a file's content takes in memory is taken out of here
/// first, because a file of a few kilobytes can claim to hold gigabytes.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    left_bytes: usize,
    limit_bytes: usize,
}

impl Budget {
    /// LZ4 makes ordinary records 2 to 6 times smaller, the same event over and over again up to
    /// 250 times.
    const TIMES_FILE: usize = 16;
    /// The largest ring of a small program, whatever its events are.
    const LEAST_BYTES: usize = 32 << 20;

    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self {
            left_bytes: limit_bytes,
            limit_bytes,
        }
    }

    /// What a file of so many bytes is given.
    pub(crate) fn for_file(file_bytes: usize) -> Self {
        Self::new(
            file_bytes
                .saturating_mul(Self::TIMES_FILE)
                .max(Self::LEAST_BYTES),
        )
    }

    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Full> {
        let left = self.left_bytes.checked_sub(bytes);
        self.left_bytes = left.ok_or(Full {
            limit_bytes: self.limit_bytes,
        })?;
        Ok(())
    }
}

/// There are no more bytes to be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Full {
    /// How many there were.
    limit_bytes: usize,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the content takes more than {} MiB of memory, and some of it is left out: allow more \
             by --memory MIB",
            self.limit_bytes >> 20
        )
    }
}
