//! The syntax of filter directives.

use super::error::FilterError;
use crate::level::Level;

/// A filter's text, `info,shop::order=debug,sqlx=off`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directives<'a>(pub(super) &'a str);

/// The lowest level that is enabled; `None` if the target is off.
type Threshold = Option<Level>;

#[derive(Debug)]
struct Directive<'a> {
    /// The target; empty for all targets.
    target: &'a str,
    threshold: Threshold,
}

impl<'a> Directives<'a> {
    /// Checks the syntax of a text.
    pub(super) fn check(text: &str) -> Result<(), FilterError> {
        Directives(text)
            .iter()
            .try_for_each(|directive| directive.map(drop))
    }

    /// Returns whether events of this level and target are recorded. The directive with the longest
    /// target decides, of equally long ones the last. If there is no default among the directives,
    /// targets that none names are off, as in `RUST_LOG`. Without any directive all are on.
    pub(super) fn enable(self, level: Level, target: &str) -> bool {
        let mut decided: Option<Directive<'_>> = None;
        let mut any = false;
        for directive in self.iter().flatten() {
            any = true;
            let longer = decided
                .as_ref()
                .is_none_or(|decided| directive.target.len() >= decided.target.len());
            if longer && covers(directive.target, target) {
                decided = Some(directive);
            }
        }
        match decided {
            Some(directive) => directive
                .threshold
                .is_some_and(|threshold| level >= threshold),
            None => !any,
        }
    }

    fn iter(self) -> impl Iterator<Item = Result<Directive<'a>, FilterError>> {
        let text = self.0;
        let mut rest = Some(text);
        let parts = core::iter::from_fn(move || {
            let now = rest?;
            let cut = cut_at(now, b',');
            rest = cut.map(|(_, next)| next);
            Some(cut.map_or(now, |(part, _)| part))
        });
        parts
            .map(str::trim_ascii)
            .filter(|part| !part.is_empty())
            .map(move |part| {
                let offset = part.as_ptr().addr() - text.as_ptr().addr();
                parse(part, offset)
            })
    }
}

/// Splits a text at the first such character. `str::split_once` has code for all characters, which is
/// larger than all of this file, and a branch that panics.
fn cut_at(text: &str, ascii: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == ascii)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn parse(part: &str, offset: usize) -> Result<Directive<'_>, FilterError> {
    if part.bytes().any(|byte| b"[]{}".contains(&byte)) {
        return Err(FilterError::Brackets { offset });
    }
    let Some((target, level)) = cut_at(part, b'=') else {
        return Ok(match threshold(part) {
            Some(threshold) => Directive {
                target: "",
                threshold,
            },
            None => Directive {
                target: part,
                threshold: Some(Level::Trace),
            },
        });
    };
    let threshold = threshold(level.trim_ascii()).ok_or(FilterError::Level { offset })?;
    Ok(Directive {
        target: target.trim_ascii(),
        threshold,
    })
}

fn threshold(text: &str) -> Option<Threshold> {
    if text.eq_ignore_ascii_case("off") {
        return Some(None);
    }
    text.parse().ok().map(Some)
}

/// Returns whether `target` is `directive` or a module below it.
fn covers(directive: &str, target: &str) -> bool {
    target
        .strip_prefix(directive)
        .is_some_and(|rest| directive.is_empty() || rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_target_decides() {
        let filter = Directives("info, shop::order=debug,sqlx = off,shop=warn,quiet");
        for (level, target, enabled) in [
            (Level::Info, "main", true),
            (Level::Debug, "main", false),
            (Level::Debug, "shop::order", true),
            (Level::Debug, "shop::order::saga", true),
            (Level::Debug, "shop::orders", false),
            (Level::Info, "shop::user", false),
            (Level::Warn, "shop::user", true),
            (Level::Fatal, "sqlx", false),
            (Level::Trace, "quiet::x", true),
        ] {
            assert_eq!(filter.enable(level, target), enabled, "{level} {target}");
        }
    }

    #[test]
    fn the_empty_filter_enables_everything_and_one_without_a_default_the_rest_not() {
        assert!(Directives(" , ").enable(Level::Trace, "any"));
        assert!(!Directives("shop=info").enable(Level::Fatal, "any"));
        assert!(!Directives("off").enable(Level::Fatal, "any"));
    }

    #[test]
    fn an_invalid_directive_is_reported_with_its_offset() {
        assert_eq!(
            Directives::check("info, a=loud"),
            Err(FilterError::Level { offset: 6 })
        );
        assert_eq!(
            Directives::check("a[x]=info"),
            Err(FilterError::Brackets { offset: 0 })
        );
        assert_eq!(
            Directives::check("a=,b"),
            Err(FilterError::Level { offset: 0 })
        );
        assert_eq!(Directives::check("a=info,b=Off,WARN"), Ok(()));
    }
}
