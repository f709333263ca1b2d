//! The run that records into a ring.

use crate::split_mix::SplitMix64;

/// One recorder from start to end: its id and its clock.
///
/// The id tells the events of one run from those of all others, so that a reader of several
/// snapshots shows each event once. Make it random. A board without a source of random numbers can
/// use its serial number, a boot counter, or both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Run {
    /// The id; 0 if it is not known. A reader then takes each snapshot for a run of its own.
    pub id: u64,
    /// Ticks in a second; 0 if only the clock segments of a snapshot tell.
    pub clock_hz: u64,
    /// The time at which the run began, in ticks.
    pub start_ticks: u64,
}

impl Run {
    /// Returns the run with an id made of this one's and the number of the boot, so that a serial
    /// number alone gives each boot its own id. An id of 0 stays 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ring::Run;
    ///
    /// let serial_number = Run { id: 0x1234_5678, clock_hz: 1_000_000, start_ticks: 0 };
    /// let (first, second) = (serial_number.of_boot(1), serial_number.of_boot(2));
    /// assert_ne!(first.id, second.id);
    /// assert_eq!(first.clock_hz, 1_000_000);
    /// assert_eq!(Run::default().of_boot(1).id, 0);
    /// ```
    #[must_use]
    pub fn of_boot(self, boot: u32) -> Self {
        if self.id == 0 {
            return self;
        }
        let random = SplitMix64::new();
        random.seed(self.id ^ self.start_ticks ^ u64::from(boot) << 32);
        Self {
            id: random.next(),
            ..self
        }
    }
}
