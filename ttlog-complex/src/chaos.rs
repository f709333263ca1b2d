//! Chaos: what is made to go wrong, on purpose.
//!
//! ```text
//! weather ◄── bus (crashes, latency, partitions), databases, gateway: is anything wrong for me?
//! ```
//!
//! A fault is real where it strikes: a crash is a panic in the service's own thread, a slow query
//! is a connection that is taken for that long. Whoever is struck knows nothing of chaos.

pub mod fault;
pub mod weather;

pub use self::{fault::Fault, weather::Weather};
