//! The descriptions of callsites.

use ttlog_core::{
    CallsiteKind, Level, Span, fields,
    snapshot::{Encoder, Sink},
};

use crate::{
    lane,
    support::{decode, header, info, log, statement, stored},
};

/// A sink that records an event at each write, from a callsite that has not been used before.
#[derive(Default)]
struct Logging {
    bytes: Vec<u8>,
    writes: u32,
}

impl Sink for Logging {
    type Error = core::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.bytes.extend_from_slice(bytes);
        self.writes += 1;
        log(
            info("during", "write {0}", &["number"]),
            fields![self.writes],
        );
        Ok(())
    }
}

#[test]
fn callsites_first_used_while_the_snapshot_is_written_are_described() {
    let ring = lane();
    let mut sink = Logging::default();
    Encoder::stored(&mut vec![0; 65536])
        .encode(&ring, &header(&ring), &mut sink)
        .unwrap();
    let decoded = decode(&sink.bytes).unwrap();
    // A write for the preamble, and two for each of the header block and the callsites block. The last
    // two come after the first descriptions have been written.
    for number in 1..=5 {
        let message = format!("write {number}");
        assert!(
            decoded
                .of("during")
                .iter()
                .any(|event| event.message == message),
            "{message}"
        );
    }
}

#[test]
fn a_callsite_is_described_once() {
    let ring = lane();
    let span = statement(CallsiteKind::Span, Level::Info, "once", "step", &["number"]);
    drop(Span::enter(span, span.enabled().unwrap(), fields![1_u8]));
    for _ in 0..5 {
        log(info("once", "an event", &[]), fields![]);
    }
    let (bytes, _) = stored(&ring, 65536);
    let described = bytes
        .windows(8)
        .filter(|bytes| bytes == b"an event")
        .count();
    assert_eq!(described, 5);
}

#[test]
fn a_description_that_does_not_fit_a_block_is_cut() {
    let ring = lane();
    log(
        info("long-text", "long ".repeat(3000).leak(), &[]),
        fields![],
    );
    let (bytes, _) = stored(&ring, 8000);
    let decoded = decode(&bytes).unwrap();
    assert!(decoded.of("long-text")[0].message.starts_with("long long"));
}
