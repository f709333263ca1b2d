//! The records of chunks, oldest first.

use core::cmp::Reverse;
use std::{
    collections::{BinaryHeap, binary_heap::PeekMut},
    iter::Peekable,
    vec,
};

use ttlog_core::decode::{Cursor, Record};

use crate::stored_chunk::{Order, StoredChunk};

/// Merges chunks by ticks. Events of one tick are in the order of their chunks, so the events of a thread
/// keep their order.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    /// Chunks before their first event. They stay out of the heap, which keeps it small.
    waiting: Peekable<vec::IntoIter<(Key, &'a StoredChunk)>>,
    /// The next event of each chunk that is being read, and the chunk's index in `readings`.
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// All chunks that have been started.
    readings: Vec<Reading<'a>>,
}

/// The sort key of an event.
type Key = (u64, Order);

/// A chunk and the reading position in it.
#[derive(Debug)]
struct Reading<'a> {
    next: Record<'a>,
    cursor: Cursor,
    rest: &'a [u8],
    chunk: &'a StoredChunk,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(chunks: impl Iterator<Item = &'a StoredChunk>) -> Self {
        let chunks = chunks.map(|chunk| ((chunk.first_ticks, chunk.order), chunk));
        let mut waiting: Vec<_> = chunks.collect();
        waiting.sort_unstable_by_key(|(key, _)| *key);
        Self {
            waiting: waiting.into_iter().peekable(),
            heap: BinaryHeap::new(),
            readings: Vec::new(),
        }
    }

    /// Starts reading the chunks that may contain the next event.
    fn start_chunks(&mut self) {
        let heap = &mut self.heap;
        while let Some((key, chunk)) = self
            .waiting
            .next_if(|(key, _)| heap.peek().is_none_or(|Reverse((oldest, _))| key < oldest))
        {
            let (mut cursor, mut rest) = chunk.start();
            let Some(next) = cursor.next(&mut rest) else {
                continue;
            };
            let reading = Reading {
                next,
                cursor,
                rest,
                chunk,
            };
            heap.push(Reverse((key, self.readings.len())));
            self.readings.push(reading);
        }
    }
}

impl<'a> Iterator for Merge<'a> {
    /// A record and its chunk.
    type Item = (Record<'a>, &'a StoredChunk);

    fn next(&mut self) -> Option<Self::Item> {
        self.start_chunks();
        let mut oldest = self.heap.peek_mut()?;
        let Reverse((_, place)) = *oldest;
        let reading = self.readings.get_mut(place)?;
        let found = (reading.next, reading.chunk);
        if let Some(next) = reading.cursor.next(&mut reading.rest) {
            reading.next = next;
            *oldest = Reverse(((next.ticks, reading.chunk.order), place));
        } else {
            PeekMut::pop(oldest);
        }
        Some(found)
    }
}
