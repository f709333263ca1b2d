//! Following the ring: reading what has come since the last time.

use super::{Reused, Ring};
use crate::{
    decode::{Cursor, walk::Walked},
    page::HEADER_WORDS,
};

/// How far a page has been followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    generation: u32,
    /// The next word to read.
    from: usize,
    /// What holds before that word.
    cursor: Option<Cursor>,
    /// Events of this place that were read or missed, since the ring was made.
    passed: u64,
}

/// What has come into a page.
#[derive(Clone, Copy, Debug)]
pub struct News<'b> {
    /// The records, whole ones.
    pub records: &'b [u8],
    /// What holds before the first of them.
    pub cursor: Cursor,
    /// Events that were overwritten before they could be read.
    pub missed: u64,
}

impl Ring<'_> {
    /// Reads what has come into a page since `position`, into `buffer`, which should hold a page.
    /// `None` where nothing has, or the page is being reused at this moment.
    ///
    /// Costs the writers nothing. `position` starts as `Position::default()`.
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
                cursor: Some(Cursor::new(header.writer(), header.base_ticks())),
                passed: position.passed.max(overwritten),
            };
        }
        let cursor = position.cursor?;
        let copied = match self.copy_page(index, &header, position.from, buffer) {
            Ok(copied) => buffer.get(..copied)?,
            Err(Reused) => &[],
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
