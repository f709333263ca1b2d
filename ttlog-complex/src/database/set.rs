//! All databases of a shop, and the directory that they live in.

use std::{io, path::Path, sync::Arc};

use ttlog_std::info;

use super::{Database, keeper::Keeper};
use crate::{chaos::Weather, clock::Clock, resilience::pool::Reading, snapshots::Snapshots};

/// How many connections each database has. Fewer than there may be instances: a pool is there to
/// share them, and a shop that is scaled out does not get more of them.
const CONNECTIONS: usize = 3;

/// The databases. Whoever drops the last clone of the last of them takes the directory along; until
/// this is dropped, connections that idle are looked after.
#[derive(Clone, Debug)]
pub struct Databases {
    /// The order service's: its journal.
    pub orders: Database,
    /// The product service's: what there is to buy.
    pub catalogue: Database,
    /// The audit service's: its trail.
    pub audit: Database,
    _keeper: Arc<Keeper>,
}

impl Databases {
    /// Opens empty databases in a new directory under `parent`, which nobody else can read.
    ///
    /// # Errors
    ///
    /// The system's, or SQLite's, when a directory or a file cannot be made.
    pub fn open(
        parent: &Path,
        weather: &Weather,
        clock: &Clock,
        snapshots: &Snapshots,
    ) -> io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("ttlog-complex-")
            .tempdir_in(parent)?;
        let directory = Arc::new(directory);
        let create = |name| {
            Database::create(
                Arc::clone(&directory),
                name,
                CONNECTIONS,
                weather.clone(),
                clock.clone(),
                snapshots.clone(),
            )
        };
        let [orders, catalogue, audit] =
            [create("orders")?, create("catalogue")?, create("audit")?];
        let keeper = Keeper::start(vec![orders.clone(), catalogue.clone(), audit.clone()])?;
        let path = directory.path().display().to_string();
        info!("database.open directory={path} connections={CONNECTIONS}");
        Ok(Self {
            orders,
            catalogue,
            audit,
            _keeper: Arc::new(keeper),
        })
    }

    /// What the pools have counted, one reading for each.
    #[must_use]
    pub fn readings(&self) -> [Reading; 3] {
        [&self.orders, &self.catalogue, &self.audit].map(Database::reading)
    }
}
