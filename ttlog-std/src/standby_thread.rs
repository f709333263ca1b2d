//! A thread that waits for works, so that none has to be started when there is one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use crossbeam_channel::Sender;

use crate::{error::BuildError, limited_thread::LimitedThread};

/// A work, and the receiver of its result.
type Work<T> = (Box<dyn FnOnce() -> T + Send>, Sender<thread::Result<T>>);

/// A handle of a thread. The thread ends when the handle is dropped and its work is done.
#[derive(Debug)]
pub(crate) struct StandbyThread<T> {
    works: Sender<Work<T>>,
}

impl<T: Send + 'static> StandbyThread<T> {
    /// Starts a thread. It blocks all signals, so it takes none that the program waits for.
    pub(crate) fn start(name: &'static str) -> Result<Self, BuildError> {
        // Its room is allocated now, so that a work needs little memory.
        let (works, received) = crossbeam_channel::bounded::<Work<T>>(1);
        LimitedThread::spawn(name, move || {
            for (work, done) in received {
                let result = catch_unwind(AssertUnwindSafe(work));
                // Fails only if no thread waits for the result any more.
                let _ = done.send(result);
            }
        })?;
        Ok(Self { works })
    }

    /// Runs `work`, and waits for its result for at most `limit`. Returns the thread too if it can take another
    /// work, and `None` if the result did not come in time. The thread then ends after the work.
    pub(crate) fn run(
        self,
        work: Box<dyn FnOnce() -> T + Send>,
        limit: Duration,
    ) -> Option<(Self, thread::Result<T>)> {
        let (done, result) = crossbeam_channel::bounded(1);
        // The thread receives until the handle is dropped, and has no other work.
        self.works.send((work, done)).ok()?;
        let result = result.recv_timeout(limit).ok()?;
        Some((self, result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time that no test reaches.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn one_thread_runs_one_work_after_the_other_also_after_a_panic() {
        let mut standby = StandbyThread::start("ttlog-test").unwrap();
        let mut ids = Vec::new();
        for _ in 0..3 {
            let (again, id) = standby
                .run(Box::new(|| Some(thread::current().id())), LONG)
                .unwrap();
            ids.push(id.unwrap());
            let panics = Box::new(|| panic!("as the test asks for"));
            let (again, panicked) = again.run(panics, LONG).unwrap();
            assert!(panicked.is_err());
            standby = again;
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_ne!(ids[0], Some(thread::current().id()));
    }

    #[test]
    fn a_thread_that_does_not_return_in_time_is_left_and_ends_after_its_work() {
        let standby = StandbyThread::start("ttlog-test").unwrap();
        let (release, released) = crossbeam_channel::bounded::<()>(0);
        let (ending, ended) = crossbeam_channel::bounded::<()>(0);
        let work = move || {
            let _ending = ending;
            released.recv()
        };
        assert!(standby.run(Box::new(work), Duration::ZERO).is_none());
        drop(release);
        assert!(ended.recv_timeout(LONG).unwrap_err().is_disconnected());
    }
}
