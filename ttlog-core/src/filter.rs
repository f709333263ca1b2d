//! The filter: it enables callsites by directives as in `RUST_LOG`.
//!
//! The text is kept in atomic words. It is parsed when a callsite is used for the first time and
//! when the filter changes, so the hot path pays nothing for it.

mod directive;
mod error;
mod spelling;
mod texts;

use once_cell::race::OnceRef;

pub use self::error::FilterError;
use self::{
    directive::{DirectiveText, Directives},
    texts::{Generation, NewText},
};
use crate::{metadata::Metadata, platform::FILTER_MAX_BYTES};

/// Returns whether the filter of a generation enables a callsite.
type Judge = fn(Generation, &Metadata) -> bool;

/// Set with the first filter; without it everything is enabled. So only a program that sets a filter
/// links the parser.
static JUDGE: OnceRef<'static, Judge> = OnceRef::new();

/// Replaces the text. The caller then judges all callsites.
pub(crate) fn replace(text: &str) -> Result<(), FilterError> {
    if text.len() > FILTER_MAX_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    Directives::check(text)?;
    write(text)?.put_in_force();
    Ok(())
}

/// Replaces the text by the valid directives of `text`, and passes what is wrong to `report`. The caller
/// then judges all callsites.
pub(crate) fn replace_lossy(text: &str, report: &mut dyn FnMut(FilterError)) {
    let directives = || Directives(text).texts();
    let valid = || directives().filter(|directive| directive.check().is_ok());
    let mut kept = Joined::new();
    if valid().next().is_some()
        && !valid().any(DirectiveText::may_be_default)
        && directives().any(DirectiveText::may_be_default)
    {
        let _ = kept.push("trace");
    }
    let mut all_fit = true;
    for directive in directives() {
        match directive.check() {
            Ok(()) => all_fit = kept.push(directive.text) && all_fit,
            Err(error) => report(error),
        }
    }
    if !all_fit {
        report(FilterError::TooLong { bytes: text.len() });
    }
    match write(kept.text()) {
        Ok(text) => text.put_in_force(),
        Err(error) => report(error),
    }
}

/// Writes a text that is not in force yet.
fn write(text: &str) -> Result<NewText, FilterError> {
    let new = NewText::claim().ok_or(FilterError::Busy)?;
    // There is only one value to set.
    let _ = JUDGE.set(&(enables as Judge));
    new.write(text);
    Ok(new)
}

/// Directives with commas between them.
struct Joined {
    bytes: [u8; FILTER_MAX_BYTES],
    used_bytes: usize,
}

impl Joined {
    fn new() -> Self {
        Self {
            bytes: [0; FILTER_MAX_BYTES],
            used_bytes: 0,
        }
    }

    /// Appends a directive, if there is room. Returns whether there is.
    fn push(&mut self, directive: &str) -> bool {
        let comma = if self.used_bytes == 0 { "" } else { "," };
        let end = self.used_bytes + comma.len() + directive.len();
        let Some(room) = self.bytes.get_mut(self.used_bytes..end) else {
            return false;
        };
        for (to, from) in room.iter_mut().zip(comma.bytes().chain(directive.bytes())) {
            *to = from;
        }
        self.used_bytes = end;
        true
    }

    fn text(&self) -> &str {
        let bytes = self.bytes.get(..self.used_bytes).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Calls `set` with whether the filter enables a callsite, and again if the filter has changed
/// meanwhile. So `set` is called at least once, and at last with the filter in force.
///
/// This waits for nothing: it repeats only after a change that another context has completed.
pub(crate) fn judge(metadata: &Metadata, mut set: impl FnMut(bool)) {
    loop {
        let generation = Generation::in_force();
        let enabled = JUDGE.get().is_none_or(|judge| judge(generation, metadata));
        // The text may be torn otherwise.
        if generation.is_in_force() {
            set(enabled);
            if generation.is_in_force() {
                return;
            }
        }
    }
}

fn enables(generation: Generation, metadata: &Metadata) -> bool {
    let mut bytes = [0; FILTER_MAX_BYTES];
    Directives(generation.copy_text(&mut bytes)).enable(metadata.level, metadata.target)
}

/// Copies the filter in force into `bytes`, and returns it. Returns the empty text if there is none.
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
    let length = loop {
        let generation = Generation::in_force();
        let length = generation.copy_text(bytes).len();
        if generation.is_in_force() {
            break length;
        }
    };
    let text = bytes.get(..length).unwrap_or_default();
    str::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
