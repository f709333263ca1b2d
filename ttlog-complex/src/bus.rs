//! The bus: how services are run and how they talk. It knows no service by name.
//!
//! ```text
//! caller                                               instance, on a thread of its own
//!   Client::call ─► breaker ─► Fleet (pick a desk) ─► inbox ─► Service::handle
//!      ▲          open? no call   who is fit, who idle?             │      │ panics?
//!      └───────────────────────── ReplyTo ◄─────────────────────────┘      ▼
//!                                                       supervisor: down, then restarted
//! ```
//!
//! Every queue is bounded and every wait ends at a deadline. A message of which nothing comes is a
//! dead letter, counted by its cause. An inbox closes when the last client for it is dropped, so the
//! services end in the order in which they depend on each other, without being told: whoever is
//! called ends after its callers.

pub mod call_error;
pub mod client;
pub mod crash;
pub mod crew;
pub mod dead_letters;
pub mod deadline;
pub mod desk;
pub mod exchange;
pub mod fleet;
pub mod instance;
mod line;
pub mod message;
pub mod meter;
pub mod scalable;
pub mod service;
pub mod setting;
pub mod ward;

pub use self::{
    call_error::CallError,
    client::{Client, PATIENCE},
    crew::Crew,
    dead_letters::{Cause, DeadLetter, DeadLetters},
    deadline::Deadline,
    message::{Outcome, ReplyTo},
    meter::Reading,
    scalable::{InstanceReading, InstanceState, Scalable},
    service::Service,
    setting::Setting,
};
pub use crate::resilience::fuse::BreakerReading;
