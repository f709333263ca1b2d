//! Following a ring: reading what was recorded since the last time.

use super::{PageReused, Ring};
use crate::{
    page::HEADER_WORDS,
    record::{cursor::Cursor, walk::Walked},
};

/// The position up to which a page has been read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    generation: u32,
    /// The next word to read.
    from: usize,
    /// The state before that word.
    cursor: Option<Cursor>,
    /// Number of events of this place that were read or missed since the ring was made.
    passed: u64,
}

/// Records that were added to a page.
#[derive(Clone, Copy, Debug)]
pub struct News<'b> {
    /// The records, all whole.
    pub records: &'b [u8],
    /// The state before the first record.
    pub cursor: Cursor,
    /// Number of events that were overwritten before they could be read.
    pub missed: u64,
}

impl Ring<'_> {
    /// Reads the records that were added to a page since `position` into `buffer`, which should hold
    /// a page. Returns `None` if there are none, or if the page is being reused. `position` starts as
    /// `Position::default()`.
    ///
    /// # Cost
    ///
    /// Nothing for the writers.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Position, Ring, Run};
    ///
    /// # let memory = Memory::<1024>::new();
    /// # let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let (writer, header) = (Writer::new(), RecordHeader::new(1, Level::Info));
    /// let (mut position, mut buffer) = (Position::default(), [0; 4 * 128]);
    ///
    /// writer.write(&ring, 17, header, &|_: &[Word]| {})?;
    /// let mut news = ring.follow(0, &mut position, &mut buffer).expect("one record");
    /// let record = news.cursor.next(&mut news.records).expect("a whole record");
    /// assert_eq!((record.callsite, record.ticks), (1, 17));
    /// assert!(ring.follow(0, &mut position, &mut buffer).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow<'b>(
        &self,
        index: usize,
        position: &mut Position,
        buffer: &'b mut [u8],
    ) -> Option<News<'b>> {
        let header = self.page_header(index).ok()?;
        let mut missed = 0;
        if header.generation() != position.generation || position.from == 0 {
            let overwritten = header.overwritten().iter().sum::<u64>();
            missed = overwritten.saturating_sub(position.passed);
            *position = Position {
                generation: header.generation(),
                from: HEADER_WORDS,
                cursor: Some(Cursor::new(&header)),
                passed: position.passed.max(overwritten),
            };
        }
        let cursor = position.cursor?;
        let copied = match self.copy_page(index, &header, position.from, buffer) {
            Ok(copied) => buffer.get(..copied)?,
            Err(PageReused) => &[],
        };
        let mut walked = Walked {
            ticks: cursor.ticks,
            ..Walked::default()
        };
        walked.whole_records(copied);
        let records = copied.get(..walked.words * 4)?;
        if records.is_empty() && missed == 0 {
            return None;
        }
        position.from += walked.words;
        position.passed += walked.events.iter().sum::<u64>();
        let mut after = cursor;
        let mut rest = records;
        while after.next(&mut rest).is_some() {}
        position.cursor = Some(after);
        Some(News {
            records,
            cursor,
            missed,
        })
    }
}
