//! The actors of a history, which take turns: the threads of a process.

use std::{
    fmt,
    rc::Rc,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use super::{
    process::{EventId, Process},
    promises::{Promise, Source},
    rules,
    world::World,
};
use crate::{
    clock,
    debts::RequestTime,
    panic_admission::{Arrival, OTHERS_LIMIT, PanicDecision},
    reason::Reason,
    recorder::RingHold,
    writer_thread::{WriterStep, WriterThread},
};

/// Maximum number of threads that are in the panic hook at once.
const PANICKING_MAX: u32 = 8;

pub(super) struct Actor {
    process: Rc<Process>,
    kind: Kind,
}

enum Kind {
    /// Opens and lists the directories at the start.
    Scanner,
    Writer {
        thread: Box<WriterThread>,
        due: Instant,
    },
    /// The threads of the program.
    Program,
    Panicking(Box<Panicking>),
    Over,
}

/// A thread in the panic hook.
struct Panicking {
    stage: Stage,
    /// The place of its promise.
    promise: usize,
    moment_ticks: u64,
    event: Option<EventId>,
    hold: Option<RingHold>,
    /// Number of events that had been recorded with its event.
    recorded: u64,
    /// Whether nothing was recorded between the event and the hold.
    is_held_at_once: bool,
}

enum Stage {
    Record,
    Hold,
    Arrive,
    Decide { arrival: Arrival, until: Instant },
    Leave,
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor").finish_non_exhaustive()
    }
}

impl Actor {
    pub(super) fn scanner(process: &Rc<Process>) -> Self {
        Self::new(process, Kind::Scanner)
    }

    pub(super) fn writer(process: &Rc<Process>, thread: WriterThread) -> Self {
        let (thread, due) = (Box::new(thread), clock::now());
        Self::new(process, Kind::Writer { thread, due })
    }

    pub(super) fn program(process: &Rc<Process>) -> Self {
        Self::new(process, Kind::Program)
    }

    fn panicking(process: &Rc<Process>) -> Self {
        let panicking = Panicking {
            stage: Stage::Record,
            promise: 0,
            moment_ticks: 0,
            event: None,
            hold: None,
            recorded: 0,
            is_held_at_once: false,
        };
        Self::new(process, Kind::Panicking(Box::new(panicking)))
    }

    fn new(process: &Rc<Process>, kind: Kind) -> Self {
        let process = Rc::clone(process);
        Self { process, kind }
    }

    pub(super) fn process(&self) -> Rc<Process> {
        Rc::clone(&self.process)
    }

    pub(super) fn is_of(&self, process: &Rc<Process>) -> bool {
        Rc::ptr_eq(&self.process, process)
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.kind, Kind::Over)
    }

    /// Takes a turn. Returns `false` if the actor waits.
    pub(super) fn step(&mut self, world: &World) -> bool {
        let Self { process, kind } = self;
        match kind {
            Kind::Scanner => {
                // A lock is held for a moment, which another actor must not need meanwhile.
                if !world.is_alone() || world.is_hanging() {
                    return false;
                }
                world.note(|| "lists the directories".to_owned());
                process.pending.store.prepare();
                process.pending.store.scan();
                rules::scanned(world, process);
                *kind = Kind::Over;
            }
            Kind::Writer { thread, due } => {
                let is_woken = process.pending.woken.try_recv().is_ok();
                if !is_woken && world.now() < *due {
                    return false;
                }
                // It may also not be run while another actor waits for it.
                if !world.is_alone() && world.is_hanging() && world.random.once_in(2) {
                    process.pending.wake();
                    return false;
                }
                match thread.step() {
                    WriterStep::Continue => *due = world.now(),
                    WriterStep::WaitUntil(until) => *due = until,
                    WriterStep::End => {
                        world.note(|| "the writer thread ends".to_owned());
                        process.has_writer_ended.set(true);
                        *kind = Kind::Over;
                    }
                }
            }
            Kind::Program => program(world, process),
            Kind::Panicking(panicking) => {
                let Some(has_moved) = panicking.step(world, process) else {
                    *kind = Kind::Over;
                    return true;
                };
                return has_moved;
            }
            Kind::Over => return false,
        }
        true
    }
}

/// A step of the program.
fn program(world: &World, process: &Rc<Process>) {
    let random = &world.random;
    match random.below(20) {
        0..9 => {
            let events = 1 + random.below(world.plan.burst);
            world.note(|| format!("logs {events} events"));
            process.log(world, events);
        }
        9..14 => request(world, process, None),
        14..16 => {
            let delay = random.time(Duration::from_secs(10));
            request(world, process, Some(delay));
        }
        16..19 if process.panicking.get() < PANICKING_MAX => {
            process.panicking.set(process.panicking.get() + 1);
            world.add(Actor::panicking(process));
        }
        _ => {
            world.note(|| "flush".to_owned());
            process.flushes.borrow_mut().push(world.now());
            process.pending.make_due();
        }
    }
}

fn request(world: &World, process: &Rc<Process>, delay: Option<Duration>) {
    let event = process.log(world, 1);
    let moment_ticks = clock::ticks();
    let reason = format!("r{}", world.random.below(world.plan.reasons));
    let time = delay.map_or(RequestTime::Now, RequestTime::After);
    let is_free = process.is_ring_free(moment_ticks);
    let ticket = process.pending.request(&Reason::new(&reason), time);
    let is_held = is_free && !process.is_ring_free(moment_ticks);
    world.note(|| {
        let result = ticket.result();
        format!("requests {reason} after {delay:?} at {moment_ticks}: {event:?}, {result:?}")
    });
    world.promises.add(Promise {
        process: Rc::clone(process),
        is_refused: ticket.result().is_some(),
        source: Source::Request {
            reason,
            delay,
            ticket,
        },
        moment_ticks,
        made: world.now(),
        is_held,
        event,
    });
}

impl Panicking {
    /// Does what the panic hook does next. Returns `None` when the hook has ended.
    fn step(&mut self, world: &World, process: &Rc<Process>) -> Option<bool> {
        let panics = &process.pending.panics;
        match &self.stage {
            Stage::Record => {
                // The guard is not kept, because it borrows the process.
                std::mem::forget(panics.enter());
                self.event = process.log(world, 1);
                self.moment_ticks = self.event.map_or_else(clock::ticks, |event| event.ticks);
                world.note(|| format!("panics: {:?} at {}", self.event, self.moment_ticks));
                self.promise = world.promises.add(Promise {
                    process: Rc::clone(process),
                    is_refused: false,
                    source: Source::Panic { is_in_hook: true },
                    moment_ticks: self.moment_ticks,
                    made: world.now(),
                    is_held: false,
                    event: self.event,
                });
                self.recorded = process.recorded();
                self.stage = Stage::Hold;
            }
            Stage::Hold => {
                self.hold = process.recorder().hold(self.moment_ticks);
                self.is_held_at_once = self.recorded == process.recorded();
                self.stage = Stage::Arrive;
            }
            Stage::Arrive => {
                let location = format!("main.rs:{}", world.random.below(6));
                let message = world.random.pick(&["a panic", "a panic", "Any { .. }"]);
                let is_main = world.random.once_in(8);
                let arrival = panics.arrive(location, message, is_main, self.moment_ticks);
                let until = world.now() + OTHERS_LIMIT;
                self.stage = Stage::Decide { arrival, until };
            }
            Stage::Decide { arrival, until } => {
                match panics.decide(arrival, world.now()) {
                    PanicDecision::Save(panic) => {
                        world.note(|| format!("saves the panic of {}", self.moment_ticks));
                        let hold = self.hold.clone();
                        let files_before = world.files.of_run(process.run_id).len();
                        (process.pending).save_panic(panic, hold, &process.panic_writer);
                        let hold = self.hold.as_deref().filter(|_| self.is_held_at_once);
                        rules::panic_saved(world, process, files_before, self.event, hold);
                    }
                    PanicDecision::Merge => {
                        world.note(|| format!("merges the panic of {}", self.moment_ticks));
                        process.pending.note_merged_panic();
                    }
                    PanicDecision::Wait(ticket) => match ticket.result() {
                        None if world.now() < *until => return Some(false),
                        Some(Ok(_)) => return Some(true),
                        None | Some(Err(_)) => {
                            world.note(|| "the other panic's file failed".to_owned());
                            panics.merge(world.now());
                            process.pending.note_merged_panic();
                        }
                    },
                }
                self.stage = Stage::Leave;
            }
            Stage::Leave => {
                self.hold = None;
                panics.leave();
                process.panicking.set(process.panicking.get() - 1);
                world.promises.left_hook(self.promise);
                return None;
            }
        }
        Some(true)
    }
}

/// Returns whether the recorder of a process has ended.
pub(super) fn is_ended(process: &Process) -> bool {
    process.is_ended.load(Ordering::Relaxed)
}
