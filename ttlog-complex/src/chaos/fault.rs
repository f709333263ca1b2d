//! The fault: one thing that can be made to go wrong.

use core::{fmt, time::Duration};

/// A fault, and whom it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One instance of a service panics in the middle of its next request.
    Crash {
        /// The service.
        service: String,
    },
    /// Every request to a service is handled so much later.
    Latency {
        /// The service.
        service: String,
        /// The delay.
        by: Duration,
    },
    /// Nothing gets through between two services, either way.
    Partition {
        /// The one.
        one: String,
        /// The other.
        other: String,
    },
    /// Something is wrong with a database.
    Database {
        /// The name of its pool.
        pool: String,
        /// What is wrong.
        trouble: Trouble,
    },
    /// The payment gateway answers so much later.
    SlowGateway {
        /// The delay.
        by: Duration,
    },
    /// So much memory is taken and kept.
    Memory {
        /// In MiB.
        mib: usize,
    },
    /// So many threads do nothing but compute.
    Cpu {
        /// How many.
        threads: usize,
    },
}

/// What can be wrong with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Connections break in the middle of a query.
    Lost,
    /// Every query takes so much longer.
    Slow(Duration),
    /// No new connection can be opened, and those there are break when they are used.
    Down,
}

impl Fault {
    /// The reason of the snapshot that shows the fault.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Crash { .. } => "chaos_Random_Service_Failure",
            Self::Latency { .. } => "chaos_Network_Latency",
            Self::Partition { .. } => "chaos_Network_Partition",
            Self::Database { .. } => "chaos_Database_Failure",
            Self::SlowGateway { .. } => "chaos_Slow_Gateway",
            Self::Memory { .. } => "chaos_Memory_Pressure",
            Self::Cpu { .. } => "chaos_CPU_Spike",
        }
    }
}

/// As a script says it: `latency search 200ms`.
impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash { service } => write!(out, "crash {service}"),
            Self::Latency { service, by } => write!(out, "latency {service} {by:?}"),
            Self::Partition { one, other } => write!(out, "partition {one} {other}"),
            Self::Database { pool, trouble } => match trouble {
                Trouble::Lost => write!(out, "database {pool} lost"),
                Trouble::Slow(by) => write!(out, "database {pool} slow {by:?}"),
                Trouble::Down => write!(out, "database {pool} down"),
            },
            Self::SlowGateway { by } => write!(out, "gateway {by:?}"),
            Self::Memory { mib } => write!(out, "memory {mib}"),
            Self::Cpu { threads } => write!(out, "cpu {threads}"),
        }
    }
}
