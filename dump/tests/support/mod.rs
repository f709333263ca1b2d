//! A recorder, and the program, which runs on its snapshots.
#![allow(dead_code, unused_imports)] // each test uses some of it

use std::{ffi::OsStr, path::Path, process::Command};

#[path = "../../../ttlog-core/reader/tests/support/mod.rs"]
mod recorder;

pub(crate) use recorder::*;

/// The result of a run of the program.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// Returns the output as one JSON document.
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the output as JSON documents, one for each line.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The messages of an output in lines of JSON.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.lines()
            .iter()
            .map(|event| event["message"].as_str().unwrap().into())
            .collect()
    }
}

/// Returns the program, without the variables that it reads from its environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dump"));
    command.env_remove("TTLOG_DIR").env_remove("NO_COLOR");
    command
}

pub(crate) fn dump<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Answer {
    answer(program().args(args))
}

pub(crate) fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        status: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Shows one file as lines of JSON.
pub(crate) fn ndjson<'a>(path: &'a Path, args: impl IntoIterator<Item = &'a str>) -> Answer {
    answer(program().arg("--format=ndjson").args(args).arg(path))
}
