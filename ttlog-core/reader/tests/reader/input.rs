//! Paths of named pipes, devices and directories.

use std::{fs, process::Command, sync::mpsc, thread, time::Duration};

use tempfile::TempDir;
use ttlog_reader::{OpenError, Snapshots, Summary};

#[test]
fn named_pipes_and_devices_are_refused_without_waiting() {
    let dir = TempDir::new().unwrap();
    let pipe = dir.path().join("ttlog-1-pipe.bin");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let link = dir.path().join("ttlog-2-link.bin");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        for path in [pipe, link, "/dev/zero".into(), "/dev/null".into()] {
            let opened = Snapshots::new().open(&path);
            assert!(matches!(opened, Err(OpenError::NotAFile)), "{opened:?}");
            let summary = Summary::read(&path);
            assert!(matches!(summary, Err(OpenError::NotAFile)), "{summary:?}");
        }
        done.send(()).unwrap();
    });
    // The limit is for a reader that waits for a writer, which would never come.
    is_done.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[test]
fn a_directory_is_opened_file_by_file() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(
        Snapshots::new().open(dir.path()),
        Err(OpenError::Directory)
    ));
    fs::write(dir.path().join("ttlog-1.bin"), b"not a snapshot").unwrap();
    fs::write(dir.path().join("other.bin"), b"not looked at").unwrap();
    let snapshots = Snapshots::open_directory(dir.path()).unwrap();
    assert!(snapshots.files().is_empty());
    assert_eq!(ttlog_reader::list(dir.path()).unwrap().len(), 1);
}
