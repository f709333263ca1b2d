//! The back room: orders that waited, messages, goods, parcels, databases.

use serde_json::{Map, Value, json};

use super::ms;
use crate::{
    resilience::pool::Reading,
    services::{
        inventory::stock::StockReading,
        notification::post::{Channel, PostReading},
        order::queue::QueueReading,
        shipping::depot::DepotReading,
    },
};

pub(super) fn queue(reading: &QueueReading) -> Value {
    json!({
        "waiting": reading.waiting,
        "queued": reading.queued,
        "carried_out": reading.carried_out,
        "given_up": reading.given_up,
        "undone": reading.undone,
        "stuck": reading.stuck,
    })
}

pub(super) fn post(reading: &PostReading) -> Value {
    let channels = Channel::ALL.iter().enumerate().map(|(at, channel)| {
        let counts = json!({
            "sent": reading.sent[at],
            "failed": reading.failed[at],
            "full": reading.full[at],
        });
        (channel.to_string(), counts)
    });
    json!({
        "channels": channels.collect::<Map<_, _>>(),
        "fell_back": reading.fell_back,
        "given_up": reading.given_up,
        "waiting": reading.waiting,
    })
}

pub(super) fn stock(reading: &StockReading) -> Value {
    json!({
        "left": reading.left,
        "reserved": reading.reserved,
        "sold": reading.sold,
        "products_low": reading.low,
        "products_out": reading.out,
        "expired": reading.expired,
    })
}

pub(super) fn parcels(reading: &DepotReading) -> Value {
    json!({
        "packed": reading.packed,
        "on_the_way": reading.on_the_way,
        "delayed": reading.delayed,
        "delivered": reading.delivered,
        "ever_delayed": reading.ever_delayed,
    })
}

pub(super) fn pools(readings: &[Reading]) -> Value {
    let pool = |reading: &Reading| {
        let counts = json!({
            "size": reading.size,
            "idle": reading.idle,
            "leased": reading.leased,
            "waiting": reading.waiting,
            "leases": reading.leases,
            "exhausted": reading.exhausted,
            "opened": reading.opened,
            "refused": reading.refused,
            "lost": reading.lost,
            "unhealthy": reading.unhealthy,
            "slow": reading.slow,
            "wait_mean_ms": ms(reading.wait_mean),
            "wait_max_ms": ms(reading.wait_max),
        });
        (reading.pool.to_owned(), counts)
    };
    Value::Object(readings.iter().map(pool).collect())
}
