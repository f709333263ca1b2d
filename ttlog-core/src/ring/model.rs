//! The ring's protocol in every interleaving that a weak memory model allows, checked by loom:
//! `RUSTFLAGS="--cfg loom" cargo test -p ttlog-core --release --lib --target-dir target/loom loom`.
//!
//! A model is small: two or three pages, one to three records, and at most one to three preemptions. Loom's
//! documentation says that most faults show with that few. A model that reaches its limit of branches
//! fails.

use std::{sync::Arc, vec::Vec};

use loom::thread;

use super::{Geometry, Hold, Page, Ring, Run, place};
use crate::{
    level::Level,
    page::{self, Claim, PageHeader},
    record::{RecordHeader, cursor::Cursor},
    sync::{Ordering, Word, fence},
    writer::Writer,
};

const PAGE_WORDS: usize = Geometry::PAGE_MIN_WORDS;
/// A page holds one record of this length.
const RECORD_WORDS: usize = 9;

const CLAIM: Claim = Claim {
    writer: 1,
    base_ticks: 0,
    first_seq: 0,
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
    write_through(&writer, ring, serial);
    writer
}

fn write_through<'a>(writer: &Writer<'a>, ring: &Ring<'a>, serial: u32) {
    let header = RecordHeader::new(1, Level::Info).with_words(RECORD_WORDS);
    let written = writer.write(ring, serial.into(), header, &|room: &[Word]| {
        for word in room {
            word.store(serial, Ordering::Relaxed);
        }
    });
    assert_eq!(written, Ok(()));
}

/// Reads a page and checks that its records are whole. Returns their serial numbers.
fn read(ring: &Ring<'_>, index: usize) -> Vec<u32> {
    let Ok(header) = ring.page_header(index) else {
        return Vec::new();
    };
    let mut bytes = [0; PAGE_WORDS * 4];
    let from = page::HEADER_WORDS;
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

/// Claims and releases a page, as a writer that turns its page does.
fn turn<'a>(ring: &Ring<'a>, full: Option<Page<'a>>) -> Option<Page<'a>> {
    let claimed = ring.claim(&CLAIM);
    if let Some(full) = full {
        ring.release(&full, 0);
    }
    claimed.or_else(|| ring.claim(&CLAIM))
}

#[test]
fn loom_no_page_is_lost_or_owned_twice() {
    check(2, || {
        let memory = memory(3);
        ring(&memory);
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 3).unwrap();
            let first = turn(&ring, None);
            turn(&ring, first).unwrap().index
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 3).unwrap();
        let first = turn(&ring, None);
        let here = turn(&ring, first).unwrap().index;
        let there = writer.join().unwrap();
        assert_ne!(here, there);
        let last = ring.claim(&CLAIM).unwrap().index;
        assert_eq!(here + there + last, 3, "{here} {there} {last}");
        assert!(ring.claim(&CLAIM).is_none());
    });
}

#[test]
fn loom_a_page_that_is_held_is_not_claimed() {
    check(2, || {
        let memory = memory(3);
        ring(&memory);
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 3).unwrap();
            [(); 2].map(|()| ring.claim(&CLAIM).map(|page| page.index))
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 3).unwrap();
        let hold = ring.hold(0, u64::MAX, 1).unwrap();
        let limit = ring.header_word(place::HOLD_LIMIT).load(Ordering::Relaxed);
        // What was claimed before the hold is not held.
        let mine = ring.claim(&CLAIM).map(|page| page.index);
        let theirs = writer.join().unwrap();
        for page in theirs.into_iter().chain([mine]).flatten() {
            assert!(page < limit as usize, "{page} of {limit}");
        }
        assert!(ring.claim(&CLAIM).is_none());
        drop(hold);
        // The order is the old one.
        assert_eq!(
            ring.claim(&CLAIM).map(|page| page.index),
            (limit < 3).then_some(limit as usize)
        );
    });
}

#[test]
fn loom_one_of_two_contexts_holds() {
    check(3, || {
        let memory = memory(2);
        ring(&memory);
        let other = Arc::clone(&memory);
        let is_held = Arc::new(Word::new(0));
        let hold = |ring: &Ring<'_>, is_held: &Word| {
            if let Some(hold) = ring.hold(0, u64::MAX, 1) {
                assert_eq!(is_held.fetch_add(1, Ordering::Relaxed), 0, "held twice");
                assert!(hold.is_in_force());
                is_held.fetch_sub(1, Ordering::Relaxed);
            }
        };
        let flag = Arc::clone(&is_held);
        let holder = thread::spawn(move || {
            hold(&Ring::over(&other, PAGE_WORDS, 2).unwrap(), &flag);
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 2).unwrap();
        hold(&ring, &is_held);
        holder.join().unwrap();
        // Neither has left anything behind.
        assert_eq!(ring.header_word(place::NEXT).load(Ordering::Relaxed), 0);
        assert!(ring.hold(0, u64::MAX, 1).is_some());
    });
}

#[test]
fn loom_the_end_of_a_hold_does_not_end_a_later_one() {
    check(2, || {
        let memory = memory(2);
        ring(&memory);
        let first = ring(&memory).hold(0, 0, 1).unwrap();
        let word = first.word();
        core::mem::forget(first);
        let other = Arc::clone(&memory);
        // Writers that meet the hold after its time, and the holder that releases it.
        let writer = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 2).unwrap();
            let late = Claim {
                base_ticks: 1,
                ..CLAIM
            };
            ring.claim(&late);
        });
        let ring = Ring::over(&memory, PAGE_WORDS, 2).unwrap();
        ring.end_hold(word);
        let second = ring.hold(1, 1, 1);
        writer.join().unwrap();
        if let Some(second) = second {
            assert!(second.is_in_force());
            assert_ne!(
                ring.header_word(place::NEXT).load(Ordering::Relaxed) >> 31,
                0
            );
        }
    });
}

/// Runs `read` on page 0, which holds record 2, while its writer empties it under a hold. The moment of the
/// hold is 1.
fn while_a_page_is_emptied_under_a_hold(read: fn(&Hold<'_>)) {
    check(1, move || {
        let memory = memory(2);
        let first = ring(&memory);
        let hold = core::mem::ManuallyDrop::new(first.hold(1, u64::MAX, 1).unwrap());
        let word = hold.word();
        write(&first, 2);
        let other = Arc::clone(&memory);
        let reader = thread::spawn(move || {
            let ring = Ring::over(&other, PAGE_WORDS, 2).unwrap();
            read(&core::mem::ManuallyDrop::new(ring.held_by(word, 1)));
        });
        let words = first.page(0);
        let page = Page {
            head: words.first_chunk().unwrap(),
            words,
            index: 0,
        };
        assert!(first.reuse_under_hold(&page, 2, &CLAIM));
        reader.join().unwrap();
    });
}

#[test]
fn loom_a_page_that_is_emptied_under_a_hold_is_never_torn() {
    while_a_page_is_emptied_under_a_hold(|hold| {
        let seen = read(&hold.ring(), 0);
        assert!(seen.is_empty() || seen == [2], "{seen:?}");
    });
}

#[test]
fn loom_what_is_lost_under_a_hold_is_not_from_before_its_moment() {
    while_a_page_is_emptied_under_a_hold(|hold| {
        // Only the words that state when events were lost: all words of a header take minutes.
        let mut header = PageHeader::default();
        let words = hold.ring().page(0);
        for at in page::LOST_UNTIL..page::LOST_UNTIL + 2 {
            header.0[at] = words[at].load(Ordering::Relaxed);
        }
        assert!(header.lost_until_ticks() == 0 || header.lost_until_ticks() == 2);
        assert_eq!(hold.lost_until_ticks(0, &header), 0);
    });
}

#[test]
fn loom_each_event_of_a_page_that_is_emptied_under_a_hold_is_counted_once() {
    while_a_page_is_emptied_under_a_hold(|hold| {
        // As `page_header`, but only the words of one level.
        let words = hold.ring().page(0);
        let recorded = page::recorded_index(Level::Info as u32);
        let mut header = PageHeader::default();
        header.0[page::GENERATION] = words[page::GENERATION].load(Ordering::Acquire);
        for at in [recorded, recorded + Level::COUNT] {
            header.0[at] = words[at].load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        if words[page::GENERATION].load(Ordering::Relaxed) == header.generation() {
            let kept = header.counts()[Level::Info as usize];
            assert_eq!(kept + header.overwritten_at(Level::Info as usize), 1);
        }
    });
}
