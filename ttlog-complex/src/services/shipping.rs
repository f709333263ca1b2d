//! The shipping service: parcels, and the carriers that take them.

pub mod depot;
pub mod parcel;

use ttlog_std::{Context, Level, debug, info, span, trace, warn};

use self::depot::{Depot, Moved};
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    clock::Clock,
    ids::OrderId,
    protocol::{
        notification::{self, Note},
        shipping::{DispatchError, Region, Request, Shipment, State, Tracked},
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
        let now = self.clock.now();
        let dispatched = self
            .depot
            .lock()
            .dispatch(order_id, region, email.clone(), now);
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

    fn track(&self, order_id: OrderId) -> Option<Tracked> {
        let tracked = self.depot.lock().track(order_id);
        match &tracked {
            Some(Tracked { state, .. }) => {
                debug!("shipping.track order_id={order_id} state={state:?}");
            }
            None => debug!("shipping.track no parcel order_id={order_id}"),
        }
        tracked
    }

    /// Writes down where the parcels have got to since somebody looked.
    fn move_on(&self) {
        let moved = self.depot.lock().move_on(self.clock.now());
        for Moved {
            order,
            tracked,
            email,
            context,
        } in moved
        {
            // What becomes of a parcel belongs to its order, not to whoever is asking now.
            let _context = context.map(Context::enter);
            let Tracked { shipment, state } = tracked;
            let (tracking, carrier) = (shipment.tracking, shipment.carrier);
            let note = match state {
                State::Delayed { days } => {
                    warn!(
                        order_id = order,
                        tracking, carrier, days, "shipping.delayed"
                    );
                    Note::Delayed { order, days }
                }
                State::Delivered => {
                    info!("shipping.delivered order_id={order} tracking={tracking}");
                    Note::Delivered { order }
                }
                State::Packed | State::OnTheWay => {
                    trace!("shipping.moved order_id={order} state={state:?}");
                    continue;
                }
            };
            if let Some(to) = email {
                self.notification
                    .tell(notification::Request::Send { to, note });
            }
        }
    }
}

impl Service for Shipping {
    const NAME: &'static str = "shipping";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        self.move_on();
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
