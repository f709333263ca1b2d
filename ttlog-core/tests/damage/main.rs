//! Damaged snapshots: what is whole is read, what is not is said, and nothing is made up.

mod changed;
mod good;
mod hostile;
mod scan;
#[path = "../support/mod.rs"]
mod support;
