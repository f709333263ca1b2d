//! The differences between a board and a host.
//!
//! A board is a target without an operating system. It has little flash, small stacks and one core;
//! a host has memory to spare and is fast if code is in line. All such decisions stand here.

/// True if the target has no operating system.
pub(crate) const IS_BOARD: bool = cfg!(target_os = "none");

/// Maximum length of a filter in bytes: 1,024 on a host, 128 on a board.
pub const FILTER_MAX_BYTES: usize = if IS_BOARD { 128 } else { 1024 };

/// The table of the checksum. Its 1 KiB would be a sixth of the encoder on a board, which computes
/// the checksum bit by bit instead.
#[cfg(not(target_os = "none"))]
pub(crate) type ChecksumTable = crc::Table<1>;
#[cfg(target_os = "none")]
pub(crate) type ChecksumTable = crc::NoTable;

/// Compiles a function in line on a host, where that saves time, and out of line on a board, where
/// that saves flash.
macro_rules! inline_on_host {
    ($function:item) => {
        #[cfg_attr(not(target_os = "none"), inline)]
        #[cfg_attr(target_os = "none", inline(never))]
        $function
    };
}
