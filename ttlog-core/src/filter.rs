//! The filter: it enables callsites by directives as in `RUST_LOG`.
//!
//! The text is kept in atomic words. It is parsed when a callsite is used for the first time and
//! when the filter changes, so the hot path pays nothing for it.

mod directive;
mod error;

use once_cell::race::OnceRef;

use self::directive::Directives;
pub use self::error::FilterError;
use crate::{
    metadata::Metadata,
    platform::FILTER_MAX_BYTES,
    sync::{AtomicU32, Ordering, spin_loop},
};

/// Number of attempts to judge a callsite while the filter changes. A change takes some
/// microseconds; the attempts take longer.
const ATTEMPTS: u32 = 256;

/// Returns whether the filter enables a callsite.
type Judge = fn(&Metadata) -> bool;

/// Set with the first filter; without it everything is enabled. So only a program that sets a filter
/// links the parser.
static JUDGE: OnceRef<'static, Judge> = OnceRef::new();

/// Twice the number of changes; odd while a change is being made.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static LENGTH_BYTES: AtomicU32 = AtomicU32::new(0);
static TEXT: [AtomicU32; FILTER_MAX_BYTES / 4] =
    [const { AtomicU32::new(0) }; FILTER_MAX_BYTES / 4];

/// Replaces the text. The caller then judges all callsites.
pub(crate) fn replace(text: &str) -> Result<(), FilterError> {
    if text.len() > FILTER_MAX_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    Directives::check(text)?;
    // There is only one value to set.
    let _ = JUDGE.set(&(enables as Judge));
    let before = GENERATION.load(Ordering::SeqCst);
    let free = before.is_multiple_of(2);
    if !free
        || GENERATION
            .compare_exchange(
                before,
                before.wrapping_add(1),
                Ordering::SeqCst,
                Ordering::SeqCst,
            )
            .is_err()
    {
        return Err(FilterError::Busy);
    }
    for (word, bytes) in TEXT.iter().zip(text.as_bytes().chunks(4)) {
        let mut padded = [0; 4];
        for (to, from) in padded.iter_mut().zip(bytes) {
            *to = *from;
        }
        word.store(u32::from_le_bytes(padded), Ordering::SeqCst);
    }
    LENGTH_BYTES.store(text.len() as u32, Ordering::SeqCst);
    GENERATION.store(before.wrapping_add(2), Ordering::SeqCst);
    Ok(())
}

/// Calls `set` with whether the filter enables a callsite, and again if the filter has changed
/// meanwhile.
///
/// If a change was interrupted by this very context, `set` is not called: the change judges all
/// callsites when it goes on.
pub(crate) fn judge(metadata: &Metadata, mut set: impl FnMut(bool)) {
    for _ in 0..ATTEMPTS {
        let generation = GENERATION.load(Ordering::SeqCst);
        if !generation.is_multiple_of(2) {
            spin_loop();
            continue;
        }
        let enabled = JUDGE.get().is_none_or(|judge| judge(metadata));
        if GENERATION.load(Ordering::SeqCst) != generation {
            continue;
        }
        set(enabled);
        if GENERATION.load(Ordering::SeqCst) == generation {
            return;
        }
    }
}

fn enables(metadata: &Metadata) -> bool {
    let mut bytes = [0; FILTER_MAX_BYTES];
    Directives(read(&mut bytes)).enable(metadata.level, metadata.target)
}

/// Copies the text. It may be torn by a change; the generation shows that, and it is read again.
fn read(bytes: &mut [u8; FILTER_MAX_BYTES]) -> &str {
    for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(&TEXT) {
        *to = word.load(Ordering::SeqCst).to_le_bytes();
    }
    let length = LENGTH_BYTES.load(Ordering::SeqCst) as usize;
    bytes
        .get(..length)
        .and_then(|bytes| str::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// Copies the filter in force into `bytes`, and returns it. Returns the empty text if there is none
/// or if it is being changed.
///
/// # Examples
///
/// ```
/// use ttlog_core::{FILTER_MAX_BYTES, filter_in_force, set_filter};
///
/// set_filter("info,sqlx=off")?;
/// assert_eq!(filter_in_force(&mut [0; FILTER_MAX_BYTES]), "info,sqlx=off");
/// # Ok::<(), ttlog_core::FilterError>(())
/// ```
pub fn filter_in_force(bytes: &mut [u8; FILTER_MAX_BYTES]) -> &str {
    for _ in 0..ATTEMPTS {
        let generation = GENERATION.load(Ordering::SeqCst);
        if generation.is_multiple_of(2) {
            let length = read(bytes).len();
            if GENERATION.load(Ordering::SeqCst) == generation {
                let kept = bytes.get(..length).unwrap_or_default();
                return str::from_utf8(kept).unwrap_or_default();
            }
        }
        spin_loop();
    }
    ""
}
