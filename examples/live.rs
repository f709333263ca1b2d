//! Shows events while they are recorded, and reads the ring: `cargo run --example live`.

use std::{error::Error, thread, time::Duration};

use ttlog_std::{Console, Level, Trace, debug, info, set_filter};

fn main() -> Result<(), Box<dyn Error>> {
    // The console's thread reads the ring. Threads that log never wait for it.
    let console = Console::stderr().level(Level::Info);
    let trace = Trace::builder().service("live").console(console).build()?;

    for tick in 0..3 {
        info!("clock.tick number={tick}");
        debug!("recorded, but not shown on the console");
        thread::sleep(Duration::from_millis(200));
    }

    // From here on, debug events are not recorded. A disabled statement costs one load and one branch.
    set_filter("info")?;
    debug!("not recorded");

    for event in trace.get_buffer().events() {
        println!("{}", serde_json::to_string(&event)?);
    }
    let stats = trace.stats();
    eprintln!("{} recorded, {} kept", stats.recorded, stats.kept);
    Ok(())
}
