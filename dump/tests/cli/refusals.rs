//! Files and options that are rejected, and readers that close the output.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use ttlog_core::{SnapshotHeader, info};

use crate::support::{Recorder, SECOND, answer, dump, header, program, save};

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(64, 1024);
    for serial in 0..5_000 {
        info!(serial, "more than a pipe holds");
    }
    let path = recorder.save(&dir, "a.bin", &header(SECOND));
    for format in ["json", "ndjson", "text"] {
        let mut child = program()
            .args(["--format", format])
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        drop(reader);
        let mut complaints = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut complaints)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}");
        assert_eq!(complaints, "", "{format}");
        assert!(line.len() > 10);
    }
}

#[test]
fn an_output_that_takes_nothing_is_a_failure() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return;
    };
    let dir = TempDir::new().unwrap();
    let path = Recorder::new(4, 256).save(&dir, "a.bin", &header(SECOND));
    let output = program().arg(path).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot be written")
    );
}

#[test]
fn files_of_which_nothing_can_be_read_are_named_with_what_to_try() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing.bin");
    let empty = save(&dir, "empty.bin", b"");
    let other = save(&dir, "other.bin", b"[package]\nname = \"dump\"\n");
    let cut = save(&dir, "cut.bin", b"\x89TTL\r\n\x1a\n\x01\0\0\0");
    let future = save(
        &dir,
        "future.bin",
        b"\x89TTL\r\n\x1a\n\x09\0\xf6\xffwhatever",
    );
    for (path, problem) in [
        (&missing, "No such file"),
        (&empty, "empty"),
        (&other, "not a ttlog snapshot"),
        (&cut, "no block of it is whole"),
        (&future, "version 9"),
        (&dir.path().into(), "directory"),
    ] {
        let answer = dump([path]);
        assert_eq!((answer.status, answer.out.as_str()), (2, ""), "{answer:?}");
        assert!(answer.err.contains(path.to_str().unwrap()), "{answer:?}");
        assert!(answer.err.contains(problem), "{answer:?}");
        assert!(answer.err.contains("dump ls"), "{answer:?}");
        assert_eq!(answer.err.lines().count(), 1, "{answer:?}");
    }
}

#[test]
fn what_can_be_read_is_shown_beside_what_cannot() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("here");
    let good = recorder.save(&dir, "good.bin", &header(SECOND));
    let missing = dir.path().join("missing.bin");
    let answer = dump([&missing, &good]);
    assert_eq!(answer.status, 1);
    assert_eq!(answer.document()["events"][0]["message"], "here");
    assert!(answer.err.contains("missing.bin"));
}

#[test]
fn wrong_options_are_explained() {
    for (args, problem) in [
        (&[][..], "<FILE>"),
        (
            &["--level=loud", "x"],
            "trace, debug, info, warn, error or fatal",
        ),
        (&["--since=noon", "x"], "12:00:00"),
        (&["--trace=xyz", "x"], "32 hex digits"),
        (&["--last=-1", "x"], "--last"),
        (&["--format=xml", "x"], "ndjson"),
    ] {
        let answer = dump(args);
        assert_eq!(answer.status, 2, "{answer:?}");
        assert!(answer.err.contains(problem), "{answer:?}");
    }
}

#[test]
fn a_pipe_is_read_as_a_file_is() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("through a pipe");
    let path = recorder.save(&dir, "a.bin", &header(SECOND));
    let stdin = File::open(&path).unwrap();
    let answer = answer(
        program()
            .args(["--format=ndjson", "/dev/stdin"])
            .stdin(stdin),
    );
    assert_eq!(answer.messages(), ["through a pipe"]);
    fs::remove_file(path).unwrap();
}

#[test]
fn a_named_pipe_is_refused_and_a_pipe_of_the_shell_is_read() {
    let dir = TempDir::new().unwrap();
    let pipe = dir.path().join("ttlog-1-pipe.bin");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Each of these would wait for ever if it opened the pipe.
    let refused = dump([&pipe]);
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("a named pipe"), "{refused:?}");
    let listed = dump(["ls".as_ref(), dir.path().as_os_str()]);
    assert_eq!(listed.status, 0);
    assert!(listed.out.contains("a named pipe"), "{listed:?}");

    let recorder = Recorder::new(4, 256);
    info!("through a pipe");
    let bytes = recorder.snapshot(&header(SECOND));
    let mut child = program()
        .args(["--format=ndjson", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("through a pipe"), "{out}");
}

#[test]
fn nothing_hostile_reaches_the_terminal_by_names_and_headers() {
    let dir = TempDir::new().unwrap();
    let hostile = "\u{1b}[2J\u{202e}\u{9b}";
    let recorder = Recorder::new(4, 256);
    info!("here");
    let bytes = recorder.snapshot(&SnapshotHeader {
        service: hostile,
        host: hostile,
        reason: hostile,
        ..header(SECOND)
    });
    let good = save(&dir, &format!("ttlog-{hostile}.bin"), &bytes);
    let cut = save(
        &dir,
        &format!("ttlog-cut-{hostile}.bin"),
        &bytes[..bytes.len() - 1],
    );
    let missing = dir.path().join(hostile);
    let shown = dump([
        "--format=text".as_ref(),
        good.as_os_str(),
        cut.as_os_str(),
        missing.as_os_str(),
    ]);
    let listed = dump(["ls".as_ref(), dir.path().as_os_str()]);
    let unlisted = dump(["ls".as_ref(), missing.as_os_str()]);
    let typed = dump(["--since", hostile, "file"]);
    let json = dump([good.as_os_str(), cut.as_os_str()]);
    let listed_json = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    for answer in [shown, listed, unlisted, typed, json, listed_json] {
        let text = [answer.out, answer.err].concat();
        let is_escaped = text.contains("\\u{202e}") || text.contains("\\u202e");
        assert!(is_escaped, "{text:?}");
        let is_safe = |char: char| char == '\n' || char.is_ascii() && !char.is_control();
        assert!(text.chars().all(is_safe), "{text:?}");
    }
}
