//! The album: every snapshot of the run, read back as soon as it is written.
//!
//! ```text
//! directory ─► picture: one file, read and counted ─► shelf: what all of them show
//!                                                       └─► what is shown is owed no more
//! evidence that would soon be overwritten ─► one more snapshot
//! ```
//!
//! Old files may be removed while the run goes on; what they showed stays on the shelf.

pub mod marks;
pub mod picture;
pub mod shelf;

use core::time::Duration;
use std::{
    collections::HashSet,
    ffi::OsString,
    fs, io,
    path::PathBuf,
    process,
    thread::{Builder, JoinHandle},
    time::SystemTime,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ttlog_std::{Trace, debug, error, warn};

pub use self::{marks::Marks, picture::Picture, shelf::Shelf};
use crate::{monitor::process::Process, shared::Shared, snapshots::Snapshots};

/// How often it looks for new files.
const LOOK: Duration = Duration::from_millis(200);
/// Evidence is saved when this part of the recorder's memory has been written over since.
const URGENT: f64 = 0.7;
/// Beyond this share of the process's computing time, the recorder writes what it must.
const THRIFT: f64 = 0.008;

/// A thread that reads snapshots.
#[derive(Debug)]
pub struct Album {
    stop: Sender<()>,
    thread: JoinHandle<()>,
    shelf: Shared<Shelf>,
}

impl Album {
    /// Reads what `trace` writes, which remembers so many events, and asks through `snapshots` for
    /// more where evidence would be lost.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(trace: &Trace, events: usize, snapshots: Snapshots) -> io::Result<Self> {
        let (stop, stopped) = bounded(1);
        let shelf = Shared::default();
        let mut reader = Reader {
            directory: trace.directory(),
            prefix: format!("ttlog-{}-", process::id()),
            seen: HashSet::new(),
            trace: trace.clone(),
            urgent: (events as f64 * URGENT) as u64,
            marks: Marks::default(),
            process: Process::default(),
            snapshots,
            shelf: shelf.clone(),
        };
        let thread = Builder::new()
            .name("album".into())
            .spawn(move || reader.run(&stopped))?;
        Ok(Self {
            stop,
            thread,
            shelf,
        })
    }

    /// What the snapshots have shown so far.
    #[must_use]
    pub fn shelf(&self) -> Shared<Shelf> {
        self.shelf.clone()
    }

    /// Reads what is still to be read; answers with what all snapshots have shown.
    ///
    /// The recorder should have ended: what it writes later is not read.
    #[must_use]
    pub fn close(self) -> Shelf {
        let _ = self.stop.try_send(());
        if self.thread.join().is_err() {
            warn!("album.reader panicked");
        }
        self.shelf.lock().clone()
    }
}

struct Reader {
    directory: PathBuf,
    /// What the names of this process's snapshots begin with.
    prefix: String,
    seen: HashSet<OsString>,
    trace: Trace,
    /// Evidence cannot wait for more events than that.
    urgent: u64,
    marks: Marks,
    process: Process,
    snapshots: Snapshots,
    shelf: Shared<Shelf>,
}

impl Reader {
    fn run(&mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            self.read_new();
            self.save_evidence();
            let share = self.process.usage().writer_share();
            self.snapshots
                .be_thrifty(share.is_some_and(|share| share > THRIFT));
        }
        self.read_new();
    }

    fn read_new(&mut self) {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return;
        };
        let mut names: Vec<OsString> = entries
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| {
                name.to_str()
                    .is_some_and(|it| it.starts_with(&self.prefix) && it.ends_with(".bin"))
            })
            .filter(|name| !self.seen.contains(name))
            .collect();
        // A name begins with the time.
        names.sort();
        for name in names {
            self.read(name);
        }
    }

    fn read(&mut self, name: OsString) {
        let file = name.to_string_lossy().into_owned();
        let read = match fs::read(self.directory.join(&name)) {
            Ok(bytes) => Picture::develop(&bytes),
            // Removed meanwhile: said by the number of those that were read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => Err(error.to_string()),
        };
        self.seen.insert(name);
        match read {
            Ok(picture) => {
                let (reason, events) = (&picture.reason, picture.kept);
                debug!("album.read file={file} reason={reason} events={events}");
                if let Some(flaw) = &picture.flaw {
                    error!("album.inexact file={file} flaw={flaw}");
                }
                self.snapshots.covered(picture.taken);
                self.shelf.lock().add(picture, &file);
            }
            Err(why) => {
                error!("album.unreadable file={file} why={why}");
                self.shelf.lock().unreadable.push(format!("{file}: {why}"));
            }
        }
    }

    /// Asks again for what is in no snapshot, before it is overwritten.
    fn save_evidence(&mut self) {
        let recorded = self.trace.stats().recorded;
        self.marks.set(SystemTime::now(), recorded);
        let Some((since, reason)) = self.snapshots.owed() else {
            return;
        };
        let events = recorded - self.marks.at(since);
        if events > self.urgent {
            debug!("album.evidence reason={reason} events_since={events}");
            drop(self.trace.request_snapshot(reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use ttlog_std::{info, warn};

    use super::*;
    use crate::ids::OrderId;

    /// The only test in this program that runs a recorder.
    #[test]
    fn what_a_snapshot_shows_is_on_the_shelf() {
        let directory = tempfile::tempdir().unwrap();
        let trace = Trace::builder()
            .directory(directory.path())
            .build()
            .unwrap();
        let snapshots = Snapshots::through(trace.get_sender(), Duration::ZERO);
        let album = Album::start(&trace, 50_000, snapshots.clone()).unwrap();
        let (order_id, number) = (OrderId(77), 5_u64);
        info!(order_id, reason = "payment", "order.failed");
        warn!("chaos.injected number={number} fault=none");
        snapshots.take("order_failed_payment");
        assert!(snapshots.owed().is_some());
        trace.shutdown(Duration::from_secs(5)).unwrap();
        fs::write(
            directory
                .path()
                .join(format!("ttlog-{}-0-x.bin", process::id())),
            "no",
        )
        .unwrap();
        let shelf = album.close();
        assert_eq!(snapshots.owed(), None);
        assert_eq!(shelf.inexact, [""; 0]);
        assert_eq!((shelf.read, shelf.unreadable.len()), (1, 1));
        assert!(shelf.failed_orders.contains(&77) && shelf.injections.contains(&5));
        assert_eq!(shelf.latest[0].reason, "order_failed_payment");
        assert!(shelf.recorded_max >= 2 && shelf.latest[0].events >= 2);
    }
}
