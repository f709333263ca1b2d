//! The ring's protocol under every interleaving that a weak memory allows, by loom:
//! `RUSTFLAGS="--cfg loom" cargo test -p ttlog-core --release --lib loom`.
//!
//! Models are small: two pages, one to three records, and one or two preemptions at most, which finds
//! nearly all there is to find (see loom's documentation).

use std::{sync::Arc, vec::Vec};

use loom::thread;

use super::{Geometry, Ring};
use crate::{
    decode::Cursor,
    level::Level,
    record::Header,
    sync::{Ordering, Word},
    writer::Writer,
};

const PAGE_WORDS: usize = Geometry::PAGE_MIN_WORDS;
/// So long that a page holds one.
const RECORD_WORDS: usize = 9;

fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 100_000;
    // Where that is not all: as many as can be tried in this time.
    builder.max_duration = Some(core::time::Duration::from_secs(20));
    builder.check(model);
}

fn memory(pages: usize) -> Arc<Vec<Word>> {
    let words = Geometry {
        page_words: PAGE_WORDS,
    }
    .memory_words(pages);
    Arc::new((0..words).map(|_| Word::new(0)).collect())
}

fn ring(memory: &[Word]) -> Ring<'_> {
    Ring::new(
        memory,
        Geometry {
            page_words: PAGE_WORDS,
        },
        1,
        0,
    )
    .unwrap()
}

fn write(ring: &Ring<'_>, serial: u32) -> bool {
    let writer = Writer::new();
    let header = Header::new(1, Level::Info).with_words(RECORD_WORDS);
    let written = writer.write(ring, serial.into(), header, &|room: &[Word]| {
        for word in room {
            word.store(serial, Ordering::Relaxed);
        }
    });
    writer.give_back(ring);
    written.is_ok()
}

/// Reads a page and checks that its records are whole; answers their serials.
fn read(ring: &Ring<'_>, index: usize) -> Vec<u32> {
    let Ok(header) = ring.page_header(index) else {
        return Vec::new();
    };
    let mut bytes = [0; PAGE_WORDS * 4];
    let from = crate::page::HEADER_WORDS;
    let Ok(copied) = ring.copy_page(index, &header, from, &mut bytes) else {
        return Vec::new();
    };
    let mut rest = &bytes[..copied];
    let mut cursor = Cursor::new(header.writer(), header.base_ticks());
    let mut serials = Vec::new();
    while let Some(record) = cursor.next(&mut rest) {
        let (words, _) = record.body().as_chunks::<4>();
        assert_eq!(words.len(), RECORD_WORDS - Header::WORDS);
        assert!(words.iter().all(|word| word == &words[0]), "torn");
        let serial = u32::from_le_bytes(words[0]);
        assert_eq!(record.ticks, u64::from(serial), "of another record");
        serials.push(serial);
    }
    assert!(rest.is_empty(), "no record");
    serials
}

#[test]
fn loom_two_writers_never_get_the_same_page() {
    check(2, || {
        let memory = memory(2);
        ring(&memory);
        let ring_of = |memory: &[Word]| {
            Ring::over(memory, PAGE_WORDS, 2)
                .unwrap()
                .claim(0, 1, 0)
                .unwrap()
                .next()
        };
        let other = Arc::clone(&memory);
        let claimed = thread::spawn(move || ring_of(&other));
        let here = ring_of(&memory);
        assert_ne!(here, claimed.join().unwrap());
    });
}

#[test]
fn loom_a_reader_sees_published_records_whole_or_not_at_all() {
    check(2, || {
        let memory = memory(2);
        ring(&memory);
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 2).unwrap();
            assert!(write(&ring, 7));
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 2).unwrap();
        let seen = read(&ring, 0);
        assert!(seen.is_empty() || seen == [7]);
        writer.join().unwrap();
        assert_eq!(read(&ring, 0), [7]);
    });
}

#[test]
fn loom_a_page_that_is_reused_while_it_is_read_is_never_shown_torn_and_is_accounted_for() {
    // One preemption: with two, the model takes more than five minutes.
    check(1, || {
        let memory = memory(2);
        let first = ring(&memory);
        assert!(write(&first, 1) && write(&first, 2));
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 2).unwrap();
            // Reuses the page of the first record.
            assert!(write(&ring, 3));
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 2).unwrap();
        let seen = read(&ring, 0);
        assert!(seen.is_empty() || seen == [1] || seen == [3], "{seen:?}");
        // At every moment, what was recorded here is either in the page or overwritten.
        if let Ok(header) = ring.page_header(0) {
            let sum = header.counts()[2] + header.overwritten()[2];
            assert!(sum == 1 || sum == 2, "{sum}");
        }
        writer.join().unwrap();
        assert_eq!(read(&ring, 0), [3]);
    });
}
