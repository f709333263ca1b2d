//! Panics. The last event of the snapshot is the panic: `cargo run --example panic`.
//!
//! The exit status is 101, as for every program that panics.

use std::error::Error;

use ttlog_std::{PanicHook, Trace, info};

fn main() -> Result<(), Box<dyn Error>> {
    let trace = Trace::builder().service("panic").build()?;
    PanicHook::install(trace.get_sender());
    eprintln!(
        "the snapshot will be {}/ttlog-*-panic.bin",
        trace.directory().display()
    );

    let prices = [5, 10, 20];
    #[expect(
        clippy::needless_range_loop,
        reason = "the example panics because the index is too large"
    )]
    for item in 0..4 {
        info!("order.price item={item}");
        info!("order.priced item={item} price={}", prices[item]);
    }
    Ok(())
}
