//! Who records: what every snapshot's header says of the process.

use std::{env, fs, path::Path};

use ttlog_core::SnapshotHeader;

use crate::recorder::Recorder;

/// The most bytes of a service's or a host's name.
const NAME_MAX_BYTES: usize = 100;

/// Who records.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) service: String,
    host: String,
    build_id: String,
}

impl Identity {
    /// The service's name is the one given, else `OTEL_SERVICE_NAME`, else the program's file name.
    pub(crate) fn new(service: Option<String>, build_id: Option<String>) -> Self {
        let service = service
            .or_else(|| {
                env::var("OTEL_SERVICE_NAME")
                    .ok()
                    .filter(|name| !name.is_empty())
            })
            .or_else(|| {
                let program = env::current_exe().ok()?;
                Some(
                    Path::new(program.file_name()?)
                        .to_string_lossy()
                        .into_owned(),
                )
            })
            .unwrap_or_default();
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        Self {
            service: bounded(service),
            host: bounded(host),
            build_id: bounded(build_id.unwrap_or_default()),
        }
    }

    /// The header of a snapshot taken at `taken_ticks`.
    pub(crate) fn header<'a>(
        &'a self,
        recorder: &Recorder,
        reason: &'a str,
        merged: u32,
        taken_ticks: u64,
    ) -> SnapshotHeader<'a> {
        SnapshotHeader {
            service: &self.service,
            host: &self.host,
            pid: std::process::id(),
            reason,
            merged,
            target: concat_target(),
            build_id: &self.build_id,
            anchors: recorder.anchors(),
            events_max: recorder.events_max,
            ..SnapshotHeader::of(&recorder.ring, taken_ticks)
        }
    }
}

fn bounded(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(NAME_MAX_BYTES));
    name
}

fn concat_target() -> &'static str {
    match (env::consts::ARCH, env::consts::OS) {
        ("x86_64", "linux") => "x86_64-linux",
        ("aarch64", "linux") => "aarch64-linux",
        ("x86_64", "macos") => "x86_64-macos",
        ("aarch64", "macos") => "aarch64-macos",
        (arch, _) => arch,
    }
}

/// The directory for snapshots: the one given, else `TTLOG_DIR`, else `/tmp`.
pub(crate) fn directory(given: Option<std::path::PathBuf>) -> std::path::PathBuf {
    given
        .or_else(|| {
            env::var_os("TTLOG_DIR")
                .filter(|dir| !dir.is_empty())
                .map(Into::into)
        })
        // Only here may a link be followed: on some systems /tmp is one.
        .unwrap_or_else(|| fs::canonicalize("/tmp").unwrap_or_else(|_| "/tmp".into()))
}
