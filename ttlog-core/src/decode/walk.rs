//! Stepping from record to record without looking into them.

use crate::{
    level::Level,
    page::PerLevel,
    record::{Header, mark},
};

/// What lies between the start of some words and the end of the last whole record in them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walked {
    /// How many words.
    pub(crate) words: usize,
    /// The time of the last record.
    pub(crate) ticks: u64,
    /// Events, by level.
    pub(crate) events: PerLevel,
}

/// Walks over the records in `bytes`, of which the first one's delta counts from `ticks`.
pub(crate) fn whole_records(bytes: &[u8], ticks: u64) -> Walked {
    let mut walked = Walked {
        ticks,
        ..Walked::default()
    };
    let mut rest = bytes;
    while let Some(step) = Step::split_from(&mut rest) {
        walked.words += step.header.words();
        walked.ticks = step.ticks(walked.ticks);
        if step.header.id() != 0
            && let Some(level) = Level::from_number(step.header.level_number())
            && let Some(count) = walked.events.get_mut(level as usize)
        {
            *count += 1;
        }
    }
    walked
}

/// A record that has not been looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) header: Header,
    delta: u32,
    /// What follows the two leading words.
    pub(crate) body: &'a [u8],
}

impl<'a> Step<'a> {
    /// Takes the first record off `bytes`; `None` at their end, or where no whole record is next.
    pub(crate) fn split_from(bytes: &mut &'a [u8]) -> Option<Self> {
        let (&header, rest) = bytes.split_first_chunk()?;
        let (&delta, _) = rest.split_first_chunk()?;
        let header = Header::from_bits(u32::from_le_bytes(header));
        let (record, after) = bytes.split_at_checked(header.words() * 4)?;
        let body = record.get(Header::WORDS * 4..)?;
        *bytes = after;
        Some(Self {
            header,
            delta: u32::from_le_bytes(delta),
            body,
        })
    }

    /// The record's time, when the one before it was at `before`.
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
