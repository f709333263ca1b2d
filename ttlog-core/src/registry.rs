//! All callsites that have been used, by id.
//!
//! A tree of statics without allocation, lock or limit: the bits of an id, lowest first, say left
//! or right; a callsite stands at the first free place on its way (a digital search tree). Every
//! link is set once, so linking and looking up work in signal handlers and interrupts.

use once_cell::race::OnceRef;

use crate::{
    callsite::Callsite,
    lane::AlreadyInstalled,
    record::Header,
    sync::{AtomicU32, Ordering},
};

static ROOT: OnceRef<'static, Callsite> = OnceRef::new();
static LAST_ID: AtomicU32 = AtomicU32::new(0);

/// The highest id that has been given out; ids start at 1.
#[must_use]
pub fn last_id() -> u32 {
    LAST_ID.load(Ordering::Acquire).min(Header::ID_MAX)
}

/// The callsite with this id; a few steps, at most as many as an id has bits.
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

/// All callsites, by rising id.
pub fn callsites() -> impl Iterator<Item = &'static Callsite> {
    (1..=last_id()).filter_map(get)
}

/// Gives out the next id, while there is one.
pub(crate) fn next_id() -> Option<u32> {
    if LAST_ID.load(Ordering::Relaxed) >= Header::ID_MAX {
        return None;
    }
    let id = LAST_ID.fetch_add(1, Ordering::AcqRel) + 1;
    (id <= Header::ID_MAX).then_some(id)
}

/// Hangs the callsite into the tree under its id. Doing it twice changes nothing.
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

/// Somebody who keeps descriptions of callsites where others find them.
#[derive(Debug)]
pub struct Observer {
    /// Told of a callsite once its description is what its records need: where it has no arguments
    /// or is a span, when it is enabled, else when the kinds of its arguments are known. It may be
    /// told more than once, at the same time from several contexts, and from any context that logs.
    pub described: fn(&'static Callsite),
}

static OBSERVER: OnceRef<'static, Observer> = OnceRef::new();

/// Installs the program's observer, and tells it of the callsites so far.
///
/// # Errors
///
/// Where one is installed already; that one stays.
pub fn observe(observer: &'static Observer) -> Result<(), AlreadyInstalled> {
    OBSERVER.set(observer).map_err(|()| AlreadyInstalled)?;
    callsites()
        .filter(|callsite| callsite.is_described())
        .for_each(observer.described);
    Ok(())
}

/// Tells the observer of a callsite.
pub(crate) fn tell(callsite: &'static Callsite) {
    if let Some(observer) = OBSERVER.get() {
        (observer.described)(callsite);
    }
}
