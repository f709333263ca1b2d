//! The crew: all threads that serve, and their meters.

use std::{
    io,
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use crossbeam_channel::bounded;

use super::{Client, Service, inboxes::Inboxes, instance::Instance, meter::Meter};

/// How many requests wait at one instance before it is full.
const INBOX_REQUESTS: usize = 64;

/// The running instances of all services.
#[derive(Debug, Default)]
pub struct Crew {
    threads: Vec<JoinHandle<()>>,
    meters: Vec<(&'static str, Arc<Meter>)>,
}

impl Crew {
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
        let meter = Arc::new(Meter::default());
        let mut senders = Vec::with_capacity(instances);
        for number in 1..=instances {
            let (sender, inbox) = bounded(INBOX_REQUESTS);
            let (service, meter) = (Arc::clone(&service), Arc::clone(&meter));
            let instance = Instance {
                service,
                number,
                inbox,
                meter,
            };
            let name = format!("{}-{number}", S::NAME);
            self.threads
                .push(Builder::new().name(name).spawn(|| instance.run())?);
            senders.push(sender);
        }
        self.meters.push((S::NAME, Arc::clone(&meter)));
        Ok(Client::new(S::NAME, Inboxes::new(senders), meter))
    }

    /// The meters of all services, in the order in which they were started.
    #[must_use]
    pub fn meters(&self) -> Vec<(&'static str, Arc<Meter>)> {
        self.meters.clone()
    }

    /// Waits until every instance has ended, and answers with the names of those that panicked.
    ///
    /// They end when the last client for each service is gone, so drop yours first.
    #[must_use]
    pub fn join(self) -> Vec<String> {
        let mut panicked = Vec::new();
        for thread in self.threads {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                panicked.push(name);
            }
        }
        panicked
    }
}
