//! Numbers of events, by level.

use crate::level::Level;

/// A number of events for each level, TRACE first.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Level, LevelCounts};
///
/// let mut counts = LevelCounts::default();
/// counts[Level::Warn as usize] += 1;
/// assert_eq!(counts, [0, 0, 0, 1, 0, 0]);
/// ```
pub type LevelCounts = [u64; Level::COUNT];

/// Adds `part` to `sum`, level by level; a sum stays at its maximum.
pub(crate) fn add(sum: &mut LevelCounts, part: &LevelCounts) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum = sum.saturating_add(*part);
    }
}
