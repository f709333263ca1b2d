//! The protocol: what each service can be asked, and what it replies. A file for each service.
//!
//! Services know each other by these messages only; none imports another. Every request variant
//! with a `reply` is for [`Client::call`](crate::bus::Client::call), every one without for
//! [`Client::tell`](crate::bus::Client::tell).
//!
//! Requests are not `Debug`: some carry passwords and session tokens, which must not be logged.

pub mod analytics;
pub mod audit;
pub mod inventory;
pub mod notification;
pub mod order;
pub mod payment;
pub mod pricing;
pub mod product;
pub mod recommendation;
pub mod search;
pub mod shipping;
pub mod user;
