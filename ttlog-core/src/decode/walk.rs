//! Stepping from record to record without looking into them.

use crate::{
    page::PerLevel,
    record::{Header, mark},
};

/// What has been walked over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walked {
    /// How many words.
    pub(crate) words: usize,
    /// The time of the last record.
    pub(crate) ticks: u64,
    /// Events, by level.
    pub(crate) events: PerLevel,
}

impl Walked {
    /// Walks over the whole records in `bytes`, of which the first one's delta counts from `ticks`.
    pub(crate) fn whole_records(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(step) = Step::split_from(&mut rest) {
            self.pass(&step);
        }
    }

    /// Walks over one record.
    pub(crate) fn pass(&mut self, step: &Step<'_>) {
        self.words += step.header.words();
        self.ticks = step.ticks(self.ticks);
        if step.header.id() != 0
            && let Some(count) = self.events.get_mut(step.header.level_number() as usize)
        {
            *count += 1;
        }
    }
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
    /// The record that `start` is the start of. `None` where there is none so short.
    pub(crate) fn start_of(start: &'a [u8]) -> Option<Self> {
        let (&header, rest) = start.split_first_chunk()?;
        let (&delta, body) = rest.split_first_chunk()?;
        let header = Header::from_bits(u32::from_le_bytes(header));
        (header.words() >= Header::WORDS).then_some(Self {
            header,
            delta: u32::from_le_bytes(delta),
            body,
        })
    }

    /// Takes the first record off `bytes`; `None` at their end, or where no whole record is next.
    pub(crate) fn split_from(bytes: &mut &'a [u8]) -> Option<Self> {
        let step = Self::start_of(bytes)?;
        let (body, after) = step
            .body
            .split_at_checked((step.header.words() - Header::WORDS) * 4)?;
        *bytes = after;
        Some(Self { body, ..step })
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
