//! The report: what a run came to, for programs to read.

mod backroom;
mod business;

use core::{sync::atomic::Ordering::Relaxed, time::Duration};
use std::{fs, io, path::Path};

use serde_json::{Value, json};

use crate::{
    bus::{BreakerReading, Cause, meter::Reading},
    chaos::monkey::Entry,
    checks::Check,
    security::threat::Threat,
    summary::Summary,
};

/// Rises when a key changes its meaning or goes away, not when one is added.
const VERSION: u32 = 1;

/// Writes the report into `file`, as one JSON document.
///
/// # Errors
///
/// The system's.
pub fn write(summary: &Summary, file: &Path) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(&document(summary))?;
    text.push('\n');
    fs::write(file, text)
}

/// The report. Money is in cents, time in the unit that the key ends with.
#[must_use]
pub fn document(summary: &Summary) -> Value {
    json!({
        "format": "ttlog-complex-report",
        "version": VERSION,
        "seed": summary.seed,
        "elapsed_s": summary.elapsed.as_secs_f64(),
        "passed": summary.is_sound(),
        "checks": summary.checks.iter().map(check).collect::<Vec<_>>(),
        "services": services(summary),
        "journeys": journeys(summary),
        "orders": orders(summary),
        "figures": figures(summary),
        "business": business::value(&summary.business, &summary.figures),
        "queue": backroom::queue(&summary.backroom.queue),
        "post": backroom::post(&summary.backroom.post),
        "stock": backroom::stock(&summary.backroom.stock),
        "parcels": backroom::parcels(&summary.backroom.depot),
        "databases": backroom::pools(&summary.backroom.pools),
        "degraded_pages": summary.backroom.degraded_pages,
        "security": security(summary),
        "chaos": chaos(summary),
        "breakers": breakers(summary),
        "dead_letters": dead_letters(summary),
        "monitor": {
            "scaled_out": summary.board.scaled_out,
            "scaled_in": summary.board.scaled_in,
            "burns": summary.board.burns,
        },
        "recorder": recorder(summary),
        "snapshots": snapshots(summary),
        "process": {
            "cpu_s": summary.usage.cpu.map(|cpu| cpu.as_secs_f64()),
            "memory_bytes": summary.usage.memory_bytes,
            "memory_max_bytes": summary.board.memory_max_bytes,
        },
    })
}

fn check(check: &Check) -> Value {
    json!({
        "number": check.number,
        "name": check.name,
        "passed": check.passed,
        "figures": check.figures,
    })
}

fn services(summary: &Summary) -> Value {
    let service = |(name, reading): &(&'static str, Reading)| {
        let reading = json!({
            "requests": reading.requests,
            "instances": summary.board.instances(name),
            "refused": reading.refused,
            "late": reading.late,
            "lost": reading.lost,
            "served": reading.served,
            "failed": reading.failed,
            "busy_s": reading.busy.as_secs_f64(),
            "mean_ms": ms(reading.mean),
            "p50_ms": ms(reading.p50),
            "p95_ms": ms(reading.p95),
            "p99_ms": ms(reading.p99),
            "max_ms": ms(reading.max),
        });
        ((*name).to_owned(), reading)
    };
    Value::Object(summary.services.iter().map(service).collect())
}

fn journeys(summary: &Summary) -> Value {
    let [started, bought, left, failed, turned_away] = summary.journeys.read();
    json!({
        "started": started,
        "bought": bought,
        "left": left,
        "failed": failed,
        "turned_away": turned_away,
    })
}

fn orders(summary: &Summary) -> Value {
    let orders = &summary.orders;
    json!({
        "confirmed": orders.confirmed,
        "failed": orders.failed,
        "revenue_cents": orders.revenue.0,
        "refunded_cents": orders.refunded.0,
    })
}

fn figures(summary: &Summary) -> Value {
    let figures = &summary.figures;
    let best = figures.best_sellers(10).into_iter();
    json!({
        "registered": figures.registered,
        "logins": figures.logins,
        "searches": figures.searches,
        "empty_searches": figures.empty_searches,
        "views": figures.views,
        "best_sellers": best
            .map(|(product, pieces)| json!({ "product": product.0, "pieces": pieces }))
            .collect::<Vec<_>>(),
    })
}

fn security(summary: &Summary) -> Value {
    let (reading, attacks) = (&summary.security, &summary.journeys.attacks);
    let threat = |(threat, count): (Threat, u64)| (threat.to_string(), Value::from(count));
    json!({
        "attacks": attacks.load(Relaxed),
        "threats": Value::Object(reading.threats().map(threat).collect()),
        "shut_out": reading.counts.blocks,
        "refused_shut_out": reading.counts.blocked,
        "refused_rate": reading.counts.rate_limited,
        "anomalies": reading.anomalies,
    })
}

fn chaos(summary: &Summary) -> Value {
    let entry = |entry: &Entry| {
        json!({
            "number": entry.number,
            "fault": entry.fault.to_string(),
            "began_s": entry.began.as_secs_f64(),
            "ended_s": entry.ended.map(|ended| ended.as_secs_f64()),
        })
    };
    json!({
        "injected": summary.chaos.injected,
        "crashes": summary.chaos.crashes,
        "latest": summary.chaos.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn breakers(summary: &Summary) -> Value {
    let breaker = |breaker: &BreakerReading| {
        json!({
            "caller": breaker.caller,
            "callee": breaker.callee,
            "state": breaker.state.to_string(),
            "opened": breaker.opened,
            "refused": breaker.refused,
        })
    };
    summary.breakers.iter().map(breaker).collect()
}

fn dead_letters(summary: &Summary) -> Value {
    let letter = |((service, cause), count): (&(&'static str, Cause), &u64)| {
        json!({
            "service": service,
            "cause": cause.to_string(),
            "count": count,
        })
    };
    summary.dead_letters.iter().map(letter).collect()
}

fn recorder(summary: &Summary) -> Value {
    let (stats, cost) = (&summary.recorder, &summary.cost);
    json!({
        "recorded": stats.recorded,
        "kept": stats.kept,
        "overwritten": stats.overwritten,
        "dropped": stats.dropped,
        "event_ns": cost.event_ns,
        "clock_read_ns": cost.clock_ns,
        "events_share": cost.events_share,
        "writer_share": cost.writer_share,
    })
}

fn snapshots(summary: &Summary) -> Value {
    let (stats, shelf) = (&summary.recorder, &summary.shelf);
    json!({
        "directory": summary.snapshots,
        "requested": summary.requests,
        "written": stats.snapshots_written,
        "failed": stats.snapshots_failed,
        "removed": stats.snapshots_removed,
        "read": shelf.read,
        "bytes": shelf.bytes,
        "reasons": shelf.reasons,
        "unreadable": shelf.unreadable,
        "inexact": shelf.inexact,
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
