//! A program outside of this workspace, as a user writes it. Its panics end the process.

mod support;

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
};

use support::ChildExit;

const MANIFEST: &str = r#"
[package]
name = "outside"
edition = "2024"

[dependencies]
ttlog-std = { path = "TTLOG_STD" }

[profile.dev]
panic = "abort"
debug = false
incremental = false

# A separate workspace, although its directory is inside another workspace.
[workspace]
"#;

const MAIN: &str = r#"
use ttlog_std::{PanicHook, Trace, info};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|info| eprintln!("the previous hook: {info}")));
    let trace = Trace::builder().service("outside").events(50_000).build()?;
    PanicHook::install(trace.get_sender());
    let order_id = 7;
    info!("order.place order_id={order_id}");
    if std::env::args().any(|argument| argument == "spawned") {
        let worker = std::thread::Builder::new().name("worker".into());
        let _ = worker.spawn(|| panic!("no worker is left"))?.join();
        eprintln!("the program continues");
        return Ok(());
    }
    panic!("the queue is {}", "empty");
}
"#;

/// Writes the program's package. The next run of the test reuses its build.
fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = MANIFEST.replace("TTLOG_STD", here.to_str().unwrap());
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::write(package.join("src/main.rs"), MAIN).unwrap();
    // The same versions as in this workspace, so that the build needs no network.
    fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    package
}

fn build(package: &Path, panic: &str) -> PathBuf {
    let target = package.join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--offline", "--quiet", "--config"])
        .arg(format!("profile.dev.panic=\"{panic}\""))
        .arg("--target-dir")
        .arg(&target)
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(package);
    let built = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    target.join("debug/outside")
}

/// Asserts that the program leaves one snapshot, whose last event is the panic.
fn assert_saved(program: &Path, argument: &str, thread: &str, text: &str) -> ChildExit {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .arg(argument)
        .env("TTLOG_DIR", directory.path())
        .current_dir(directory.path());
    for inherited in ["TTLOG_FILTER", "OTEL_SERVICE_NAME"] {
        command.env_remove(inherited);
    }
    let ended = support::run(&mut command);
    for said in ["the previous hook: ", text] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    let files: Vec<_> = support::files(directory.path());
    let files: Vec<_> = files
        .iter()
        // Some systems write the memory of an aborted process to its working directory.
        .filter(|file| {
            !file
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("core")
        })
        .collect();
    let [file] = files[..] else {
        panic!("{files:?}: {}", ended.stderr)
    };
    assert!(file.to_str().unwrap().ends_with("-panic.bin"), "{file:?}");
    let read = support::read(file);
    assert_eq!(
        (
            read.header.service.as_deref(),
            read.header.reason.as_deref()
        ),
        (Some("outside"), Some("panic"))
    );
    assert_eq!(read.events.len(), 2, "{:?}", read.events);
    assert_eq!(read.events[0].message, "order.place order_id=7");
    let last = &read.events[1];
    assert_eq!(
        (
            &*support::field(last, "thread"),
            &*support::field(last, "message")
        ),
        (thread, text)
    );
    assert!(support::field(last, "location").starts_with("src/main.rs:"));
    ended
}

#[test]
fn a_program_outside_of_the_workspace_saves_its_panic_whether_it_aborts_or_unwinds() {
    const SIGABRT: i32 = 6;
    let package = package();
    let program = build(&package, "abort");
    let ended = assert_saved(&program, "", "main", "the queue is empty");
    assert_eq!(ended.status.signal(), Some(SIGABRT));
    let ended = assert_saved(&program, "spawned", "worker", "no worker is left");
    assert_eq!(ended.status.signal(), Some(SIGABRT));
    assert!(!ended.stderr.contains("the program continues"));

    let program = build(&package, "unwind");
    let ended = assert_saved(&program, "", "main", "the queue is empty");
    assert_eq!(ended.status.code(), Some(101));
    let ended = assert_saved(&program, "spawned", "worker", "no worker is left");
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.contains("the program continues"));
}
