//! The memory of rings and tables.

use ttlog_core::Word;

use crate::error::BuildError;

/// Allocates words that are 0.
pub(crate) fn allocate(words: usize) -> Result<Vec<Word>, BuildError> {
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(words)
        .map_err(|error| BuildError::Memory {
            bytes: words * size_of::<Word>(),
            error,
        })?;
    // Written now, so that no event pays for the first access to a page of memory.
    memory.extend((0..words).map(|_| Word::new(0)));
    Ok(memory)
}
