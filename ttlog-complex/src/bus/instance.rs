//! The instance: one thread of a service, with its inbox, and the supervisor that keeps it going.

use core::time::Duration;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Instant,
};

use crossbeam_channel::Receiver;
use ttlog_std::{Context, debug, error, info, trace};

use super::{
    Outcome, Service, crash, dead_letters::Cause, desk::Post, exchange::Exchange,
    message::Envelope, meter::Meter, ward::Ward,
};

/// How long an instance that crashed is down; twice as long each time that it crashes again before
/// it has finished a request.
const DOWN: Duration = Duration::from_millis(20);
/// But no longer than this.
const DOWN_MAX: Duration = Duration::from_secs(1);

/// What one thread of a service works with.
#[derive(Debug)]
pub struct Instance<S: Service> {
    /// What it shares with the other instances.
    pub service: Arc<S>,
    /// What it lets its callers see.
    pub post: Arc<Post>,
    /// Where its requests arrive.
    pub inbox: Receiver<Envelope<S::Request>>,
    /// Where they are counted.
    pub meter: Arc<Meter>,
    /// Where its health is known.
    pub ward: Arc<Ward>,
    /// What it has in common with the other services.
    pub exchange: Arc<Exchange>,
}

impl<S: Service> Instance<S> {
    /// Handles requests until the inbox is closed and empty. Whatever panics is caught here.
    pub fn run(self) {
        let (service, instance) = (S::NAME, self.post.number);
        debug!("instance.start service={service} instance={instance}");
        let mut down = DOWN;
        for envelope in &self.inbox {
            if self.serve(envelope) {
                down = DOWN;
            } else {
                self.restart(down);
                down = DOWN_MAX.min(down * 2);
            }
        }
        let handled = self.post.handled();
        debug!("instance.end service={service} instance={instance} handled={handled}");
    }

    /// Answers whether it survived the request.
    fn serve(&self, envelope: Envelope<S::Request>) -> bool {
        let service = S::NAME;
        let setting = &self.exchange.setting;
        let _context = envelope.context.map(Context::enter);
        if let Some(by) = setting.weather.latency(service) {
            setting.clock.pause(by);
        }
        let begun = Instant::now();
        let stub = envelope.stub();
        let bury = |cause| self.exchange.bury(service, stub, cause);
        let Envelope {
            request,
            deadline,
            sent,
            ..
        } = envelope;
        if deadline.has_passed(begun) {
            self.post.finish(Duration::ZERO);
            self.meter
                .count(Outcome::Unheard, sent.elapsed(), Duration::ZERO);
            bury(Cause::Late);
            return true;
        }
        if setting.weather.crashes(service) {
            crash::doom();
        }
        // A service changes what it shares behind locks that are taken all the same after a panic,
        // see `Shared`; nothing else of it can be seen half done.
        let handled = catch_unwind(AssertUnwindSafe(|| {
            let outcome = self.service.handle(request, deadline);
            // Where there was nothing to answer, that is the moment before the answer.
            crash::strike();
            outcome
        }));
        crash::spare();
        let (elapsed, busy) = (sent.elapsed(), begun.elapsed());
        match handled {
            Ok(outcome) => {
                self.post.finish(busy);
                let elapsed_us = elapsed.as_micros() as u64;
                trace!(
                    "request.done service={service} outcome={outcome:?} elapsed_us={elapsed_us}"
                );
                self.meter.count(outcome, elapsed, busy);
                if outcome == Outcome::Unheard {
                    bury(Cause::Late);
                }
                true
            }
            Err(panic) => {
                self.meter.count_failed(busy);
                self.crash(crash::was_injected(&*panic));
                self.post.finish(busy);
                bury(Cause::Crashed);
                false
            }
        }
    }

    fn crash(&self, injected: bool) {
        let (service, instance) = (S::NAME, self.post.number);
        let crashes = self.post.go_down();
        error!(
            "instance.crashed service={service} instance={instance} crashes={crashes} injected={injected}"
        );
        self.ward.crashed(instance);
        let mut all = self.exchange.crashes.lock();
        if injected {
            all.injected += 1;
        } else {
            let name = thread::current().name().unwrap_or(service).to_owned();
            *all.unexpected.entry(name).or_default() += 1;
        }
    }

    fn restart(&self, down: Duration) {
        self.exchange.setting.clock.pause(down);
        self.post.come_up();
        self.exchange.crashes.lock().restarted += 1;
        let (service, instance) = (S::NAME, self.post.number);
        let down_ms = down.as_millis() as u64;
        info!("instance.restarted service={service} instance={instance} down_ms={down_ms}");
    }
}
