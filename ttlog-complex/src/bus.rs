//! The bus: how services are run and how they talk. It knows no service by name.
//!
//! ```text
//! caller                                              instance, on a thread of its own
//!   Client::call ─► Envelope ─► Inboxes (pick one) ─► inbox ─► Service::handle
//!      ▲             request, deadline, context                     │
//!      └─────────────────────── ReplyTo ◄──────────────────────────┘
//! ```
//!
//! Every queue is bounded and every wait ends at a deadline. An inbox closes when the last client
//! for it is dropped, so the services end in the order in which they depend on each other, without
//! being told: whoever is called ends after its callers.

pub mod client;
pub mod crew;
pub mod deadline;
pub mod inboxes;
pub mod instance;
pub mod message;
pub mod meter;
pub mod service;

pub use self::{
    client::{CallError, Client, PATIENCE},
    crew::Crew,
    deadline::Deadline,
    message::{Outcome, ReplyTo},
    service::Service,
};
