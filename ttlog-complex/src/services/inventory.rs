//! The inventory service: goods on the shelf, set aside, sold and bought in.

pub mod stock;

use ttlog_std::{Level, debug, info, span, trace, warn};

use self::stock::Stock;
use crate::{
    basket::{self, Line},
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::{OrderId, ProductId},
    protocol::{
        audit::{self, Deed},
        inventory::{NotReserved, Request, ReserveError},
        notification::{self, Note},
    },
    shared::Shared,
};

/// Who is written to when a product runs low.
const SUPPLIER: &str = "orders@supplier.example";

/// The warehouse.
pub struct Inventory {
    stock: Shared<Stock>,
    clock: Clock,
    notification: Client<notification::Request>,
    audit: Client<audit::Request>,
}

impl Inventory {
    /// Serves from `stock`.
    pub fn new(
        stock: Shared<Stock>,
        clock: Clock,
        notification: Client<notification::Request>,
        audit: Client<audit::Request>,
    ) -> Self {
        Self {
            stock,
            clock,
            notification,
            audit,
        }
    }

    fn reserve(&self, order_id: OrderId, lines: &[Line]) -> Result<(), ReserveError> {
        let _span = span!(Level::Debug, "inventory.reserve", order_id);
        let units = basket::units(lines);
        let reserved = self.stock.lock().reserve(order_id, lines, self.clock.now());
        match reserved {
            Ok(()) => debug!("inventory.reserve ok order_id={order_id} units={units}"),
            Err(ReserveError::OutOfStock { product, left }) => {
                warn!(order_id, product, left, "inventory.reserve out of stock");
            }
            Err(ReserveError::Released) => {
                warn!("inventory.reserve too late order_id={order_id}");
            }
        }
        reserved
    }

    fn collect(&self, order_id: OrderId) -> Result<(), NotReserved> {
        let _span = span!(Level::Debug, "inventory.collect", order_id);
        let collected = self.stock.lock().collect(order_id);
        match collected {
            Some(units) => debug!("inventory.collect ok order_id={order_id} units={units}"),
            None => warn!("inventory.collect nothing reserved order_id={order_id}"),
        }
        collected.map(drop).ok_or(NotReserved)
    }

    fn release(&self, order_id: OrderId) -> u32 {
        let _span = span!(Level::Debug, "inventory.release", order_id);
        let units = self.stock.lock().release(order_id);
        debug!("inventory.release order_id={order_id} units={units}");
        units
    }

    fn level(&self, product: ProductId) -> u32 {
        let left = self.stock.lock().left(product);
        trace!("inventory.level product={product} left={left}");
        left
    }

    fn levels(&self, products: &[ProductId]) -> Vec<u32> {
        let stock = self.stock.lock();
        let left: Vec<u32> = products
            .iter()
            .map(|&product| stock.left(product))
            .collect();
        trace!("inventory.levels left={left:?}");
        left
    }

    /// Takes in what the supplier has delivered by now.
    fn receive(&self) {
        let delivered = self.stock.lock().receive(self.clock.now());
        for delivery in delivered {
            let (product, quantity) = (delivery.product, delivery.quantity);
            info!("inventory.delivery product={product} quantity={quantity}");
            self.audit
                .tell(audit::Request::Record(Deed::Delivered(product, quantity)));
        }
    }

    /// Puts back what nobody has collected in time.
    fn expire(&self) {
        let expired = self.stock.lock().expire(self.clock.now());
        for (order_id, units) in expired {
            warn!("inventory.reservation_expired order_id={order_id} units={units}");
        }
    }

    /// Orders what has run low.
    fn buy_in(&self) {
        let ordered = self.stock.lock().buy_in(self.clock.now());
        for delivery in ordered {
            let (product, quantity) = (delivery.product, delivery.quantity);
            let left = self.stock.lock().left(product);
            warn!("inventory.low_stock product={product} left={left} ordered={quantity}");
            let note = Note::Restock { product, quantity };
            self.notification.tell(notification::Request::Send {
                to: SUPPLIER.into(),
                note,
            });
        }
    }
}

impl Service for Inventory {
    const NAME: &'static str = "inventory";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        self.receive();
        self.expire();
        match request {
            Request::Reserve {
                order,
                lines,
                reply,
            } => {
                let outcome = reply.result(self.reserve(order, &lines));
                self.buy_in();
                outcome
            }
            Request::Collect { order, reply } => reply.result(self.collect(order)),
            Request::Release { order, reply } => reply.value(self.release(order)),
            Request::Levels { products, reply } => reply.value(self.levels(&products)),
            Request::Level { product, reply } => reply.value(self.level(product)),
        }
    }
}
