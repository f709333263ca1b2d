//! Databases are there while the shop is open, and gone afterwards.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

fn program(directory: &Path, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ttlog-complex"));
    let snapshots = directory.join("snapshots");
    std::fs::create_dir(&snapshots).unwrap();
    command
        .args(options.split_whitespace())
        .arg("--dir")
        .arg(snapshots)
        .env("TMPDIR", directory)
        .env_remove("TTLOG_FILTER")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The databases' directories.
fn private(directory: &Path) -> Vec<String> {
    let names = directory.read_dir().unwrap();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("ttlog-complex-"))
        .collect()
}

#[test]
fn a_run_leaves_no_database_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = program(directory.path(), "--duration 300ms --quiet");
    assert!(run.status().unwrap().success());
    assert_eq!(private(directory.path()), [""; 0]);
}

#[test]
fn a_run_that_is_interrupted_leaves_no_database_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = program(directory.path(), "--no-color").spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("order.place") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
    }
    assert_eq!(private(directory.path()).len(), 1);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    out.read_to_string(&mut line).unwrap();
    child.wait().unwrap();
    assert_eq!(private(directory.path()), [""; 0]);
}
