//! All callsites that have been used, by id.
//!
//! A tree of statics without allocation, lock or limit: the bits of an id, lowest first, say left
//! or right; a callsite stands at the first free place on its way (a digital search tree). Every
//! link is set once, so linking and looking up work in signal handlers and interrupts.

use once_cell::race::OnceRef;

use crate::{
    callsite::Callsite,
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
