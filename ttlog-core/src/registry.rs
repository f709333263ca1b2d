//! All callsites that have been used, by id.
//!
//! The registry is a tree of statics, without allocation, lock or limit: the bits of an id, lowest
//! first, choose left or right, and a callsite stands at the first free place on its way (a digital
//! search tree). Every link is set once, so linking and looking up also work in signal handlers and
//! interrupts.

use core::{error::Error, fmt};

use once_cell::race::OnceRef;

use crate::{
    callsite::Callsite,
    record::RecordHeader,
    sync::{AtomicU32, Ordering},
};

static ROOT: OnceRef<'static, Callsite> = OnceRef::new();
static LAST_ID: AtomicU32 = AtomicU32::new(0);

/// Returns the highest id that has been assigned. Ids start at 1.
///
/// # Examples
///
/// ```
/// # use ttlog_core::{Callsite, CallsiteKind, Level, Metadata};
/// use ttlog_core::registry;
///
/// # static METADATA: Metadata = Metadata {
/// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
/// #     line: line!(), text: "started", names: &[], more_kinds: &[],
/// # };
/// static CALLSITE: Callsite = Callsite::new(&METADATA);
/// let before = registry::last_id();
/// CALLSITE.enabled();
/// assert!(registry::last_id() > before);
/// ```
#[must_use]
pub fn last_id() -> u32 {
    LAST_ID.load(Ordering::Acquire).min(RecordHeader::ID_MAX)
}

/// Returns the callsite with this id.
///
/// # Cost
///
/// At most as many steps as an id has bits.
///
/// # Examples
///
/// ```
/// # use ttlog_core::{Callsite, CallsiteKind, Level, Metadata};
/// use ttlog_core::registry;
///
/// # static METADATA: Metadata = Metadata {
/// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
/// #     line: line!(), text: "started", names: &[], more_kinds: &[],
/// # };
/// static CALLSITE: Callsite = Callsite::new(&METADATA);
/// CALLSITE.enabled();
/// let id = CALLSITE.id().expect("the callsite has been used");
/// let found = registry::get(id).expect("each id that is in use is found");
/// assert_eq!(found.metadata().text, "started");
/// assert!(registry::get(0).is_none());
/// ```
#[must_use]
pub fn get(id: u32) -> Option<&'static Callsite> {
    let mut next = ROOT.get()?;
    let mut bits = id;
    while next.id() != Some(id) {
        next = next.children.get(bits as usize & 1)?.get()?;
        bits >>= 1;
    }
    Some(next)
}

/// Returns all callsites, by rising id.
///
/// # Examples
///
/// ```
/// use ttlog_core::{info, registry};
///
/// let orders = || registry::callsites().filter(|site| site.metadata().target == "shop::order");
/// assert_eq!(orders().count(), 0);
/// for _ in 0..3 {
///     info!(target: "shop::order", "placed");
/// }
/// assert_eq!(orders().count(), 1);
/// ```
pub fn callsites() -> impl Iterator<Item = &'static Callsite> {
    (1..=last_id()).filter_map(get)
}

/// Assigns the next id. Returns `None` if there is none left.
pub(crate) fn next_id() -> Option<u32> {
    if LAST_ID.load(Ordering::Relaxed) >= RecordHeader::ID_MAX {
        return None;
    }
    let id = LAST_ID.fetch_add(1, Ordering::AcqRel) + 1;
    (id <= RecordHeader::ID_MAX).then_some(id)
}

/// Links the callsite into the tree under its id. Linking it again changes nothing.
pub(crate) fn link(callsite: &'static Callsite, id: u32) {
    let mut place = &ROOT;
    let mut bits = id;
    while place.set(callsite).is_err() {
        let Some(taken) = place.get() else { return };
        if core::ptr::eq(taken, callsite) {
            return;
        }
        let Some(next) = taken.children.get(bits as usize & 1) else {
            return;
        };
        place = next;
        bits >>= 1;
    }
}

/// Receives callsites whose descriptions are to be kept outside of the program.
#[derive(Debug)]
pub struct Observer {
    /// Called with a callsite once its description states all that its records need: when it is
    /// enabled, if it has no arguments or is a span, and when the kinds of its arguments are known
    /// otherwise. May be called again for the same callsite, from several contexts at the same time,
    /// and from any context that logs.
    pub described: fn(&'static Callsite),
}

static OBSERVER: OnceRef<'static, Observer> = OnceRef::new();

/// Installs the program's observer, and passes it the callsites that have been used so far.
///
/// # Errors
///
/// [`ObserverInstalled`] if the program has an observer. That observer stays.
///
/// # Examples
///
/// ```standalone_crate
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use ttlog_core::registry::{self, Observer};
///
/// static DESCRIBED: AtomicU32 = AtomicU32::new(0);
/// static OBSERVER: Observer = Observer {
///     described: |_callsite| {
///         DESCRIBED.fetch_add(1, Relaxed);
///     },
/// };
/// registry::observe(&OBSERVER)?;
/// ttlog_core::info!("boot");
/// assert_eq!(DESCRIBED.load(Relaxed), 1);
/// # Ok::<(), registry::ObserverInstalled>(())
/// ```
pub fn observe(observer: &'static Observer) -> Result<(), ObserverInstalled> {
    OBSERVER.set(observer).map_err(|()| ObserverInstalled)?;
    callsites()
        .filter(|callsite| callsite.is_described())
        .for_each(observer.described);
    Ok(())
}

/// Returns whether the program has an observer.
pub(crate) fn is_observed() -> bool {
    OBSERVER.get().is_some()
}

/// Passes a callsite to the observer.
pub(crate) fn notify(callsite: &'static Callsite) {
    if let Some(observer) = OBSERVER.get() {
        (observer.described)(callsite);
    }
}

/// The program has an observer already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObserverInstalled;

impl fmt::Display for ObserverInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an observer of callsites is installed already: install one, at the program's start",
        )
    }
}

impl Error for ObserverInstalled {}
