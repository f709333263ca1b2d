//! The ring's protocol in every interleaving that a weak memory model allows, checked by loom:
//! `RUSTFLAGS="--cfg loom" cargo test -p ttlog-core --release --lib --target-dir target/loom loom`.
//!
//! A model is small: two pages, one to three records, and at most one or two preemptions. Loom's
//! documentation says that most faults show with that few.

use std::{sync::Arc, vec::Vec};

use loom::thread;

use super::{Geometry, PageTurn, Ring, Run};
use crate::{
    level::Level,
    page::Claim,
    record::{RecordHeader, cursor::Cursor},
    sync::{Ordering, Word},
    writer::Writer,
};

const PAGE_WORDS: usize = Geometry::PAGE_MIN_WORDS;
/// A page holds one record of this length.
const RECORD_WORDS: usize = 9;

const CLAIM: PageTurn<'static> = PageTurn {
    full: None,
    end_ticks: 0,
    claim: Claim {
        writer: 1,
        base_ticks: 0,
        first_seq: 0,
    },
};

/// Checks a model in all interleavings with at most this many preemptions.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 100_000;
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
        Run::default(),
    )
    .unwrap()
}

/// Writes a record through a new writer, which keeps its page.
fn write<'a>(ring: &Ring<'a>, serial: u32) -> Writer<'a> {
    let writer = Writer::new();
    let header = RecordHeader::new(1, Level::Info).with_words(RECORD_WORDS);
    let written = writer.write(ring, serial.into(), header, &|room: &[Word]| {
        for word in room {
            word.store(serial, Ordering::Relaxed);
        }
    });
    assert_eq!(written, Ok(()));
    writer
}

/// Reads a page and checks that its records are whole. Returns their serial numbers.
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
    let mut cursor = Cursor::new(&header);
    let mut serials = Vec::new();
    while let Some(record) = cursor.next(&mut rest) {
        let (words, _) = record.body().as_chunks::<4>();
        assert_eq!(words.len(), RECORD_WORDS - RecordHeader::WORDS);
        assert!(words.iter().all(|word| word == &words[0]), "torn");
        let serial = u32::from_le_bytes(words[0]);
        assert_eq!(
            record.ticks,
            u64::from(serial),
            "the time of another record"
        );
        serials.push(serial);
    }
    assert!(rest.is_empty(), "bytes that are no record");
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
                .claim(&CLAIM)
                .unwrap()
                .index
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
            write(&ring, 7);
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 2).unwrap();
        let seen = read(&ring, 0);
        assert!(seen.is_empty() || seen == [7]);
        writer.join().unwrap();
        assert_eq!(read(&ring, 0), [7]);
    });
}

/// Runs `read` on page 0, which holds record 1, while a writer reuses the page for record 3.
fn while_a_page_is_reused(read: fn(&Ring<'_>)) {
    // With two preemptions, the models take more than five minutes.
    check(1, move || {
        let memory = memory(2);
        let first = ring(&memory);
        write(&first, 1).release(&first);
        write(&first, 2).release(&first);
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 2).unwrap();
            write(&ring, 3);
        });
        read(&Ring::over(&memory, PAGE_WORDS, 2).unwrap());
        writer.join().unwrap();
    });
}

#[test]
fn loom_a_page_that_is_reused_while_it_is_read_is_never_torn() {
    while_a_page_is_reused(|ring| {
        let seen = read(ring, 0);
        assert!(seen.is_empty() || seen == [1] || seen == [3], "{seen:?}");
    });
}

#[test]
fn loom_a_page_that_is_reused_while_it_is_read_is_accounted_for() {
    while_a_page_is_reused(|ring| {
        // At every moment, each event that was recorded here is in the page or overwritten.
        if let Ok(header) = ring.page_header(0) {
            let sum = header.counts()[2] + header.overwritten()[2];
            assert!(sum == 1 || sum == 2, "{sum}");
        }
    });
}
