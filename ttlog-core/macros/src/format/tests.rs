use super::*;

/// The text in a form that shows how it was read: positions as `<0>` and `<name>`, pieces
/// divided by `|`.
fn read(text: &str) -> Option<String> {
    let pieces = parse(text)?.into_iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.to_owned(),
        Piece::Placeholder(Placeholder { argument, spec }) => {
            let show = |position| match position {
                Position::Index(index) => format!("<{index}>"),
                Position::Name(name) => format!("<{name}>"),
            };
            let spec = spec.refer(|position| Some(show(position))).unwrap();
            format!("{}{spec}", show(argument))
        }
    });
    Some(pieces.collect::<Vec<_>>().join("|"))
}

#[test]
fn texts_are_read_as_format_reads_them() {
    let table = [
        ("", ""),
        ("plain → text", "plain → text"),
        ("{}", "<0>"),
        ("a{}b{}", "a|<0>|b|<1>"),
        ("{1}{}{0}{}", "<1>|<0>|<0>|<1>"),
        ("{name}{r2_d2}{é}", "<name>|<r2_d2>|<é>"),
        ("{{}}", "{{}}"),
        ("{{{}}}", "{{|<0>|}}"),
        ("{{{{{x}", "{{{{|<x>"),
        ("{:?}{:#?}{:x?}{:#X?}", "<0>:?|<1>:#?|<2>:x?|<3>:#X?"),
        (
            "{:x}{:X}{:o}{:b}{:e}{:E}{:p}",
            "<0>:x|<1>:X|<2>:o|<3>:b|<4>:e|<5>:E|<6>:p",
        ),
        ("{:}{a:}", "<0>|<a>"),
        ("{:>8}{:<8}{:^8}", "<0>:>8|<1>:<8|<2>:^8"),
        (
            "{:→^8}{:}<8}{:{>8}{:<<8}{::>8}",
            "<0>:→^8|<1>:}<8|<2>:{>8|<3>:<<8|<4>::>8",
        ),
        (
            "{:+}{:-}{:#}{:05}{:+#010.3e}",
            "<0>:+|<1>:-|<2>:#|<3>:05|<4>:+#010.3e",
        ),
        ("{:1$}{:w$}{:é$}", "<0>:<1>$|<1>:<w>$|<2>:<é>$"),
        ("{:0$}{:00$}{:05$}", "<0>:<0>$|<1>:0<0>$|<2>:0<5>$"),
        (
            "{:.2}{:.1$}{:.p$}{:w$.p$}",
            "<0>:.2|<1>:.<1>$|<2>:.<p>$|<3>:<w>$.<p>$",
        ),
        ("{:.*}{}", "<1>:.<0>$|<2>"),
        ("{0:.*}{name:.*}{}", "<0>:.<0>$|<name>:.<1>$|<2>"),
        ("{:x$x}{:x$}{:.x$x?}", "<0>:<x>$x|<1>:<x>$|<2>:.<x>$x?"),
        ("{:.}{:8.}", "<0>|<1>:8"),
        ("{ }{0 }{a : >5 }{\n}", "<0>|<0>|<a>: >5|<1>"),
        ("{007}{:65535}", "<7>|<0>:65535"),
    ];
    for (text, expected) in table {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_format_refuses_is_refused() {
    let texts = "{|}|a{|a}b|{}}|{{}|{:|{:>|{a|{a b}|{a.b}|{a()}|{-1}|{0a}|{ a}|{r#a}|{:d}|{:?x}\
                 |{:??}|{:#}?}|{:+-}|{:>>>}|{:$}|{:.$}|{:*}|{:1$2}|{: 5}|{:X?x}|{65536}|{:65536}\
                 |{:.65536}";
    for text in texts.split('|') {
        assert_eq!(parse(text), None, "{text}");
    }
}
