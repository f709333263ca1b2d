//! The inspector: finds pieces of queries and programs in what somebody typed.
//!
//! A text is undone of the usual disguises (percent signs, entities, comments, case), cut into
//! words and single signs, and compared with patterns of those:
//!
//! ```text
//! ' or _ = _        _     some value, in quotes or brackets or not
//! sleep ( 0         0     some number
//! < _ … on* =       …     anything inside the same tag
//! ' - - $           on*   a word that begins so        $   the end of the text
//! ```
//!
//! It knows attacks that are made in earnest, not all that could be thought of; what keeps a real
//! shop safe is that its queries take values apart from their text. Passwords are not inspected:
//! they may hold anything, and go nowhere but into a hash.

use super::Threat;

/// More of a text than this is not looked at.
const TEXT_MAX_CHARS: usize = 1_024;
/// How far `…` reaches, in words and signs.
const GAP_MAX: usize = 24;

const SQL: &[&str] = &[
    "' or _ = _",
    "' and _ = _",
    "' ) or _ = _",
    "\" or _ = _",
    "' or true",
    "or 1 = 1",
    "' - - $",
    "' # $",
    "' ; - - $",
    "; drop table",
    "; truncate table",
    "; delete from",
    "; insert into",
    "; update _ set",
    "; shutdown",
    "union select",
    "union all select",
    "sleep ( 0",
    "benchmark ( _ ,",
    "waitfor delay",
    "information_schema",
    "xp_cmdshell",
];

const SCRIPT: &[&str] = &[
    "< script",
    "< / script",
    "< iframe",
    "< object",
    "< embed",
    "< _ … on* =",
    "javascript :",
    "document . cookie",
];

/// Knows the patterns; made once and shared.
#[derive(Clone, Debug)]
pub struct Inspector {
    patterns: Vec<(Threat, Vec<Step>)>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Is(&'static str),
    Begins(&'static str),
    Value,
    Number,
    Gap,
    End,
}

impl Inspector {
    /// What the text holds that is no word to search for, if anything.
    #[must_use]
    pub fn inspect(&self, text: &str) -> Option<Threat> {
        let plain = undisguised(text);
        let tokens = tokens(&plain);
        let found = self
            .patterns
            .iter()
            .find(|(_, steps)| (0..tokens.len()).any(|from| fits(steps, &tokens[from..])));
        found.map(|(threat, _)| *threat)
    }
}

impl Default for Inspector {
    fn default() -> Self {
        let sql = SQL.iter().map(|text| (Threat::SqlInjection, steps(text)));
        let script = SCRIPT
            .iter()
            .map(|text| (Threat::ScriptInjection, steps(text)));
        Self {
            patterns: sql.chain(script).collect(),
        }
    }
}

fn steps(pattern: &'static str) -> Vec<Step> {
    let step = |text: &'static str| match text {
        "_" => Step::Value,
        "0" => Step::Number,
        "…" => Step::Gap,
        "$" => Step::End,
        _ => match text.strip_suffix('*') {
            Some(begin) if !begin.is_empty() => Step::Begins(begin),
            _ => Step::Is(text),
        },
    };
    pattern.split(' ').map(step).collect()
}

/// Whether the tokens begin with what the steps say.
fn fits(steps: &[Step], tokens: &[&str]) -> bool {
    let Some((step, steps)) = steps.split_first() else {
        return true;
    };
    let first = tokens.first().copied();
    let rest = tokens.get(1..).unwrap_or_default();
    match step {
        Step::Is(text) => first == Some(text) && fits(steps, rest),
        Step::Begins(text) => first.is_some_and(|it| it.starts_with(text)) && fits(steps, rest),
        Step::Number => {
            let is_number = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
            first.is_some_and(is_number) && fits(steps, rest)
        }
        Step::End => first.is_none(),
        Step::Value => {
            let value = unwrapped(tokens);
            value.first().is_some_and(|it| is_word(it)) && fits(steps, unwrapped(&value[1..]))
        }
        Step::Gap => {
            let inside = tokens.iter().take_while(|&&it| it != ">").count();
            (0..=inside.min(GAP_MAX)).any(|skipped| fits(steps, &tokens[skipped..]))
        }
    }
}

/// Without the quotes and brackets that come first.
fn unwrapped<'a, 'b>(tokens: &'b [&'a str]) -> &'b [&'a str] {
    let wraps = |it: &&&str| matches!(**it, "'" | "\"" | "`" | "(" | ")");
    &tokens[tokens.iter().take_while(wraps).count()..]
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Words, and every other sign by itself; no white space.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(rest) {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// The text as a database or a browser would come to read it.
fn undisguised(text: &str) -> String {
    let mut plain: String = text.chars().take(TEXT_MAX_CHARS).collect();
    // Twice, because a disguise is worn over another.
    for _ in 0..2 {
        if plain.contains('%') {
            plain = percent_decoded(&plain);
        }
    }
    if plain.contains('&') {
        for (entity, sign) in [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
        ] {
            plain = plain.replace(entity, sign);
        }
    }
    plain.retain(|c| c != '\0');
    plain = plain.replace('\u{2019}', "'");
    while let Some(begin) = plain.find("/*") {
        let end = plain[begin..]
            .find("*/")
            .map_or(plain.len(), |length| begin + length + 2);
        plain.replace_range(begin..end, " ");
    }
    plain.make_ascii_lowercase();
    plain
}

/// `%27` as the sign that it stands for; what is no such number stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        if first == b'%'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
        {
            bytes.push((high * 16 + low) as u8);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Threat> {
        Inspector::default().inspect(text)
    }

    #[test]
    fn pieces_of_queries_are_found() {
        for text in [
            "' OR 1=1",
            "' or 'a'='a",
            "x') or ('1'='1",
            "\" or \"\"a\"=\"a",
            "admin' --",
            "admin'#",
            "lamp'; DROP TABLE orders; --",
            "1; update accounts set role='admin'",
            "lamp' UNION/**/SELECT password FROM accounts",
            "lamp%27%20or%201%3D1",
            "lamp%2527 or 'x'='x",
            "7 or 1=1",
            "1 and sleep(5)",
            "lamp\u{2019} or 2=2",
        ] {
            assert_eq!(found(text), Some(Threat::SqlInjection), "{text}");
        }
    }

    #[test]
    fn pieces_of_programs_are_found() {
        for text in [
            "<script>alert(1)</script>",
            "<ScRiPt src=//evil.example>",
            "< script >",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "&lt;script&gt;",
            "%3Cscript%3E",
            "<a href='JavaScript:alert(1)'>",
            "<b title='a' style='b' onmouseover = steal()>",
        ] {
            assert_eq!(found(text), Some(Threat::ScriptInjection), "{text}");
        }
    }

    #[test]
    fn what_customers_type_is_let_through() {
        for text in [
            "",
            "oak desk Kitchen",
            "O'Brien or Smith",
            "women's and men's",
            "the kids' -- and dogs' -- favourite",
            "tent < 50 and lamp > 20",
            "union jack, select oak",
            "drop leaf table",
            "a table; drop me a line",
            "insert into frame",
            "script font",
            "lamp on = off",
            "<3 this lamp, on sale = good",
            "100% wool",
            "50%-off",
            "freepost",
            "WELCOME10",
            "customer7@mail.example",
            "Lampe für Käthe's Büro",
            "sleep mask (blue)",
            "sleep (blue) mask",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn any_text_is_read_to_its_end_however_odd() {
        for text in [
            "%", "%2", "%zz%", "/*", "/**/*/", "'", "<", "…", "\0", "%ff%fe",
        ] {
            let _ = found(&text.repeat(3_000));
        }
    }
}
