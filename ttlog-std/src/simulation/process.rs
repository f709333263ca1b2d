//! A process of a history: a recorder, and what its threads share.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use ttlog_core::{Geometry, Level, RecordHeader, Ring, Word, Writer, ring::Run};

use super::{
    actor::Actor,
    plan::SHAPES,
    work::SimulatedRunner,
    world::{FALLBACK, MAIN, World},
};
use crate::{
    clock,
    encode_buffers::EncodeBuffers,
    limited_writer::LimitedWriter,
    memory,
    pending_snapshots::PendingSnapshots,
    process_info::ProcessInfo,
    process_table::ProcessName,
    recorder::{self, Recorder, RecorderUse},
    settings::Settings,
    snapshot_directory::SnapshotDirectory,
    snapshot_store::{SnapshotCounts, SnapshotStore},
    ticket::Ticket,
    writer_thread::WriterThread,
};

pub(super) const SERVICE: &str = "shop";

/// A recorder whose memory is used again by later histories.
#[derive(Clone, Copy)]
struct PooledRecorder {
    recorder: &'static Recorder,
    memory: &'static [Word],
    shape: usize,
}

thread_local! {
    static POOL: RefCell<Vec<PooledRecorder>> = const { RefCell::new(Vec::new()) };
}

/// Takes a recorder out of the pool, or makes one. Begins its run.
fn take_recorder(shape: usize, run_id: u64) -> PooledRecorder {
    let (pages, page_words, events_max) = SHAPES[shape];
    let geometry = Geometry { page_words };
    let run = |start_ticks| Run {
        id: run_id,
        clock_hz: clock::hz(),
        start_ticks,
    };
    let pooled = POOL.with_borrow_mut(|pool| {
        let index = pool.iter().position(|each| each.shape == shape)?;
        Some(pool.swap_remove(index))
    });
    if let Some(pooled) = pooled {
        let start_ticks = pooled.recorder.clock.restart();
        Ring::new(pooled.memory, geometry, run(start_ticks)).expect("it was made before");
        return pooled;
    }
    let words = |pages| memory::allocate(geometry.memory_words(pages)).expect("there is memory");
    // The ring of the recorder is replaced, because its run has a random id.
    let mut recorder = Recorder::new(words(2), geometry, events_max).expect("a ring of two pages");
    let memory: &'static [Word] = words(pages).leak();
    let start_ticks = recorder.ring.run().start_ticks;
    recorder.ring = Ring::new(memory, geometry, run(start_ticks)).expect("a ring");
    PooledRecorder {
        recorder: Box::leak(Box::new(recorder)),
        memory,
        shape,
    }
}

/// A thread that logs.
pub(super) struct LoggingThread {
    writer: Writer<'static>,
    number: u32,
    /// Number of events that were recorded.
    recorded: Cell<u64>,
}

/// The identity of an event in its run, and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventId {
    pub(super) writer: u32,
    pub(super) seq: u64,
    pub(super) ticks: u64,
}

pub(super) struct Process {
    pub(super) name: ProcessName,
    pub(super) run_id: u64,
    pooled: PooledRecorder,
    pub(super) pending: Arc<PendingSnapshots>,
    pub(super) panic_writer: LimitedWriter,
    threads: Vec<LoggingThread>,
    pub(super) is_ended: AtomicBool,
    /// The time at which the end of the recorder began.
    pub(super) end_began: Cell<Option<Instant>>,
    pub(super) exit_ticket: Cell<Option<Ticket>>,
    /// The times of the flushes, which are exempt from the budget.
    pub(super) flushes: RefCell<Vec<Instant>>,
    /// Number of threads in the panic hook.
    pub(super) panicking: Cell<u32>,
    /// Whether the writer thread has ended.
    pub(super) has_writer_ended: Cell<bool>,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        POOL.with_borrow_mut(|pool| pool.push(self.pooled));
    }
}

impl Process {
    /// Starts a process with a recorder, and its threads.
    pub(super) fn start(world: &World, pid: u32) -> Rc<Self> {
        let plan = &world.plan;
        let name = ProcessName {
            pid,
            ..world.memory.set(|state| state.this)
        };
        world.memory.set(|state| state.this = name);
        crate::process_id::simulated::set(Some(pid));
        let run_id = recorder::random_number(clock::ticks());
        world.note_run(run_id);
        let pooled = take_recorder(plan.shape, run_id);
        let open =
            |path: &str| SnapshotDirectory::new(path.into(), SERVICE, world.memory.surroundings());
        let store = Arc::new(SnapshotStore {
            recorder: RecorderUse::new(pooled.recorder),
            directory: open(MAIN),
            fallback: plan.has_fallback.then(|| open(FALLBACK)),
            process: ProcessInfo {
                service: SERVICE.to_owned(),
                host: "host".to_owned(),
                build_id: String::new(),
                target: String::new(),
                modules: &[],
            },
            retention: plan.retention,
            counts: SnapshotCounts::default(),
        });
        let settings = Settings {
            cool_down: plan.cool_down,
            queue: plan.queue,
            budget: plan.budget,
            capacity: crate::capacity::Capacity::Events(40),
            ..Settings::default()
        };
        let pending = Arc::new(PendingSnapshots::new(Arc::clone(&store), &settings));
        let writer = || {
            let buffers = || EncodeBuffers::of_bytes(plan.scratch_bytes(), 512);
            LimitedWriter::with_runner(Arc::clone(&store), Box::new(SimulatedRunner), buffers)
        };
        let thread = |_| {
            let ring = pooled.recorder.ring;
            let thread = LoggingThread {
                writer: Writer::new(),
                number: ring.next_writer(),
                recorded: Cell::new(0),
            };
            thread.writer.set_number(thread.number);
            thread
        };
        let process = Rc::new(Self {
            name,
            run_id,
            pooled,
            panic_writer: writer(),
            threads: (0..plan.loggers).map(thread).collect(),
            is_ended: AtomicBool::new(false),
            end_began: Cell::new(None),
            exit_ticket: Cell::new(None),
            flushes: RefCell::default(),
            panicking: Cell::new(0),
            has_writer_ended: Cell::new(false),
            pending,
        });
        world.note(|| format!("process {pid} starts, run {run_id:016x}"));
        world.memory.set(|state| state.running.push(name));
        world.processes.borrow_mut().push(Rc::clone(&process));
        let thread = WriterThread::with_writer(Arc::clone(&process.pending), writer());
        world.add(Actor::scanner(&process));
        world.add(Actor::writer(&process, thread));
        world.add(Actor::program(&process));
        process
    }

    pub(super) fn recorder(&self) -> &'static Recorder {
        self.pooled.recorder
    }

    /// Returns whether a snapshot could hold the ring now.
    pub(super) fn is_ring_free(&self, moment_ticks: u64) -> bool {
        self.recorder().hold(moment_ticks).is_some()
    }

    /// Returns the number of events that were recorded so far.
    pub(super) fn recorded(&self) -> u64 {
        self.threads
            .iter()
            .map(|thread| thread.recorded.get())
            .sum()
    }

    /// Logs some events on one of the threads. Returns the last one, unless it was dropped.
    pub(super) fn log(&self, world: &World, events: u64) -> Option<EventId> {
        let thread = &self.threads[world.random.below(self.threads.len() as u64) as usize];
        let header = RecordHeader::new(2, Level::Info).with_words(RecordHeader::WORDS + 3);
        let mut last = None;
        for _ in 0..events {
            world.advance(std::time::Duration::from_nanos(50));
            let ticks = clock::ticks();
            let value = world.random.number() as u32;
            let fill = |words: &[Word]| {
                for word in words {
                    word.store(value, std::sync::atomic::Ordering::Relaxed);
                }
            };
            last = None;
            if thread
                .writer
                .write(&self.recorder().ring, ticks, header, &fill)
                .is_ok()
            {
                let seq = thread.recorded.replace(thread.recorded.get() + 1);
                last = Some(EventId {
                    writer: thread.number,
                    seq,
                    ticks,
                });
            }
        }
        last
    }
}
