//! Logs events, takes a snapshot and prints its path: `cargo run --example hello`.

use std::{error::Error, net::Ipv4Addr};

use ttlog_std::{Trace, debug, info, warn};

fn main() -> Result<(), Box<dyn Error>> {
    let trace = Trace::builder().service("hello").events(10_000).build()?;

    // The syntax is that of `format!`. The values are recorded raw, and the reader formats them.
    let (order_id, total) = (7, 99.9);
    info!("order.place order_id={order_id} total={total:.2}");

    // Fields have names. They stand before or after the text, and the text may leave them out.
    let address = Ipv4Addr::LOCALHOST;
    info!(user = 123, ip = %address, "auth.login ok");
    warn!("stock low", item = "tea", left = 2);

    // Nothing is written to disk yet, so a program can log every detail.
    for step in 0..1_000 {
        debug!("loop.step step={step}");
    }

    let path = trace.request_snapshot("hello").wait()?;
    println!("{}", path.display());
    println!(
        "cargo run -p dump -- --format text --last 5 {}",
        path.display()
    );
    Ok(())
}
