//! The destination of a snapshot.

use core::convert::Infallible;

/// Takes the bytes of a snapshot in order: a file, a serial line, flash, a buffer.
///
/// # Examples
///
/// A sink that only counts, to learn the size of a snapshot:
///
/// ```
/// use core::convert::Infallible;
/// use ttlog_core::snapshot::Sink;
///
/// struct Length(usize);
/// impl Sink for Length {
///     type Error = Infallible;
///     fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
///         self.0 += bytes.len();
///         Ok(())
///     }
/// }
///
/// let mut length = Length(0);
/// let Ok(()) = length.write(b"bytes");
/// assert_eq!(length.0, 5);
/// ```
pub trait Sink {
    /// Why bytes could not be written.
    type Error;

    /// Writes all of `bytes`.
    ///
    /// # Errors
    ///
    /// An error ends the snapshot. What was written before stays readable.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;

    fn write(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        (**self).write(bytes)
    }
}

/// A sink that passes each byte to a function, which writes it to a serial line for example.
///
/// # Examples
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
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::{Sink, SliceFull, SliceSink};
///
/// let mut buffer = [0; 4];
/// let mut sink = SliceSink::new(&mut buffer);
/// sink.write(b"abc")?;
/// assert_eq!(sink.written(), b"abc");
/// assert_eq!(sink.write(b"de"), Err(SliceFull));
/// # Ok::<(), SliceFull>(())
/// ```
#[derive(Debug)]
pub struct SliceSink<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

impl<'a> SliceSink<'a> {
    /// Creates a sink that fills `bytes` from the start.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// Returns what has been written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

/// The slice of a [`SliceSink`] is full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SliceFull;

impl core::fmt::Display for SliceFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the buffer for the snapshot is full: provide a longer one")
    }
}

impl core::error::Error for SliceFull {}

impl Sink for SliceSink<'_> {
    type Error = SliceFull;

    fn write(&mut self, bytes: &[u8]) -> Result<(), SliceFull> {
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        rest.get_mut(..bytes.len())
            .ok_or(SliceFull)?
            .copy_from_slice(bytes);
        self.used += bytes.len();
        Ok(())
    }
}
