//! The capacity of a ring, and the memory that it takes.

use ttlog_core::{Geometry, Ring};

use crate::error::BuildError;

/// Average length of an event in bytes, from which the capacity is computed.
const EVENT_BYTES: usize = 128;
/// Number of words of a page: 16 KiB, a few hundred events.
const PAGE_WORDS: usize = 4096;
/// Number of words of the smallest page. A small ring has smaller pages.
const PAGE_MIN_WORDS: usize = 512;
/// Number of pages beyond the capacity. Threads that rarely log own pages that stay almost empty.
pub(crate) const SPARE_PAGES: usize = 64;

/// Maximum number of pages that the ring can number and one allocation can hold.
const PAGES_MAX: usize = {
    let addressable = isize::MAX as usize / 4 / (1 + PAGE_WORDS) - 1;
    if addressable < Geometry::PAGES_MAX {
        addressable
    } else {
        Geometry::PAGES_MAX
    }
};
const EVENTS_MAX: usize = (PAGES_MAX - SPARE_PAGES) * (page_bytes(PAGE_WORDS) / EVENT_BYTES);
const BYTES_MIN: usize = memory_bytes(PAGE_MIN_WORDS, Geometry::PAGES_MIN);
const BYTES_MAX: usize = memory_bytes(PAGE_WORDS, PAGES_MAX);

/// Returns the number of bytes of a page that average events fill. One event's length is subtracted for
/// the space that stays free at the end of a page.
const fn page_bytes(page_words: usize) -> usize {
    Geometry { page_words }.payload_bytes() - EVENT_BYTES
}

const fn memory_bytes(page_words: usize, pages: usize) -> usize {
    Geometry { page_words }.memory_words(pages) * 4
}

/// The capacity that a program sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Capacity {
    Events(usize),
    Bytes(usize),
}

/// The memory of a ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RingLayout {
    pub(crate) words: usize,
    pub(crate) geometry: Geometry,
    /// Number of newest events to show; 0 for all.
    pub(crate) events_max: u64,
    capacity: Capacity,
}

impl RingLayout {
    /// Returns the layout of a ring.
    pub(crate) fn of(ring: &Ring<'_>, events_max: u64) -> Self {
        let geometry = Geometry {
            page_words: ring.page_words(),
        };
        let words = geometry.memory_words(ring.page_count());
        Self {
            words,
            geometry,
            events_max,
            capacity: Capacity::Bytes(words * 4),
        }
    }

    /// Returns the error that states the range of the capacity.
    pub(crate) fn out_of_range(&self) -> BuildError {
        self.capacity.out_of_range()
    }
}

impl Capacity {
    /// Returns the memory that a ring of this capacity takes.
    pub(crate) fn layout(self) -> Result<RingLayout, BuildError> {
        match self {
            Self::Events(events @ 1..=EVENTS_MAX) => {
                let bytes = events * EVENT_BYTES;
                let geometry = geometry(bytes);
                let pages = bytes.div_ceil(page_bytes(geometry.page_words)) + SPARE_PAGES;
                Ok(RingLayout {
                    words: geometry.memory_words(pages),
                    geometry,
                    events_max: events as u64,
                    capacity: self,
                })
            }
            Self::Bytes(bytes @ BYTES_MIN..=BYTES_MAX) => Ok(RingLayout {
                words: bytes / 4,
                geometry: geometry(bytes),
                events_max: 0,
                capacity: self,
            }),
            _ => Err(self.out_of_range()),
        }
    }

    /// Returns the number of events of average length that the ring keeps.
    pub(crate) fn average_events(self) -> u64 {
        match self {
            Self::Events(events) => events as u64,
            Self::Bytes(bytes) => (bytes / EVENT_BYTES) as u64,
        }
    }

    /// Returns the error that states the range.
    pub(crate) fn out_of_range(self) -> BuildError {
        let (setting, value, min, max) = match self {
            Self::Events(events) => ("number of events", events, 1, EVENTS_MAX),
            Self::Bytes(bytes) => ("number of bytes", bytes, BYTES_MIN, BYTES_MAX),
        };
        BuildError::OutOfRange {
            setting,
            value,
            min,
            max,
        }
    }
}

/// Divides memory into about 16 pages, or into more if pages would exceed [`PAGE_WORDS`].
fn geometry(bytes: usize) -> Geometry {
    Geometry {
        page_words: (bytes / 4 / 16).clamp(PAGE_MIN_WORDS, PAGE_WORDS),
    }
}

#[cfg(test)]
mod tests {
    use ttlog_core::{Word, ring::Run};

    use super::*;

    #[test]
    fn the_smallest_capacities_make_a_ring() {
        for capacity in [Capacity::Events(1), Capacity::Bytes(BYTES_MIN)] {
            let layout = capacity.layout().unwrap();
            let memory: Vec<Word> = (0..layout.words).map(|_| Word::new(0)).collect();
            assert!(Ring::new(&memory, layout.geometry, Run::default()).is_ok());
        }
    }

    #[test]
    fn the_largest_capacities_are_no_more_pages_than_a_ring_numbers() {
        for capacity in [Capacity::Events(EVENTS_MAX), Capacity::Bytes(BYTES_MAX)] {
            let RingLayout {
                words, geometry, ..
            } = capacity.layout().unwrap();
            assert!(words <= geometry.memory_words(Geometry::PAGES_MAX));
            assert!(
                words
                    .checked_mul(4)
                    .is_some_and(|bytes| isize::try_from(bytes).is_ok())
            );
        }
    }

    #[test]
    fn a_capacity_out_of_range_is_an_error_that_states_the_range() {
        let events = format!("is out of range: 1 to {EVENTS_MAX}");
        let bytes = format!("is out of range: {BYTES_MIN} to {BYTES_MAX}");
        for (capacity, text) in [
            (Capacity::Events(0), format!("number of events 0 {events}")),
            (
                Capacity::Events(EVENTS_MAX + 1),
                format!("number of events {} {events}", EVENTS_MAX + 1),
            ),
            (
                Capacity::Bytes(BYTES_MIN - 1),
                format!("number of bytes {} {bytes}", BYTES_MIN - 1),
            ),
            (
                Capacity::Bytes(usize::MAX),
                format!("number of bytes {} {bytes}", usize::MAX),
            ),
        ] {
            assert_eq!(capacity.layout().unwrap_err().to_string(), text);
        }
    }
}
