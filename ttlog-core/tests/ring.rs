//! A ring with several writers, read while they write.

mod support;

use core::sync::atomic::{AtomicBool, Ordering};
use std::{collections::HashMap, thread};

use ttlog_core::{
    DropCause, Level, RecordHeader, Ring, ThreadName, Word, WriteError, Writer, ring::Position,
};

use support::{Decoded, decode, ring, snapshot, stored};

/// Appends an event with the number of its thread and its serial number. Counts it if it is dropped.
fn write(
    writer: &Writer<'static>,
    ring: &Ring<'static>,
    ticks: u64,
    thread: u32,
    serial: u32,
) -> bool {
    let level = Level::ALL[serial as usize % Level::COUNT];
    // Several lengths, so that pages end in different places.
    let extra = (serial % 5) as usize;
    let words = RecordHeader::WORDS + 3 + extra;
    let header = RecordHeader::new(1, level).with_words(words);
    let written = writer.write(ring, ticks, header, &|room: &[Word]| {
        for (word, value) in room
            .iter()
            .zip([thread, serial, !serial, serial, serial, serial, serial])
        {
            word.store(value, Ordering::Relaxed);
        }
    });
    if let Err(WriteError::Dropped(cause)) = written {
        ring.count_dropped(level, cause);
    }
    written.is_ok()
}

/// Checks that no event is torn or doubled, that events of a page have no gap, that each event has its
/// serial number as its sequence number, and that the accounting is exact.
fn check(decoded: &Decoded, issued_at_most: u64) {
    assert_eq!(decoded.damage, []);
    let totals = decoded.totals.expect("an end block");
    assert_eq!(totals.torn_pages, 0);
    assert_eq!(decoded.found(), totals.kept);
    assert!(totals.recorded().iter().sum::<u64>() <= issued_at_most);
    let mut pages: HashMap<(u32, u32), (u32, u32)> = HashMap::new();
    let mut serials: HashMap<u32, Vec<u32>> = HashMap::new();
    for event in &decoded.events {
        let words: Vec<u32> = event
            .body
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word))
            .collect();
        let [thread, serial, check, ref rest @ ..] = words[..] else {
            panic!("short: {event:?}")
        };
        assert_eq!(check, !serial, "torn");
        assert_eq!(rest.len(), serial as usize % 5);
        assert!(rest.iter().all(|word| *word == serial), "torn");
        assert_eq!(event.level, Level::ALL[serial as usize % Level::COUNT]);
        assert_eq!(event.seq, Some(serial.into()));
        let last = pages.insert((event.page, event.generation), (thread, serial));
        assert!(
            last.is_none_or(|last| last == (thread, serial - 1)),
            "gap in a page"
        );
        serials.entry(thread).or_default().push(serial);
    }
    for serials in serials.values_mut() {
        serials.sort_unstable();
        let count = serials.len();
        serials.dedup();
        assert_eq!(serials.len(), count, "doubled");
    }
}

#[test]
fn snapshots_are_exact_while_eight_threads_record_into_a_small_ring() {
    const THREADS: u32 = 8;
    const EVENTS: u32 = 1_000_000;
    let ring = ring(24, 512);
    let done = AtomicBool::new(false);
    let mut snapshots = 0;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let writer = Writer::new();
                    let number = ring.next_writer();
                    writer.set_number(number);
                    writer.set_thread(ThreadName::new(number, "writer"));
                    for serial in 0..EVENTS {
                        assert!(write(&writer, &ring, serial.into(), thread, serial));
                    }
                    writer.release(&ring);
                })
            })
            .collect();
        let done = &done;
        let reader = scope.spawn(move || {
            let mut taken = 0;
            while !done.load(Ordering::Relaxed) {
                // In turn: whole pages, and chunks of less than 512 bytes.
                let (bytes, _) = if taken % 2 == 0 {
                    snapshot(&ring)
                } else {
                    stored(&ring, 512)
                };
                check(
                    &decode(&bytes).unwrap(),
                    u64::from(THREADS) * u64::from(EVENTS),
                );
                taken += 1;
            }
            taken
        });
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        snapshots = reader.join().unwrap();
    });
    assert!(snapshots > 0);

    let (bytes, totals) = snapshot(&ring);
    let decoded = decode(&bytes).unwrap();
    check(&decoded, u64::from(THREADS) * u64::from(EVENTS));
    for (level, recorded) in totals.recorded().into_iter().enumerate() {
        let each = (0..EVENTS)
            .filter(|serial| *serial as usize % Level::COUNT == level)
            .count();
        assert_eq!(recorded, u64::from(THREADS) * each as u64);
    }
    assert_eq!(totals.dropped, [[0; Level::COUNT]; DropCause::COUNT]);
    // A snapshot takes nothing out of the ring.
    let (again, _) = snapshot(&ring);
    assert_eq!(decoded.events, decode(&again).unwrap().events);
}

#[test]
fn the_last_events_over_all_writers_are_kept() {
    let ring = ring(8, 256);
    let writers = [Writer::new(), Writer::new()];
    // The second writer records once for each thousand records of the first. Its last records are kept
    // too.
    let mut serials = [0, 0];
    for turn in 0..20_000_u64 {
        for (thread, writer) in writers.iter().enumerate() {
            if thread == 0 || turn % 1000 == 999 {
                assert!(write(writer, &ring, turn, thread as u32, serials[thread]));
                serials[thread] += 1;
            }
        }
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let last = |thread: u8| {
        decoded
            .events
            .iter()
            .filter(|event| event.body[0] == thread)
            .map(|event| event.ticks)
            .max()
    };
    assert_eq!(last(0), Some(19_999));
    assert_eq!(last(1), Some(19_999));
    let totals = decoded.totals.unwrap();
    let oldest_of_first = decoded
        .events
        .iter()
        .filter(|event| event.body[0] == 0)
        .map(|event| event.ticks)
        .min();
    assert!(oldest_of_first.unwrap() > totals.complete_since_ticks);
    assert_eq!(totals.recorded().iter().sum::<u64>(), 20_020);
}

#[test]
fn an_empty_ring_gives_a_readable_snapshot() {
    let decoded = decode(&snapshot(&ring(2, 64)).0).unwrap();
    assert_eq!(
        (decoded.events.len(), decoded.headers, decoded.damage.len()),
        (0, 1, 0)
    );
    assert_eq!(decoded.totals.unwrap().recorded(), [0; Level::COUNT]);
}

#[test]
fn events_are_dropped_and_counted_if_all_pages_are_owned() {
    let ring = ring(2, 64);
    let writers = [Writer::new(), Writer::new(), Writer::new()];
    for (thread, writer) in writers.iter().enumerate() {
        assert_eq!(write(writer, &ring, 0, thread as u32, 0), thread < 2);
    }
    assert_eq!(ring.dropped(DropCause::NoPage), [1, 0, 0, 0, 0, 0]);
    writers[0].release(&ring);
    assert!(write(&writers[2], &ring, 0, 2, 1));
}

#[test]
fn a_record_that_interrupts_another_takes_the_room_behind_it() {
    let ring = ring(2, 131);
    let writer = Writer::new();
    let header = |words| RecordHeader::new(1, Level::Info).with_words(words);
    for outer in 0..40_u32 {
        let written = writer.write(&ring, 5, header(3), &|room: &[Word]| {
            let inner = writer.write(&ring, 6, header(3), &|room: &[Word]| {
                room[0].store(1000 + outer, Ordering::Relaxed);
            });
            if inner.is_err() {
                assert_eq!(inner, Err(WriteError::Dropped(DropCause::Nested)));
                ring.count_dropped(Level::Info, DropCause::Nested);
            }
            room[0].store(outer, Ordering::Relaxed);
        });
        assert_eq!(written, Ok(()));
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let totals = decoded.totals.unwrap();
    assert_eq!(decoded.found(), totals.kept);
    assert_eq!(totals.recorded().iter().sum::<u64>(), 80);
    // Two inner records found the page full.
    assert_eq!(
        totals.dropped[DropCause::Nested as usize][Level::Info as usize],
        2
    );
    let words: Vec<u32> = decoded
        .events
        .iter()
        .map(|event| u32::from_le_bytes(event.body[..4].try_into().unwrap()))
        .collect();
    assert!(
        words
            .windows(2)
            .all(|pair| pair[0] >= 1000 || pair[1] == pair[0] + 1000 || pair[1] == pair[0] + 1)
    );
}

#[test]
fn a_time_that_is_too_far_for_a_delta_is_written_in_full() {
    let ring = ring(2, 128);
    let writer = Writer::new();
    let times = [
        10,
        20,
        1 << 40,
        (1 << 40) + u64::from(u32::MAX),
        u64::MAX - 1,
        u64::MAX,
    ];
    for (serial, ticks) in times.into_iter().enumerate() {
        assert!(write(&writer, &ring, ticks, 0, serial as u32));
    }
    // If the clock goes back, the time stands still.
    assert!(write(&writer, &ring, 3, 0, times.len() as u32));
    let events = decode(&snapshot(&ring).0).unwrap().events;
    let seen: Vec<u64> = events.iter().map(|event| event.ticks).collect();
    assert_eq!(seen[..times.len()], times);
    assert_eq!(seen[times.len()], u64::MAX);
}

#[test]
fn following_a_ring_gives_each_event_once_with_its_sequence_number() {
    const PAGES: usize = 4;
    let ring = ring(PAGES, 100);
    let writer = Writer::new();
    let mut positions = [Position::default(); PAGES];
    let mut buffer = [0; 400];
    let mut numbers = vec![];
    for serial in 0..1000 {
        assert!(write(&writer, &ring, serial.into(), 0, serial));
        if serial % 3 != 0 {
            continue;
        }
        for (index, position) in positions.iter_mut().enumerate() {
            if let Some(news) = ring.follow(index, position, &mut buffer) {
                assert_eq!(news.missed, 0);
                let (mut cursor, mut rest) = (news.cursor, news.records);
                while let Some(record) = cursor.next(&mut rest) {
                    assert_eq!(record.body()[4..8], (record.ticks as u32).to_le_bytes());
                    numbers.push(record.seq.unwrap());
                }
            }
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
}

#[test]
fn following_counts_the_events_that_were_overwritten_before_they_were_read() {
    let ring = ring(2, 100);
    let writer = Writer::new();
    for serial in 0..500 {
        assert!(write(&writer, &ring, serial.into(), 0, serial));
    }
    let mut buffer = [0; 400];
    let (mut read, mut missed) = (0, 0);
    for index in 0..ring.page_count() {
        let news = ring.follow(index, &mut Position::default(), &mut buffer);
        let news = news.unwrap();
        missed += news.missed;
        let (mut cursor, mut rest) = (news.cursor, news.records);
        while cursor.next(&mut rest).is_some() {
            read += 1;
        }
    }
    assert!(read > 0 && missed > 0);
    assert_eq!(read + missed, 500);
}

#[test]
fn a_writer_without_a_page_may_be_told_the_time_of_its_last_record() {
    let ring = ring(2, 100);
    let writer = Writer::new();
    writer.set_last_ticks(500);
    assert_eq!(writer.last_ticks(), 500);
    // A new page has its own time.
    assert!(write(&writer, &ring, 20, 0, 0));
    assert_eq!(writer.last_ticks(), 20);
}
