//! Text that is cut to a length.

/// Returns the longest start of `text` that has at most `max_bytes` bytes and ends between two
/// characters.
#[inline]
pub(crate) fn cut_to_boundary(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    text.get(..text.floor_char_boundary(max_bytes))
        .unwrap_or_default()
}
