//! Tests of the program from outside.

#[path = "../support/mod.rs"]
mod support;

mod doctor;
mod document;
mod filters;
mod image;
mod list;
mod merge;
mod numbers;
mod open_spans;
mod refusals;
mod scan;
mod schema;
mod text;
