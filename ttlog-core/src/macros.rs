//! The macros of log statements. They add the path of the crate and a level, and pass the statement
//! to the procedural macros of `ttlog-core-macros`.

/// Records an event at [`Level::Trace`](crate::Level::Trace). The syntax is that of
/// [`info!`](crate::info).
///
/// # Examples
///
/// ```standalone_crate
/// # use ttlog_core::{Geometry, Memory, lane::critical_section::Clock};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// use ttlog_core::{Level, lane::critical_section, trace};
///
/// let (from, to) = ("open", "half-open");
/// trace!("breaker state {from} to {to}");
/// let ring = critical_section::ring().expect("the lane is installed");
/// assert_eq!(ring.count().kept[Level::Trace as usize], 1);
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[macro_export]
macro_rules! trace {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Trace) $($statement)*)
    };
}

/// Records an event at [`Level::Debug`](crate::Level::Debug). The syntax is that of
/// [`info!`](crate::info).
///
/// # Examples
///
/// Arguments of a level that is filtered out are not evaluated:
///
/// ```standalone_crate
/// use ttlog_core::{debug, set_filter};
///
/// let mut evaluated = 0;
/// set_filter("info")?;
/// debug!("queue length={}", { evaluated += 1; evaluated });
/// assert_eq!(evaluated, 0);
/// # Ok::<(), ttlog_core::FilterError>(())
/// ```
#[macro_export]
macro_rules! debug {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Debug) $($statement)*)
    };
}

/// Records an event at [`Level::Info`](crate::Level::Info).
///
/// A statement takes the text and the arguments of `std::format!`, and fields. A field is a value
/// with a name. Fields stand before the text or after it. The text can show a field, but need not.
/// A statement may consist of fields only, or of a text only.
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
/// # Names
///
/// Each argument is recorded as a field. Its name is, in this order:
///
/// 1. the name that is written: `user = 7`;
/// 2. the name of the variable, if the text captures it (`{order}`), or if it is a field without a
///    written name: `order`, `%order` or `order.id`;
/// 3. the name directly before `=` and the placeholder that shows the argument: `len={}`. Such a
///    name consists of letters, digits, `_` and `.`, and starts with a letter or `_`. It does not
///    end with `.`, and it must not be the name of another field. If an argument is shown several
///    times, the first such name counts.
///
/// All other arguments are known only by their number.
///
/// An argument after the text that has no name and no sigil is positional, as in `std::format!`,
/// with two exceptions. It is a field if it stands after an argument that has a name. It is also a
/// field if it is a variable, such as `order` or `order.id`, and stands after the last argument
/// that the text shows by position. All other arguments that the text does not show are errors.
///
/// ```
/// use ttlog_core::info;
///
/// let (list, id) = (vec![1, 2], 7);
/// info!("order placed", id); // the field `id`
/// info!("{} placed", "order", id); // the text shows "order"; `id` is a field
/// info!("list read len={} id={id}", list.len()); // the fields `len` and `id`
/// ```
///
/// # Values
///
/// Numbers, `bool`, `char`, text, bytes and options of these are recorded raw. The reader formats
/// them. That includes `NonZero` integers, and types that hold text or bytes, such as `String`,
/// `Arc<str>`, `Vec<u8>` and `Option<Cow<str>>`, and types with [`Argument`](crate::Argument).
///
/// All other values are formatted when they are recorded: by the format in the text, or by the
/// sigil (`%` is `Display`, `?` is `Debug`), or else by `Display` if the type has it, or by `Debug`.
/// A value that is shown in two formats is recorded twice.
///
/// # Evaluation
///
/// Arguments are evaluated once, in the order in which they are written, and captured variables
/// last. If the callsite is not enabled, they are not evaluated. The level and the target are
/// constants. A statement records at most 32 arguments.
#[macro_export]
macro_rules! info {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Info) $($statement)*)
    };
}

/// Records an event at [`Level::Warn`](crate::Level::Warn). The syntax is that of
/// [`info!`](crate::info).
///
/// # Examples
///
/// ```standalone_crate
/// # use ttlog_core::{Geometry, Memory, lane::critical_section::Clock};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// use ttlog_core::{Level, lane::critical_section, warn};
///
/// warn!(queue = 950, limit = 1000, "the queue is almost full");
/// let ring = critical_section::ring().expect("the lane is installed");
/// assert_eq!(ring.count().kept[Level::Warn as usize], 1);
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[macro_export]
macro_rules! warn {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Warn) $($statement)*)
    };
}

/// Records an event at [`Level::Error`](crate::Level::Error). The syntax is that of
/// [`info!`](crate::info).
///
/// # Examples
///
/// An error as a field, formatted by its `Display`:
///
/// ```standalone_crate
/// # use ttlog_core::{Geometry, Memory, lane::critical_section::Clock};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// use ttlog_core::{Level, lane::critical_section, error};
///
/// if let Err(error) = "7o".parse::<u32>() {
///     error!(order = 17, %error, "the amount is not a number");
/// }
/// let ring = critical_section::ring().expect("the lane is installed");
/// assert_eq!(ring.count().kept[Level::Error as usize], 1);
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[macro_export]
macro_rules! error {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Error) $($statement)*)
    };
}

/// Records an event at [`Level::Fatal`](crate::Level::Fatal). The syntax is that of
/// [`info!`](crate::info).
///
/// # Examples
///
/// ```standalone_crate
/// # use ttlog_core::{Geometry, Memory, lane::critical_section::Clock};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// use ttlog_core::{Level, lane::critical_section, fatal};
///
/// fatal!("no memory for the ring: {} bytes are free", 512);
/// let ring = critical_section::ring().expect("the lane is installed");
/// assert_eq!(ring.count().kept[Level::Fatal as usize], 1);
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[macro_export]
macro_rules! fatal {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) ($crate::Level::Fatal) $($statement)*)
    };
}

/// Records an event at the level that is the first argument. The rest of the syntax is that of
/// [`info!`](crate::info).
///
/// The level comes after the target. It must be a constant. If it is known only at run time, write
/// one statement for each level.
///
/// ```
/// use ttlog_core::{Level, event};
///
/// event!(Level::Warn, user = 123, "slow");
/// event!(target: "shop::order", Level::Warn, "slow");
///
/// fn log(level: Level) {
///     match level {
///         Level::Error => event!(Level::Error, "done"),
///         _ => event!(Level::Info, "done"),
///     }
/// }
/// ```
#[macro_export]
macro_rules! event {
    ($($statement:tt)*) => {
        $crate::__private::event!(($crate) () $($statement)*)
    };
}

/// Enters a span and evaluates to its guard, a [`Span`](crate::Span).
///
/// The name comes first, then the fields. The name may capture variables, which are fields as well.
/// Default level: [`Level::Info`](crate::Level::Info).
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

/// Returns the arguments of a record that is written by hand, as
/// [`Fields`](crate::argument::Fields).
///
/// Each value must be an [`Argument`](crate::Argument). Pass text as `&str` and bytes as `&[u8]`.
/// Pass values of other types as [`Formatted`](crate::argument::Formatted).
///
/// # Examples
///
/// ```
/// use core::fmt::Write;
/// use ttlog_core::{
///     argument::{Fields, Formatted},
///     fields,
/// };
///
/// fn record(arguments: impl Fields) {
///     // Records the arguments.
/// }
///
/// let thread = String::from("main");
/// let location = Formatted::new(|out| write!(out, "{}:{}", "src/main.rs", 7));
/// record(fields![thread.as_str(), location, Some(7_u32)]);
/// ```
#[macro_export]
macro_rules! fields {
    () => { () };
    ($first:expr $(, $rest:expr)* $(,)?) => {
        ($crate::Argument::stored(&$first), $crate::fields![$($rest),*])
    };
}
