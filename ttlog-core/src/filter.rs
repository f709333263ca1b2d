//! Which callsites are enabled: directives as `RUST_LOG` has them.
//!
//! `info,shop::order=debug,sqlx=off`: a level alone is the default, `target=level` holds for that
//! target and the modules below it, the longest target that fits wins. The text is kept here and
//! is asked when a callsite is used for the first time; changing it walks the registry. The hot
//! path pays nothing for either.

mod directive;

use core::{error::Error, fmt, sync::atomic::fence};

use once_cell::race::OnceRef;

use self::directive::Directives;
use crate::{
    callsite::{Callsite, Metadata},
    registry,
    sync::{AtomicU32, Ordering, spin_loop},
};

/// The longest filter, in bytes: 1,024 on a host, 128 without an operating system.
pub const FILTER_MAX_BYTES: usize = if cfg!(target_os = "none") { 128 } else { 1024 };

/// How often a callsite looks at a filter that is being changed: some microseconds long, which a
/// change takes.
const APPLY_ROUNDS: u32 = 256;

/// Whether the filter enables a callsite.
type Ask = fn(&Metadata) -> bool;

/// Who is asked; nobody before the first filter, when everything is enabled. So only a program that
/// sets a filter links what understands it.
static ASK: OnceRef<'static, Ask> = OnceRef::new();

/// How many changes there were, twice over; odd while one is being made.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static LENGTH_BYTES: AtomicU32 = AtomicU32::new(0);
static TEXT: [AtomicU32; FILTER_MAX_BYTES / 4] =
    [const { AtomicU32::new(0) }; FILTER_MAX_BYTES / 4];

/// Replaces the filter, for callsites used before and later. The empty filter enables everything.
///
/// ```
/// ttlog_core::set_filter("info,shop::order=debug,sqlx=off")?;
/// # Ok::<(), ttlog_core::FilterError>(())
/// ```
///
/// # Errors
///
/// [`FilterError`] where the text is too long, a directive is not understood, or another context
/// is changing the filter at this moment; the filter stays as it was.
pub fn set_filter(text: &str) -> Result<(), FilterError> {
    if text.len() > FILTER_MAX_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    Directives::check(text)?;
    // There is only one to be set.
    let _ = ASK.set(&(ask as Ask));
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
    // Whoever linked a callsite before this is found below; who does so later finds this filter.
    fence(Ordering::SeqCst);
    registry::callsites().for_each(apply);
    Ok(())
}

/// Enables or disables a callsite as the filter says.
///
/// A change of the filter in the meantime is noticed by its generation and the callsite is looked
/// at again; one that comes later finds the callsite in the registry, where it is by now. While a
/// change is being made, the callsite stays as it was.
pub(crate) fn apply(callsite: &'static Callsite) {
    // The callsite is linked before the filter is read.
    fence(Ordering::SeqCst);
    let metadata = callsite.metadata();
    // A change that was interrupted half-way, by this very context, ends the rounds: it will walk
    // the registry itself when it goes on.
    for _ in 0..APPLY_ROUNDS {
        let generation = GENERATION.load(Ordering::SeqCst);
        if !generation.is_multiple_of(2) {
            spin_loop();
            continue;
        }
        let enabled = ASK.get().is_none_or(|ask| ask(metadata));
        if GENERATION.load(Ordering::SeqCst) != generation {
            continue;
        }
        callsite.set_enabled(enabled);
        if GENERATION.load(Ordering::SeqCst) == generation {
            return;
        }
    }
}

fn ask(metadata: &Metadata) -> bool {
    let mut bytes = [0; FILTER_MAX_BYTES];
    Directives(read(&mut bytes)).enable(metadata.level, metadata.target)
}

fn read(bytes: &mut [u8; FILTER_MAX_BYTES]) -> &str {
    for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(&TEXT) {
        *to = word.load(Ordering::SeqCst).to_le_bytes();
    }
    let length = LENGTH_BYTES.load(Ordering::SeqCst) as usize;
    // Torn text is no harm: the generation tells, and it is read again.
    bytes
        .get(..length)
        .and_then(|bytes| str::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// Why a filter was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FilterError {
    /// The text has more than [`FILTER_MAX_BYTES`] bytes.
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// A directive names no level.
    Level {
        /// Where the directive starts in the text, in bytes.
        offset: usize,
    },
    /// A directive has a span or field in brackets, which callsites are not filtered by.
    Brackets {
        /// Where the directive starts in the text, in bytes.
        offset: usize,
    },
    /// Another context is changing the filter.
    Busy,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "the filter has {bytes} bytes, at most {FILTER_MAX_BYTES} are kept"
                )
            }
            Self::Level { offset } => write!(
                f,
                "the filter's directive at byte {offset} names no level: write target=level with \
                 off, trace, debug, info, warn, error or fatal"
            ),
            Self::Brackets { offset } => write!(
                f,
                "the filter's directive at byte {offset} has brackets: only target=level is known"
            ),
            Self::Busy => f.write_str("the filter is being changed by another context: try again"),
        }
    }
}

impl Error for FilterError {}
