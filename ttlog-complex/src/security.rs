//! Security: who stands at the front door, and what they look out for.
//!
//! ```text
//! customer ─► door ─► sentry ─► guard: limiter, logins, sessions, records of risk
//!              │        │
//!              │        ├─► inspector: injection in what was typed
//!              │        └─► anomalies: more than there ever is
//!              ▼
//!            front services
//! ```
//!
//! The sentry tells the guard the time, says aloud what was found, and asks for the snapshots; the
//! rules themselves know neither clock nor log. A customer is known by address only, as at any
//! door: who shares one with an attacker is refused along with it.

pub mod anomaly;
pub mod door;
pub mod guard;
pub mod inspector;
pub mod logins;
pub mod origin;
pub mod risk;
pub mod sentry;
pub mod sessions;
pub mod threat;

pub use self::{
    door::{Door, Turned, Visitor},
    origin::Origin,
    threat::Threat,
};
