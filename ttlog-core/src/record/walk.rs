//! Stepping from record to record without decoding them.

use crate::{
    level_counts::LevelCounts,
    record::{RecordHeader, mark},
};

/// A sum over the records that have been passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walked {
    /// Number of words.
    pub(crate) words: usize,
    /// The time of the last record.
    pub(crate) ticks: u64,
    /// Number of events, by level.
    pub(crate) events: LevelCounts,
    /// Sequence number of the next event.
    pub(crate) seq: u64,
}

impl Walked {
    /// Passes the whole records in `bytes`. The delta of the first counts from `ticks`.
    pub(crate) fn whole_records(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(step) = Step::split_from(&mut rest) {
            self.pass(&step);
        }
    }

    /// Passes one record.
    pub(crate) fn pass(&mut self, step: &Step<'_>) {
        self.words += step.header.words();
        self.ticks = step.ticks(self.ticks);
        if step.header.id() != 0
            && let Some(count) = self.events.get_mut(step.header.level_number() as usize)
        {
            *count += 1;
            self.seq = self.seq.wrapping_add(1);
        }
    }
}

/// A record that has not been decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) header: RecordHeader,
    delta: u32,
    /// The bytes behind the two leading words.
    pub(crate) body: &'a [u8],
}

impl<'a> Step<'a> {
    /// Returns the record that begins with `start`. Its body goes on to the end of `start`. Returns
    /// `None` if `start` is not the start of a record.
    pub(crate) fn start_of(start: &'a [u8]) -> Option<Self> {
        let (&header, rest) = start.split_first_chunk()?;
        let (&delta, body) = rest.split_first_chunk()?;
        let header = RecordHeader::from_bits(u32::from_le_bytes(header));
        (header.words() >= RecordHeader::WORDS).then_some(Self {
            header,
            delta: u32::from_le_bytes(delta),
            body,
        })
    }

    /// Takes the first record off `bytes`. Returns `None` at their end, or if no whole record follows.
    pub(crate) fn split_from(bytes: &mut &'a [u8]) -> Option<Self> {
        let step = Self::start_of(bytes)?;
        let (body, after) = step
            .body
            .split_at_checked((step.header.words() - RecordHeader::WORDS) * 4)?;
        *bytes = after;
        Some(Self { body, ..step })
    }

    /// Returns the record's time. The record before it was at `before`.
    pub(crate) fn ticks(&self, before: u64) -> u64 {
        if self.header.id() == 0
            && self.header.level_number() == mark::TIME
            && let Some((&low, rest)) = self.body.split_first_chunk()
            && let Some((&high, _)) = rest.split_first_chunk()
        {
            return u64::from(u32::from_le_bytes(high)) << 32 | u64::from(u32::from_le_bytes(low));
        }
        before.saturating_add(self.delta.into())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::level::Level;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn event(words: usize) -> u32 {
        RecordHeader::new(7, Level::Warn)
            .with_words(words)
            .to_bits()
    }

    #[test]
    fn whole_records_are_counted_and_a_cut_one_is_not() {
        let time = RecordHeader::mark(mark::TIME, 4).to_bits();
        let words = [event(3), 5, 0, time, 9, 2, 1, event(2), 6, event(3), 1];
        let mut walked = Walked {
            ticks: 100,
            ..Walked::default()
        };
        walked.whole_records(&bytes(&words));
        assert_eq!(walked.words, 9);
        // The time mark replaces the time. Its own delta does not count.
        assert_eq!(walked.ticks, (1 << 32) + 2 + 6);
        assert_eq!(walked.events, [0, 0, 0, 2, 0, 0]);
    }

    #[test]
    fn a_record_that_is_shorter_than_its_header_is_no_step() {
        for words in [0, 1] {
            assert!(Step::start_of(&bytes(&[event(words), 0, 0])).is_none());
        }
        assert!(Step::start_of(&bytes(&[event(2)])).is_none());
    }

    #[test]
    fn a_record_that_is_cut_has_a_start_and_is_not_split_off() {
        let cut = bytes(&[event(4), 3, 0]);
        assert_eq!(Step::start_of(&cut).unwrap().ticks(10), 13);
        let mut rest = &cut[..];
        assert!(Step::split_from(&mut rest).is_none());
        assert_eq!(rest, cut);
    }

    #[test]
    fn times_and_levels_at_the_ends_of_their_ranges_are_taken() {
        let mut walked = Walked {
            ticks: u64::MAX,
            ..Walked::default()
        };
        let no_level = 1 << 15 | 7 << 12 | 2;
        walked.whole_records(&bytes(&[event(2), u32::MAX, no_level, 0]));
        assert_eq!((walked.words, walked.ticks), (4, u64::MAX));
        assert_eq!(walked.events, [0, 0, 0, 1, 0, 0]);
    }
}
