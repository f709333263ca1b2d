//! The text of a statement: a string literal, or a macro call that expands to one.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Error, Lit, Macro, Path, Result, Token,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::field::next_is_assign;

/// A text, and how it is written.
pub(crate) struct Text {
    /// The text itself.
    pub(crate) value: String,
    /// The tokens of the text, which `format_args!` takes.
    pub(crate) tokens: TokenStream,
    /// The place where captured variables are looked up.
    pub(crate) span: Span,
}

impl Text {
    /// Returns whether the next tokens are the text, not a field whose name is a string.
    pub(crate) fn peek(input: ParseStream<'_>) -> bool {
        let ahead = input.fork();
        if ahead.parse::<Lit>().is_ok() {
            return !next_is_assign(&ahead);
        }
        ahead.call(Path::parse_mod_style).is_ok()
            && ahead.peek(Token![!])
            && !ahead.peek(Token![!=])
    }
}

impl Parse for Text {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Lit) {
            let literal: Lit = input.parse()?;
            let Lit::Str(text) = &literal else {
                return Err(not_a_text(&literal));
            };
            return Ok(Self {
                value: text.value(),
                tokens: literal.to_token_stream(),
                span: literal.span(),
            });
        }
        let call: Macro = input.parse()?;
        let value = expand(&call)?;
        Ok(Self {
            value,
            span: call.span(),
            tokens: call.into_token_stream(),
        })
    }
}

/// Returns the text that the compiler makes of a macro call.
fn expand(call: &Macro) -> Result<String> {
    let name = call
        .path
        .segments
        .last()
        .map(|segment| segment.ident.to_string());
    match name.as_deref() {
        Some("stringify") => Ok(call.tokens.to_string()),
        Some("concat") => {
            let parts = call.parse_body_with(Punctuated::<_, Token![,]>::parse_terminated)?;
            Ok(parts.into_iter().map(|Part(value)| value).collect())
        }
        _ => Err(not_a_text(call)),
    }
}

/// One argument of `concat!`.
struct Part(String);

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(Lit) {
            return expand(&input.parse()?).map(Self);
        }
        match input.parse()? {
            Lit::Str(text) => Ok(text.value()),
            Lit::Char(char) => Ok(char.value().to_string()),
            Lit::Bool(bool) => Ok(bool.value().to_string()),
            Lit::Int(number) => Ok(number.base10_digits().to_owned()),
            Lit::Float(number) => Ok(number.base10_digits().to_owned()),
            other => Err(not_a_text(other)),
        }
        .map(Self)
    }
}

fn not_a_text(tokens: impl ToTokens) -> Error {
    Error::new_spanned(
        tokens,
        "the text must be a string literal, or `concat!` or `stringify!` of literals",
    )
}
