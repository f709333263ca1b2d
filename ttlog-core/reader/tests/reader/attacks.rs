//! Snapshots made of parts of other snapshots, with correct checksums.

use std::collections::BTreeSet;

use ttlog_core::{decode::DamageKind, info};
use ttlog_reader::{Flaw, Snapshots};

use crate::{
    blocks::{Block, CALLSITES, PAGES, join, renumber, split},
    support::{Recorder, SECOND, header},
};

/// The blocks of two runs of the same program. The events of the first have orders below 1,000.
fn two_runs() -> [Vec<Block>; 2] {
    [0, 1000].map(|first| {
        let recorder = Recorder::new(20, 64);
        for order in first..first + 60_u64 {
            recorder.at((order - first) * 1000);
            info!("payment order={order} amount={}", 3 * order);
        }
        let blocks = split(&recorder.stored(&header(SECOND), 512));
        assert!(blocks.len() > 8);
        blocks
    })
}

struct Shown {
    orders: Vec<u64>,
    damages: Vec<u64>,
}

/// Reads a file, and checks that no event has the content of another one.
fn show(bytes: &[u8]) -> Shown {
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", bytes).unwrap();
    let mut orders = Vec::new();
    for event in snapshots.events() {
        let message = event.message().to_string();
        if message.contains("is lost") {
            continue;
        }
        let (order, amount) = message
            .strip_prefix("payment order=")
            .and_then(|rest| rest.split_once(" amount="))
            .unwrap();
        let order: u64 = order.parse().unwrap();
        assert_eq!(amount.parse(), Ok(3 * order));
        orders.push(order);
    }
    let files = snapshots.files().iter();
    Shown {
        orders,
        damages: files.map(|file| file.damages.count()).collect(),
    }
}

fn is_without_doubles(orders: &[u64]) -> bool {
    orders.len() == orders.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn a_file_of_blocks_of_two_runs_shows_one_run_and_is_damaged() {
    let [one, two] = two_runs();
    for (first, second) in [(&one, &two), (&two, &one)] {
        let all = show(&join(first)).orders;
        for at in 1..first.len().min(second.len()) {
            for bytes in [
                join(first[..at].iter().chain(&second[at..])),
                renumber(first[..at].iter().chain(&second[at..])),
                join(
                    first[..at]
                        .iter()
                        .chain(&second[at..at + 1])
                        .chain(&first[at + 1..]),
                ),
            ] {
                let shown = show(&bytes);
                assert!(shown.orders.iter().all(|order| all.contains(order)));
                assert!(is_without_doubles(&shown.orders));
                assert!(shown.damages[0] > 0, "{at}");
            }
        }
    }
}

#[test]
fn doubled_and_moved_blocks_change_nothing_but_are_damage() {
    let [one, _] = two_runs();
    let all = show(&join(&one));
    assert_eq!(all.damages, [0]);
    for at in 0..one.len() - 1 {
        let doubled = one[..at + 1].iter().chain(&one[at..]);
        let swapped = one[..at]
            .iter()
            .chain([&one[at + 1], &one[at]])
            .chain(&one[at + 2..]);
        for bytes in [join(doubled.clone()), renumber(doubled)] {
            let shown = show(&bytes);
            assert_eq!(shown.orders, all.orders, "{at}");
            assert!(shown.damages[0] > 0, "{at}");
        }
        if at + 2 == one.len() {
            // The end block is not the last one: what follows is another thing.
            continue;
        }
        for bytes in [join(swapped.clone()), renumber(swapped)] {
            let shown = show(&bytes);
            assert_eq!(shown.orders, all.orders, "{at}");
            assert!(shown.damages[0] > 0, "{at}");
        }
    }
}

#[test]
fn a_missing_block_is_damage_even_if_the_others_are_renumbered() {
    let [one, _] = two_runs();
    let all = show(&join(&one)).orders;
    for at in 0..one.len() {
        let rest = one[..at].iter().chain(&one[at + 1..]);
        for bytes in [join(rest.clone()), renumber(rest)] {
            let shown = show(&bytes);
            assert!(shown.damages[0] > 0, "{at}");
            match one[at].kind() {
                PAGES => assert!(shown.orders.len() < all.len()),
                CALLSITES => {}
                _ => assert_eq!(shown.orders, all),
            }
        }
    }
}

#[test]
fn snapshots_one_behind_the_other_are_files_of_their_own() {
    let [one, two] = two_runs();
    let shown = show(&[join(&one), join(&two)].concat());
    assert_eq!(shown.damages, [0, 0]);
    assert_eq!(
        shown.orders.len(),
        show(&join(&one)).orders.len() + show(&join(&two)).orders.len()
    );
    // Without its preamble, the second one is bytes behind the first.
    let shown = show(&[join(&one), join(&two)[12..].to_vec()].concat());
    assert_eq!(shown.damages, [1]);
    assert_eq!(shown.orders, show(&join(&one)).orders);
    // A preamble with nothing behind it.
    let shown = show(&[join(&one), join([])].concat());
    assert_eq!(shown.damages, [1]);
}

/// Returns the damage of a file.
fn flaws(bytes: &[u8]) -> Vec<Flaw> {
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", bytes).unwrap();
    let places = snapshots.files()[0].damages.places();
    places.iter().map(|damage| damage.flaw).collect()
}

#[test]
fn a_doubled_block_is_found_by_its_events() {
    let [one, _] = two_runs();
    let at = one.iter().position(|block| block.kind() == PAGES).unwrap();
    // Numbered without a gap. Only the end block, which comes later, and the events tell.
    let bytes = renumber(one[..=at].iter().chain(&one[at..]));
    assert!(matches!(flaws(&bytes)[0], Flaw::Doubled { .. }));
}

#[test]
fn content_that_cannot_be_read_is_damage_although_its_block_is_whole() {
    let [one, _] = two_runs();
    let of_kind = |kind| one.iter().position(|block| block.kind() == kind).unwrap();
    let (callsites, pages) = (of_kind(CALLSITES), of_kind(PAGES));
    let replaced = |at: usize, content: &[u8]| {
        let mut blocks = one.clone();
        blocks[at] = one[at].with_content(one[at].kind(), content);
        join(&blocks)
    };
    let content = Flaw::Block(DamageKind::Content);
    // An entry that is cut, and a chunk that is cut.
    for at in [callsites, pages] {
        let whole = one[at].content();
        assert_eq!(flaws(&replaced(at, &whole[..whole.len() - 1]))[0], content);
    }
    // An entry that states a text longer than the entry.
    let mut lying = one[callsites].content().to_vec();
    lying[6..8].fill(0x7F);
    assert_eq!(flaws(&replaced(callsites, &lying))[0], content);
    // A record of a level that does not exist. The records follow 32 bytes of the chunk's header.
    let mut unknown = one[pages].content().to_vec();
    let mut at = 32;
    loop {
        let word = u32::from_le_bytes(unknown[at..at + 4].try_into().unwrap());
        let (id, words) = (word >> 15, word & 0x3FF);
        if id != 0 {
            unknown[at..at + 4].copy_from_slice(&(word | 7 << 12).to_le_bytes());
            break;
        }
        at += 4 * words as usize;
    }
    let flaw = flaws(&replaced(pages, &unknown))[0];
    assert!(matches!(flaw, Flaw::Records { skipped: 1, .. }), "{flaw}");
}

#[test]
fn a_snapshot_with_a_damaged_start_is_not_taken_for_an_image() {
    let recorder = Recorder::new(4, 256);
    // The magic of a region, at all places in a word.
    info!("TTLM TTLM  TTLM   TTLM");
    info!("order 1");
    let mut bytes = recorder.stored(&header(SECOND), 512);
    bytes[0] ^= 1;
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", &bytes).unwrap();
    assert_eq!(snapshots.events().count(), 2);
    assert_eq!(snapshots.files()[0].damages.count(), 1);
}

#[test]
fn many_snapshots_in_a_file_do_not_keep_the_reader_busy() {
    let [one, _] = two_runs();
    // A comparison of each with all before it takes minutes, and the files take memory.
    let unknown = one[0].with_content(9, b"x");
    let bytes: Vec<u8> = (1..200_000)
        .flat_map(|id| join([&unknown.of_run(id)]))
        .collect();
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", &bytes).unwrap();
    assert!(snapshots.files().len() > 10_000);
    let last = snapshots.files().last().unwrap();
    assert!(matches!(
        last.damages.places().last().unwrap().flaw,
        Flaw::OverBudget { .. }
    ));
}
