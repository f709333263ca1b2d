//! The twelve services, a file for each; what one of them is made of lies in a folder of its name.
//!
//! A service file reads from the top: what it answers (`handle`), then how, one function for each
//! request. Its rules and its state are plain structures without threads, channels or clocks,
//! which is where the tests are.

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

#[cfg(test)]
pub(crate) mod deaf;
