//! The signals that a fault of the program raises.

/// A signal that ends the process because of a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(usize)]
pub(crate) enum CrashSignal {
    Segv,
    Bus,
    Ill,
    Fpe,
    Abrt,
    Trap,
}

impl CrashSignal {
    pub(crate) const COUNT: usize = 6;

    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Segv,
        Self::Bus,
        Self::Ill,
        Self::Fpe,
        Self::Abrt,
        Self::Trap,
    ];

    /// Returns the signal with this number of the system.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.number() == number)
    }

    /// Returns the number that the system has for the signal.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Segv => libc::SIGSEGV,
            Self::Bus => libc::SIGBUS,
            Self::Ill => libc::SIGILL,
            Self::Fpe => libc::SIGFPE,
            Self::Abrt => libc::SIGABRT,
            Self::Trap => libc::SIGTRAP,
        }
    }

    /// Returns the name, `SIGSEGV` for example.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Segv => "SIGSEGV",
            Self::Bus => "SIGBUS",
            Self::Ill => "SIGILL",
            Self::Fpe => "SIGFPE",
            Self::Abrt => "SIGABRT",
            Self::Trap => "SIGTRAP",
        }
    }

    /// Returns the reason of the snapshot, which is the name in lower case.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Segv => "sigsegv",
            Self::Bus => "sigbus",
            Self::Ill => "sigill",
            Self::Fpe => "sigfpe",
            Self::Abrt => "sigabrt",
            Self::Trap => "sigtrap",
        }
    }

    /// Returns the name of the cause with this code (`si_code`), `SEGV_MAPERR` for example. Returns `None`
    /// if the code has no name here.
    pub(crate) const fn code_name(self, code: i32) -> Option<&'static str> {
        let name = match (self, code) {
            (_, 0) => "SI_USER",
            (_, 128) => "SI_KERNEL",
            (_, -1) => "SI_QUEUE",
            (_, -6) => "SI_TKILL",
            (Self::Segv, 1) => "SEGV_MAPERR",
            (Self::Segv, 2) => "SEGV_ACCERR",
            (Self::Segv, 3) => "SEGV_BNDERR",
            (Self::Segv, 4) => "SEGV_PKUERR",
            (Self::Bus, 1) => "BUS_ADRALN",
            (Self::Bus, 2) => "BUS_ADRERR",
            (Self::Bus, 3) => "BUS_OBJERR",
            (Self::Bus, 4) => "BUS_MCEERR_AR",
            (Self::Bus, 5) => "BUS_MCEERR_AO",
            (Self::Ill, 1) => "ILL_ILLOPC",
            (Self::Ill, 2) => "ILL_ILLOPN",
            (Self::Ill, 3) => "ILL_ILLADR",
            (Self::Ill, 4) => "ILL_ILLTRP",
            (Self::Ill, 5) => "ILL_PRVOPC",
            (Self::Fpe, 1) => "FPE_INTDIV",
            (Self::Fpe, 2) => "FPE_INTOVF",
            (Self::Fpe, 3) => "FPE_FLTDIV",
            (Self::Fpe, 4) => "FPE_FLTOVF",
            (Self::Fpe, 5) => "FPE_FLTUND",
            (Self::Fpe, 7) => "FPE_FLTINV",
            (Self::Trap, 1) => "TRAP_BRKPT",
            (Self::Trap, 2) => "TRAP_TRACE",
            (Self::Trap, 4) => "TRAP_HWBKPT",
            _ => return None,
        };
        Some(name)
    }
}
