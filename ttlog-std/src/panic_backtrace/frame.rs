//! A frame of a backtrace, and which frames belong to the program.

use std::fmt;

/// A function that was being called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    pub(super) address: usize,
    pub(super) name: Option<String>,
    /// The file and the line.
    pub(super) place: Option<String>,
}

impl Frame {
    pub(super) fn unnamed(address: usize) -> Self {
        Self {
            address,
            name: None,
            place: None,
        }
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Returns `true` for the functions that call the panic hook, directly or not.
    fn calls_hook(&self) -> bool {
        let name = self.name();
        name.ends_with("rust_begin_unwind")
            || name.starts_with("std::panicking::")
            || name.starts_with("std::sys::backtrace::__rust_end_short_backtrace")
    }

    /// Returns `true` for the functions that turn a failed check into a panic.
    fn raises_panic(&self) -> bool {
        [
            "core::panicking::",
            "core::option::unwrap_failed",
            "core::option::expect_failed",
            "core::result::unwrap_failed",
            "std::panic::panic_any",
        ]
        .iter()
        .any(|start| self.name().starts_with(start))
    }

    /// Returns `true` for the function that `std` and its test harness call a thread's closure through.
    fn is_start(&self) -> bool {
        self.name().contains("__rust_begin_short_backtrace")
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "{:#x}", self.address)?,
        }
        match &self.place {
            Some(place) => write!(f, " at {place}"),
            None => Ok(()),
        }
    }
}

/// Returns the frames without those of the panic itself and of the thread's start. Frames without names are
/// returned as they are.
pub(super) fn without_machinery(frames: &[Frame]) -> &[Frame] {
    let end = frames.iter().position(Frame::is_start);
    let frames = &frames[..end.unwrap_or(frames.len())];
    // The first group: a hook may run while another panic unwinds, whose frames belong to the program.
    let hook = frames.iter().position(Frame::calls_hook).unwrap_or(0);
    let rest = &frames[hook..];
    let is_machinery = |frame: &&Frame| frame.calls_hook() || frame.raises_panic();
    let count = rest.iter().take_while(is_machinery).count();
    &rest[count..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(names: &[&str]) -> Vec<String> {
        let frames: Vec<_> = (names.iter())
            .map(|name| Frame {
                name: Some((*name).to_owned()),
                ..Frame::unnamed(1)
            })
            .collect();
        let kept = without_machinery(&frames).iter();
        kept.map(ToString::to_string).collect()
    }

    #[test]
    fn the_frames_of_a_failed_check_and_of_the_start_are_left_out() {
        let names = [
            "ttlog_std::panic_backtrace::record",
            "std::panicking::panic_with_hook",
            "std::panicking::panic_handler::{closure#0}",
            "std::sys::backtrace::__rust_end_short_backtrace",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "core::option::unwrap_failed",
            "shop::order",
            "core::panicking::catch_unwind",
            "shop::main",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "std::rt::lang_start",
        ];
        assert_eq!(
            kept(&names),
            ["shop::order", "core::panicking::catch_unwind", "shop::main"]
        );
    }

    #[test]
    fn frames_of_an_unknown_form_are_kept() {
        assert_eq!(kept(&["a", "b"]), ["a", "b"]);
        let unnamed = [Frame::unnamed(0x40), Frame::unnamed(0x50)];
        assert_eq!(without_machinery(&unnamed), unnamed);
        assert_eq!(unnamed[0].to_string(), "0x40");
    }
}
