//! A ring that survives a reset: what the next start makes of the memory, whatever has become of it.

mod support;

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use support::{Bytes, Decoded, Seen, decode, fields, info, log, statement};
use ttlog_core::{
    Callsite, CallsiteKind, Geometry, Header, Level, Totals, Word, Writer, event,
    lane::critical_section::{self, Clock, InstallError},
    region::{
        self, Boot, Corrupt, DICTIONARY_ENTRY_MAX_BYTES, Found, Plan, REGION_MAGIC, Region,
        RegionError,
    },
    snapshot::{EncodeError, Encoder, SCRATCH_MIN_BYTES, lz4_table},
    span, warn,
};

const PLAN: Plan<'static> = Plan {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 200,
    service: "pump",
    target: "thumbv7m",
    build_id: "b17d",
};
const HZ: u64 = 1_000_000;
const PAGES: usize = 3;
const BANK_WORDS: usize = PLAN.memory_words(PAGES);
const EVENTS: u32 = 40;

/// What the first run of the program leaves in its memory, both banks.
static LEFT: LazyLock<Vec<u32>> = LazyLock::new(|| {
    static NOW: AtomicU64 = AtomicU64::new(7);
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let clock = Clock {
        ticks: || NOW.fetch_add(5, Ordering::Relaxed),
        hz: HZ,
    };
    let (first, second) = memory.split_at(BANK_WORDS);
    // Registered before there is a region.
    event!(Level::Debug, "early");
    let boot = critical_section::install_banks([first, second], &PLAN, clock).unwrap();
    assert_eq!((boot.found, boot.number), (Found::Fresh, 1));
    assert!(boot.dead.is_none());
    for serial in 0..EVENTS {
        warn!("pump.stalled serial={serial} pressure={:.1}", 0.5);
    }
    event!(Level::Info, "all quiet");
    drop(span!("cycle", number = 3_u8));
    for value in [Some("text"), None] {
        event!(Level::Info, "maybe {value:?}");
    }
    assert_eq!(boot.region.undescribed(), 0);
    words(memory)
});

fn memory(words: &[u32]) -> &'static [Word] {
    let words: Vec<Word> = words.iter().map(|word| Word::new(*word)).collect();
    words.leak()
}

fn words(memory: &[Word]) -> Vec<u32> {
    let words = memory.iter().map(|word| word.load(Ordering::Relaxed));
    words.collect()
}

/// A start of the program over this memory.
fn start<'a>(memory: &'a [Word], plan: &Plan<'_>) -> Boot<'a> {
    let (first, second) = memory.split_at(memory.len() / 2);
    region::start([first, second], plan, HZ, 3).unwrap()
}

/// A snapshot of a dead ring, and what is in it.
fn snapshot(region: &Region<'_>) -> (Decoded, Totals) {
    let header = ttlog_core::SnapshotHeader {
        service: "pump",
        reason: "watchdog",
        ..Default::default()
    };
    let mut bytes = Bytes::default();
    let totals = Encoder::stored(&mut [0; SCRATCH_MIN_BYTES])
        .encode_region(region, &header, &mut bytes)
        .unwrap();
    let decoded = decode(&bytes.0).unwrap();
    assert_eq!(decoded.damage, []);
    (decoded, totals)
}

fn messages(events: &[Seen]) -> Vec<&str> {
    events.iter().map(|event| &*event.message).collect()
}

#[test]
fn the_next_start_finds_the_ring_whole_and_records_into_the_other_bank() {
    let memory = memory(&LEFT);
    let boot = start(memory, &PLAN);
    assert_eq!((boot.found, boot.number), (Found::Recovered, 2));
    let dead = boot.dead.unwrap();
    assert_eq!(dead.boot(), 1);
    let (decoded, totals) = snapshot(&dead.region());
    let events = messages(&decoded.events);
    let last = format!("pump.stalled serial={} pressure=0.5", EVENTS - 1);
    assert!(events.contains(&&*last), "{events:?}");
    for message in ["all quiet", "cycle", "maybe Some(\"text\")", "maybe None"] {
        assert!(events.contains(&message), "{events:?}");
    }
    assert!(
        events.iter().all(|message| !message.contains("lost")),
        "{events:?}"
    );
    assert_eq!(totals.recorded().iter().sum::<u64>(), u64::from(EVENTS) + 5);
    assert!(totals.overwritten[Level::Warn as usize] > 0);
    assert_eq!(decoded.found(), totals.kept);
    // The new ring is empty and lies elsewhere.
    let (first, second) = memory.split_at(BANK_WORDS);
    assert_eq!(
        words(first),
        LEFT[..BANK_WORDS],
        "the dead ring was written to"
    );
    assert!(Region::read(second).unwrap().boot() == 2);
    assert_eq!(snapshot(&boot.region).1.kept, [0; 6]);
}

#[test]
fn the_header_of_a_dead_ring_has_its_own_clock() {
    let (first, second) = memory(&LEFT).split_at(BANK_WORDS);
    let boot = region::start([first, second], &PLAN, 32_768, 99).unwrap();
    let header = boot.dead.unwrap().header(&PLAN, "watchdog");
    assert_eq!((header.clock_hz, header.start_ticks), (HZ, 7));
    assert_eq!((header.taken_ticks, header.anchors[1].unix_ns), (0, 0));
    assert_eq!((header.service, header.build_id), ("pump", "b17d"));
    let ring = boot.region.ring();
    assert_eq!((ring.clock_hz(), ring.start_ticks()), (32_768, 99));
}

#[test]
fn a_region_says_whose_it_is() {
    let memory = memory(&LEFT);
    let identity = Region::read(memory).unwrap().identity();
    let told = (identity.service(), identity.target(), identity.build_id());
    assert_eq!(told, ("pump", "thumbv7m", "b17d"));
}

#[test]
fn banks_change_by_turns_once_the_program_is_done_with_the_dead_ring() {
    let memory = memory(&LEFT);
    for number in 2..9 {
        let boot = start(memory, &PLAN);
        assert_eq!((boot.found, boot.number), (Found::Recovered, number));
        let dead = boot.dead.unwrap();
        assert_eq!(dead.boot(), number - 1);
        dead.done();
    }
    // An intended reset leaves nothing behind.
    let boot = start(memory, &PLAN);
    boot.dead.unwrap().done();
    boot.region.set_done();
    let boot = start(memory, &PLAN);
    assert_eq!((boot.found, boot.number), (Found::Fresh, 10));
    assert!(boot.dead.is_none());
}

#[test]
fn a_ring_that_nobody_was_done_with_is_kept_and_reported_again() {
    let memory = memory(&LEFT);
    for number in 2..9 {
        let boot = start(memory, &PLAN);
        let dead = boot.dead.unwrap();
        assert_eq!((boot.number, dead.boot()), (number, 1));
        assert_eq!(
            messages(&snapshot(&dead.region()).0.events).last(),
            Some(&"maybe None")
        );
    }
}

#[test]
fn numbers_of_boots_wrap() {
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let (first, second) = memory.split_at(BANK_WORDS);
    Region::new(first, &PLAN, HZ, 0, u32::MAX).unwrap();
    let boot = start(memory, &PLAN);
    assert_eq!((boot.number, boot.dead.unwrap().boot()), (0, u32::MAX));
    boot.dead.unwrap().done();
    assert_eq!(Region::read(second).unwrap().boot(), 0);
    let boot = start(memory, &PLAN);
    assert_eq!((boot.number, boot.dead.unwrap().boot()), (1, 0));
}

#[test]
fn a_region_of_another_plan_or_build_is_foreign_and_is_reported_once() {
    let other = [
        Plan {
            build_id: "b17e",
            ..PLAN
        },
        Plan {
            service: "pum",
            target: "pthumbv7m",
            ..PLAN
        },
        Plan {
            dictionary_words: 199,
            ..PLAN
        },
        Plan {
            geometry: Geometry { page_words: 65 },
            ..PLAN
        },
    ];
    for plan in other {
        let memory = memory(&LEFT);
        let boot = start(memory, &plan);
        assert_eq!(boot.found, Found::Corrupt(Corrupt::Foreign), "{plan:?}");
        assert!(boot.dead.is_none());
        boot.region.set_done();
        assert_eq!(start(memory, &plan).found, Found::Fresh);
    }
}

#[test]
fn a_region_from_when_the_memory_was_divided_otherwise_is_foreign() {
    let memory = memory(&LEFT);
    let (first, second) = memory.split_at(BANK_WORDS + 2 * 65);
    let boot = region::start([first, second], &PLAN, HZ, 0);
    // The second bank is now too small.
    assert!(boot.is_err());
    assert_eq!(words(memory), *LEFT);
    let second = self::memory(&[0; BANK_WORDS]);
    let boot = region::start([first, second], &PLAN, HZ, 0).unwrap();
    assert_eq!(boot.found, Found::Corrupt(Corrupt::Foreign));
}

#[test]
fn a_lane_is_installed_once_and_the_memory_of_a_second_is_left_as_it_was() {
    let memory = memory(&LEFT);
    let clock = Clock {
        ticks: || 0,
        hz: HZ,
    };
    let (first, second) = memory.split_at(BANK_WORDS);
    let error = critical_section::install_banks([first, second], &PLAN, clock).unwrap_err();
    assert!(matches!(error, InstallError::Already(_)), "{error}");
    assert_eq!(words(memory), *LEFT);
}

#[test]
fn whatever_bit_is_flipped_nothing_panics_and_a_damaged_header_is_never_trusted() {
    let ring_at = BANK_WORDS - PLAN.geometry.memory_words(PAGES);
    let (good, _) = snapshot(&start(memory(&LEFT), &PLAN).dead.unwrap().region());
    let checked_words = ring_at - PLAN.dictionary_words - 4;
    let mut kept = 0;
    for bit in 0..BANK_WORDS * 32 {
        let (word, bit) = (bit / 32, bit % 32);
        let mut left = LEFT.clone();
        left[word] ^= 1 << bit;
        let memory = memory(&left);
        let boot = start(memory, &PLAN);
        let is_checked = word < 7
            || (10..10 + checked_words - 6).contains(&word)
            || (ring_at..ring_at + 8).contains(&word);
        if is_checked {
            assert!(
                matches!(boot.found, Found::Corrupt(Corrupt::Header(_))),
                "bit {bit} of word {word}: {}",
                boot.found
            );
            assert!(boot.dead.is_none());
        } else {
            let (decoded, _) = snapshot(&boot.dead.unwrap().region());
            kept += usize::from(decoded.events.len() == good.events.len());
        }
        boot.region.set_done();
        if let Some(dead) = boot.dead {
            dead.done();
        }
        let again = start(memory, &PLAN);
        assert_eq!(again.found, Found::Fresh, "bit {bit} of word {word}");
    }
    assert!(kept > BANK_WORDS * 32 / 2, "{kept}");
}

#[test]
fn whatever_the_memory_holds_at_power_up_nothing_panics() {
    let mut random = 1_u64;
    let mut next = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 32) as u32
    };
    for round in 0..300 {
        let mut left: Vec<u32> = (0..2 * BANK_WORDS).map(|_| next()).collect();
        if round >= 100 {
            // A header that is whole before pages and a dictionary of garbage.
            let ring_at = BANK_WORDS - PLAN.geometry.memory_words(PAGES);
            left[..14].copy_from_slice(&LEFT[..14]);
            left[ring_at..ring_at + 35].copy_from_slice(&LEFT[ring_at..ring_at + 35]);
        }
        let boot = start(memory(&left), &PLAN);
        if round < 100 {
            assert_eq!(boot.found, Found::Fresh);
        } else {
            assert!(matches!(boot.found, Found::Corrupt(_)), "{}", boot.found);
            if let Some(dead) = boot.dead {
                snapshot(&dead.region());
            }
        }
        assert_eq!(
            snapshot(&boot.region).1,
            Totals {
                complete_since_ticks: 3,
                blocks: 1,
                ..Totals::default()
            }
        );
    }
}

#[test]
fn a_region_that_is_cut_off_at_any_word_is_none() {
    let memory = memory(&LEFT);
    for words in 0..BANK_WORDS {
        let error = Region::read(&memory[..words]).unwrap_err();
        let expected = if words == 0 {
            RegionError::Magic
        } else {
            RegionError::Geometry
        };
        assert_eq!(error, expected, "{words} words");
    }
    assert!(Region::read(&memory[..BANK_WORDS]).is_ok());
}

#[test]
fn a_reset_in_the_middle_of_a_record_loses_that_record_only() {
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let (first, second) = memory.split_at(BANK_WORDS);
    let region = region::start([first, second], &PLAN, HZ, 0).unwrap().region;
    let callsite = info("torn", "serial {0}", &["serial"]);
    log(callsite, fields!(1_u32));
    region.describe(callsite);
    let header = callsite.enabled().unwrap().with_words(Header::WORDS + 1);
    let writer = Writer::new();
    let (mut seen, mut torn) = (0, 0);
    for serial in 0..100_u32 {
        let left = core::cell::RefCell::new(vec![]);
        let fill = |room: &[Word]| {
            left.borrow_mut().extend(words(memory));
            for word in room {
                word.store(serial, Ordering::Relaxed);
            }
            left.borrow_mut().extend(words(memory));
        };
        writer.write(&region.ring(), 9, header, &fill).unwrap();
        for left in left.borrow().chunks(2 * BANK_WORDS) {
            let boot = start(self::memory(left), &PLAN);
            let (decoded, totals) = snapshot(&boot.dead.unwrap().region());
            assert_eq!(boot.found, Found::Torn, "serial {serial}");
            assert_eq!(totals.recorded()[Level::Info as usize], u64::from(serial));
            assert!(!messages(&decoded.events).contains(&&*format!("serial {serial}")));
            torn += 1;
        }
        let boot = start(self::memory(&words(memory)), &PLAN);
        assert_eq!(boot.found, Found::Recovered);
        let (decoded, _) = snapshot(&boot.dead.unwrap().region());
        assert!(messages(&decoded.events).contains(&&*format!("serial {serial}")));
        seen += 1;
    }
    assert_eq!((seen, torn), (100, 200));
}

#[test]
fn a_reset_while_a_page_is_claimed_loses_what_was_in_that_page_only() {
    let ring_at = BANK_WORDS - PLAN.geometry.memory_words(PAGES);
    let (table, pages) = (ring_at + 35, ring_at + 35 + PAGES);
    // With the first of the stores that a claim makes of a page's header.
    for (page, stores) in (0..PAGES).flat_map(|page| [0, 1, 4, 7, 12].map(|stores| (page, stores)))
    {
        let mut left = LEFT.clone();
        left[table + page] = 1 << 31;
        let header = &mut left[pages + page * 64..][..24];
        header[0] |= 1;
        let claimed: Vec<(usize, u32)> = [(1, 24), (2, 0), (3, 99), (4, 0)]
            .into_iter()
            .chain([(7, header[5]), (8, header[6])])
            .chain((0..6).map(|level| (15 + level, header[9 + level])))
            .collect();
        for (at, value) in claimed.into_iter().take(stores) {
            header[at] = value;
        }
        let boot = start(memory(&left), &PLAN);
        assert_eq!(boot.found, Found::Torn);
        let (decoded, totals) = snapshot(&boot.dead.unwrap().region());
        assert!(decoded.events.iter().all(|event| event.page != page as u32));
        assert_eq!(totals.recorded().iter().sum::<u64>(), u64::from(EVENTS) + 5);
    }
}

#[test]
fn a_reset_while_the_region_is_being_made_leaves_a_free_bank() {
    let mut left = LEFT.clone();
    left[0] = !REGION_MAGIC;
    let boot = start(memory(&left), &PLAN);
    assert_eq!((boot.found, boot.number), (Found::Fresh, 1));
}

#[test]
fn callsites_that_find_no_room_are_counted_and_their_events_stay() {
    let plan = Plan {
        dictionary_words: 15,
        ..PLAN
    };
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let region = start(memory, &plan).region;
    let (known, unknown) = (info("room", "known", &[]), info("room", "unknown", &[]));
    let writer = Writer::new();
    for callsite in [known, unknown] {
        let header = callsite.enabled().unwrap().with_words(Header::WORDS);
        region.describe(callsite);
        region.describe(callsite);
        writer
            .write(&region.ring(), 1, header, &|_: &[Word]| {})
            .unwrap();
    }
    assert!(region.undescribed() > 0);
    assert!(region.dictionary_used_words() <= 15);
    let (decoded, totals) = snapshot(&region);
    assert_eq!(totals.kept[Level::Info as usize], 2);
    assert_eq!(decoded.events[0].message, "known");
    assert!(
        decoded.events[1].message.contains("is lost"),
        "{:?}",
        decoded.events[1]
    );
}

#[test]
fn without_a_dictionary_events_are_kept_and_told_apart() {
    let plan = Plan {
        dictionary_words: 0,
        ..PLAN
    };
    let region = start(memory(&[0; 2 * BANK_WORDS]), &plan).region;
    let callsite = info("bare", "text", &[]);
    region.describe(callsite);
    let header = callsite.enabled().unwrap().with_words(Header::WORDS);
    Writer::new()
        .write(&region.ring(), 1, header, &|_: &[Word]| {})
        .unwrap();
    let (decoded, _) = snapshot(&region);
    assert_eq!(decoded.events[0].callsite, callsite.id().unwrap());
}

#[test]
fn descriptions_are_those_of_a_snapshot_and_long_ones_are_cut() {
    let names: &[&str] = &["first", "", "ä", "fourth", "fifth"];
    let long: &'static str = "ä".repeat(600).leak();
    let region = start(memory(&[0; 2 * BANK_WORDS]), &PLAN).region;
    let callsites: Vec<&Callsite> = vec![
        info("target", "text {0}", names),
        statement(CallsiteKind::Span, Level::Fatal, "", "", &["argument"]),
        info("long", long, &[]),
    ];
    for callsite in &callsites {
        callsite.enabled().unwrap();
        region.describe(callsite);
        region.describe(callsite);
    }
    let mut buffer = [0; DICTIONARY_ENTRY_MAX_BYTES];
    let mut entries = region.dictionary().entries();
    for callsite in &callsites[..2] {
        let info = ttlog_core::CallsiteInfo::of(callsite).unwrap();
        assert_eq!(entries.next(&mut buffer), Some(info));
    }
    let cut = entries.next(&mut buffer).unwrap();
    assert!(
        long.starts_with(cut.text) && cut.text.len() > 400,
        "{cut:?}"
    );
    drop(cut);
    assert_eq!(entries.next(&mut buffer), None);
}

#[test]
fn a_scratch_buffer_without_room_for_the_longest_description_is_refused() {
    let memory = memory(&LEFT);
    let region = start(memory, &PLAN).dead.unwrap().region();
    let header = ttlog_core::SnapshotHeader::default();
    let mut table = lz4_table();
    // A little less than half of it is for the content.
    for (bytes, suits) in [(1030, false), (1040, true)] {
        let mut written = Bytes::default();
        let encoded = Encoder::lz4(&mut vec![0; bytes], &mut table).encode_region(
            &region,
            &header,
            &mut written,
        );
        if suits {
            encoded.unwrap();
            let decoded = decode(&written.0).unwrap();
            assert_eq!(decoded.damage, []);
            assert_eq!(decoded.events, snapshot(&region).0.events);
        } else {
            assert_eq!(encoded, Err(EncodeError::Scratch { bytes }));
        }
    }
}

#[test]
fn descriptions_behind_a_damaged_one_are_read() {
    let region_words = 14;
    let mut left = LEFT.clone();
    // The first entry's first word, then its content.
    for word in [region_words, region_words + 4] {
        left[word] ^= 1;
        let memory = memory(&left);
        let region = Region::read(memory).unwrap();
        let mut buffer = [0; DICTIONARY_ENTRY_MAX_BYTES];
        let mut entries = region.dictionary().entries();
        let mut texts = vec![];
        while let Some(info) = entries.next(&mut buffer) {
            texts.push(String::from(info.text));
        }
        assert_eq!(
            texts,
            [
                "pump.stalled serial={1} pressure={0:.1}",
                "all quiet",
                "cycle",
                "maybe {0:?}"
            ]
        );
    }
}

#[test]
fn threads_may_describe_callsites_at_the_same_time() {
    let plan = Plan {
        dictionary_words: 8000,
        ..PLAN
    };
    let memory = memory(&vec![0; 2 * plan.memory_words(PAGES)]);
    let region = start(memory, &plan).region;
    let describe = |number: usize| {
        for round in 0..40 {
            let text = format!("{number} {round}").leak();
            let callsite = info("threads", text, &[]);
            callsite.enabled().unwrap();
            region.describe(callsite);
        }
    };
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || describe(number));
        }
    });
    let mut buffer = [0; DICTIONARY_ENTRY_MAX_BYTES];
    let mut entries = region.dictionary().entries();
    let mut found = 0;
    while let Some(info) = entries.next(&mut buffer) {
        assert_eq!(info.target, "threads");
        found += 1;
    }
    assert_eq!((found, region.undescribed()), (160, 0));
}

#[test]
fn a_long_description_fits_the_smallest_scratch_buffer_of_either_codec() {
    let names = ["a_rather_long_name_of_an_argument"; 32];
    let callsite = info(
        "a::target::of::some::depth",
        "ä".repeat(100).leak(),
        names.to_vec().leak(),
    );
    callsite.enabled().unwrap();
    let ring = support::ring(2, 64);
    let id = callsite.id().unwrap();
    let check = |bytes: &[u8]| {
        let mut buffer = Box::new([0; ttlog_core::snapshot::BLOCK_MAX_BYTES]);
        let mut blocks = ttlog_core::decode::Snapshot::new(bytes).unwrap().blocks();
        let mut is_there = false;
        while let Some(block) = blocks.next(&mut buffer) {
            if let ttlog_core::decode::Content::Callsites(mut infos) = block.unwrap().content {
                is_there |= infos.any(|info| info.id == id && info.names.len() == 32);
            }
        }
        assert!(is_there);
    };
    check(&support::stored(&ring, SCRATCH_MIN_BYTES).0);
    let mut bytes = Bytes::default();
    Encoder::lz4(&mut [0; SCRATCH_MIN_BYTES], &mut lz4_table())
        .encode(&ring, &support::header(), &mut bytes)
        .unwrap();
    check(&bytes.0);
}
