//! The shipping service: parcels, and the carriers that take them.

pub mod depot;

use ttlog_std::{Level, debug, info, span, trace, warn};

use self::depot::Depot;
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::OrderId,
    protocol::{
        notification::{self, Note},
        shipping::{DispatchError, Region, Request, Shipment},
    },
    shared::Shared,
};

/// The depot, with a clock on the wall.
pub struct Shipping {
    depot: Shared<Depot>,
    clock: Clock,
    notification: Client<notification::Request>,
}

impl Shipping {
    /// Dispatches from `depot`.
    pub fn new(
        depot: Shared<Depot>,
        clock: Clock,
        notification: Client<notification::Request>,
    ) -> Self {
        Self {
            depot,
            clock,
            notification,
        }
    }

    fn dispatch(
        &self,
        order_id: OrderId,
        region: Region,
        email: String,
    ) -> Result<Shipment, DispatchError> {
        let _span = span!(Level::Debug, "shipping.dispatch", order_id);
        let dispatched = self
            .depot
            .lock()
            .dispatch(order_id, region, self.clock.now());
        match dispatched {
            Ok(Shipment {
                carrier,
                tracking,
                days,
            }) => {
                info!(order_id, carrier, tracking, days, "shipping.dispatch");
                let note = Note::Shipped {
                    order: order_id,
                    tracking,
                };
                self.notification
                    .tell(notification::Request::Send { to: email, note });
            }
            Err(DispatchError::NoCarrier(region)) => {
                warn!("shipping.dispatch no carrier order_id={order_id} region={region:?}");
            }
            Err(DispatchError::Cancelled) => {
                warn!("shipping.dispatch too late order_id={order_id}");
            }
        }
        dispatched
    }

    fn cancel(&self, order_id: OrderId) -> bool {
        let _span = span!(Level::Debug, "shipping.cancel", order_id);
        let stopped = self.depot.lock().cancel(order_id);
        debug!("shipping.cancel order_id={order_id} stopped={stopped}");
        stopped
    }

    fn track(&self, order_id: OrderId) -> Option<Shipment> {
        let shipment = self.depot.lock().shipment(order_id);
        let found = shipment.is_some();
        trace!("shipping.track order_id={order_id} found={found}");
        shipment
    }
}

impl Service for Shipping {
    const NAME: &'static str = "shipping";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Dispatch {
                order,
                region,
                email,
                reply,
            } => reply.result(self.dispatch(order, region, email)),
            Request::Cancel { order, reply } => reply.value(self.cancel(order)),
            Request::Track { order, reply } => reply.value(self.track(order)),
        }
    }
}
