//! A field of a statement: `user`, `%user`, `user = 7`, `http.method = "GET"`, `"a key" = ?value`.

use proc_macro2::Span;
use syn::{
    Error, Expr, ExprField, Ident, LitStr, Member, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, discouraged::Speculative},
    spanned::Spanned,
};

use crate::format::Spec;

/// A value to record.
pub(crate) struct Field {
    /// `None` for a positional argument.
    pub(crate) name: Option<Name>,
    /// How its sigil says to show it.
    pub(crate) sigil: Option<Spec<'static, usize>>,
    /// The value.
    pub(crate) value: Expr,
}

/// The name of a field.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Field {
    /// Parses a field that has a name, or a value that gives it one.
    pub(crate) fn named(input: ParseStream<'_>) -> Result<Self> {
        let given = Name::given(input)?;
        let sigil = sigil(input);
        let value = value(input)?;
        let name = match given {
            Some(name) => name,
            None => Name::of(&value)?,
        };
        Ok(Self {
            name: Some(name),
            sigil,
            value,
        })
    }

    /// Parses what may follow the text: a positional argument too.
    pub(crate) fn argument(input: ParseStream<'_>) -> Result<Self> {
        if Name::given(&input.fork())?.is_some() || sigil(&input.fork()).is_some() {
            return Self::named(input);
        }
        Ok(Self {
            name: None,
            sigil: None,
            value: value(input)?,
        })
    }
}

impl Name {
    /// Takes `name =`, if that is next.
    fn given(input: ParseStream<'_>) -> Result<Option<Self>> {
        let ahead = input.fork();
        let Ok(name) = Self::quoted(&ahead).or_else(|_| Self::dotted(&ahead)) else {
            return Ok(None);
        };
        if !next_is_assign(&ahead) {
            return Ok(None);
        }
        if name.text.is_empty() {
            return Err(Error::new(name.span, "a field needs a name"));
        }
        ahead.parse::<Token![=]>()?;
        input.advance_to(&ahead);
        Ok(Some(name))
    }

    fn quoted(input: ParseStream<'_>) -> Result<Self> {
        let text: LitStr = input.parse()?;
        Ok(Self {
            text: text.value(),
            span: text.span(),
        })
    }

    fn dotted(input: ParseStream<'_>) -> Result<Self> {
        let first = input.call(Ident::parse_any)?;
        let mut text = first.unraw().to_string();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            text = format!("{text}.{}", input.call(Ident::parse_any)?.unraw());
        }
        Ok(Self {
            text,
            span: first.span(),
        })
    }

    /// The name that a value gives itself: that of a variable, with those of its fields.
    fn of(value: &Expr) -> Result<Self> {
        fn text(value: &Expr) -> Option<String> {
            match value {
                Expr::Group(group) => text(&group.expr),
                Expr::Path(path) => Some(path.path.get_ident()?.unraw().to_string()),
                Expr::Field(ExprField { base, member, .. }) => Some(match member {
                    Member::Named(name) => format!("{}.{}", text(base)?, name.unraw()),
                    Member::Unnamed(index) => format!("{}.{}", text(base)?, index.index),
                }),
                _ => None,
            }
        }
        let message = match (text(value), value) {
            (Some(text), _) => {
                return Ok(Self {
                    text,
                    span: value.span(),
                });
            }
            (None, Expr::Assign(_)) => "a sigil stands before the value: `name = %value`",
            (None, _) => "this value needs a name: `name = value`",
        };
        Err(Error::new_spanned(value, message))
    }
}

/// Whether `=` is next, and not `==` or `=>`.
pub(crate) fn next_is_assign(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

/// Takes a sigil, if one is next.
fn sigil(input: ParseStream<'_>) -> Option<Spec<'static, usize>> {
    if input.parse::<Option<Token![%]>>().ok()?.is_some() {
        return Some(Spec::of(""));
    }
    input
        .parse::<Option<Token![?]>>()
        .ok()?
        .map(|_| Spec::of("?"))
}

fn value(input: ParseStream<'_>) -> Result<Expr> {
    if let Some((mark, _)) = input.cursor().punct()
        && "@$^/+~%?".contains(mark.as_char())
    {
        let message = "not a sigil: `%` records a value by Display, `?` by Debug";
        return Err(Error::new(mark.span(), message));
    }
    input.parse()
}
