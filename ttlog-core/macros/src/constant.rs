//! The check that a level or a target is a constant.
//!
//! Both are part of a static, so the compiler would refuse a variable as well. But its error does
//! not state what to write instead.

use syn::{Error, Expr, Ident, Result};

/// The error for a level.
pub(crate) const LEVEL: &str = "a level must be a constant, and this is a variable; write one \
    statement for each level: `match level { Level::Error => error!(\"…\"), _ => info!(\"…\") }`";

/// The error for a target.
pub(crate) const TARGET: &str = "a target must be a constant, and this is a variable; record the \
    variable as a field instead: `name = value`";

/// Checks that an expression uses no variable.
///
/// # Errors
///
/// Fails with `message` if it uses one.
pub(crate) fn check(expression: &Expr, message: &str) -> Result<()> {
    variable(expression).map_or(Ok(()), |name| Err(Error::new(name.span(), message)))
}

/// Returns a variable that the expression uses. Names of variables start in lower case, and those
/// of constants do not.
fn variable(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Path(path) => path.path.get_ident().filter(|name| {
            let name = name.to_string();
            name.starts_with(|first: char| first.is_lowercase() || first == '_')
        }),
        Expr::Group(group) => variable(&group.expr),
        Expr::Paren(paren) => variable(&paren.expr),
        Expr::Reference(reference) => variable(&reference.expr),
        Expr::Unary(unary) => variable(&unary.expr),
        Expr::Field(field) => variable(&field.base),
        Expr::Index(index) => variable(&index.expr).or_else(|| variable(&index.index)),
        Expr::If(branch) => variable(&branch.cond),
        Expr::Match(branches) => variable(&branches.expr),
        Expr::Call(call) => call.args.iter().find_map(variable),
        Expr::MethodCall(call) => {
            let mut values = core::iter::once(&*call.receiver).chain(&call.args);
            values.find_map(variable)
        }
        _ => None,
    }
}
