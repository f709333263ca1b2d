//! The procedural macros of `ttlog-core`. Do not use this crate directly: `info!` and the other
//! macros of `ttlog-core` pass their arguments to it.
//!
//! ```text
//! info!(user = 7, "hello {name:>8}")
//!   │  macro_rules! adds $crate and the level
//! input       the parts of the statement: target, level, fields, text, arguments
//!   │
//! arguments   the argument that each placeholder shows; the text with numbers for names
//!   │
//! expand      the code: a static callsite, and a call that records the arguments
//! ```

mod argument;
mod arguments;
mod constant;
mod expand;
mod field;
mod format;
mod input;
mod text;

use proc_macro::TokenStream;

use self::{expand::Kind, input::Input};

/// Expands to the code that records an event: `event!((crate) (level) arguments…)`. If the
/// parentheses of the level are empty, the level is the first argument.
#[proc_macro]
pub fn event(tokens: TokenStream) -> TokenStream {
    expand::statement(Kind::Event, Input::event, tokens.into()).into()
}

/// Expands to the code that enters a span: `span!((crate) (default level) arguments…)`.
#[proc_macro]
pub fn span(tokens: TokenStream) -> TokenStream {
    expand::statement(Kind::Span, Input::span, tokens.into()).into()
}
