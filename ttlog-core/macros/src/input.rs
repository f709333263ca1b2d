//! The parts of a statement.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Error, Expr, Result, Token, parenthesized,
    parse::{ParseBuffer, ParseStream},
};

use crate::{field::Field, text::Text};

mod keyword {
    syn::custom_keyword!(target);
}

/// A statement as it was written.
pub(crate) struct Input {
    /// The path of ttlog's core.
    pub(crate) krate: TokenStream,
    /// A constant expression.
    pub(crate) level: TokenStream,
    /// A constant expression.
    pub(crate) target: Option<Expr>,
    /// What stands before the text; all fields of a span, whose name does not show them by place.
    pub(crate) fields: Vec<Field>,
    /// The message; a span's name.
    pub(crate) text: Option<Text>,
    /// What follows the text of an event.
    pub(crate) arguments: Vec<Field>,
}

impl Input {
    /// Parses `(crate) (level) [target: …,] fields, "text", arguments`, with the level behind the
    /// target if it is not in its place.
    pub(crate) fn event(input: ParseStream<'_>) -> Result<Self> {
        let krate = group(input)?;
        let mut level = group(input)?;
        let target = target(input)?;
        if level.is_empty() {
            if input.is_empty() || Text::peek(input) {
                return Err(Error::new(
                    input.span(),
                    "expected a level first: `event!(Level::Info, \"text\")`",
                ));
            }
            level = input.parse::<Expr>()?.into_token_stream();
            comma(input)?;
        }
        if input.is_empty() {
            let message = "expected fields, a text or both: `user = 7, \"{} is in\", name`";
            return Err(Error::new(input.span(), message));
        }
        let mut fields = Vec::new();
        while !input.is_empty() && !Text::peek(input) {
            fields.push(Field::named(input)?);
            comma(input)?;
        }
        let mut text = None;
        if !input.is_empty() {
            text = Some(input.parse()?);
            comma(input)?;
        }
        let arguments = rest(input, Field::argument)?;
        Ok(Self {
            krate,
            level,
            target,
            fields,
            text,
            arguments,
        })
    }

    /// Parses `(crate) (default level) [target: …,] [level,] "name", fields`.
    pub(crate) fn span(input: ParseStream<'_>) -> Result<Self> {
        let krate = group(input)?;
        let mut level = group(input)?;
        let target = target(input)?;
        if !input.is_empty() && !Text::peek(input) {
            level = input.parse::<Expr>()?.into_token_stream();
            comma(input)?;
        }
        if !Text::peek(input) {
            return Err(Error::new(
                input.span(),
                "expected the span's name, a string literal",
            ));
        }
        let text = Some(input.parse()?);
        comma(input)?;
        Ok(Self {
            krate,
            level,
            target,
            fields: rest(input, Field::named)?,
            text,
            arguments: Vec::new(),
        })
    }
}

fn group(input: ParseStream<'_>) -> Result<TokenStream> {
    let content;
    parenthesized!(content in input);
    content.parse()
}

fn target(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if !input.peek(keyword::target) || !input.peek2(Token![:]) || input.peek2(Token![::]) {
        return Ok(None);
    }
    input.parse::<keyword::target>()?;
    input.parse::<Token![:]>()?;
    let target = input.parse()?;
    comma(input)?;
    Ok(Some(target))
}

fn rest(
    input: ParseStream<'_>,
    parse: fn(&ParseBuffer<'_>) -> Result<Field>,
) -> Result<Vec<Field>> {
    let mut fields = Vec::<Field>::new();
    while !input.is_empty() {
        let start = input.span();
        let field = parse(input)?;
        let named_before = fields.last().is_some_and(|last| last.name.is_some());
        if named_before && field.name.is_none() {
            return Err(Error::new(
                start,
                "positional arguments come before named ones",
            ));
        }
        fields.push(field);
        comma(input)?;
    }
    Ok(fields)
}

/// Takes the comma that divides two parts; the last may go without.
fn comma(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if input.peek(Token![:]) {
        let message = "expected `,` or `=`: a field is `name = value`, and `target:` comes first";
        return Err(Error::new(input.span(), message));
    }
    input.parse::<Token![,]>().map(drop)
}
