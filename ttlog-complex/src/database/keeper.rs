//! The keeper: a thread that looks after connections that idle.

use core::time::Duration;
use std::{
    io,
    thread::{Builder, JoinHandle},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ttlog_std::debug;

use super::Database;

/// How often it looks.
const ROUND: Duration = Duration::from_millis(500);

/// Checks databases now and then until it is dropped.
#[derive(Debug)]
pub struct Keeper {
    /// Dropping it is the sign to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(databases: Vec<Database>) -> io::Result<Self> {
        let (stop, stopped) = bounded(0);
        let thread = Builder::new()
            .name("database-keeper".into())
            .spawn(move || keep(&databases, &stopped))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

fn keep(databases: &[Database], stopped: &Receiver<()>) {
    while stopped.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
        databases.iter().for_each(Database::check);
    }
    debug!("database.keeper ended");
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic, and if it did there would be nothing to do about it here.
            let _ = thread.join();
        }
    }
}
