//! A writer that is interrupted at every instruction, as by a signal handler that records.
//!
//! The processor's trap flag raises a signal behind each instruction. So the test can interrupt an
//! operation of the writer at any place, and at any two places.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use core::{
    cell::{Cell, RefCell},
    ptr,
    sync::atomic::{AtomicBool, Ordering, compiler_fence},
};
use std::sync::Once;

use ttlog_core::{
    Context, DropCause, Level, RecordHeader, Ring, SpanId, TraceId, Word, WriteError, Writer,
};

use support::{decode, ring, stored};

/// The trap flag in the flags register.
const TRAP_FLAG: i64 = 1 << 8;

/// Number of events that fit a page of [`PAGE_WORDS`].
const EVENTS_PER_PAGE: usize = 11;
const PAGE_WORDS: usize = 60;

/// Number of words of a short event.
const SHORT_WORDS: usize = 3;
/// Number of words of the longest event that fits a page behind a context mark of eight words.
const LONG_WORDS: usize = PAGE_WORDS - 26 - 8;
/// Number of short events that leave no room for a long one.
const EVENTS: usize = 3;

/// An interruption writes an event: a short one, or a long one that turns the page.
#[derive(Clone, Copy, Debug)]
enum Interruption {
    Event,
    PageTurn,
}

/// An operation of a writer that is interrupted.
struct Stepped {
    writer: Writer<'static>,
    ring: Ring<'static>,
    /// Serial number of the next event.
    next: Cell<u32>,
    /// Serial numbers of the events that were written.
    written: RefCell<Vec<u32>>,
    /// An error that an interruption must not get.
    error: Cell<Option<WriteError>>,
    /// Set while the operation is executed.
    is_stepping: AtomicBool,
    /// Number of instructions that the operation has executed.
    instructions: Cell<usize>,
    /// Interruptions, each with the number of instructions before it.
    interruptions: Vec<(usize, Interruption)>,
}

thread_local! {
    static STEPPED: Cell<*const Stepped> = const { Cell::new(ptr::null()) };
}

impl Stepped {
    /// Creates a writer that has written `events` events.
    fn new(events: usize, interruptions: Vec<(usize, Interruption)>) -> Self {
        let stepped = Self {
            writer: Writer::new(),
            ring: ring(8, PAGE_WORDS),
            next: Cell::new(0),
            // Interruptions must not allocate.
            written: RefCell::new(Vec::with_capacity(100)),
            error: Cell::new(None),
            is_stepping: AtomicBool::new(false),
            instructions: Cell::new(0),
            interruptions,
        };
        for _ in 0..events {
            let serial = stepped.take_serial();
            stepped.write(serial, SHORT_WORDS).unwrap();
            stepped.written.borrow_mut().push(serial);
        }
        stepped
    }

    fn take_serial(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    fn write(&self, serial: u32, words: usize) -> Result<(), WriteError> {
        let header = RecordHeader::new(1, Level::Info).with_words(words);
        self.writer.write(&self.ring, 7, header, &|room: &[Word]| {
            room[0].store(serial, Ordering::Relaxed);
        })
    }

    fn interrupt(&self, interruption: Interruption) {
        let words = match interruption {
            Interruption::Event => SHORT_WORDS,
            Interruption::PageTurn => LONG_WORDS,
        };
        let serial = self.take_serial();
        match self.write(serial, words) {
            Ok(()) => self.written.borrow_mut().push(serial),
            Err(WriteError::Dropped(DropCause::Nested)) => {}
            Err(error) => self.error.set(Some(error)),
        }
    }

    /// Executes `operation` with the interruptions.
    fn step(&self, operation: fn(&Self)) {
        STEPPED.set(self);
        // SAFETY: raises a signal in this thread, which `trapped` handles.
        unsafe { libc::raise(libc::SIGTRAP) };
        self.is_stepping.store(true, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        operation(self);
        compiler_fence(Ordering::SeqCst);
        self.is_stepping.store(false, Ordering::Relaxed);
        STEPPED.set(ptr::null());
    }

    /// Checks that all events that were written are published, once, and numbered without a gap.
    fn check(&self) {
        assert_eq!(self.error.get(), None);
        let (bytes, totals) = stored(&self.ring, 4096);
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.damage, []);
        assert_eq!((decoded.found(), totals.torn_pages), (totals.kept, 0));
        let bodies = decoded
            .events
            .iter()
            .map(|event| event.body[..4].try_into());
        let mut found: Vec<u32> = bodies
            .map(|body| u32::from_le_bytes(body.unwrap()))
            .collect();
        let mut written = self.written.borrow_mut();
        found.sort_unstable();
        written.sort_unstable();
        assert_eq!(found, *written, "{:?}", self.interruptions);
        let numbers: Vec<_> = decoded.events.iter().map(|event| event.seq).collect();
        let expected: Vec<_> = (0..numbers.len() as u64).map(Some).collect();
        assert_eq!(numbers, expected, "{:?}", self.interruptions);
    }
}

/// Handles the signal behind an instruction.
extern "C" fn trapped(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes the context of the interrupted code to a handler with SA_SIGINFO.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let flags = &mut context.uc_mcontext.gregs[libc::REG_EFL as usize];
    // SAFETY: while the pointer is not null, `step` borrows what it points to.
    let Some(stepped) = (unsafe { STEPPED.get().as_ref() }) else {
        *flags &= !TRAP_FLAG;
        return;
    };
    *flags |= TRAP_FLAG;
    if !stepped.is_stepping.load(Ordering::Relaxed) {
        return;
    }
    let at = stepped.instructions.get();
    stepped.instructions.set(at + 1);
    for (_, interruption) in stepped.interruptions.iter().filter(|(when, _)| *when == at) {
        stepped.interrupt(*interruption);
    }
}

fn install_handler() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: zeros are a valid `sigaction`, with no flags and an empty mask.
        let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
        action.sa_sigaction = trapped as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: the action is initialised, and the handler has the signature that the flag asks for.
        let result = unsafe { libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut()) };
        assert_eq!(result, 0);
    });
}

/// Executes `operation` behind `events` events, with these interruptions, and checks the outcome.
/// Returns the number of instructions.
fn check(
    events: usize,
    operation: fn(&Stepped),
    interruptions: Vec<(usize, Interruption)>,
) -> usize {
    install_handler();
    let stepped = Stepped::new(events, interruptions);
    stepped.step(operation);
    stepped.check();
    stepped.instructions.get()
}

/// Interrupts an operation at each of its instructions.
fn check_each(events: usize, operation: fn(&Stepped)) {
    for interruption in [Interruption::Event, Interruption::PageTurn] {
        let mut at = 0;
        while at < check(events, operation, vec![(at, interruption)]) {
            at += 1;
        }
        assert!(at > 20, "{at} instructions");
    }
}

/// Writes an event.
fn write(stepped: &Stepped) {
    let serial = stepped.take_serial();
    let written = stepped.write(serial, SHORT_WORDS);
    compiler_fence(Ordering::SeqCst);
    stepped.is_stepping.store(false, Ordering::Relaxed);
    written.unwrap();
    stepped.written.borrow_mut().push(serial);
}

#[test]
fn no_event_is_lost_if_a_write_is_interrupted() {
    check_each(EVENTS, write);
}

#[test]
fn no_event_is_lost_if_a_write_that_turns_the_page_is_interrupted() {
    check_each(EVENTS_PER_PAGE, write);
}

#[test]
fn no_event_is_lost_if_a_release_is_interrupted() {
    check_each(EVENTS, |stepped| _ = stepped.writer.release(&stepped.ring));
}

#[test]
fn no_event_is_lost_if_a_change_of_the_context_is_interrupted() {
    check_each(EVENTS, |stepped| {
        let context = Context {
            trace_id: TraceId(7),
            span_id: SpanId(7),
        };
        stepped.writer.replace_context(Some(context));
    });
}

/// The second interruption may publish the event of the first, turn the page, or both.
#[test]
fn no_event_is_lost_if_a_write_is_interrupted_twice_at_its_end() {
    let whole = check(EVENTS, write, vec![]);
    for second_interruption in [Interruption::Event, Interruption::PageTurn] {
        // The record is filled and published in the last instructions.
        for first in whole.saturating_sub(25)..whole {
            let interruption = (first, Interruption::Event);
            let mut second = first + 1;
            let both = |second| vec![interruption, (second, second_interruption)];
            while second < check(EVENTS, write, both(second)) {
                second += 1;
            }
        }
    }
}

/// Under a hold, the write empties its page in place.
#[test]
fn each_event_is_counted_once_if_a_write_that_empties_its_page_is_interrupted() {
    install_handler();
    for interruption in [Interruption::Event, Interruption::PageTurn] {
        for at in 0.. {
            let stepped = Stepped::new(EVENTS_PER_PAGE, vec![(at, interruption)]);
            // All events are after the moment.
            let hold = stepped.ring.hold(6, u64::MAX, 1).unwrap();
            stepped.step(write);
            assert_eq!(stepped.error.get(), None);
            let (bytes, totals) = stored(&stepped.ring, 4096);
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded.damage, []);
            assert_eq!((decoded.found(), totals.torn_pages), (totals.kept, 0));
            let info = Level::Info as usize;
            let written = stepped.written.borrow().len() as u64;
            assert_eq!(totals.kept[info] + totals.overwritten[info], written);
            assert!(totals.overwritten[info] > 0, "no page was emptied");
            let numbers: Vec<_> = decoded.events.iter().map(|event| event.seq).collect();
            let expected: Vec<_> = (totals.overwritten[info]..written).map(Some).collect();
            assert_eq!(numbers, expected, "{at} {interruption:?}");
            assert!(hold.is_in_force());
            if at >= stepped.instructions.get() {
                break;
            }
        }
    }
}
