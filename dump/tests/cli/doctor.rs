//! `dump doctor`.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use tempfile::TempDir;
use ttlog_core::info;

use crate::support::{Answer, Recorder, SECOND, answer, dump, header, program};

fn doctor(directory: &Path) -> Answer {
    dump(["doctor".as_ref(), directory.as_os_str()])
}

#[test]
fn a_directory_without_problems_has_a_line_for_each_check_and_status_0() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("one");
    recorder.save(&dir, "ttlog-1-early.bin", &header(SECOND));
    let answer = doctor(dir.path());
    assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{answer:?}");
    let lines: Vec<_> = answer.out.lines().collect();
    assert_eq!(lines.len(), 6, "{answer:?}");
    assert_eq!(
        lines[0],
        format!("ok       directory: {}", dir.path().display())
    );
    assert_eq!(lines[4], "ok       snapshots: 1, all whole");
    assert!(lines.iter().all(|line| line.starts_with("ok ")));
}

#[test]
fn a_problem_is_printed_with_its_cure_and_status_1() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("ttlog-1-panic.bin"), "no snapshot").unwrap();
    let answer = doctor(dir.path());
    assert_eq!(answer.status, 1);
    let start = "problem  snapshots: 1 of 1 are damaged: ";
    let line = answer.out.lines().position(|line| line.starts_with(start));
    let cure = answer.out.lines().nth(line.unwrap() + 1).unwrap();
    assert!(cure.starts_with("         cure: "), "{cure}");
}

#[test]
fn a_missing_directory_is_a_problem_and_its_name_is_escaped() {
    let dir = TempDir::new().unwrap();
    let answer = doctor(&dir.path().join("missing\x1b[31m\nok"));
    assert_eq!(answer.status, 1);
    assert!(answer.out.starts_with("problem  directory: "), "{answer:?}");
    assert!(!answer.out.contains('\x1b'), "{answer:?}");
    // The problem, its cure, and the wall clock.
    assert_eq!(answer.out.lines().count(), 3, "{answer:?}");
}

#[test]
fn checks_are_objects_in_json_and_the_directory_is_that_of_the_environment() {
    let dir = TempDir::new().unwrap();
    let mut command = program();
    command
        .args(["doctor", "--format=json"])
        .env("TTLOG_DIR", dir.path());
    let answer = answer(&mut command);
    assert_eq!(
        answer.lines()[0],
        json!({
            "name": "directory",
            "finding": { "result": "ok", "text": dir.path().to_str().unwrap() },
        })
    );
}

/// Mounts a file system whose server never responds, and runs the program that is the first argument.
const SILENT: &str = r#"
exec 3<>/dev/fuse
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 silent "$2" || exit 99
"$1" doctor "$2"
exit $?
"#;

#[test]
fn a_directory_that_never_responds_is_a_problem_and_the_program_ends() {
    let dir = TempDir::new().unwrap();
    let alone = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    let may = alone().args(["test", "-w", "/dev/fuse"]).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a user may not mount a FUSE file system of his own here");
        return;
    }
    let output = alone()
        // A program that hangs fails the test.
        .args(["timeout", "-k", "1", "60", "sh", "-c", SILENT, "sh"])
        .args([env!("CARGO_BIN_EXE_dump").as_ref(), dir.path().as_os_str()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("no response within 5 s"), "{text}");
    assert!(text.contains("cure: check the disk"), "{text}");
}
