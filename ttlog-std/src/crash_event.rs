//! The event of a crash.

use std::fmt::{self, Display};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, Word, fields};

use crate::{crash_site::CrashSite, fixed_text::FixedText, recorder::Recorder, thread_lane};

/// Records a crash of the calling thread, even if the filter disables such an event. Returns its time. Makes
/// only calls that are allowed in a signal handler.
pub(crate) fn record(recorder: &'static Recorder, site: &CrashSite) -> u64 {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Fatal,
        target: "signal",
        file: file!(),
        line: line!(),
        text: "crash by {0} ({1}) at address {2:#x}, instruction {3:#x}, sender {4}, frames [{5}]",
        names: &[
            "signal",
            "code",
            "address",
            "instruction",
            "sender",
            "frames",
        ],
        more_kinds: &MORE_KINDS,
    };
    /// Room for the kinds of the fifth and the sixth argument.
    static MORE_KINDS: [Word; 1] = [Word::new(0)];
    static CALLSITE: Callsite = Callsite::new(&METADATA);

    let code = code(site);
    let frames = frames(site);
    thread_lane::record_crash(recorder, || {
        CALLSITE.record_always(fields![
            site.signal.name(),
            code.as_str(),
            site.address as u64,
            site.instruction as u64,
            site.sender,
            frames.as_str(),
        ]);
    })
}

/// Returns the name of the code, or its number if it has no name.
fn code(site: &CrashSite) -> FixedText<24> {
    match site.signal.code_name(site.code) {
        Some(name) => FixedText::new(format_args!("{name}")),
        None => FixedText::new(format_args!("{}", site.code)),
    }
}

/// Returns the return addresses, with a space between two.
fn frames(site: &CrashSite) -> FixedText<512> {
    struct Frames<'a>(&'a [usize]);

    impl Display for Frames<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for (index, address) in self.0.iter().enumerate() {
                let space = if index == 0 { "" } else { " " };
                write!(f, "{space}{address:#x}")?;
            }
            Ok(())
        }
    }

    FixedText::new(format_args!("{}", Frames(site.frames())))
}
