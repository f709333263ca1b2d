//! The macros that log statements are written with. They add the crate's path and a level; the
//! procedural macros in `ttlog-macros` do the rest.

/// Records an event at [`Level::Trace`](crate::Level::Trace); written as [`info!`](crate::info) is.
#[macro_export]
macro_rules! trace {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Trace) $($statement)*)
    };
}

/// Records an event at [`Level::Debug`](crate::Level::Debug); written as [`info!`](crate::info) is.
#[macro_export]
macro_rules! debug {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Debug) $($statement)*)
    };
}

/// Records an event at [`Level::Info`](crate::Level::Info).
///
/// A statement takes what `std::format!` takes, and fields: named values, before the text or after
/// it, which the text may show but need not. Fields alone are fine, and so is a text alone.
///
/// ```
/// use ttlog_core::info;
///
/// let (order, ip, total) = (7, std::net::Ipv4Addr::LOCALHOST, 12.5);
/// info!("auth.login ok user=123 ip=1.2.3.4 ms=32");
/// info!("order {order} from {ip}: {total:.2} of {}", 20);
/// info!(user = 123, %ip, err = ?"none", "auth.login ok");
/// info!("order {order} paid", cents = total * 100.0, http.method = "GET", "a key" = true);
/// info!(target: "shop::order", order);
/// ```
///
/// Scalars, text, bytes and options of these are recorded as they are and formatted when they are
/// read; so are values of types with [`Argument`](crate::Argument). Any other value is formatted
/// at once: as the text says, or as a sigil says (`%` for `Display`, `?` for `Debug`), or else by
/// whichever of the two it has. A value shown with two different format specs is recorded twice.
///
/// Arguments are evaluated once, in the order they are written, captured variables last, and only
/// where the callsite is enabled. A level or a target is a constant. There may be 32 arguments.
#[macro_export]
macro_rules! info {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Info) $($statement)*)
    };
}

/// Records an event at [`Level::Warn`](crate::Level::Warn); written as [`info!`](crate::info) is.
#[macro_export]
macro_rules! warn {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Warn) $($statement)*)
    };
}

/// Records an event at [`Level::Error`](crate::Level::Error); written as [`info!`](crate::info) is.
#[macro_export]
macro_rules! error {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Error) $($statement)*)
    };
}

/// Records an event at [`Level::Fatal`](crate::Level::Fatal); written as [`info!`](crate::info) is.
#[macro_export]
macro_rules! fatal {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Fatal) $($statement)*)
    };
}

/// Records an event at the level that stands first, behind a target; the rest is written as in
/// [`info!`](crate::info).
///
/// ```
/// use ttlog_core::{Level, event};
///
/// event!(Level::Warn, user = 123, "slow");
/// event!(target: "shop::order", Level::Warn, "slow");
/// ```
#[macro_export]
macro_rules! event {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) () $($statement)*)
    };
}

/// Enters a span and evaluates to its guard, a [`Span`](crate::Span).
///
/// A span has a name, and fields behind it; the name may capture variables, which are fields too.
/// Without a level it is of [`Level::Info`](crate::Level::Info).
///
/// ```
/// use ttlog_core::{Level, info, span};
///
/// let order = 7;
/// let _span = span!("charge", order, card = %"visa");
/// let _inner = span!(target: "shop::bank", Level::Debug, "ask for {order}");
/// info!("in both spans");
/// ```
#[macro_export]
macro_rules! span {
    ($($statement:tt)*) => {
        $crate::__private::span!(($crate) ($crate::Level::Info) $($statement)*)
    };
}
