//! Chaos: what is made to go wrong, on purpose.
//!
//! ```text
//! script ─► schedule: when what strikes ─► monkey: begins and ends it ─► weather
//!                                            └─► event, and snapshot a moment later
//! weather ◄── bus (crashes, latency, partitions), databases, gateway: is anything wrong for me?
//! ```
//!
//! A fault is real where it strikes: a crash is a panic in the service's own thread, a slow query
//! is a connection that is taken for that long. Whoever is struck knows nothing of chaos.

pub mod burden;
pub mod fault;
pub mod monkey;
pub mod plan;
pub mod schedule;
pub mod script;
pub mod weather;

pub use self::{fault::Fault, monkey::Monkey, plan::Plan, weather::Weather};
