//! Lines on stderr, which never wait for its reader.

use std::{
    io,
    os::fd::AsFd,
    sync::{
        Mutex, MutexGuard, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::SendFlags,
};
use ttlog_reader::escaped;

/// Maximum length of a line in bytes. A pipe takes a write of up to this length as a whole.
const LINE_MAX_BYTES: usize = 4096;

/// Minimum time between two lines about the same problem.
pub(crate) const REPEAT_INTERVAL: Duration = Duration::from_secs(60);

/// Number of lines that could not be written since the last one that was.
static SKIPPED: AtomicU64 = AtomicU64::new(0);

/// Writes a line `ttlog: TEXT` to stderr. Never waits: if stderr takes no bytes now, the line is skipped,
/// and the next line states the number of skipped lines. Ignores a closed stderr.
///
/// A file on a disk that does not respond may still wait. Control characters are escaped, and a line of
/// more than 4,096 bytes is cut.
pub(crate) fn write_line(text: &str) {
    #[cfg(test)]
    if simulated::take(text) {
        return;
    }
    write_line_to(io::stderr().as_fd(), &SKIPPED, text);
}

fn write_line_to(fd: impl AsFd, skipped: &AtomicU64, text: &str) {
    let before = skipped.load(Ordering::Relaxed);
    match write_now(fd, line(text, before).as_bytes()) {
        Ok(()) => {
            // Lines that were skipped meanwhile stay counted.
            let _ = skipped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |skipped| {
                skipped.checked_sub(before)
            });
        }
        Err(Errno::PIPE) => {}
        Err(_) => {
            skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn line(text: &str, skipped: u64) -> String {
    let mut line = format!("ttlog: {}", escaped(text));
    let note = match skipped {
        0 => "\n".to_owned(),
        skipped => format!(" (skipped before: {skipped} lines, because stderr was full)\n"),
    };
    line.truncate(line.floor_char_boundary(LINE_MAX_BYTES - note.len()));
    line + &note
}

/// Writes bytes if that is possible without waiting.
fn write_now(fd: impl AsFd, bytes: &[u8]) -> Result<(), Errno> {
    match rustix::net::send(&fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::NOTSOCK) => {}
        sent => return sent.map(drop),
    }
    let mut polled = [PollFd::new(&fd, PollFlags::OUT)];
    poll(&mut polled, Some(&Timespec::default()))?;
    let [ready] = &polled;
    // A program may have restored the default effect of SIGPIPE, so a closed pipe is not written to.
    if ready.revents().intersects(PollFlags::ERR | PollFlags::NVAL) {
        return Err(Errno::PIPE);
    }
    if !ready.revents().contains(PollFlags::OUT) {
        return Err(Errno::AGAIN);
    }
    write_ready(&fd, bytes)
}

/// Writes to a descriptor that was ready a moment ago. Another thread may have filled it since, so the
/// system is asked not to wait, if it knows how.
fn write_ready(fd: impl AsFd, bytes: &[u8]) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::io::ReadWriteFlags;
        /// States the current position, as a pipe has no other.
        const HERE: u64 = u64::MAX;
        let slices = [io::IoSlice::new(bytes)];
        match rustix::io::pwritev2(&fd, &slices, HERE, ReadWriteFlags::NOWAIT) {
            Ok(_) => return Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::PERM) => {}
            Err(error) => return Err(error),
        }
    }
    rustix::io::write(fd, bytes).map(drop)
}

/// A simulated stderr.
#[cfg(test)]
pub(crate) mod simulated {
    use std::cell::RefCell;

    thread_local! {
        static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    }

    /// Collects the lines of this thread from now on, or ends that. Returns the lines so far.
    pub(crate) fn collect(begins: bool) -> Vec<String> {
        LINES.replace(begins.then(Vec::new)).unwrap_or_default()
    }

    pub(super) fn take(text: &str) -> bool {
        let mut is_taken = false;
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.push(text.to_owned());
                is_taken = true;
            }
        });
        is_taken
    }
}

/// A problem that may repeat. Limits its lines on stderr to one a minute.
#[derive(Debug)]
pub(crate) struct RepeatedProblem {
    state: Mutex<RepeatState>,
}

#[derive(Debug)]
struct RepeatState {
    written: Option<Instant>,
    unwritten: u64,
}

impl Default for RepeatedProblem {
    fn default() -> Self {
        Self::new()
    }
}

impl RepeatedProblem {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(RepeatState {
                written: None,
                unwritten: 0,
            }),
        }
    }

    /// Notes an occurrence. Returns the number of occurrences since the last line if a line is due, and
    /// `None` if it is too early. Returns `None` if another thread is noting one.
    pub(crate) fn note(&self, now: Instant) -> Option<u64> {
        let mut state = self.state()?;
        let is_due = state
            .written
            .is_none_or(|written| now.saturating_duration_since(written) >= REPEAT_INTERVAL);
        if !is_due {
            state.unwritten += 1;
            return None;
        }
        state.written = Some(now);
        Some(std::mem::take(&mut state.unwritten))
    }

    /// Makes a line due for the next occurrence, whatever the time of the last one.
    pub(crate) fn make_due(&self) {
        if let Some(mut state) = self.state() {
            state.written = None;
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, RepeatState>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{PipeReader, PipeWriter, Read, pipe},
        os::unix::net::UnixStream,
    };

    use super::*;

    fn filled_pipe() -> (PipeReader, PipeWriter, usize) {
        let (reader, writer) = pipe().unwrap();
        let mut filled = 0;
        while write_now(&writer, &[b'x'; LINE_MAX_BYTES]).is_ok() {
            filled += LINE_MAX_BYTES;
        }
        (reader, writer, filled)
    }

    #[test]
    fn a_full_pipe_is_not_waited_for_and_the_next_line_states_what_was_skipped() {
        let (mut reader, writer, filled) = filled_pipe();
        let skipped = AtomicU64::new(0);
        for text in ["one", "two"] {
            write_line_to(&writer, &skipped, text);
        }
        assert_eq!(skipped.load(Ordering::Relaxed), 2);
        reader.read_exact(&mut vec![0; filled]).unwrap();
        for text in ["three", "four"] {
            write_line_to(&writer, &skipped, text);
        }
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let expected =
            "ttlog: three (skipped before: 2 lines, because stderr was full)\nttlog: four\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_full_socket_is_not_waited_for() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        while write_now(&writer, &[b'x'; LINE_MAX_BYTES]).is_ok() {}
        let skipped = AtomicU64::new(0);
        write_line_to(&writer, &skipped, "one");
        assert_eq!(skipped.load(Ordering::Relaxed), 1);
        drop(writer);
        reader.read_to_end(&mut Vec::new()).unwrap();
    }

    #[test]
    fn a_closed_reader_is_no_error() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let skipped = AtomicU64::new(0);
        write_line_to(&writer, &skipped, "one");
        assert_eq!(skipped.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        let long = "é\n\u{1b}[2J".repeat(10_000);
        for skipped in [0, u64::MAX] {
            let line = line(&long, skipped);
            assert!(line.len() <= LINE_MAX_BYTES);
            assert_eq!(line.matches('\n').count(), 1);
            assert!(line.ends_with('\n') && !line.contains('\u{1b}'));
        }
    }

    #[test]
    fn a_repeated_problem_is_due_once_a_minute_with_the_number_of_the_others() {
        let problem = RepeatedProblem::default();
        let start = Instant::now();
        assert_eq!(problem.note(start), Some(0));
        for second in 1..=37 {
            let now = start + Duration::from_secs(second);
            assert_eq!(problem.note(now), None);
        }
        assert_eq!(problem.note(start + REPEAT_INTERVAL), Some(37));
        let later = start + REPEAT_INTERVAL * 2;
        assert_eq!(problem.note(later), Some(0));
        assert_eq!(problem.note(later), None);
        problem.make_due();
        assert_eq!(problem.note(later), Some(1));
    }
}
