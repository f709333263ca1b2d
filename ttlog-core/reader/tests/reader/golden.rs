//! Files of format version 1 and regions of layouts 1 and 2 stay readable.

use std::{fs, path::Path};

use ttlog_reader::Snapshots;

/// Opens a golden file of the core, and compares its events with the expected ones.
fn check(name: &str, expected: &str) -> Snapshots {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = tests.join("../tests/golden").join(name);
    let mut snapshots = Snapshots::new();
    snapshots.open(&path).unwrap();
    let mut lines = String::new();
    for event in snapshots.events() {
        lines.push_str(&serde_json::to_string(&event).unwrap());
        lines.push('\n');
    }
    let expected = fs::read_to_string(tests.join("tests/golden").join(expected)).unwrap();
    for (line, expected) in lines.lines().zip(expected.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(lines.len(), expected.len());
    let [file] = snapshots.files() else {
        panic!("one file")
    };
    assert_eq!(file.damages.count(), 0);
    snapshots
}

#[test]
fn snapshots_of_version_1_give_the_events_that_they_gave() {
    for name in ["v1-lz4.bin", "v1-stored.bin"] {
        let snapshots = check(name, "v1.ndjson");
        let file = &snapshots.files()[0];
        assert_eq!(file.header.reason.as_deref(), Some("order_placed"));
        assert_eq!(file.header.run_id, None);
        let total = |counts: [u64; 6]| counts.iter().sum::<u64>();
        let accounting = &file.accounting;
        let recorded = accounting.recorded().map(total);
        let overwritten = accounting.overwritten().map(total);
        let numbers = (recorded, total(accounting.kept), overwritten);
        assert_eq!(numbers, (Some(87), 36, Some(51)));
    }
}

#[test]
fn a_region_of_layout_1_gives_the_events_that_it_gave() {
    let snapshots = check("v1-region.bin", "v1-region.ndjson");
    let file = &snapshots.files()[0];
    let image = file.image.unwrap();
    assert_eq!((image.state, image.boot), ("recovered", 3));
    assert_eq!(file.header.page_words, Some(64));
}

#[test]
fn a_region_of_layout_2_gives_the_events_that_it_gave() {
    let snapshots = check("v2-region.bin", "v2-region.ndjson");
    let file = &snapshots.files()[0];
    let image = file.image.unwrap();
    assert_eq!((image.state, image.boot), ("recovered", 3));
    assert_eq!(file.header.page_words, Some(64));
}

#[test]
fn a_flipped_bit_in_the_header_of_a_region_of_layout_1_is_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1-region.bin");
    let good = fs::read(path).unwrap();
    for at in [8, 12, 16, 20, 24, 41] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let read = Snapshots::new().read("a.bin", &bytes);
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn whatever_bit_of_a_region_is_flipped_it_is_read_or_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1-region.bin");
    let good = fs::read(path).unwrap();
    let mut read = 0;
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut snapshots = Snapshots::new();
        if snapshots.read("a.bin", &bytes).is_ok() {
            assert!(snapshots.events().count() <= 2, "bit {bit}");
            read += 1;
        }
    }
    // The header, the identity and the constant words of the ring are under the checksum.
    assert!(read > good.len() * 4 && read < good.len() * 8, "{read}");
}

#[test]
fn bytes_made_to_look_like_many_regions_are_refused_quickly() {
    // Each is as long as what is left, and has no checksum.
    let words = 1 << 18;
    let lead = |at: u32| [u32::from_le_bytes(*b"TTLM"), 1, words - at, 0, 0];
    let bytes: Vec<u8> = (0..words)
        .step_by(5)
        .flat_map(lead)
        .flat_map(u32::to_le_bytes)
        .collect();
    assert!(Snapshots::new().read("a.bin", &bytes).is_err());
}
