//! The ward: the health of all instances of one service.

use std::collections::BTreeMap;

use ttlog_std::{info, warn};

use crate::{
    clock::Clock,
    resilience::health::{self, Change, Condition, Health},
    shared::Shared,
};

/// Who of a service's instances is in turn. One lock for all of them, so that two that fail at once
/// do not both find room outside.
#[derive(Debug)]
pub struct Ward {
    service: &'static str,
    clock: Clock,
    instances: Shared<BTreeMap<usize, Health>>,
}

impl Ward {
    /// One without instances.
    #[must_use]
    pub fn new(service: &'static str, clock: Clock) -> Self {
        Self {
            service,
            clock,
            instances: Shared::default(),
        }
    }

    /// Takes in a new instance, which is fit.
    pub fn enter(&self, instance: usize) {
        self.instances.lock().insert(instance, Health::default());
    }

    /// Forgets an instance.
    pub fn leave(&self, instance: usize) {
        self.instances.lock().remove(&instance);
    }

    /// Whether an instance may be asked.
    #[must_use]
    pub fn is_fit(&self, instance: usize) -> bool {
        let now = self.clock.now();
        let mut instances = self.instances.lock();
        instances
            .get_mut(&instance)
            .is_some_and(|it| it.is_fit(now))
    }

    /// How an instance is doing.
    #[must_use]
    pub fn condition(&self, instance: usize) -> Condition {
        let instances = self.instances.lock();
        instances
            .get(&instance)
            .map(Health::condition)
            .unwrap_or_default()
    }

    /// Learns that an instance answered.
    pub fn answered(&self, instance: usize) {
        self.learn(instance, |health, _| health.answered());
    }

    /// Learns that an instance did not answer in time.
    pub fn failed(&self, instance: usize) {
        let now = self.clock.now();
        self.learn(instance, |health, room| health.failed(now, room));
    }

    /// Learns that an instance crashed.
    pub fn crashed(&self, instance: usize) {
        let now = self.clock.now();
        self.learn(instance, |health, room| health.crashed(now, room));
    }

    fn learn(&self, instance: usize, how: impl FnOnce(&mut Health, bool) -> Option<Change>) {
        let mut instances = self.instances.lock();
        let out = instances.values().filter(|it| it.is_ejected()).count();
        let room = health::has_room(out, instances.len());
        // One that has left meanwhile is nobody's concern.
        let change = instances.get_mut(&instance).and_then(|it| how(it, room));
        drop(instances);
        let service = self.service;
        match change {
            None => {}
            Some(Change::Ejected { wait, failures }) => {
                let wait_ms = wait.as_millis() as u64;
                warn!(
                    "instance.ejected service={service} instance={instance} failures={failures} wait_ms={wait_ms}"
                );
            }
            Some(Change::Returned) => {
                info!("instance.returned service={service} instance={instance}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn half_of_the_instances_stay_in_turn_whatever_happens() {
        let clock = Clock::manual();
        let ward = Ward::new("order", clock.clone());
        (1..=4).for_each(|instance| ward.enter(instance));
        (1..=4).for_each(|instance| ward.crashed(instance));
        let fit = || {
            (1..=4)
                .filter(|&instance| ward.is_fit(instance))
                .collect::<Vec<_>>()
        };
        assert_eq!(fit(), [3, 4]);
        clock.pause(Duration::from_secs(1));
        assert_eq!(fit(), [1, 2, 3, 4]);
    }
}
