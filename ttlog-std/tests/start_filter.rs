//! A recorder whose filter is wrong starts, and says so. Each case runs in a child process.

mod support;

use std::{env, process::Command};

use ttlog_std::{Trace, error, info};

const TEST: &str = "child";

/// Runs the scenario in the child process. Does nothing in the parent.
#[test]
fn child() {
    let Some((scenario, directory)) = support::scenario() else {
        return;
    };
    let builder = Trace::builder().directory(directory);
    let builder = match &*scenario {
        "variable" => builder,
        filter => builder.filter(filter),
    };
    let trace = builder.build().unwrap();
    info!(target: "my_crate::net", "an event");
    error!(target: "my_crate::net", "an event");
    eprintln!("recorded {}", trace.stats().recorded);
}

/// Starts a recorder with `$TTLOG_FILTER`, and with a filter of the builder unless that is `variable`.
/// Returns stderr.
fn start(variable: &str, scenario: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.env("TTLOG_FILTER", variable);
    let ended = support::run_scenario_by(&mut command, TEST, scenario, directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stderr
}

/// Returns the lines of stderr that the library printed.
fn said(stderr: &str) -> Vec<&str> {
    let is_said = |line: &&str| line.starts_with("ttlog: ");
    stderr.lines().filter(is_said).collect()
}

#[test]
fn a_filter_of_wrong_directives_only_is_said_and_everything_is_recorded() {
    for wrong in [
        "inof",
        "warnings",
        "verbose",
        "info/pay",
        "my_crate:debug",
        "=info",
        "my_crate=loud",
        "info;sqlx=off",
        "*",
        "3",
        "a[b]",
        "level=info",
        "RUST_LOG=info",
        "TTLOG_FILTER=debug",
        "LEVEL",
        "level:info",
        "level = info",
        "level>=info",
        "info;debug",
        "info debug",
        "info|debug",
        "\"info\"",
        "'info'",
        "*=debug",
        "target[span]=info",
        "-v",
        "--verbose",
        "2",
        "1.5",
        "true",
        "on",
        "W",
        "info=",
        "default",
    ] {
        let stderr = start(wrong, "variable");
        let lines = said(&stderr);
        assert_eq!(lines.len(), 1, "{wrong}: {stderr}");
        assert!(lines[0].starts_with("ttlog: $TTLOG_FILTER: "), "{stderr}");
        assert!(
            // The line escapes what a terminal would obey, and `Debug` the quotes.
            lines[0].contains(&format!("{wrong:?} is ignored")),
            "{stderr}"
        );
        assert!(lines[0].ends_with("all events are recorded"), "{stderr}");
        assert!(stderr.contains("recorded 2"), "{wrong}: {stderr}");
    }
}

#[test]
fn the_aliases_of_levels_are_not_said() {
    for (filter, recorded) in [
        ("warning", 1),
        ("err", 1),
        ("WARN", 1),
        ("all", 2),
        ("none", 0),
        ("critical", 0),
        ("off,my-crate=err", 1),
    ] {
        let stderr = start(filter, "variable");
        assert_eq!(said(&stderr), Vec::<&str>::new());
        assert!(
            stderr.contains(&format!("recorded {recorded}")),
            "{filter}: {stderr}"
        );
    }
}

#[test]
fn spaces_and_empty_directives_are_not_said() {
    for filter in [" error ", "error,", ",error\n", "\tERROR , "] {
        let stderr = start(filter, "variable");
        assert_eq!(said(&stderr), Vec::<&str>::new());
        assert!(stderr.contains("recorded 1"), "{filter:?}: {stderr}");
    }
}

#[test]
fn one_line_names_each_wrong_directive_and_the_filter_in_force() {
    let stderr = start("error,shop=loud,net=off,a:b", "variable");
    let lines = said(&stderr);
    assert_eq!(lines.len(), 1, "{stderr}");
    for part in ["\"shop=loud\"", "\"a:b\"", "in force is \"error,net=off\""] {
        assert!(lines[0].contains(part), "{stderr}");
    }
    assert!(stderr.contains("recorded 1"), "{stderr}");
}

#[test]
fn a_wrong_filter_of_the_builder_is_said_and_the_variable_is_not_used() {
    let stderr = start("off", "error,shop=loud");
    assert!(
        said(&stderr)[0].starts_with("ttlog: Builder::filter: \"shop=loud\""),
        "{stderr}"
    );
    assert!(stderr.contains("recorded 1"), "{stderr}");
}

#[test]
fn control_characters_of_a_wrong_filter_are_escaped() {
    let stderr = start("\u{1b}[31mred", "variable");
    assert!(!stderr.contains('\u{1b}'), "{stderr:?}");
    assert_eq!(said(&stderr).len(), 1);
}

#[test]
fn a_filter_that_is_too_long_is_said_and_what_fits_is_used() {
    let long = format!("error,{}", "x".repeat(2_000));
    let stderr = start(&long, "variable");
    assert!(said(&stderr)[0].contains("the maximum is 1024"), "{stderr}");
    assert!(stderr.contains("recorded 1"), "{stderr}");
}
