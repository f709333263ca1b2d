//! A crash as the system describes it.

use crate::crash_signal::CrashSignal;

/// Maximum number of return addresses.
pub(crate) const FRAMES_MAX: usize = 24;

/// The signal of a crash, and the place of the fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrashSite {
    pub(crate) signal: CrashSignal,
    /// The cause that the system states (`si_code`). It is positive if the system has sent the signal.
    pub(crate) code: i32,
    /// The address whose use failed; 0 if a process has sent the signal.
    pub(crate) address: usize,
    /// The process that has sent the signal; 0 if the system has.
    pub(crate) sender: u32,
    /// The address of the instruction that was interrupted; 0 if it is not known.
    pub(crate) instruction: usize,
    pub(crate) frames: [usize; FRAMES_MAX],
    pub(crate) frame_count: usize,
}

impl CrashSite {
    /// Returns the return addresses, the innermost first.
    pub(crate) fn frames(&self) -> &[usize] {
        self.frames.get(..self.frame_count).unwrap_or_default()
    }
}
