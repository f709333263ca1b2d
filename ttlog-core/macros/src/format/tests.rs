use syn::parse::Parser;

use crate::{arguments::Arguments, input::Input};

struct Table {
    read: Vec<(
        &'static str,
        &'static str,
        &'static str,
        &'static [&'static str],
    )>,
    refused: Vec<&'static str>,
}

macro_rules! cases {
    (
        read {$($text:literal ($($argument:tt)*) => $normal:literal [$($name:literal)*];)*}
        refused {$($refused:literal)*}
    ) => {
        Table {
            read: vec![$(($text, stringify!($($argument)*), $normal, &[$($name),*])),*],
            refused: vec![$($refused),*],
        }
    };
}

fn table() -> Table {
    include!("cases.rs")
}

#[test]
fn texts_are_brought_into_their_normal_form() {
    for (text, arguments, normal, names) in table().read {
        let statement = format!("(ttlog_core) (Level::Info) {text:?}, {arguments}");
        let input = Input::event.parse_str(&statement).unwrap();
        let mut arguments = Arguments::new(&input).unwrap();
        assert_eq!(arguments.read().unwrap().as_deref(), Some(normal), "{text}");
        let recorded: Vec<_> = arguments.recorded().map(|(_, name, _)| name).collect();
        assert_eq!(recorded, names, "{text}");
    }
}

#[test]
fn texts_that_are_no_format_strings_are_refused() {
    for text in table().refused {
        assert_eq!(read(&format!("{text:?}")).unwrap().0, None, "{text}");
    }
}

/// Returns the normal form and the names of a statement, or its error.
fn read(statement: &str) -> Result<(Option<String>, Vec<String>), String> {
    let input = Input::event.parse_str(&format!("(ttlog_core) (Level::Info) {statement}"));
    let input = input.map_err(|error| error.to_string())?;
    let mut arguments = Arguments::new(&input).map_err(|error| error.to_string())?;
    let normal = arguments.read().map_err(|error| error.to_string())?;
    let names = arguments.recorded().map(|(_, name, _)| name.to_owned());
    Ok((normal, names.collect()))
}

#[test]
fn a_variable_after_the_arguments_that_the_text_shows_is_a_field() {
    for (statement, normal, names) in [
        (r#""text", id"#, "text", &["id"][..]),
        (
            r#""text", id, order.id, self.0"#,
            "text",
            &["id", "order.id", "self.0"],
        ),
        (r#""{} in {}", 1, city, id"#, "{0} in {1}", &["", "", "id"]),
        (r#""{:>1$}", 1, width, id"#, "{0:>1$}", &["", "", "id"]),
        (r#""{id}", id"#, "{0}", &["id"]),
        (r#""text", a = 1, id, %ip"#, "text", &["a", "id", "ip"]),
        (r#""id={}", x, id"#, "id={0}", &["", "id"]),
    ] {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(
            read(statement),
            Ok((Some(normal.to_owned()), names)),
            "{statement}"
        );
    }
}

#[test]
fn a_value_that_the_text_does_not_show_needs_a_name() {
    for statement in [
        r#""text", 1 + 1"#,
        r#""text", id.len()"#,
        r#""{1}", a, b"#,
        r#""text", 7, id"#,
        r#""text", a = 1, 7"#,
    ] {
        let error = read(statement).unwrap_err();
        assert!(error.contains("`name = value`"), "{statement}: {error}");
    }
    assert_eq!(read(r#""{} {}", a"#).unwrap().0, None);
    assert!(read(r#""text", id, id"#).unwrap_err().contains("twice"));
}
