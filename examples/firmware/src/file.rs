//! A file on the machine that the debugger or the emulator runs on, through semihosting.

use core::ffi::CStr;

use semihosting::{
    fs,
    io::{self, Write},
};
use ttlog_core::snapshot::Sink;

/// A sink that writes a snapshot into a file.
pub struct File(fs::File);

impl File {
    /// Creates the file, or truncates an existing one.
    ///
    /// # Errors
    ///
    /// Returns the error of the other machine.
    pub fn create(name: &CStr) -> io::Result<Self> {
        fs::File::create(name).map(Self)
    }
}

impl Sink for File {
    type Error = io::Error;

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}
