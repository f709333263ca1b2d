//! The first use of a callsite, and what changes its state later.
//!
//! Registration is lock-free. A context that reaches a callsite while another context registers it
//! completes the registration itself. This also holds for a signal handler that interrupts its own
//! thread.

use crate::{
    argument::Kinds,
    callsite::{Callsite, state},
    drop_cause::DropCause,
    filter::{self, FilterError},
    lane,
    record::RecordHeader,
    registry,
    sync::{Ordering, fence},
};

impl Callsite {
    /// Registers the callsite.
    #[cold]
    pub(crate) fn first_use(&'static self) -> Option<RecordHeader> {
        if self.state.load(Ordering::Relaxed) == 0 {
            let fresh = match registry::next_id() {
                Some(id) => self.header(id).to_bits() & !state::FLAGS | state::PENDING,
                None => state::REFUSED,
            };
            // If another context was quicker, the id stays unused.
            let _ = self
                .state
                .compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire);
        }
        let state = self.state.load(Ordering::Acquire);
        if state & state::REFUSED != 0 {
            lane::count_dropped(self.metadata().level, DropCause::NoId);
            return None;
        }
        let id = RecordHeader::from_bits(state & !state::FLAGS).id();
        registry::link(self, id);
        apply_filter(self);
        self.enabled_now()
    }

    /// Enables or disables recording.
    fn set_enabled(&'static self, enabled: bool) {
        let id = self.state.load(Ordering::Relaxed) & !state::FLAGS;
        self.state.store(
            id | if enabled { state::ENABLED } else { 0 },
            Ordering::Relaxed,
        );
        if enabled && self.is_described_at_once() {
            registry::notify(self);
        }
    }

    /// Sets the callsite's kinds, if they are not known yet. Returns whether they are `kinds`.
    ///
    /// They are others if the log statement stands in generic code. Such a record states its own
    /// kinds.
    pub(crate) fn learn_kinds(&'static self, kinds: &Kinds) -> bool {
        let mut is_new = false;
        let same = self.kind_words().zip(kinds).all(|(known, &kinds)| {
            if known.load(Ordering::Relaxed) == kinds {
                return true;
            }
            match known.compare_exchange(0, kinds, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    is_new = true;
                    true
                }
                Err(other) => other == kinds,
            }
        });
        // Before the first record, so that a reader that finds the record finds the description.
        if is_new {
            registry::notify(self);
        }
        same
    }
}

/// Replaces the filter, for callsites used before and later. The empty filter enables everything.
///
/// The directives are those of `RUST_LOG`: `info,shop::order=debug,sqlx=off`.
///
/// | directive | meaning |
/// | --- | --- |
/// | `info` | the default: the least level of targets that no other directive names |
/// | `shop::order=debug` | the least level of this target and of the modules below it |
/// | `shop::order` | all levels of this target and of the modules below it |
///
/// The longest target that fits decides. If there are directives but no default, targets that no
/// directive names are off. A hyphen in a target is an underscore.
///
/// Levels have [aliases](crate::Level#impl-FromStr-for-Level), such as `warning` and `err`. `all` stands
/// for `trace` as a level, and for the default as a target; `none` stands for `off`.
///
/// Several contexts may change the filter at the same time, also an interrupt or signal handler that
/// interrupts a change. The text that is put in force last holds. An event that is logged meanwhile is
/// judged by the old or by the new filter.
///
/// # Errors
///
/// - [`FilterError::TooLong`] if the text has more than
///   [`FILTER_MAX_BYTES`](crate::FILTER_MAX_BYTES).
/// - [`FilterError::Level`], [`FilterError::Target`], [`FilterError::Misspelled`],
///   [`FilterError::Setting`] and [`FilterError::Brackets`] if a directive is not valid.
/// - [`FilterError::Busy`] if too many contexts are changing the filter.
///
/// The filter stays as it was.
///
/// # Examples
///
/// ```
/// ttlog_core::set_filter("info,shop::order=debug,sqlx=off")?;
/// # Ok::<(), ttlog_core::FilterError>(())
/// ```
pub fn set_filter(text: &str) -> Result<(), FilterError> {
    filter::replace(text)?;
    apply_filter_to_all();
    Ok(())
}

/// Replaces the filter by the valid directives of `text`, and passes what is wrong to `report`. For the
/// start of a program, which must not fail because of a filter.
///
/// Without a valid directive everything is recorded. If a directive that is wrong may have been meant as
/// the default, and there is no other default, the default is `trace`.
///
/// Directives that do not fit [`FILTER_MAX_BYTES`](crate::FILTER_MAX_BYTES) are left out, and
/// [`FilterError::TooLong`] is reported. If [`FilterError::Busy`] is reported, the filter stays as it was.
///
/// # Examples
///
/// ```
/// use ttlog_core::{FILTER_MAX_BYTES, filter_in_force, set_filter_lossy};
///
/// let filter = "warn,shop=debg,sqlx=off";
/// let mut wrong = Vec::new();
/// set_filter_lossy(filter, |error| wrong.extend(error.directive(filter)));
/// assert_eq!(wrong, ["shop=debg"]);
/// assert_eq!(filter_in_force(&mut [0; FILTER_MAX_BYTES]), "warn,sqlx=off");
/// ```
pub fn set_filter_lossy(text: &str, mut report: impl FnMut(FilterError)) {
    filter::replace_lossy(text, &mut report);
    apply_filter_to_all();
}

/// Enables or disables all callsites as the filter says.
pub(crate) fn apply_filter_to_all() {
    // A callsite that was linked before this is found below. One that is linked later finds the new
    // filter.
    fence(Ordering::SeqCst);
    registry::callsites().for_each(apply_filter);
}

/// Enables or disables a callsite as the filter says.
///
/// If the filter changes meanwhile, its generation shows it, and the callsite is judged again. A
/// change that comes later finds the callsite in the registry.
fn apply_filter(callsite: &'static Callsite) {
    // The callsite is linked before the filter is read.
    fence(Ordering::SeqCst);
    filter::judge(callsite.metadata(), |enabled| callsite.set_enabled(enabled));
}
