//! The procedural macros of `ttlog-core`, which `info!` and its kin hand their arguments to.
//!
//! ```text
//! info!(user = 7, "hello {name:>8}")
//!   │  macro_rules! adds $crate and the level
//! input       the statement's parts, each a field or the text
//!   │
//! arguments   which argument each placeholder shows; the text with numbers for names
//!   │
//! expand      a static callsite, and code that records the arguments
//! ```

mod argument;
mod arguments;
mod expand;
mod field;
mod format;
mod input;
mod text;

use proc_macro::TokenStream;

use self::{expand::Kind, input::Input};

/// Expands to an event: `event!((crate) (level) arguments…)`. Without a level there, it comes
/// first among the arguments.
#[proc_macro]
pub fn event(tokens: TokenStream) -> TokenStream {
    expand::statement(Kind::Event, Input::event, tokens.into()).into()
}

/// Expands to a span that is entered: `span!((crate) (default level) arguments…)`.
#[proc_macro]
pub fn span(tokens: TokenStream) -> TokenStream {
    expand::statement(Kind::Span, Input::span, tokens.into()).into()
}
