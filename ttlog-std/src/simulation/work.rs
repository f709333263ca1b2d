//! The writing of one snapshot, which in a program is a thread of its own.

use std::{fmt, io, rc::Rc, time::Duration};

use super::{
    process::Process,
    world::{World, world},
};
use crate::{
    error::{BuildError, SnapshotError},
    limited_writer::{LimitedRunner, WriteWork},
    process_id,
    ticket::SnapshotResult,
};

/// A work that has not begun: its thread was not run, or its disk does not respond.
pub(super) struct WaitingWork {
    pub(super) pid: u32,
    work: WriteWork,
}

impl fmt::Debug for WaitingWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingWork").finish_non_exhaustive()
    }
}

impl WaitingWork {
    pub(super) fn is_of(&self, process: &Rc<Process>) -> bool {
        self.pid == process.name.pid
    }

    /// Runs the work. No thread waits for its result.
    pub(super) fn run(self, world: &World) {
        world.note(|| "a late work runs".to_owned());
        let written = (self.work)();
        world.files.note_result(world, &written);
    }
}

/// Runs works within the step of the actor that waits for them.
#[derive(Debug)]
pub(super) struct SimulatedRunner;

impl LimitedRunner for SimulatedRunner {
    fn run(&self, work: WriteWork, limit: Duration) -> Result<SnapshotResult, BuildError> {
        let world = &*world();
        if world.plan.has_faults && world.random.once_in(50) && !world.is_hanging() {
            world.note(|| "no thread can be started".to_owned());
            let error = io::Error::from(io::ErrorKind::WouldBlock);
            let name = "ttlog-snapshot";
            return Err(BuildError::Thread { name, error });
        }
        if world.is_hanging() {
            world.note(|| format!("the disk does not respond for {limit:?}"));
            let pid = process_id::get();
            world.works.borrow_mut().push(WaitingWork { pid, work });
            world.wait(limit, || false);
            return Ok(Err(SnapshotError::TimedOut));
        }
        let start = world.now();
        let written = self.run_here(work);
        let took = world.now().duration_since(start);
        world.note(|| match &written {
            Ok(receipt) => format!("wrote {} in {took:?}", receipt.path.display()),
            Err(error) => format!(
                "could not write in {took:?}: {}",
                crate::error::chain(error)
            ),
        });
        if took > limit {
            world.excess.set(world.excess.get() + (took - limit));
            world.note(|| format!("too late by {:?}", took - limit));
            return Ok(Err(SnapshotError::TimedOut));
        }
        Ok(written)
    }

    fn run_here(&self, work: WriteWork) -> SnapshotResult {
        let world = &*world();
        let written = work();
        world.files.note_result(world, &written);
        written
    }
}
