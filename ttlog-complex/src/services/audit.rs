//! The audit service: who did what, and when, in the order in which it was heard of.

pub mod chain;
pub mod trail;

use ttlog_std::{Level, debug, span};

use self::trail::Trail;
use crate::{
    bus::{Deadline, Outcome, Service},
    protocol::audit::{Deed, Request},
};

/// The trail, open to be written on.
pub struct Audit {
    trail: Trail,
}

impl Audit {
    /// Writes on `trail`.
    pub fn new(trail: Trail) -> Self {
        Self { trail }
    }

    fn record(&self, deed: Deed) {
        let _span = span!(Level::Debug, "audit.record");
        let number = self.trail.write(format!("{deed:?}"));
        debug!("audit.record number={number} deed={deed:?}");
    }
}

impl Service for Audit {
    const NAME: &'static str = "audit";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Record(deed) => {
                self.record(deed);
                Outcome::Served
            }
        }
    }
}
