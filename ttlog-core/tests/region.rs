//! A ring that survives a reset: the next start recovers it, and damaged memory is never trusted.

mod support;

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use support::{Bytes, Decoded, Seen, decode, info, log, statement};
use ttlog_core::{
    Callsite, CallsiteKind, Geometry, Level, RecordHeader, SnapshotHeader, Totals, Word, Writer,
    decode::{Content, Snapshot},
    event, fields,
    lane::{
        LaneInstalled,
        critical_section::{self, Clock, InstallError},
    },
    region::{
        self, Corruption, DICTIONARY_ENTRY_MAX_BYTES, REGION_MAGIC, Recovery, RecoveryState,
        Region, RegionConfig, RegionError,
    },
    ring::{GeometryError, Run},
    snapshot::{BLOCK_MAX_BYTES, EncodeError, Encoder, SCRATCH_MIN_BYTES, SnapshotKind, lz4_table},
    span, warn,
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 200,
    service: "pump",
    target: "thumbv7m",
    build_id: "b17d",
};
const RUN: Run = Run {
    id: 0x5eed,
    clock_hz: 1_000_000,
    start_ticks: 3,
};
const PAGES: usize = 3;
const BANK_WORDS: usize = CONFIG.memory_words(PAGES);
const EVENTS: u32 = 40;
/// Number of words of a ring before its table.
const RING_HEADER_WORDS: usize = 44;
/// Number of words of a ring that never change.
const RING_CONSTANT_WORDS: usize = 10;
const PAGE_HEADER_WORDS: usize = 26;
/// Place of the ring in a bank, in words.
const RING_AT: usize = BANK_WORDS - CONFIG.geometry.memory_words(PAGES);

/// The memory of both banks after the first run of the program.
static LEFT: LazyLock<Vec<u32>> = LazyLock::new(|| {
    static NOW: AtomicU64 = AtomicU64::new(7);
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let clock = Clock {
        ticks: || NOW.fetch_add(5, Ordering::Relaxed),
        hz: RUN.clock_hz,
    };
    let (first, second) = memory.split_at(BANK_WORDS);
    // A callsite that is registered before there is a region.
    event!(Level::Debug, "early");
    let recovery = critical_section::install_banks([first, second], &CONFIG, clock, RUN.id);
    let recovery = recovery.unwrap();
    assert_eq!((recovery.state, recovery.boot), (RecoveryState::Fresh, 1));
    assert!(recovery.previous.is_none());
    for serial in 0..EVENTS {
        warn!("pump.stalled serial={serial} pressure={:.1}", 0.5);
    }
    event!(Level::Info, "all quiet");
    drop(span!("cycle", number = 3_u8));
    for value in [Some("text"), None] {
        event!(Level::Info, "maybe {value:?}");
    }
    assert_eq!(recovery.region.undescribed(), 0);
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

/// Starts the program over this memory.
fn recover<'a>(memory: &'a [Word], config: &RegionConfig<'_>) -> Recovery<'a> {
    // First, because its observer describes all callsites of the process, those of other tests included.
    LazyLock::force(&LEFT);
    let (first, second) = memory.split_at(memory.len() / 2);
    region::recover([first, second], config, RUN).unwrap()
}

/// Takes a snapshot of a region, and reads it.
fn snapshot(region: &Region<'_>) -> (Decoded, Totals) {
    let header = SnapshotHeader {
        service: "pump",
        reason: "watchdog",
        ..SnapshotHeader::of(&region.ring(), 0)
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
fn the_next_start_recovers_the_ring_and_records_into_the_other_bank() {
    let memory = memory(&LEFT);
    let recovery = recover(memory, &CONFIG);
    assert_eq!(
        (recovery.state, recovery.boot),
        (RecoveryState::Recovered, 2)
    );
    let previous = recovery.previous.unwrap();
    assert_eq!(previous.boot(), 1);
    let (decoded, totals) = snapshot(&previous.region());
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
    // The new ring is empty and in the other bank.
    let (first, second) = memory.split_at(BANK_WORDS);
    assert_eq!(
        words(first),
        LEFT[..BANK_WORDS],
        "the ring of the run before was written to"
    );
    assert!(Region::read(second).unwrap().boot() == 2);
    assert_eq!(snapshot(&recovery.region).1.kept, [0; 6]);
}

#[test]
fn the_header_of_a_recovered_ring_has_the_run_and_the_clock_of_its_run() {
    let (first, second) = memory(&LEFT).split_at(BANK_WORDS);
    let run = Run {
        id: 77,
        clock_hz: 32_768,
        start_ticks: 99,
    };
    let recovery = region::recover([first, second], &CONFIG, run).unwrap();
    let previous = recovery.previous.unwrap();
    let header = SnapshotHeader::recovered(&previous, &CONFIG, "watchdog");
    let previous_run = previous.region().ring().run();
    assert_eq!(
        (previous_run.clock_hz, previous_run.start_ticks),
        (RUN.clock_hz, 7)
    );
    assert_eq!(
        header,
        SnapshotHeader {
            run_id: previous_run.id,
            kind: SnapshotKind::Recovered,
            service: "pump",
            reason: "watchdog",
            target: "thumbv7m",
            build_id: "b17d",
            page_count: PAGES as u32,
            page_words: 64,
            clock_hz: RUN.clock_hz,
            start_ticks: 7,
            ..SnapshotHeader::default()
        }
    );
    // The id of a run is made of the seed and the number of the boot.
    assert_eq!(recovery.region.ring().run(), run.of_boot(2));
}

#[test]
fn each_boot_has_its_own_run_id_also_if_the_seed_is_the_same() {
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let mut ids = vec![];
    for _ in 0..20 {
        let recovery = recover(memory, &CONFIG);
        ids.push(recovery.region.ring().run().id);
        if let Some(previous) = recovery.previous {
            previous.acknowledge();
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert!(!ids.contains(&0));
}

#[test]
fn a_run_without_an_id_stays_without_one_at_every_boot() {
    let run = Run { id: 0, ..RUN };
    assert_eq!(run.of_boot(7), run);
}

#[test]
fn a_region_states_its_identity() {
    let memory = memory(&LEFT);
    let identity = Region::read(memory).unwrap().identity();
    let told = (identity.service(), identity.target(), identity.build_id());
    assert_eq!(told, ("pump", "thumbv7m", "b17d"));
}

#[test]
fn banks_alternate_if_each_ring_is_acknowledged() {
    let memory = memory(&LEFT);
    for number in 2..9 {
        let recovery = recover(memory, &CONFIG);
        assert_eq!(
            (recovery.state, recovery.boot),
            (RecoveryState::Recovered, number)
        );
        let previous = recovery.previous.unwrap();
        assert_eq!(previous.boot(), number - 1);
        previous.acknowledge();
    }
    // A program that acknowledges its own ring leaves nothing behind.
    let recovery = recover(memory, &CONFIG);
    recovery.previous.unwrap().acknowledge();
    recovery.region.acknowledge();
    let recovery = recover(memory, &CONFIG);
    assert_eq!((recovery.state, recovery.boot), (RecoveryState::Fresh, 10));
    assert!(recovery.previous.is_none());
}

#[test]
fn a_ring_that_is_not_acknowledged_is_kept_and_reported_again() {
    let memory = memory(&LEFT);
    for number in 2..9 {
        let recovery = recover(memory, &CONFIG);
        let previous = recovery.previous.unwrap();
        assert_eq!((recovery.boot, previous.boot()), (number, 1));
        let (decoded, _) = snapshot(&previous.region());
        assert!(messages(&decoded.events).contains(&"maybe None"));
    }
}

#[test]
fn numbers_of_boots_wrap() {
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let (first, second) = memory.split_at(BANK_WORDS);
    Region::new(first, &CONFIG, RUN, u32::MAX).unwrap();
    let recovery = recover(memory, &CONFIG);
    assert_eq!(
        (recovery.boot, recovery.previous.unwrap().boot()),
        (0, u32::MAX)
    );
    recovery.previous.unwrap().acknowledge();
    assert_eq!(Region::read(second).unwrap().boot(), 0);
    let recovery = recover(memory, &CONFIG);
    assert_eq!((recovery.boot, recovery.previous.unwrap().boot()), (1, 0));
}

#[test]
fn a_region_of_another_configuration_or_build_is_foreign_and_is_reported_once() {
    let other = [
        RegionConfig {
            build_id: "b17e",
            ..CONFIG
        },
        RegionConfig {
            service: "pum",
            target: "pthumbv7m",
            ..CONFIG
        },
        RegionConfig {
            dictionary_words: 199,
            ..CONFIG
        },
        RegionConfig {
            geometry: Geometry { page_words: 65 },
            ..CONFIG
        },
    ];
    for config in other {
        let memory = memory(&LEFT);
        let recovery = recover(memory, &config);
        assert_eq!(
            recovery.state,
            RecoveryState::Corrupt(Corruption::Foreign),
            "{config:?}"
        );
        assert!(recovery.previous.is_none());
        recovery.region.acknowledge();
        assert_eq!(recover(memory, &config).state, RecoveryState::Fresh);
    }
}

#[test]
fn a_region_of_a_bank_of_another_size_is_foreign() {
    let memory = memory(&LEFT);
    let (first, second) = memory.split_at(BANK_WORDS + 2 * 65);
    // The second bank is too small.
    let error = region::recover([first, second], &CONFIG, RUN).unwrap_err();
    assert!(matches!(error, GeometryError::TooSmall { .. }), "{error}");
    assert_eq!(words(memory), *LEFT);
    let second = self::memory(&[0; BANK_WORDS]);
    let recovery = region::recover([first, second], &CONFIG, RUN).unwrap();
    assert_eq!(recovery.state, RecoveryState::Corrupt(Corruption::Foreign));
}

#[test]
fn a_second_lane_is_an_error_and_its_memory_stays_as_it_was() {
    let memory = memory(&LEFT);
    let clock = Clock {
        ticks: || 0,
        hz: RUN.clock_hz,
    };
    let (first, second) = memory.split_at(BANK_WORDS);
    let error = critical_section::install_banks([first, second], &CONFIG, clock, 1).unwrap_err();
    assert_eq!(error, InstallError::Lane(LaneInstalled));
    assert_eq!(words(memory), *LEFT);
}

#[test]
fn a_flipped_bit_never_panics_and_a_damaged_header_is_never_trusted() {
    let (good, _) = snapshot(&recover(memory(&LEFT), &CONFIG).previous.unwrap().region());
    let dictionary_at = RING_AT - CONFIG.dictionary_words;
    let mut kept = 0;
    for bit in 0..BANK_WORDS * 32 {
        let (word, bit) = (bit / 32, bit % 32);
        let mut left = LEFT.clone();
        left[word] ^= 1 << bit;
        let memory = memory(&left);
        let recovery = recover(memory, &CONFIG);
        let is_checked = word < 7
            || (10..dictionary_at).contains(&word)
            || (RING_AT..RING_AT + RING_CONSTANT_WORDS).contains(&word);
        if is_checked {
            assert!(
                matches!(
                    recovery.state,
                    RecoveryState::Corrupt(Corruption::Header(_))
                ),
                "bit {bit} of word {word}: {}",
                recovery.state
            );
            assert!(recovery.previous.is_none());
        } else {
            let (decoded, _) = snapshot(&recovery.previous.unwrap().region());
            kept += usize::from(decoded.events.len() == good.events.len());
        }
        recovery.region.acknowledge();
        if let Some(previous) = recovery.previous {
            previous.acknowledge();
        }
        let again = recover(memory, &CONFIG);
        assert_eq!(
            again.state,
            RecoveryState::Fresh,
            "bit {bit} of word {word}"
        );
    }
    assert!(kept > BANK_WORDS * 32 / 2, "{kept}");
}

#[test]
fn memory_with_any_content_never_panics() {
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
            // Whole headers before a dictionary and pages of garbage.
            left[..14].copy_from_slice(&LEFT[..14]);
            let ring_header = RING_AT..RING_AT + RING_HEADER_WORDS;
            left[ring_header.clone()].copy_from_slice(&LEFT[ring_header]);
        }
        let recovery = recover(memory(&left), &CONFIG);
        if round < 100 {
            assert_eq!(recovery.state, RecoveryState::Fresh);
        } else {
            assert!(
                matches!(recovery.state, RecoveryState::Corrupt(_)),
                "{}",
                recovery.state
            );
            if let Some(previous) = recovery.previous {
                snapshot(&previous.region());
            }
        }
        let (_, totals) = snapshot(&recovery.region);
        assert_eq!(
            totals,
            Totals {
                complete_since_ticks: RUN.start_ticks,
                blocks: 1,
                blocks_checksum: totals.blocks_checksum,
                ..Totals::default()
            }
        );
    }
}

#[test]
fn a_region_that_is_cut_at_any_word_is_not_read() {
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
fn a_reset_while_a_record_is_written_loses_that_record_only() {
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let (first, second) = memory.split_at(BANK_WORDS);
    let region = region::recover([first, second], &CONFIG, RUN)
        .unwrap()
        .region;
    let callsite = info("torn", "serial {0}", &["serial"]);
    log(callsite, fields![1_u32]);
    region.describe(callsite);
    let header = callsite
        .enabled()
        .unwrap()
        .with_words(RecordHeader::WORDS + 1);
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
            let recovery = recover(self::memory(left), &CONFIG);
            let (decoded, totals) = snapshot(&recovery.previous.unwrap().region());
            assert_eq!(recovery.state, RecoveryState::Torn, "serial {serial}");
            assert_eq!(totals.recorded()[Level::Info as usize], u64::from(serial));
            assert!(!messages(&decoded.events).contains(&&*format!("serial {serial}")));
            torn += 1;
        }
        let recovery = recover(self::memory(&words(memory)), &CONFIG);
        assert_eq!(recovery.state, RecoveryState::Recovered);
        let (decoded, _) = snapshot(&recovery.previous.unwrap().region());
        assert!(messages(&decoded.events).contains(&&*format!("serial {serial}")));
        seen += 1;
    }
    assert_eq!((seen, torn), (100, 200));
}

#[test]
fn a_reset_while_a_page_is_claimed_loses_the_events_of_that_page_only() {
    let table = RING_AT + RING_HEADER_WORDS;
    let pages = table + 2 * PAGES;
    // `stores` is how many of its stores to the page's header the claim has made.
    for (page, stores) in (0..PAGES).flat_map(|page| [0, 1, 4, 7, 12].map(|stores| (page, stores)))
    {
        let mut left = LEFT.clone();
        left[table + page] = 1 << 31;
        let header = &mut left[pages + page * 64..][..PAGE_HEADER_WORDS];
        header[0] |= 1;
        let claimed: Vec<(usize, u32)> = [(1, PAGE_HEADER_WORDS as u32), (2, 0), (3, 99), (4, 0)]
            .into_iter()
            .chain([(7, header[5]), (8, header[6])])
            .chain((0..6).map(|level| (15 + level, header[9 + level])))
            .collect();
        for (at, value) in claimed.into_iter().take(stores) {
            header[at] = value;
        }
        let recovery = recover(memory(&left), &CONFIG);
        assert_eq!(recovery.state, RecoveryState::Torn);
        let (decoded, totals) = snapshot(&recovery.previous.unwrap().region());
        assert!(decoded.events.iter().all(|event| event.page != page as u32));
        assert_eq!(totals.recorded().iter().sum::<u64>(), u64::from(EVENTS) + 5);
    }
}

#[test]
fn a_reset_while_the_region_is_being_made_leaves_a_free_bank() {
    let mut left = LEFT.clone();
    left[0] = !REGION_MAGIC;
    let recovery = recover(memory(&left), &CONFIG);
    assert_eq!((recovery.state, recovery.boot), (RecoveryState::Fresh, 1));
}

#[test]
fn callsites_without_room_in_the_dictionary_are_counted_and_their_events_stay() {
    let config = RegionConfig {
        dictionary_words: 15,
        ..CONFIG
    };
    let memory = memory(&[0; 2 * BANK_WORDS]);
    let region = recover(memory, &config).region;
    let (known, unknown) = (info("room", "known", &[]), info("room", "unknown", &[]));
    let writer = Writer::new();
    for callsite in [known, unknown] {
        let header = callsite.enabled().unwrap().with_words(RecordHeader::WORDS);
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
fn without_a_dictionary_events_keep_the_ids_of_their_callsites() {
    let config = RegionConfig {
        dictionary_words: 0,
        ..CONFIG
    };
    let region = recover(memory(&[0; 2 * BANK_WORDS]), &config).region;
    let callsite = info("bare", "text", &[]);
    region.describe(callsite);
    let header = callsite.enabled().unwrap().with_words(RecordHeader::WORDS);
    Writer::new()
        .write(&region.ring(), 1, header, &|_: &[Word]| {})
        .unwrap();
    let (decoded, _) = snapshot(&region);
    assert_eq!(decoded.events[0].callsite, callsite.id().unwrap());
}

#[test]
fn a_dictionary_has_the_descriptions_of_a_snapshot_and_cuts_long_ones() {
    let names: &[&str] = &["first", "", "ä", "fourth", "fifth"];
    let long: &'static str = "ä".repeat(600).leak();
    let region = recover(memory(&[0; 2 * BANK_WORDS]), &CONFIG).region;
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
fn a_scratch_buffer_without_room_for_the_longest_description_is_an_error() {
    let memory = memory(&LEFT);
    let region = recover(memory, &CONFIG).previous.unwrap().region();
    let header = SnapshotHeader::of(&region.ring(), 0);
    let mut table = lz4_table();
    // A little less than half of the buffer is for the content.
    let needed = 1037;
    for (bytes, is_enough) in [(1030, false), (needed - 1, false), (needed, true)] {
        let mut written = Bytes::default();
        let encoded = Encoder::lz4(&mut vec![0; bytes], &mut table).encode_region(
            &region,
            &header,
            &mut written,
        );
        if is_enough {
            encoded.unwrap();
            let decoded = decode(&written.0).unwrap();
            assert_eq!(decoded.damage, []);
            assert_eq!(decoded.events, snapshot(&region).0.events);
        } else {
            let needed = Some(needed);
            assert_eq!(encoded, Err(EncodeError::Scratch { bytes, needed }));
        }
    }
}

#[test]
fn a_damaged_description_costs_no_other() {
    let region_words = 14;
    let mut left = LEFT.clone();
    // The first entry's mark, then its content.
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
fn threads_describe_callsites_at_the_same_time() {
    let config = RegionConfig {
        dictionary_words: 8000,
        ..CONFIG
    };
    let memory = memory(&vec![0; 2 * config.memory_words(PAGES)]);
    let region = recover(memory, &config).region;
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
        let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
        let mut blocks = Snapshot::new(bytes).unwrap().blocks();
        let mut is_there = false;
        while let Some(block) = blocks.next(&mut buffer) {
            if let Content::Callsites(mut infos) = block.unwrap().content {
                is_there |= infos.any(|info| info.id == id && info.names.len() == 32);
            }
        }
        assert!(is_there);
    };
    check(&support::stored(&ring, SCRATCH_MIN_BYTES).0);
    let mut bytes = Bytes::default();
    Encoder::lz4(&mut [0; SCRATCH_MIN_BYTES], &mut lz4_table())
        .encode(&ring, &support::header(&ring), &mut bytes)
        .unwrap();
    check(&bytes.0);
}
