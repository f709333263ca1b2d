//! The limit of memory for the content of all files together.

use crate::damage::Flaw;

/// The memory that the content of all files together may take.
///
/// A file of a few kilobytes can claim to contain gigabytes. So the reader takes memory from the budget
/// before it allocates the memory.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    used_bytes: usize,
    /// The size of all files together.
    files_bytes: usize,
    /// The limit that the caller has set.
    limit_bytes: Option<usize>,
}

impl Budget {
    /// Default limit, in multiples of the size of the files. LZ4 compresses ordinary records 2 to 6
    /// times, and repetitions of one event up to 250 times.
    const TIMES_FILES: usize = 16;
    /// Minimum of the default limit: the content of the largest ring of a small program.
    const LEAST_BYTES: usize = 32 << 20;

    /// Returns a budget with a fixed limit.
    pub(crate) fn with_limit(limit_bytes: usize) -> Self {
        Self {
            limit_bytes: Some(limit_bytes),
            ..Self::default()
        }
    }

    /// Counts a file of this size, which raises the default limit.
    pub(crate) fn add_file(&mut self, file_bytes: usize) {
        self.files_bytes = self.files_bytes.saturating_add(file_bytes);
    }

    /// Takes memory.
    ///
    /// # Errors
    ///
    /// Returns [`Flaw::OverBudget`] if the memory in use would exceed the limit.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Flaw> {
        let default_bytes = self.files_bytes.saturating_mul(Self::TIMES_FILES);
        let limit_bytes = self
            .limit_bytes
            .unwrap_or(default_bytes.max(Self::LEAST_BYTES));
        let used_bytes = self.used_bytes.saturating_add(bytes);
        if used_bytes > limit_bytes {
            return Err(Flaw::OverBudget { limit_bytes });
        }
        self.used_bytes = used_bytes;
        Ok(())
    }

    /// Returns memory to the budget.
    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.used_bytes = self.used_bytes.saturating_sub(bytes);
    }
}
