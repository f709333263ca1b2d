//! Signals that request snapshots.

/// A signal that requests a snapshot. See
/// [`Builder::snapshot_on_signal`](crate::Builder::snapshot_on_signal).
///
/// The first process of a container cannot end by a signal. It ends with the exit status 128 plus the number of the
/// signal, 143 for SIGTERM for example.
///
/// # Examples
///
/// ```
/// use ttlog_std::{SnapshotSignal, Trace};
///
/// let builder = Trace::builder()
///     .snapshot_on_signal(SnapshotSignal::User1)
///     .snapshot_on_signal(SnapshotSignal::Terminate);
/// # let dir = tempfile::tempdir()?;
/// # let _trace = builder.directory(dir.path()).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SnapshotSignal {
    /// SIGUSR1. The program continues. The reason of the snapshot is `sigusr1`.
    User1,
    /// SIGUSR2. The program continues. The reason of the snapshot is `sigusr2`.
    User2,
    /// SIGTERM. The process ends by the signal. The reason of the snapshot is `sigterm`.
    Terminate,
    /// SIGINT (Ctrl-C). The process ends by the signal. The reason of the snapshot is `sigint`.
    Interrupt,
    /// SIGHUP. The process ends by the signal. The reason of the snapshot is `sighup`.
    HangUp,
}

impl SnapshotSignal {
    /// Returns the number that the system has for the signal.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::User1 => libc::SIGUSR1,
            Self::User2 => libc::SIGUSR2,
            Self::Terminate => libc::SIGTERM,
            Self::Interrupt => libc::SIGINT,
            Self::HangUp => libc::SIGHUP,
        }
    }

    /// Returns the reason of the snapshot.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::User1 => "sigusr1",
            Self::User2 => "sigusr2",
            Self::Terminate => "sigterm",
            Self::Interrupt => "sigint",
            Self::HangUp => "sighup",
        }
    }

    /// Returns whether the process ends after the snapshot.
    pub(crate) const fn ends_process(self) -> bool {
        matches!(self, Self::Terminate | Self::Interrupt | Self::HangUp)
    }
}
