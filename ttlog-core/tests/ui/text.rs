use ttlog_core::info;

fn main() {
    let user = 7;
    info!("hello {user");
    info!("hello }");
    info!("hello {user:d}");
    info!("hello {user.name}");
    info!("hello {:65536}", user);
    info!("hello {}, {}", user);
    info!("hello {0}, {2}", user, 2);
    info!("hello {:>1$}", user);
    info!("hello {}", user, 1 + 1);
    info!(user = 7, "hello {}");
    info!(concat!("hello ", "{"));
    info!("hello {usr}");
}
