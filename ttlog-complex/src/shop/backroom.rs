//! The back room: what goes on behind the counter, for whoever watches.

use crate::{
    database::Databases,
    resilience::pool,
    services::{
        inventory::stock::{Stock, StockReading},
        notification::post::{Post, PostReading},
        order::queue::{QueueReading, Tally},
        product::pages::Pages,
        shipping::depot::{Depot, DepotReading},
    },
    shared::Shared,
};

/// The counts that services and databases keep for themselves. Clones share them.
#[derive(Clone)]
pub struct Backroom {
    pub(super) queue: Tally,
    pub(super) post: Shared<Post>,
    pub(super) stock: Shared<Stock>,
    pub(super) depot: Shared<Depot>,
    pub(super) pages: Pages,
    pub(super) databases: Databases,
}

/// What the back room showed at one moment.
#[derive(Clone, Debug, Default)]
pub struct BackroomReading {
    /// Orders that wait to be paid, and steps back that wait to be taken.
    pub queue: QueueReading,
    /// Messages to customers.
    pub post: PostReading,
    /// Goods.
    pub stock: StockReading,
    /// Parcels.
    pub depot: DepotReading,
    /// Pages that were shown without their database.
    pub degraded_pages: u64,
    /// The databases' connections.
    pub pools: [pool::Reading; 3],
}

impl Backroom {
    /// What it shows now.
    #[must_use]
    pub fn read(&self) -> BackroomReading {
        BackroomReading {
            queue: self.queue.read(),
            post: self.post.lock().read(),
            stock: self.stock.lock().read(),
            depot: self.depot.lock().read(),
            degraded_pages: self.pages.degraded(),
            pools: self.databases.readings(),
        }
    }
}
