//! The clock: where every service gets the time from.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{sync::Arc, thread, time::Instant};

/// Time since the shop opened, and the means to let some of it pass.
///
/// A manual clock stands still until somebody waits on it, so a test of an hour takes no time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Real { opened: Instant },
    Manual { now_ns: Arc<AtomicU64> },
}

impl Clock {
    /// A clock that shows real time, from zero.
    #[must_use]
    pub fn real() -> Self {
        Self(Source::Real {
            opened: Instant::now(),
        })
    }

    /// A clock that shows zero until [`pause`](Self::pause) moves it.
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual {
            now_ns: Arc::default(),
        })
    }

    /// The time since the shop opened.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::Real { opened } => opened.elapsed(),
            Source::Manual { now_ns } => Duration::from_nanos(now_ns.load(Ordering::Relaxed)),
        }
    }

    /// Waits for `time` to pass.
    pub fn pause(&self, time: Duration) {
        match &self.0 {
            Source::Real { .. } => thread::sleep(time),
            Source::Manual { now_ns } => {
                now_ns.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
            }
        }
    }
}
