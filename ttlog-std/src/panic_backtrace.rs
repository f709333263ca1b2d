//! The backtrace of a panic, recorded as events after the panic's own event.
//!
//! ```text
//! panicking thread    walks its frames: no lock, no allocation     os::stack_trace
//!   ▼
//! ttlog-backtrace     finds names and lines, within a time limit
//!   ▼
//! panicking thread    records the text, in parts
//! ```

mod frame;

use std::{fs, ptr, time::Duration};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, fields};

use self::frame::{Frame, without_machinery};
use crate::{limited_thread::LimitedThread, memory_limit, os::stack_trace::StackTrace};

/// The name of the thread that finds the names.
const NAME: &str = "ttlog-backtrace";

/// Maximum time to find the names. Reading the debug information of a large program takes a second.
const NAMES_LIMIT: Duration = Duration::from_secs(3);

/// Memory for the debug information of the libraries that the program loads.
const LIBRARIES_BYTES: u64 = 64 << 20;

/// Maximum number of frames in the text.
const FRAMES_MAX: usize = 64;

/// Maximum length of the text in bytes.
const TEXT_MAX_BYTES: usize = 8 << 10;

/// Maximum length of a part in bytes. A record holds twice as much.
const PART_MAX_BYTES: usize = 2_000;

/// Records the backtrace of the calling thread. Call this in a panic hook, after the panic has been recorded.
///
/// The frames of the panic itself and of the thread's start are left out. If the names are not found within
/// three seconds, if there is little memory, or if no thread can be started, the text states the addresses.
pub(crate) fn record() {
    let trace = StackTrace::capture();
    let text = named_text_of(trace).unwrap_or_else(|| text_of(&unnamed_frames_of(&trace)));
    record_text(&text);
}

fn named_text_of(trace: StackTrace) -> Option<String> {
    if !has_memory_for_names() {
        return None;
    }
    let thread = LimitedThread::spawn(NAME, move || text_of(&frames_of(&trace))).ok()?;
    thread.join_within(NAMES_LIMIT)?.ok()
}

/// Returns whether the limits of the process leave memory to read the debug information. A process that has no
/// memory for it would be aborted.
fn has_memory_for_names() -> bool {
    let Some(left_bytes) = memory_limit::left_bytes() else {
        return true;
    };
    let program_bytes = fs::metadata("/proc/self/exe").map_or(u64::MAX, |program| program.len());
    // The program is mapped, and its tables take less than it.
    let needed_bytes = program_bytes
        .saturating_mul(2)
        .saturating_add(LIBRARIES_BYTES);
    left_bytes >= needed_bytes
}

/// Records a text in parts of whole lines, even if the filter disables such an event.
fn record_text(text: &str) {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Fatal,
        target: "panic",
        file: file!(),
        line: line!(),
        text: "panic.backtrace {0}/{1}:\n{2}",
        names: &["part", "parts", "frames"],
        more_kinds: &[],
    };
    static CALLSITE: Callsite = Callsite::new(&METADATA);

    let parts = parts_of(text);
    let count = parts.len() as u32;
    for (number, part) in (1_u32..).zip(parts) {
        CALLSITE.record_always(fields![number, count, part]);
    }
}

/// Returns the frames of a trace with their names. Takes a lock of the crate `backtrace`, and reads the debug
/// information of the program.
fn frames_of(trace: &StackTrace) -> Vec<Frame> {
    let mut frames = Vec::new();
    for &address in trace.addresses() {
        let before = frames.len();
        // A frame has several names if functions are compiled in line.
        backtrace::resolve(ptr::without_provenance_mut(address), |symbol| {
            frames.push(Frame {
                address,
                name: symbol.name().map(|name| format!("{name:#}")),
                place: symbol.filename().map(|file| {
                    let line = symbol.lineno().unwrap_or_default();
                    format!("{}:{line}", file.display())
                }),
            });
        });
        if frames.len() == before {
            frames.push(Frame::unnamed(address));
        }
    }
    frames
}

fn unnamed_frames_of(trace: &StackTrace) -> Vec<Frame> {
    let addresses = trace.addresses().iter();
    addresses.map(|&address| Frame::unnamed(address)).collect()
}

/// Returns a line for each frame. The last line states how many frames are left out, if there are any.
fn text_of(frames: &[Frame]) -> String {
    let frames = without_machinery(frames);
    let mut text = String::new();
    for (number, frame) in frames.iter().enumerate() {
        let line = format!("{number}: {frame}\n");
        // The longest names of generic functions are longer than a part.
        let line = match line.len() {
            0..=PART_MAX_BYTES => line,
            _ => format!(
                "{}…\n",
                &line[..line.floor_char_boundary(PART_MAX_BYTES - 4)]
            ),
        };
        if number == FRAMES_MAX || text.len() + line.len() > TEXT_MAX_BYTES {
            text += &format!("({} more frames)\n", frames.len() - number);
            break;
        }
        text += &line;
    }
    text.truncate(text.trim_end().len());
    text
}

/// Splits a text between lines. A line of this module's texts fits a part.
fn parts_of(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_MAX_BYTES {
        let max = rest.floor_char_boundary(PART_MAX_BYTES);
        let end = rest[..max].rfind('\n').unwrap_or(max);
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start_matches('\n');
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use std::{
        env, panic,
        process::Command,
        sync::{Arc, Mutex},
    };

    use super::*;

    fn named(count: usize, name: &str) -> Vec<Frame> {
        let frame = Frame {
            address: 1,
            name: Some(name.to_owned()),
            place: Some("src/main.rs:7".to_owned()),
        };
        vec![frame; count]
    }

    #[test]
    fn a_text_has_a_line_for_each_frame() {
        let text = text_of(&named(2, "shop::order"));
        assert_eq!(
            text,
            "0: shop::order at src/main.rs:7\n1: shop::order at src/main.rs:7"
        );
    }

    #[test]
    fn a_text_is_bounded_and_states_how_many_frames_are_left_out() {
        let text = text_of(&named(80, "f"));
        assert!(text.ends_with("\n(16 more frames)"), "{text}");
        for name in ["long::".repeat(50), "ü".repeat(10_000)] {
            let text = text_of(&named(80, &name));
            assert!(text.ends_with(" more frames)"), "{text}");
            assert!(text.len() < TEXT_MAX_BYTES + 100);
        }
    }

    #[test]
    fn parts_are_short_and_together_are_the_text() {
        for name in ["f", &"long::".repeat(50), &"ü".repeat(10_000)] {
            let text = text_of(&named(80, name));
            let parts = parts_of(&text);
            assert!(parts.iter().all(|part| part.len() <= PART_MAX_BYTES));
            assert_eq!(parts.join("\n"), text);
        }
    }

    /// Panics with a value that the hook of this test recognises.
    #[inline(never)]
    fn a_function_that_panics(text: &str) {
        assert!(text.is_empty(), "{text}");
    }

    #[test]
    fn a_backtrace_in_a_hook_begins_with_the_function_that_panics() {
        const MESSAGE: &str = "the panic of the test of backtraces";
        let text = Arc::new(Mutex::new(String::new()));
        let before = panic::take_hook();
        panic::set_hook(Box::new({
            let text = Arc::clone(&text);
            move |info| match info.payload_as_str() {
                Some(MESSAGE) => {
                    *text.lock().unwrap() = text_of(&frames_of(&StackTrace::capture()));
                }
                _ => before(info),
            }
        }));
        assert!(panic::catch_unwind(|| a_function_that_panics(MESSAGE)).is_err());
        let text = text.lock().unwrap().clone();
        let first = text.lines().next().unwrap();
        assert!(first.contains("a_function_that_panics at "), "{text}");
        assert!(!text.contains("__rust_begin_short_backtrace"), "{text}");
    }

    /// The variable that states the snapshot directory of the child process.
    const DIRECTORY: &str = "TTLOG_TEST_PANIC_BACKTRACE";

    /// Other tests of this process start recorders too, so the test runs again in a child process.
    #[test]
    fn a_backtrace_is_an_event_of_its_thread() {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let trace = crate::Trace::builder().directory(directory).filter("off");
            let trace = trace.build().unwrap();
            record();
            let events = trace.get_buffer().events();
            let message = &events[0].message;
            assert!(
                message.starts_with("panic.backtrace 1/1:\n0: "),
                "{message}"
            );
            assert!(message.contains("a_backtrace_is_an_event_of_its_thread"));
            assert_eq!(events[0].level, Level::Fatal);
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let name = "panic_backtrace::tests::a_backtrace_is_an_event_of_its_thread";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{stderr}");
    }
}
