use ttlog_core::{Level, event, info, span};

struct Options {
    level: Level,
}

fn log(level: Level, options: &Options, name: &'static str) {
    event!(level, "hello");
    event!(target: "shop", options.level, "hello");
    event!(Level::from_number(name.len()), "hello");
    event!(if name.is_empty() { Level::Info } else { Level::Warn }, "hello");
    let _span = span!(level, "hello");
    info!(target: name, "hello");
}

fn main() {}
