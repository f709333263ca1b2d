//! Damaged snapshots: whole blocks are read, damage is reported, and no event is invented.

mod blocks;
mod changed;
mod good;
mod hostile;
mod scan;
#[path = "../support/mod.rs"]
mod support;
