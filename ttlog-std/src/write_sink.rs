//! A writer of the standard library as a sink for snapshots.

use std::io::{self, Write};

use ttlog_core::snapshot::Sink;

/// A [`Sink`] that passes the bytes to a [`Write`].
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::Sink;
/// use ttlog_std::WriteSink;
///
/// let mut bytes = Vec::new();
/// WriteSink(&mut bytes).write(b"snapshot")?;
/// assert_eq!(bytes, b"snapshot");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WriteSink<W>(pub W);

impl<W: Write> Sink for WriteSink<W> {
    type Error = io::Error;

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}
