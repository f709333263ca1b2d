//! The macros, from the log statement to the decoded event.

mod evaluation;
mod grammar;
mod hygiene;
mod recording;
mod spans;
mod types;
