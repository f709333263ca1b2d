//! The descriptions of log statements.

use ttlog_core::{
    CallsiteKind, Level, Span,
    snapshot::{Encoder, Sink},
};

use crate::{
    lane,
    support::{decode, fields, header, info, log, statement, stored},
};

/// A sink that logs before each write, by a log statement not used before.
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
            fields!(self.writes),
        );
        Ok(())
    }
}

#[test]
fn callsites_first_used_while_the_snapshot_is_taken_are_in_it() {
    let ring = lane();
    let mut sink = Logging::default();
    Encoder::stored(&mut vec![0; 65536])
        .encode(&ring, &header(), &mut sink)
        .unwrap();
    let decoded = decode(&sink.bytes).unwrap();
    // The start of the file, the header's block, the callsites' block: the last two writes come when
    // all that were used before are described.
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
    drop(Span::enter(span, span.enabled().unwrap(), fields!(1_u8)));
    for _ in 0..5 {
        log(info("once", "an event", &[]), fields!());
    }
    let (bytes, _) = stored(&ring, 65536);
    let described = bytes
        .windows(8)
        .filter(|bytes| bytes == b"an event")
        .count();
    assert_eq!(described, 5);
}

#[test]
fn a_callsite_with_a_text_that_no_block_holds_is_described_with_less_of_it() {
    let ring = lane();
    log(
        info("long-text", "long ".repeat(3000).leak(), &[]),
        fields!(),
    );
    let (bytes, _) = stored(&ring, 8000);
    let decoded = decode(&bytes).unwrap();
    assert!(decoded.of("long-text")[0].message.starts_with("long long"));
}
