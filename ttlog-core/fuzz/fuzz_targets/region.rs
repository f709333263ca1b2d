//! Starts a program over any memory: as it is, and behind whole headers, which a fuzzer would hardly find.
//! Nothing may panic, and a recovered ring must be readable to its end.

#![no_main]

use core::{convert::Infallible, sync::atomic::Ordering};

use libfuzzer_sys::fuzz_target;
use ttlog_core::{
    Geometry, SnapshotHeader, Word,
    decode::Snapshot,
    region::{self, Region, RegionConfig},
    ring::Run,
    snapshot::{BLOCK_MAX_BYTES, Encoder, SCRATCH_MIN_BYTES, Sink},
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 48 },
    dictionary_words: 64,
    service: "fuzz",
    target: "",
    build_id: "1",
};
const BANK_WORDS: usize = CONFIG.memory_words(3);
const RUN: Run = Run {
    id: 7,
    clock_hz: 1,
    start_ticks: 0,
};
/// Number of words of a ring before its table.
const RING_HEADER_WORDS: usize = CONFIG.geometry.memory_words(0);
/// Number of these words that never change.
const RING_CONSTANT_WORDS: usize = 10;

fuzz_target!(|bytes: &[u8]| {
    let memory: Vec<Word> = (0..2 * BANK_WORDS).map(|_| Word::new(0)).collect();
    let (first, second) = memory.split_at(BANK_WORDS);
    fill(&memory, bytes);
    start([first, second]);

    Region::new(first, &CONFIG, RUN, 7).unwrap();
    let ring_at = CONFIG.memory_words(0) - RING_HEADER_WORDS;
    let dictionary = &first[ring_at - CONFIG.dictionary_words..ring_at];
    let (dictionary_bytes, ring_bytes) = bytes.split_at(bytes.len().min(4 * dictionary.len()));
    fill(dictionary, dictionary_bytes);
    fill(&first[ring_at + RING_CONSTANT_WORDS..], ring_bytes);
    start([first, second]);
});

fn fill(words: &[Word], bytes: &[u8]) {
    for (word, bytes) in words.iter().zip(bytes.as_chunks().0) {
        word.store(u32::from_le_bytes(*bytes), Ordering::Relaxed);
    }
}

fn start(banks: [&[Word]; 2]) {
    let recovery = region::recover(banks, &CONFIG, RUN).unwrap();
    let Some(previous) = recovery.previous else {
        return;
    };
    let header = SnapshotHeader::recovered(&previous, &CONFIG, "fuzz");
    let mut snapshot = Bytes(Vec::new());
    Encoder::stored(&mut [0; SCRATCH_MIN_BYTES])
        .encode_region(&previous.region(), &header, &mut snapshot)
        .unwrap();
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = Snapshot::new(&snapshot.0).unwrap().blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        block.unwrap();
    }
}

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
