//! The progress of a writer.

use super::Ring;

impl Ring<'_> {
    /// Returns the number of events that a writer has recorded so far. Returns `None` if the ring holds no
    /// page of this writer.
    ///
    /// The number grows with each event of the writer while the writer owns a page. It may be one record ahead
    /// of what can be read.
    ///
    /// # Cost
    ///
    /// As [`count`](Self::count), for the caller. The writer pays nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let writer = Writer::new();
    /// writer.set_number(ring.next_writer());
    /// assert_eq!(ring.written_by(1), None);
    /// // Its first pages are reused meanwhile.
    /// for ticks in 0..1000 {
    ///     writer.write(&ring, ticks, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
    /// }
    /// assert_eq!(ring.written_by(1), Some(1000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn written_by(&self, writer: u32) -> Option<u64> {
        (0..self.page_count())
            .filter_map(|index| self.page_header(index).ok())
            .filter(|header| header.writer() == writer && !header.is_being_claimed())
            // The first writers' pages have this number before they are claimed for the first time.
            .filter(|header| header.generation() != 0)
            .map(|header| {
                let here = header.counts().iter().sum();
                header.first_seq().wrapping_add(here)
            })
            .max()
    }
}
