//! File systems that only a child process and its children see. They end with it.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::{ChildExit, run_scenario_by};

/// A file system whose server never responds.
pub(crate) struct Silent {
    pub(crate) path: PathBuf,
    /// Kept open: after it is closed, all waiting calls return an error.
    _server: File,
}

impl Silent {
    pub(crate) fn mount(path: PathBuf) -> Self {
        fs::create_dir(&path).unwrap();
        let mut options = File::options();
        let server = options.read(true).write(true).open("/dev/fuse").unwrap();
        // `mount` inherits it as its input.
        let mounted = Command::new("mount")
            .args(["-i", "-t", "fuse", "silent"])
            .args(["-o", "fd=0,rootmode=40000,user_id=0,group_id=0"])
            .arg(&path)
            .stdin(server.try_clone().unwrap())
            .status();
        assert!(mounted.unwrap().success());
        Self {
            path,
            _server: server,
        }
    }
}

/// Mounts a file system in memory.
pub(crate) fn mount_small(path: &Path, options: &str) {
    fs::create_dir(path).unwrap();
    let mut mount = Command::new("mount");
    let mounted = mount
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(path);
    assert!(mounted.status().unwrap().success());
}

/// Runs the scenario of the test `child` in a process with its own mounts. Returns the time it took as well, and
/// `None` if this user may not mount.
pub(crate) fn run_scenario(scenario: &str, directory: &Path) -> Option<(ChildExit, Duration)> {
    let alone = |program: &Path| {
        let mut command = Command::new("unshare");
        let options = ["--user", "--map-root-user", "--mount"];
        command.args(options).arg(program);
        command
    };
    let mut probe = alone(Path::new("test"));
    let may = probe.args(["-w", "/dev/fuse"]).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a user may not mount a FUSE file system of his own here");
        return None;
    }
    let mut command = alone(&env::current_exe().unwrap());
    let began = Instant::now();
    let ended = run_scenario_by(&mut command, "child", scenario, directory);
    Some((ended, began.elapsed()))
}
