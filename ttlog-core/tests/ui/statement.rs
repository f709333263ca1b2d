use ttlog_core::{event, info, span};

fn main() {
    let name = "orders";
    info!();
    info!("hello" "you");
    info!(7, "hello");
    info!(format!("hello {name}"));
    info!("hello", target: "orders");
    event!("hello");
    event!(ttlog_core::Level::Info);
    event!(7, "hello");
    span!();
    span!(name);
    span!("charge {}", name);
    span!("charge {}");
    span!("charge {0}", name = name);
}
