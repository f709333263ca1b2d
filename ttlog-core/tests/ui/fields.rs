use ttlog_core::info;

fn main() {
    let user = 7;
    info!(user = 1, user = 2, "hello");
    info!(user = 1, "hello", user = 2);
    info!("hello", user.name = 1, "user.name" = 2);
    info!("{a}", a = 1, user + 1);
    info!("hello", user, user);
    info!(user = @user);
    info!(%%user);
    info!(%name = user);
    info!(user.to_string());
    info!(user: 7);
    info!(user "hello");
    info!("" = user);
    info!(
        a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0, k = 0, l = 0, m = 0,
        n = 0, o = 0, p = 0, q = 0, r = 0, s = 0, t = 0, u = 0, v = 0, w = 0, x = 0, y = 0, z = 0,
        aa = 0, bb = 0, cc = 0, dd = 0, ee = 0, ff = 0, "{user}"
    );
}
