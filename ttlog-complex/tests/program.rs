//! The program as a user runs it.

use core::time::Duration;
use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::Instant,
};

use serde_json::Value;
use ttlog_complex::chaos::schedule::SERVICES;

fn program(directory: &Path, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ttlog-complex"));
    command
        .args(options.split_whitespace())
        .arg("--dir")
        .arg(directory)
        .env_remove("TTLOG_FILTER")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The reasons of the snapshots, sorted.
fn reasons(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut reasons: Vec<String> = names
        .map(|name| name.into_string().unwrap())
        .map(|name| {
            // ttlog-<pid>-<time>-<reason>.bin
            let reason = name
                .strip_suffix(".bin")
                .unwrap()
                .splitn(4, '-')
                .nth(3)
                .unwrap();
            reason.to_owned()
        })
        .collect();
    reasons.sort();
    reasons
}

/// Runs the program with `--report` as well, and reads that.
fn report(directory: &Path, options: &str) -> Value {
    let file = directory.join("report.json");
    let options = format!("{options} --report {}", file.display());
    let output = program(directory, &options).output().unwrap();
    assert!(output.status.success(), "{}", stdout(&output));
    read_report(&file)
}

/// Reads a report, and takes it away: the snapshots are to be alone in their directory.
fn read_report(file: &Path) -> Value {
    let report = fs::read_to_string(file).unwrap();
    fs::remove_file(file).unwrap();
    serde_json::from_str(&report).unwrap()
}

/// The numbers of the checks that passed.
fn numbers_of_passed(report: &Value) -> Vec<u64> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["passed"] == true)
        .map(|check| check["number"].as_u64().unwrap())
        .collect()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn a_run_uses_every_service_keeps_every_rule_and_leaves_snapshots() {
    let directory = tempfile::tempdir().unwrap();
    let options = "--seed 7 --duration 4s --rate 60 --no-color";
    let output = program(directory.path(), options).output().unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("seed 7\n"));
    assert!(text.contains("order.place order_id="));
    assert!(text.contains("load.hour hour=20 multiplier=3.00"));
    assert!(text.contains("security.threat threat="));
    assert!(!text.contains("FAIL"));
    let checks = text.lines().filter(|line| line.starts_with("pass "));
    assert_eq!(checks.count(), 12);
    assert!(text.contains("12 of 12 checks passed"));

    let (_, summary) = text.split_once("the shop was open").unwrap();
    for service in SERVICES {
        let line = summary
            .lines()
            .find(|line| line.split_whitespace().next() == Some(service));
        let requests = line
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap();
        assert!(requests.parse::<u64>().unwrap() > 0, "{service}");
    }

    let reasons = reasons(directory.path());
    for reason in [
        "startup",
        "service_startup",
        "panic",
        "chaos_Random_Service_Failure",
        "order_placed",
        "payment_failed",
        "order_failed_payment",
        "high_load_scenario",
        "security_risk_payment_processed",
        "shutdown",
    ] {
        assert!(
            reasons.iter().any(|it| it == reason),
            "{reason} is not in {reasons:?}"
        );
    }
}

#[test]
fn a_quiet_run_shows_the_seed_and_the_summary_only() {
    let directory = tempfile::tempdir().unwrap();
    let output = program(directory.path(), "--duration 200ms --quiet")
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("seed "));
    assert!(text.contains("the shop was open"));
    assert!(!text.contains("INFO"));
}

#[test]
fn a_script_is_followed_and_the_report_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("storm");
    fs::write(&script, "at 300ms crash user\nat 1s for 200ms cpu 1\n").unwrap();
    let options = format!("--duration 2s --quiet --chaos {}", script.display());
    let report = report(directory.path(), &options);
    assert_eq!(report["passed"], true);
    let faults: Vec<&str> = report["chaos"]["latest"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["fault"].as_str().unwrap())
        .collect();
    assert_eq!(faults, ["crash user", "cpu 1"]);
    assert_eq!(report["chaos"]["crashes"], 1);
    assert_eq!(numbers_of_passed(&report), (1..=12).collect::<Vec<u64>>());
}

#[test]
fn heavy_chaos_breaks_no_rule_and_the_report_says_what_it_did() {
    let directory = tempfile::tempdir().unwrap();
    let options = "--seed 3 --duration 3s --rate 50 --quiet --chaos heavy";
    let report = report(directory.path(), options);
    assert_eq!(numbers_of_passed(&report), (1..=12).collect::<Vec<u64>>());
    let count = |pointer: &str| {
        let value = report.pointer(pointer).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("no {pointer} in {report:#}"))
    };
    assert!(count("/chaos/injected") >= 4);
    assert_eq!(count("/queue/stuck") + count("/queue/waiting"), 0);
    assert_eq!(
        count("/queue/queued"),
        count("/queue/carried_out") + count("/queue/given_up")
    );
    assert_eq!(count("/stock/reserved"), 0);
    assert!(count("/stock/sold") > 0 && count("/post/channels/email/sent") > 0);
    assert!(count("/databases/orders/leases") >= count("/orders/confirmed"));
    assert_eq!(
        count("/business/funnel/visit/visits"),
        count("/figures/logins")
    );
    assert_eq!(report["business"]["windows"].as_array().unwrap().len(), 3);
    assert!(!reasons(directory.path()).is_empty());
}

#[test]
fn a_mistake_in_a_script_is_named_with_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("storm");
    fs::write(&script, "at 1s crash user\nat 2s crash butler\n").unwrap();
    let options = format!("--chaos {}", script.display());
    let output = program(directory.path(), &options).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = str::from_utf8(&output.stderr).unwrap();
    assert!(
        text.contains(&format!("{}:2: ", script.display())),
        "{text}"
    );
    assert!(text.contains("no service `butler`"), "{text}");
}

#[test]
fn a_dashboard_without_a_terminal_is_lines() {
    let directory = tempfile::tempdir().unwrap();
    let options = "--duration 300ms --ui --no-color --chaos off";
    let output = program(directory.path(), options).output().unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("there is no terminal for a dashboard"));
    assert!(text.contains("shop.open seed="));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_in_order_and_soon() {
    use std::io::{BufRead, BufReader, Read};

    use rustix::process::{Pid, Signal, kill_process};

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.json");
    let options = format!("--no-color --report {}", file.display());
    let mut child = program(directory.path(), &options).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    // Interrupted in the middle of things: when the first order has gone through.
    let mut line = String::new();
    while !line.contains("order.place") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
    }
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert!(rest.contains("the shop was open"));
    let report = read_report(&file);
    assert_eq!(numbers_of_passed(&report), (1..=12).collect::<Vec<u64>>());
    let reasons = reasons(directory.path());
    assert!(
        reasons.iter().any(|reason| reason == "shutdown"),
        "{reasons:?}"
    );
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for options in ["--rate 0", "--duration soon", "--seed x"] {
        let output = program(directory.path(), options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options}");
        assert!(output.stdout.is_empty());
    }
}
