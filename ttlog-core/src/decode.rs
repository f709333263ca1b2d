//! Reading snapshots and pages. Everything here takes bytes that may be damaged or hostile: every
//! length is checked, nothing allocates, nothing panics.
//!
//! A [`Snapshot`] gives [`Block`]s; a pages block gives [`Chunk`]s; a chunk gives [`Record`]s; a
//! record and its [`CallsiteInfo`](crate::CallsiteInfo) give the [`Event`].

mod chunk;
mod damage;
mod event;
mod reader;
mod record;
mod scan;
mod time;
mod values;
pub(crate) mod walk;

pub use self::{
    chunk::{Chunk, Chunks},
    damage::{Damage, DamageKind, NotASnapshot},
    event::{Event, EventKind},
    reader::{Block, Blocks, Callsites, Content, Snapshot},
    record::{Cursor, Record, Thread},
    scan::Scan,
    time::TimeBase,
    values::Values,
};
