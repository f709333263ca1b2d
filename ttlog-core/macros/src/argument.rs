//! One argument of a statement.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{ext::IdentExt, parse::Parser};

use crate::{field::Field, format::Spec};

/// An argument, and how the text uses it.
pub(crate) struct Argument<'a> {
    /// The name of the field. Empty for an argument that has only a position.
    pub(crate) name: String,
    /// The expression.
    pub(crate) value: TokenStream,
    /// The formats in which the argument is shown. The format of its sigil comes first.
    pub(crate) specs: Vec<Spec<'a, usize>>,
    /// True if the text uses the argument.
    pub(crate) used: bool,
    /// True if the formatter takes the value itself and not a reference to it. It does so for
    /// widths, precisions and addresses.
    pub(crate) by_value: bool,
}

impl Argument<'_> {
    /// Creates an argument that is written in the statement, without its name.
    pub(crate) fn written(field: &Field) -> Self {
        Self {
            name: String::new(),
            value: field.value.to_token_stream(),
            specs: field.sigil.into_iter().collect(),
            used: false,
            by_value: false,
        }
    }

    /// Creates an argument from a variable that the text captures. The variable is looked up at
    /// `span`. Returns `None` if `name` is not an identifier.
    pub(crate) fn captured(name: &str, span: Span) -> Option<Self> {
        let mut variable = identifier(name)?;
        let path = ["self", "Self", "super", "crate"].contains(&name);
        if !path && syn::parse_str::<Ident>(name).is_err() {
            variable = Ident::new_raw(name, span);
        }
        variable.set_span(span);
        Some(Self {
            name: name.to_owned(),
            value: variable.into_token_stream(),
            specs: Vec::new(),
            used: false,
            by_value: false,
        })
    }

    /// Returns whether the argument has only a position and no name.
    pub(crate) fn is_positional(&self) -> bool {
        self.name.is_empty()
    }

    /// Returns the spans of the first and the last token of the value.
    pub(crate) fn spans(&self) -> (Span, Span) {
        let mut tokens = self.value.clone().into_iter();
        let first = tokens
            .next()
            .map_or_else(Span::call_site, |first| first.span());
        (first, tokens.last().map_or(first, |last| last.span()))
    }
}

/// Returns the name as an identifier, which may be a keyword. Returns `None` if it is not one.
pub(crate) fn identifier(name: &str) -> Option<Ident> {
    let identifier = Ident::parse_any.parse_str(name).ok();
    identifier.filter(|identifier| identifier != "_")
}
