//! The crew: all threads that serve, and what can be seen of them.

use core::fmt;
use std::{
    io,
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use super::{
    Client, Service,
    crash::Crashes,
    dead_letters::DeadLetters,
    exchange::Exchange,
    fleet::Fleet,
    instance::Instance,
    meter::Meter,
    scalable::{Scalable, Watched},
    setting::Setting,
    ward::Ward,
};
use crate::{
    resilience::fuse::{BreakerReading, Fuse},
    shared::Shared,
};

/// The running instances of all services.
#[derive(Default)]
pub struct Crew {
    exchange: Arc<Exchange>,
    threads: Shared<Vec<JoinHandle<()>>>,
    meters: Vec<(&'static str, Arc<Meter>)>,
    scalables: Vec<Arc<dyn Scalable>>,
}

impl Crew {
    /// A crew without services.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self {
            exchange: Arc::new(Exchange::new(setting)),
            ..Self::default()
        }
    }

    /// Starts the instances of a service, and answers with a client for them.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start<S: Service>(
        &mut self,
        instances: usize,
        service: S,
    ) -> io::Result<Client<S::Request>> {
        let service = Arc::new(service);
        let exchange = Arc::clone(&self.exchange);
        let clock = &exchange.setting.clock;
        let meter = Arc::new(Meter::new(clock.clone()));
        let ward = Arc::new(Ward::new(S::NAME, clock.clone()));
        let hire = {
            let (meter, ward, exchange) = (meter.clone(), ward.clone(), exchange.clone());
            let threads = self.threads.clone();
            Box::new(move |post, inbox| {
                let instance = Instance {
                    service: Arc::clone(&service),
                    post,
                    inbox,
                    meter: Arc::clone(&meter),
                    ward: Arc::clone(&ward),
                    exchange: Arc::clone(&exchange),
                };
                let name = format!("{}-{}", S::NAME, instance.post.number);
                let thread = Builder::new().name(name).spawn(|| instance.run())?;
                let mut threads = threads.lock();
                // Those that were taken away need not be waited for any more.
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
                Ok(())
            })
        };
        let fleet = Fleet::start(S::NAME, instances, exchange, meter.clone(), ward, hire)?;
        let fleet = Arc::new(fleet);
        self.meters.push((S::NAME, meter));
        self.scalables.push(Arc::new(Watched::new(&fleet)));
        Ok(Client::new(fleet))
    }

    /// The meters of all services, in the order in which they were started.
    #[must_use]
    pub fn meters(&self) -> Vec<(&'static str, Arc<Meter>)> {
        self.meters.clone()
    }

    /// All services, in the same order, to be watched and scaled.
    #[must_use]
    pub fn scalables(&self) -> Vec<Arc<dyn Scalable>> {
        self.scalables.clone()
    }

    /// What the breakers of all dependencies show.
    #[must_use]
    pub fn breakers(&self) -> Vec<BreakerReading> {
        self.exchange.breakers()
    }

    /// What all services have in common, which outlives them.
    #[must_use]
    pub fn exchange(&self) -> Arc<Exchange> {
        Arc::clone(&self.exchange)
    }

    /// The breaker between two, for a caller whose callee is not on the bus, such as a bank.
    #[must_use]
    pub fn fuse(&self, caller: &'static str, callee: &'static str) -> Arc<Fuse> {
        self.exchange.fuse(caller, callee)
    }

    /// What was not delivered or not answered.
    #[must_use]
    pub fn dead_letters(&self) -> Shared<DeadLetters> {
        self.exchange.dead_letters.clone()
    }

    /// The instances that panicked.
    #[must_use]
    pub fn crashes(&self) -> Shared<Crashes> {
        self.exchange.crashes.clone()
    }

    /// Waits until every instance has ended, and answers with the names of those that panicked
    /// without being meant to.
    ///
    /// They end when the last client for each service is gone, so drop yours first.
    #[must_use]
    pub fn join(self) -> Vec<String> {
        let mut panicked = Vec::new();
        // Whoever was started last has no callers left in the crew. The lock is not held meanwhile:
        // a service that still has callers may be given another instance.
        let next = || self.threads.lock().pop();
        while let Some(thread) = next() {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                panicked.push(name);
            }
        }
        panicked.extend(self.exchange.crashes.lock().unexpected.keys().cloned());
        panicked
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.meters.iter().map(|(name, _)| name);
        out.debug_list().entries(services).finish()
    }
}
