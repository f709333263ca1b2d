//! Reading pages while they are being written.

use super::{OWNED, Ring};
use crate::{
    page::{self, PageHeader},
    sync::{Ordering, fence, spin_loop},
};

/// Number of attempts to read a header whose page is claimed meanwhile. Each time the writers
/// have filled all other pages.
const ATTEMPTS: usize = 64;

/// The page was claimed again while it was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PageReused;

impl Ring<'_> {
    /// Returns a page's header as it is at one moment.
    ///
    /// # Errors
    ///
    /// [`PageReused`] if the page was being claimed at every attempt.
    pub(crate) fn page_header(&self, index: usize) -> Result<PageHeader, PageReused> {
        let mut header = PageHeader::default();
        self.read_page_header(index, &mut header)?;
        Ok(header)
    }

    /// As [`page_header`](Self::page_header), in place, because a header is large to return.
    pub(crate) fn read_page_header(
        &self,
        index: usize,
        header: &mut PageHeader,
    ) -> Result<(), PageReused> {
        let words = self.page(index);
        let (Some(generation), Some(length)) =
            (words.get(page::GENERATION), words.get(page::LENGTH))
        else {
            return Err(PageReused);
        };
        for _ in 0..ATTEMPTS {
            let before = generation.load(Ordering::Acquire);
            // The length first: all that was written before it was published is then seen.
            let published = length.load(Ordering::Acquire);
            for (to, word) in header.0.iter_mut().zip(words) {
                *to = word.load(Ordering::Relaxed);
            }
            header.0[page::LENGTH] = published;
            fence(Ordering::Acquire);
            if generation.load(Ordering::Relaxed) == before {
                header.0[page::GENERATION] = before;
                return Ok(());
            }
            spin_loop();
        }
        Err(PageReused)
    }

    /// Copies words of a page, from word `from` on, into `bytes` in little-endian order. Returns the
    /// number of bytes copied.
    ///
    /// # Errors
    ///
    /// [`PageReused`] if the page is no longer the one that `header` was read from.
    pub(crate) fn copy_page(
        &self,
        index: usize,
        header: &PageHeader,
        from: usize,
        bytes: &mut [u8],
    ) -> Result<usize, PageReused> {
        let words = self.page(index);
        let words = words
            .get(from..header.length().min(words.len()))
            .unwrap_or_default();
        let mut copied = 0;
        for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *to = word.load(Ordering::Relaxed).to_le_bytes();
            copied += to.len();
        }
        // The generation is read after the words.
        fence(Ordering::Acquire);
        let now = self
            .page(index)
            .first()
            .map(|word| word.load(Ordering::Relaxed));
        if now == Some(header.generation()) {
            Ok(copied)
        } else {
            Err(PageReused)
        }
    }

    /// Returns a page's header and, if the page was free all the time, the time of its last event.
    ///
    /// # Errors
    ///
    /// [`PageReused`] if the page was being claimed at every attempt.
    pub(crate) fn page_header_and_end(
        &self,
        index: usize,
    ) -> Result<(PageHeader, Option<u64>), PageReused> {
        let state = || {
            self.table
                .get(index)
                .map(|state| state.load(Ordering::Acquire))
        };
        // The end is written before the page is released.
        let before = state();
        let header = self.page_header(index)?;
        fence(Ordering::Acquire);
        let is_closed = before == state() && before.is_some_and(|state| state & OWNED == 0);
        Ok((header, is_closed.then(|| header.end_ticks())))
    }
}
