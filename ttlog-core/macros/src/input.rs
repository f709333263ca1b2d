//! The parts of a statement.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Error, Expr, Result, Token, parenthesized,
    parse::{ParseBuffer, ParseStream},
};

use crate::{constant, field::Field, text::Text};

mod keyword {
    syn::custom_keyword!(target);
}

/// A statement as it is written.
pub(crate) struct Input {
    /// The path of the crate `ttlog-core`.
    pub(crate) krate: TokenStream,
    /// The level, a constant expression.
    pub(crate) level: TokenStream,
    /// The target, a constant expression, if the statement has one.
    pub(crate) target: Option<Expr>,
    /// The fields before the text. All fields of a span, because its name does not show any by
    /// position.
    pub(crate) fields: Vec<Field>,
    /// The message of an event, or the name of a span.
    pub(crate) text: Option<Text>,
    /// The arguments after the text of an event.
    pub(crate) arguments: Vec<Field>,
}

impl Input {
    /// Parses `(crate) (level) [target: …,] fields, "text", arguments`. If the parentheses of the
    /// level are empty, the level comes after the target.
    pub(crate) fn event(input: ParseStream<'_>) -> Result<Self> {
        let krate = group(input)?;
        let mut level = group(input)?;
        let target = target(input)?;
        if level.is_empty() {
            if input.is_empty() || Text::peek(input) {
                return Err(Error::new(
                    input.span(),
                    "the level is missing; write it first: `event!(Level::Info, \"text\")`",
                ));
            }
            level = self::level(input)?;
        }
        if input.is_empty() {
            let message = "this statement is empty; write a text, fields or both: `user = 7, \"{} is in\", name`";
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
            level = self::level(input)?;
        }
        if !Text::peek(input) {
            return Err(Error::new(
                input.span(),
                "the name of the span is missing; write a string literal: `span!(\"charge\", order)`",
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

/// Takes a level and the comma after it.
fn level(input: ParseStream<'_>) -> Result<TokenStream> {
    let level: Expr = input.parse()?;
    comma(input)?;
    if !input.is_empty() {
        constant::check(&level, constant::LEVEL)?;
    }
    Ok(level.into_token_stream())
}

/// Takes `target: …` and the comma after it, if that is next.
fn target(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if !input.peek(keyword::target) || !input.peek2(Token![:]) || input.peek2(Token![::]) {
        return Ok(None);
    }
    input.parse::<keyword::target>()?;
    input.parse::<Token![:]>()?;
    let target = input.parse()?;
    constant::check(&target, constant::TARGET)?;
    comma(input)?;
    Ok(Some(target))
}

/// Parses the rest of a statement. After a field with a name, there are only fields.
fn rest(
    input: ParseStream<'_>,
    parse: fn(&ParseBuffer<'_>) -> Result<Field>,
) -> Result<Vec<Field>> {
    let mut fields = Vec::<Field>::new();
    while !input.is_empty() {
        let named_before = fields.last().is_some_and(|last| last.name.is_some());
        let field = if named_before {
            Field::named(input)?
        } else {
            parse(input)?
        };
        fields.push(field);
        comma(input)?;
    }
    Ok(fields)
}

/// Takes the comma between two parts. The last part need not have one.
fn comma(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if input.peek(Token![:]) {
        let message =
            "expected `,` or `=`; a field is written `name = value`, and `target:` comes first";
        return Err(Error::new(input.span(), message));
    }
    input.parse::<Token![,]>().map(drop)
}
