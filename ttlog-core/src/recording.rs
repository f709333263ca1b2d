//! Recording: from a callsite and its arguments to a record in a page.
//!
//! The fast path writes a record whose arguments have the kinds that the callsite states and which
//! fits. The slow path writes all others, and records of spans.

pub(crate) mod arguments;
mod fast;
pub(crate) mod slow;

pub use self::fast::record;
