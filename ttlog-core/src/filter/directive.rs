//! The syntax of filter directives.

use super::{
    error::FilterError,
    spelling::{self, Threshold},
};
use crate::level::Level;

/// A filter's text, `info,shop::order=debug,sqlx=off`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directives<'a>(pub(super) &'a str);

#[derive(Debug)]
struct Directive<'a> {
    /// The target; empty for all targets.
    target: &'a str,
    threshold: Threshold,
}

/// The text of a directive, without spaces around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectiveText<'a> {
    pub(super) text: &'a str,
    /// Start in the filter, in bytes.
    offset: usize,
}

impl<'a> Directives<'a> {
    /// Checks the syntax of a text.
    pub(super) fn check(text: &str) -> Result<(), FilterError> {
        Directives(text)
            .texts()
            .try_for_each(|directive| directive.check())
    }

    /// Returns whether events of this level and target are recorded. The directive with the longest
    /// target decides, of equally long ones the last. If there is no default among the directives,
    /// targets that none names are off, as in `RUST_LOG`. Without any directive all are on.
    ///
    /// All directives have been [checked](Self::check).
    pub(super) fn enable(self, level: Level, target: &str) -> bool {
        let mut decided: Option<Directive<'_>> = None;
        let mut any = false;
        for directive in self.texts().filter_map(|directive| parse(directive.text)) {
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

    /// Returns the directives, valid or not.
    pub(super) fn texts(self) -> impl Iterator<Item = DirectiveText<'a>> {
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
            .map(move |part| DirectiveText {
                text: part,
                offset: part.as_ptr().addr() - text.as_ptr().addr(),
            })
    }
}

impl DirectiveText<'_> {
    /// Checks the syntax.
    pub(super) fn check(self) -> Result<(), FilterError> {
        let Self { text, offset } = self;
        if text.bytes().any(|byte| b"[]{}".contains(&byte)) {
            return Err(FilterError::Brackets { offset });
        }
        let target = match cut_at(text, b'=') {
            Some((target, _)) => target.trim_ascii(),
            None if spelling::threshold(text).is_some() => return Ok(()),
            None if spelling::is_near_level(text) => {
                return Err(FilterError::Misspelled { offset });
            }
            None => text,
        };
        if !is_target(target) {
            return Err(FilterError::Target { offset });
        }
        if spelling::is_setting(target) {
            return Err(FilterError::Setting { offset });
        }
        match parse(text) {
            Some(_) => Ok(()),
            None => Err(FilterError::Level { offset }),
        }
    }

    /// Returns whether the directive is a default or, if it is wrong, may be meant as one.
    pub(super) fn may_be_default(self) -> bool {
        match parse(self.text) {
            Some(directive) if self.check().is_ok() => directive.target.is_empty(),
            _ => cut_at(self.text, b'=').is_none_or(|(target, _)| {
                let target = target.trim_ascii();
                !is_target(target) || spelling::is_setting(target)
            }),
        }
    }
}

/// Splits a text at the first such character. `str::split_once` has code for all characters, which is
/// larger than all of this file, and a branch that panics.
fn cut_at(text: &str, ascii: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == ascii)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads a directive. Returns `None` if its level is not known.
fn parse(text: &str) -> Option<Directive<'_>> {
    let Some((target, level)) = cut_at(text, b'=') else {
        return Some(match spelling::threshold(text) {
            Some(threshold) => Directive {
                target: "",
                threshold,
            },
            None => Directive {
                target: text,
                threshold: Some(Level::Trace),
            },
        });
    };
    let target = target.trim_ascii();
    Some(Directive {
        target: if spelling::is_all(target) { "" } else { target },
        threshold: spelling::threshold(level.trim_ascii())?,
    })
}

/// Returns whether there can be a target of this name: letters, digits, `_`, `-` and `.`, with pairs of
/// colons between them. One of them is a letter or `_`, and the first is no hyphen.
fn is_target(name: &str) -> bool {
    if name.starts_with('-') {
        return false;
    }
    let mut colons = 2;
    let mut has_letter = false;
    for byte in name.bytes() {
        if byte == b':' {
            colons += 1;
            if colons > 2 {
                return false;
            }
        } else {
            let is_letter = byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) || byte >= 0x80;
            if !is_letter || colons == 1 {
                return false;
            }
            has_letter |= !byte.is_ascii_digit() && !b"-.".contains(&byte);
            colons = 0;
        }
    }
    colons == 0 && has_letter
}

/// Returns whether `target` is `directive` or a module below it. A hyphen is an underscore: the name of
/// a package may have hyphens where the name of its crate has underscores.
fn covers(directive: &str, target: &str) -> bool {
    let Some((start, rest)) = target.as_bytes().split_at_checked(directive.len()) else {
        return false;
    };
    let plain = |byte: u8| if byte == b'-' { b'_' } else { byte };
    let is_same = |(&a, b): (&u8, u8)| plain(a) == plain(b);
    start.iter().zip(directive.bytes()).all(is_same)
        && (directive.is_empty() || rest.is_empty() || rest.starts_with(b"::"))
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
        assert_eq!(
            Directives::check("info, inof"),
            Err(FilterError::Misspelled { offset: 6 })
        );
        assert_eq!(Directives::check("a=info,b=Off,WARN"), Ok(()));
    }

    #[test]
    fn a_target_that_cannot_exist_is_reported() {
        for text in [
            "info/pay",
            "my_crate:debug",
            "=info",
            "shop::=info",
            "::shop",
            "a::::b=info",
            "a:::b=info",
            "a:b=info",
            "warn sqlx=off",
            "warn;sqlx=off",
            "*",
            "*=info",
            "\"warn\"",
            "5",
            "3=info",
            "1.5",
            "..",
            "-v",
            "--debug",
            "-=info",
            "level:info",
            "level>=info",
            "info;debug",
        ] {
            assert_eq!(
                Directives::check(text),
                Err(FilterError::Target { offset: 0 }),
                "{text}"
            );
        }
    }

    #[test]
    fn the_name_of_a_setting_is_no_target() {
        for text in [
            "level=info",
            "LEVEL",
            "RUST_LOG=info",
            "TTLOG_FILTER = warn",
            "default=off",
        ] {
            assert_eq!(
                Directives::check(text),
                Err(FilterError::Setting { offset: 0 }),
                "{text}"
            );
        }
        assert_eq!(Directives::check("level::parse=info,filters=warn"), Ok(()));
    }

    #[test]
    fn a_target_that_may_exist_is_valid() {
        for text in [
            "shop",
            "my-crate",
            "http.request=debug",
            "größe::x",
            "r2d2=info",
            "trade=trace",
            "inof=trace",
        ] {
            assert_eq!(Directives::check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn all_names_all_levels_and_all_targets() {
        assert!(Directives("all").enable(Level::Trace, "any"));
        assert!(Directives("all=info,shop=off").enable(Level::Info, "any"));
        assert!(!Directives("all=info").enable(Level::Debug, "any"));
    }

    #[test]
    fn a_hyphen_in_a_target_is_an_underscore() {
        assert!(Directives("my-crate=info").enable(Level::Info, "my_crate::net"));
        assert!(Directives("my_crate=info").enable(Level::Info, "my-crate"));
        assert!(!Directives("my-crate=info").enable(Level::Info, "mycrate"));
    }
}
