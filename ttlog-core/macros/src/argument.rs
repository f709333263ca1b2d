//! An argument of a statement.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{ext::IdentExt, parse::Parser};

use crate::{field::Field, format::Spec};

/// An argument, and what the text makes of it.
pub(crate) struct Argument<'a> {
    /// Empty for a positional one.
    pub(crate) name: String,
    /// An expression.
    pub(crate) value: TokenStream,
    /// The ways in which it is shown, the sigil's first.
    pub(crate) specs: Vec<Spec<'a, usize>>,
    /// Whether the text makes use of it.
    pub(crate) used: bool,
    /// Whether the formatter takes the value and not a reference to it: it is a width or a
    /// precision, or its address is shown.
    pub(crate) by_value: bool,
}

impl Argument<'_> {
    /// One that stands in the statement.
    pub(crate) fn written(field: &Field) -> Self {
        Self {
            name: field
                .name
                .as_ref()
                .map_or_else(String::new, |name| name.text.clone()),
            value: field.value.to_token_stream(),
            specs: field.sigil.into_iter().collect(),
            used: false,
            by_value: false,
        }
    }

    /// A variable, looked up where the text was written; `None` where the name cannot be one's.
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

    /// Whether it is known by its place alone.
    pub(crate) fn is_positional(&self) -> bool {
        self.name.is_empty()
    }

    /// The first and the last place of its value in the source.
    pub(crate) fn place(&self) -> (Span, Span) {
        let mut tokens = self.value.clone().into_iter();
        let first = tokens
            .next()
            .map_or_else(Span::call_site, |first| first.span());
        (first, tokens.last().map_or(first, |last| last.span()))
    }
}

/// The name as an identifier, keywords included, where it is one.
pub(crate) fn identifier(name: &str) -> Option<Ident> {
    let identifier = Ident::parse_any.parse_str(name).ok();
    identifier.filter(|identifier| identifier != "_")
}
