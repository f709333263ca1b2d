//! What cannot be done, and readers that stop reading.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use tempfile::TempDir;
use ttlog_core::info;

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
            .contains("could not be written")
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
        (&cut, "nothing of it is whole"),
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
