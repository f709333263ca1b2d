//! The sentry: the guard with a clock, who says aloud what was seen and has it kept.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{net::Ipv4Addr, sync::Arc};

use ttlog_std::{debug, warn};

use super::{
    Origin, Threat,
    anomaly::{Anomaly, Frequency, Size},
    guard::{Counts, Guard, Refusal, Sighting},
    inspector::Inspector,
    risk::Risk,
};
use crate::{
    clock::Clock, money::Cents, protocol::user::SessionToken, shared::Shared, snapshots::Snapshots,
};

/// So many failed logins of an address in a row say nothing.
const SLIPS: usize = 2;

/// Stands at the door; clones are the same one.
#[derive(Clone)]
pub struct Sentry {
    guard: Shared<Guard>,
    watches: Shared<Watches>,
    inspector: Arc<Inspector>,
    anomalies: Arc<AtomicU64>,
    clock: Clock,
    snapshots: Snapshots,
}

#[derive(Debug, Default)]
struct Watches {
    failed_logins: Frequency,
    orders: Frequency,
    order_value: Size,
}

/// What the sentry has seen, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What was counted.
    pub counts: Counts,
    /// How many numbers were far from the usual.
    pub anomalies: u64,
    /// Every address that is watched or shut out, the worst first.
    pub suspects: Vec<Suspect>,
}

/// An address that is watched or shut out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Which.
    pub address: Ipv4Addr,
    /// What speaks against it.
    pub risk: Risk,
    /// For how much longer it is shut out, if it is.
    pub blocked: Option<Duration>,
}

impl Reading {
    /// How often each threat was seen.
    pub fn threats(&self) -> impl Iterator<Item = (Threat, u64)> {
        Threat::ALL.into_iter().zip(self.counts.threats)
    }
}

impl Sentry {
    /// A sentry who has seen nothing yet.
    #[must_use]
    pub fn new(clock: Clock, snapshots: Snapshots) -> Self {
        Self {
            guard: Shared::default(),
            watches: Shared::default(),
            inspector: Arc::default(),
            anomalies: Arc::default(),
            clock,
            snapshots,
        }
    }

    /// Lets a request in.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn admit(&self, origin: Origin) -> Result<(), Refusal> {
        let address = origin.address;
        let admitted = self.guard.lock().admit(address, self.clock.now());
        admitted.map_err(|(refusal, sighting)| {
            if let Some(sighting) = sighting {
                self.report(origin, &sighting);
            }
            let reason = refusal.reason();
            debug!("security.refused reason={reason} address={address}");
            refusal
        })
    }

    /// Reads what was typed into a field.
    ///
    /// # Errors
    ///
    /// What it is instead of what was asked for.
    pub fn inspect(&self, origin: Origin, field: &'static str, text: &str) -> Result<(), Refusal> {
        let Some(threat) = self.inspector.inspect(text) else {
            return Ok(());
        };
        let address = origin.address;
        warn!("security.injection threat={threat} address={address} field={field} text={text:?}");
        self.note(origin, threat);
        Err(Refusal::Threat(threat))
    }

    /// Notes that somebody did what no customer does.
    pub fn note(&self, origin: Origin, threat: Threat) {
        let now = self.clock.now();
        let sighting = self.guard.lock().note(origin.address, threat, now);
        self.report(origin, &sighting);
    }

    /// Notes that a login was refused, here or by the user service.
    pub fn login_failed(&self, origin: Origin, email: &str) {
        let now = self.clock.now();
        let failed = self.guard.lock().login_failed(origin.address, email, now);
        let (recent, sighting) = failed;
        if let Some(sighting) = sighting {
            self.report(origin, &sighting);
        }
        // One may be a slip, and one somebody new who asks whether there is an account.
        if recent > SLIPS {
            let anomaly = self.watches.lock().failed_logins.count(now);
            self.alarm("failed_logins", anomaly);
        }
    }

    /// Notes that a session has begun.
    pub fn session_begun(&self, origin: Origin, token: SessionToken) {
        let now = self.clock.now();
        self.guard.lock().session_begun(token, origin.address, now);
    }

    /// Looks at a token before it is shown to anybody.
    ///
    /// # Errors
    ///
    /// It is somebody else's.
    pub fn token_shown(&self, origin: Origin, token: SessionToken) -> Result<(), Refusal> {
        let now = self.clock.now();
        let shown = self.guard.lock().token_shown(token, origin.address, now);
        shown.map_err(|sighting| {
            self.report(origin, &sighting);
            Refusal::Threat(sighting.threat)
        })
    }

    /// Notes that the user service knows no session for a token.
    pub fn token_refused(&self, origin: Origin, token: SessionToken) {
        let now = self.clock.now();
        let sighting = self.guard.lock().token_refused(token, origin.address, now);
        if let Some(sighting) = sighting {
            self.report(origin, &sighting);
        }
    }

    /// Notes that a session was ended by its owner.
    pub fn session_ended(&self, token: SessionToken) {
        self.guard.lock().session_ended(token);
    }

    /// Notes that somebody orders.
    pub fn ordered(&self) {
        let anomaly = self.watches.lock().orders.count(self.clock.now());
        self.alarm("orders", anomaly);
    }

    /// Notes what an order came to.
    pub fn paid(&self, total: Cents) {
        let anomaly = self.watches.lock().order_value.observe(total.0 as f64);
        self.alarm("order_value", anomaly);
    }

    /// What speaks against an address.
    #[must_use]
    pub fn risk(&self, origin: Origin) -> Risk {
        self.guard.lock().risk(origin.address, self.clock.now())
    }

    /// What was seen so far.
    #[must_use]
    pub fn read(&self) -> Reading {
        let guard = self.guard.lock();
        let suspects = guard.worst(self.clock.now()).into_iter();
        Reading {
            counts: guard.counts(),
            anomalies: self.anomalies.load(Relaxed),
            suspects: suspects
                .map(|(address, risk, blocked)| Suspect {
                    address,
                    risk,
                    blocked,
                })
                .collect(),
        }
    }

    fn report(&self, origin: Origin, sighting: &Sighting) {
        let Origin { address, agent } = origin;
        let Sighting {
            threat,
            risk: Risk { score, reasons },
            blocked_for,
        } = sighting;
        warn!(
            "security.threat threat={threat} address={address} agent={agent} score={score} reasons={reasons:?}"
        );
        if let Some(time) = blocked_for {
            warn!(
                "security.blocked address={address} score={score} reasons={reasons:?} for={time:?}"
            );
        }
        self.snapshots.take(threat.snapshot());
    }

    fn alarm(&self, what: &'static str, anomaly: Option<Anomaly>) {
        let Some(Anomaly { value, mean, z }) = anomaly else {
            return;
        };
        self.anomalies.fetch_add(1, Relaxed);
        warn!("security.anomaly what={what} value={value:.0} mean={mean:.1} z={z:.1}");
        self.snapshots.take(&format!("security_anomaly_{what}"));
    }
}
