//! Where a snapshot goes.

use core::convert::Infallible;

/// Takes the bytes of a snapshot, in order: a file, a serial line, flash, a buffer.
pub trait Sink {
    /// Why bytes could not be taken.
    type Error;

    /// Takes all of `bytes`.
    ///
    /// # Errors
    ///
    /// Ends the snapshot; what was taken before stays readable.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;

    fn write(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        (**self).write(bytes)
    }
}

/// A sink that hands on each byte: to the register of a serial line, for example.
///
/// ```
/// # use ttlog_core::snapshot::{ByteSink, Sink};
/// let mut sent = Vec::new();
/// let Ok(()) = ByteSink(|byte| sent.push(byte)).write(b"bytes");
/// assert_eq!(sent, b"bytes");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByteSink<F>(pub F);

impl<F: FnMut(u8)> Sink for ByteSink<F> {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        bytes.iter().copied().for_each(&mut self.0);
        Ok(())
    }
}

/// A sink that fills a slice.
#[derive(Debug)]
pub struct SliceSink<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

impl<'a> SliceSink<'a> {
    /// A sink over `bytes`, empty.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// What has been written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

/// The slice is too short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the buffer for the snapshot is full: give a longer one")
    }
}

impl core::error::Error for Full {}

impl Sink for SliceSink<'_> {
    type Error = Full;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        rest.get_mut(..bytes.len())
            .ok_or(Full)?
            .copy_from_slice(bytes);
        self.used += bytes.len();
        Ok(())
    }
}
