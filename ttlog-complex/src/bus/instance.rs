//! The instance: one thread of a service, with its inbox.

use std::{sync::Arc, time::Instant};

use crossbeam_channel::Receiver;
use ttlog_std::{Context, debug, trace, warn};

use super::{Outcome, Service, message::Envelope, meter::Meter};

/// What one thread of a service works with.
#[derive(Debug)]
pub struct Instance<S: Service> {
    /// What it shares with the other instances.
    pub service: Arc<S>,
    /// Its number, from 1.
    pub number: usize,
    /// Where its requests arrive.
    pub inbox: Receiver<Envelope<S::Request>>,
    /// Where they are counted.
    pub meter: Arc<Meter>,
}

impl<S: Service> Instance<S> {
    /// Handles requests until the inbox is closed and empty.
    pub fn run(self) {
        let (service, instance) = (S::NAME, self.number);
        debug!("instance.start service={service} instance={instance}");
        let mut handled: u64 = 0;
        for envelope in &self.inbox {
            self.serve(envelope);
            handled += 1;
        }
        debug!("instance.end service={service} instance={instance} handled={handled}");
    }

    fn serve(&self, envelope: Envelope<S::Request>) {
        let service = S::NAME;
        let Envelope {
            request,
            deadline,
            context,
            sent,
        } = envelope;
        let _context = context.map(Context::enter);
        if deadline.has_passed(Instant::now()) {
            let waited = sent.elapsed();
            let waited_us = waited.as_micros() as u64;
            warn!("request.late service={service} waited_us={waited_us}");
            self.meter.count(Outcome::Unheard, waited);
            return;
        }
        let outcome = self.service.handle(request, deadline);
        let elapsed = sent.elapsed();
        let elapsed_us = elapsed.as_micros() as u64;
        trace!("request.done service={service} outcome={outcome:?} elapsed_us={elapsed_us}");
        self.meter.count(outcome, elapsed);
    }
}
