//! Removes the temporary files of processes that ended before they gave them a name.

use std::time::{Duration, SystemTime};

use crate::{file_names, file_system::DirectoryHandle, process_table::ProcessTable};

/// The age at which a temporary file is not being written any more, whatever process it belongs to.
///
/// A process in another container, or on another machine that shares the directory, cannot be seen. If
/// such a process does take longer, it notices that its file is gone, and writes another one.
const ABANDONED_AGE: Duration = Duration::from_secs(60 * 60);

/// Removes the files among `temporary` that no process is writing. Only files of this user are removed.
pub(crate) fn sweep(
    directory: &dyn DirectoryHandle,
    processes: &dyn ProcessTable,
    temporary: &[String],
    now: SystemTime,
) {
    if temporary.is_empty() {
        return;
    }
    let this = processes.this();
    let boot = processes.boot_time();
    for name in temporary {
        let Ok(status) = directory.status(name) else {
            continue;
        };
        let is_abandoned = match file_names::process_of(name) {
            Some(process) if process.scope == this.scope => !processes.is_running(process),
            _ => {
                boot.is_some_and(|boot| status.modified < boot)
                    || now
                        .duration_since(status.modified)
                        .is_ok_and(|age| age >= ABANDONED_AGE)
            }
        };
        if status.is_regular && status.is_own && is_abandoned {
            // A file that cannot be removed stays until the next listing.
            let _ = directory.unlink(name);
        }
    }
}
