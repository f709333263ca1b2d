//! A shop of twelve services that shows the ttlog flight recorder at work: it logs all the time, at
//! full detail, and when an order fails the events that led up to it are saved.
//!
//! ```text
//! options ─► run ─► recorder (ttlog-std)
//!             │
//!             ├─► load: a day of customers and attackers, decided by the seed
//!             │     │
//!             │     ▼  security: the door, and who stands at it
//!             │    shop: front ─► services, each some threads that share their state
//!             │     ▲               │  bus: breakers, balance, retries, deadlines, trace contexts
//!             │     │               │  protocol: what each can be asked
//!             ├─► chaos: faults, by script or by chance ─► weather
//!             ├─► monitor: burning objectives, more and fewer instances
//!             │                     │
//!             ├─► ui: dashboard, progress bar or lines
//!             │                     ▼
//!             │                   books ───────────────────────┐
//!             ▼                                                ▼
//!           snapshots ─► album: each file read back ────────► checks ─► summary, report
//! ```
//!
//! Nothing here pretends. A payment fails because the account does not hold the amount, the bank is
//! slow, or the card looks stolen; goods run out because they were bought; an instance crashes
//! because its thread panics; an order that fails half way is undone step by step. At the end the
//! checks compare the books of services that never saw each other's, to the cent, and ask the
//! snapshots why each order failed that did.
//!
//! To add a service: its messages in `protocol/`, its file in `services/`, a line in `shop.rs`;
//! `ADDING_A_SERVICE.md` does it, step by step.

pub mod options;
pub mod run;

pub mod load;
pub mod shop;

pub mod album;
pub mod bus;
pub mod chaos;
pub mod database;
pub mod monitor;
pub mod protocol;
pub mod resilience;
pub mod security;
pub mod services;
pub mod shared;
pub mod snapshots;

pub mod bank;
pub mod basket;
pub mod catalogue;
pub mod clock;
pub mod ids;
pub mod money;

pub mod checks;
pub mod report;
pub mod summary;
pub mod ui;

#[cfg(doctest)]
#[doc = include_str!("../ADDING_A_SERVICE.md")]
mod adding_a_service {}
