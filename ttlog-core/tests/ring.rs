//! The ring under several writers, read while they write.

mod support;

use core::sync::atomic::{AtomicBool, Ordering};
use std::{collections::HashMap, thread};

use ttlog_core::{Header, Level, Name, Refused, Word, Writer, lane::Dropped, ring::Ring};

use support::{Decoded, decode, ring, snapshot, stored};

/// Appends an event of two words: who, and the how-manieth.
fn write(
    writer: &Writer<'static>,
    ring: &Ring<'static>,
    ticks: u64,
    who: u32,
    serial: u32,
) -> bool {
    let level = Level::ALL[serial as usize % Level::COUNT];
    // Of the lengths that occur, so that pages end differently.
    let extra = (serial % 5) as usize;
    let words = Header::WORDS + 3 + extra;
    let header = Header::new(1, level).with_words(words);
    let written = writer.write(ring, ticks, header, &|room: &[Word]| {
        for (word, value) in room
            .iter()
            .zip([who, serial, !serial, serial, serial, serial, serial])
        {
            word.store(value, Ordering::Relaxed);
        }
    });
    if let Err(Refused::Dropped(cause)) = written {
        ring.count_dropped(level, cause);
    }
    written.is_ok()
}

/// Checks that nothing is torn, doubled or invented, that each writer's events are in order and
/// without a gap but for what was overwritten, and that the accounting is exact.
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
        let [who, serial, check, ref rest @ ..] = words[..] else {
            panic!("short: {event:?}")
        };
        assert_eq!(check, !serial, "torn");
        assert_eq!(rest.len(), serial as usize % 5);
        assert!(rest.iter().all(|word| *word == serial), "torn");
        assert_eq!(event.level, Level::ALL[serial as usize % Level::COUNT]);
        // Within a page, one writer's events follow each other without a gap.
        let last = pages.insert((event.page, event.generation), (who, serial));
        assert!(
            last.is_none_or(|last| last == (who, serial - 1)),
            "gap in a page"
        );
        serials.entry(who).or_default().push(serial);
    }
    for serials in serials.values_mut() {
        serials.sort_unstable();
        let count = serials.len();
        serials.dedup();
        assert_eq!(serials.len(), count, "doubled");
    }
}

#[test]
fn eight_threads_with_serial_numbers_through_a_small_ring_while_snapshots_are_taken() {
    const THREADS: u32 = 8;
    const EVENTS: u32 = 1_000_000;
    let ring = ring(24, 512);
    let done = AtomicBool::new(false);
    let mut snapshots = 0;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|who| {
                scope.spawn(move || {
                    let writer = Writer::new();
                    writer.set_name(Name::new(ring.next_writer(), "writer"));
                    for serial in 0..EVENTS {
                        assert!(write(&writer, &ring, serial.into(), who, serial));
                    }
                    writer.give_back(&ring);
                })
            })
            .collect();
        let done = &done;
        let reader = scope.spawn(move || {
            let mut taken = 0;
            while !done.load(Ordering::Relaxed) {
                // Whole pages at once, and pages in pieces of less than 200 bytes.
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
    // Each writer issued EVENTS serials, so the levels are known to the event.
    for (level, recorded) in totals.recorded().into_iter().enumerate() {
        let each = (0..EVENTS)
            .filter(|serial| *serial as usize % Level::COUNT == level)
            .count();
        assert_eq!(recorded, u64::from(THREADS) * each as u64);
    }
    assert_eq!(totals.dropped, [[0; Level::COUNT]; Dropped::COUNT]);
    // A snapshot does not consume.
    let (again, _) = snapshot(&ring);
    assert_eq!(decoded.events, decode(&again).unwrap().events);
}

#[test]
fn the_last_events_over_all_writers_are_kept() {
    let ring = ring(8, 256);
    let writers = [Writer::new(), Writer::new()];
    // The second writes a record a thousand times more rarely, and has its last ones kept too.
    let mut serials = [0, 0];
    for turn in 0..20_000_u64 {
        for (who, writer) in writers.iter().enumerate() {
            if who == 0 || turn % 1000 == 999 {
                assert!(write(writer, &ring, turn, who as u32, serials[who]));
                serials[who] += 1;
            }
        }
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let last = |who: u32| {
        decoded
            .events
            .iter()
            .filter(|event| event.body[0] == who as u8)
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
fn when_every_page_is_owned_events_are_dropped_and_counted() {
    let ring = ring(2, 64);
    let writers = [Writer::new(), Writer::new(), Writer::new()];
    for (who, writer) in writers.iter().enumerate() {
        assert_eq!(write(writer, &ring, 0, who as u32, 0), who < 2);
    }
    assert_eq!(ring.dropped(Dropped::NoPage), [1, 0, 0, 0, 0, 0]);
    writers[0].give_back(&ring);
    assert!(write(&writers[2], &ring, 0, 2, 1));
}

#[test]
fn a_record_in_the_middle_of_another_takes_room_of_its_own() {
    let ring = ring(2, 129);
    let writer = Writer::new();
    let header = |words| Header::new(1, Level::Info).with_words(words);
    for outer in 0..40_u32 {
        let written = writer.write(&ring, 5, header(3), &|room: &[Word]| {
            let inner = writer.write(&ring, 6, header(3), &|room: &[Word]| {
                room[0].store(1000 + outer, Ordering::Relaxed);
            });
            if inner.is_err() {
                assert_eq!(inner, Err(Refused::Dropped(Dropped::Nested)));
                ring.count_dropped(Level::Info, Dropped::Nested);
            }
            room[0].store(outer, Ordering::Relaxed);
        });
        assert_eq!(written, Ok(()));
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let totals = decoded.totals.unwrap();
    assert_eq!(decoded.found(), totals.kept);
    assert_eq!(totals.recorded().iter().sum::<u64>(), 80);
    // Two inner records came when the page was full.
    assert_eq!(
        totals.dropped[Dropped::Nested as usize][Level::Info as usize],
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
fn a_long_gap_is_written_in_full() {
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
    // A clock that goes back does not take the records with it.
    assert!(write(&writer, &ring, 3, 0, times.len() as u32));
    let events = decode(&snapshot(&ring).0).unwrap().events;
    let seen: Vec<u64> = events.iter().map(|event| event.ticks).collect();
    assert_eq!(seen[..times.len()], times);
    assert_eq!(seen[times.len()], u64::MAX);
}
