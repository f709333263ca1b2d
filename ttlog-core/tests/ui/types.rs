use ttlog_core::info;

struct Nothing;

fn main() {
    let total = 1.5_f64;
    info!("{:x}", total * 2.0);
    info!("{total:x}");
    info!("{}", Nothing);
    info!(value = Nothing, "x");
    info!(value = ?Nothing, "x");
    info!("{:1$}", 7, 8_u8);
    let mut list = Vec::new();
    info!("{list:?}");
    list.push(String::new());
}
