//! Tests of the reader through its interface.

mod blocks;
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod clock;
mod golden;
mod identity;
mod input;
mod json;
mod live;
mod open_spans;
mod spans;
mod summary;
mod text;
