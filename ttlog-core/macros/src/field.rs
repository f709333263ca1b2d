//! One field of a statement: `user`, `%user`, `user = 7`, `http.method = "GET"` or
//! `"a key" = ?value`.

use proc_macro2::Span;
use syn::{
    Error, Expr, ExprField, Ident, LitStr, Member, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, discouraged::Speculative},
    spanned::Spanned,
};

use crate::format::Spec;

/// A value of a statement.
pub(crate) struct Field {
    /// The name that is written. `None` for an argument after the text that has no name.
    pub(crate) name: Option<Name>,
    /// The format of its sigil.
    pub(crate) sigil: Option<Spec<'static, usize>>,
    /// The expression.
    pub(crate) value: Expr,
}

/// The name of a field.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Field {
    /// Parses a field. Its name is written, or it is that of the variable.
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

    /// Parses an argument after the text, which need not have a name.
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
    /// Takes `name =` if that is next.
    fn given(input: ParseStream<'_>) -> Result<Option<Self>> {
        let ahead = input.fork();
        let Ok(name) = Self::quoted(&ahead).or_else(|_| Self::dotted(&ahead)) else {
            return Ok(None);
        };
        if !next_is_assign(&ahead) {
            return Ok(None);
        }
        if name.text.is_empty() {
            return Err(Error::new(
                name.span,
                "the name of a field must not be empty",
            ));
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

    /// Returns the name of a variable, or of a field of a variable, such as `order.id`.
    ///
    /// # Errors
    ///
    /// Fails if the value is any other expression.
    pub(crate) fn of(value: &Expr) -> Result<Self> {
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
            (None, Expr::Assign(_)) => {
                "a field is `name = value` or `name = %value`; its name is an identifier, a path such as \
                 `http.method`, or a string"
            }
            (None, _) => "this value needs a name: `name = value`",
        };
        Err(Error::new_spanned(value, message))
    }
}

/// Returns whether `=` is next, and not `==` or `=>`.
pub(crate) fn next_is_assign(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

/// Takes a sigil if one is next.
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
        let message = format!(
            "`{}` is not a sigil here; write `%value` to record a value by `Display`, or `?value` \
             by `Debug`",
            mark.as_char()
        );
        return Err(Error::new(mark.span(), message));
    }
    input.parse()
}
