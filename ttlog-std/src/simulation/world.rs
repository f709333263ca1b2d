//! The world of a history: the clock, the disks, and the turns of the actors.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    time::{Duration, Instant, UNIX_EPOCH},
};

use rustix::io::Errno;

use super::{
    actor::Actor, files::Files, plan::Plan, process::Process, promises::Promises, random::Random,
    rules, work::WaitingWork,
};
use crate::{
    clock::simulated::{self, SimulatedTime},
    memory_file_system::{Call, Fault, MemoryFileSystem, Observer},
    process_id,
};

pub(super) const MAIN: &str = "/snapshots";
pub(super) const FALLBACK: &str = "/fallback";

/// Maximum number of actors that interrupt each other.
const DEPTH_MAX: usize = 4;

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// Returns the world of the history that this thread runs.
pub(super) fn world() -> Rc<World> {
    WORLD.with_borrow(|world| Rc::clone(world.as_ref().expect("a history runs")))
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) memory: MemoryFileSystem,
    /// An actor is absent while it takes its turn.
    actors: RefCell<Vec<Option<Actor>>>,
    pub(super) processes: RefCell<Vec<Rc<Process>>>,
    pub(super) promises: Promises,
    pub(super) files: Files,
    pub(super) works: RefCell<Vec<WaitingWork>>,
    /// Number of actors that are in the middle of a step.
    depth: Cell<usize>,
    /// The time until which the disks do not respond.
    pub(super) hangs_until: Cell<Option<Instant>>,
    /// The time by which limits were exceeded because a step is not abandoned once it has begun.
    pub(super) excess: Cell<Duration>,
    /// Number of delayed requests whose preceding event is in no file.
    pub(super) delayed_lost: Cell<u64>,
    start: Instant,
    next_pid: Cell<u32>,
    /// `true` if removing a file may have failed. Its process then forgets the file until the next listing.
    pub(super) keeps_files: Cell<bool>,
    /// The ids of all runs.
    runs: RefCell<HashSet<u64>>,
    /// The first rule that was broken.
    problem: RefCell<Option<String>>,
    steps: RefCell<Option<Vec<String>>>,
}

impl World {
    /// Begins a history on this thread.
    pub(super) fn begin(seed: u64, keeps_steps: bool) -> Rc<Self> {
        let random = Random::new(seed);
        let plan = Plan::new(&random);
        let memory = MemoryFileSystem::new(&[MAIN, FALLBACK]);
        thread_local! {
            static START: Instant = Instant::now();
        }
        // All histories begin at the same time.
        let time = SimulatedTime {
            ticks: 1 << 40,
            now: START.with(Clone::clone),
            wall: UNIX_EPOCH + Duration::from_hours(24 * 365 * 56),
        };
        simulated::set(Some(time));
        memory.set(|state| {
            state.now = time.wall;
            state.observer = Some(Observer {
                begins: |call| world().begin_call(call),
                named: |directory, name| rules::named(&world(), directory, name),
                removes: |directory, name| rules::removes(&world(), directory, name),
            });
        });
        let world = Rc::new(Self {
            plan,
            random,
            memory,
            actors: RefCell::default(),
            processes: RefCell::default(),
            promises: Promises::default(),
            files: Files::default(),
            works: RefCell::default(),
            depth: Cell::new(0),
            hangs_until: Cell::new(None),
            excess: Cell::default(),
            delayed_lost: Cell::new(0),
            start: time.now,
            next_pid: Cell::new(100),
            keeps_files: Cell::new(false),
            runs: RefCell::default(),
            problem: RefCell::default(),
            steps: RefCell::new(keeps_steps.then(Vec::new)),
        });
        WORLD.set(Some(Rc::clone(&world)));
        world
    }

    /// Ends the history. Returns the first rule that was broken.
    pub(super) fn end(&self) -> Result<(), String> {
        // In this order: actors and works use what processes have.
        self.memory.set(|state| state.observer = None);
        self.works.take();
        self.actors.take();
        self.promises.clear();
        self.processes.take();
        WORLD.set(None);
        simulated::set(None);
        process_id::simulated::set(None);
        if let Some(steps) = self.steps.take() {
            for step in steps {
                eprintln!("{step}");
            }
        }
        self.problem.take().map_or(Ok(()), Err)
    }

    /// Notes that a rule is broken.
    pub(super) fn fail(&self, problem: String) {
        self.note(|| format!("BROKEN: {problem}"));
        self.problem.borrow_mut().get_or_insert(problem);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.problem.borrow().is_some()
    }

    /// Notes a step, if the history is shown.
    pub(super) fn note(&self, step: impl FnOnce() -> String) {
        if let Some(steps) = &mut *self.steps.borrow_mut() {
            let time = self.now().duration_since(self.start).as_secs_f64();
            let depth = self.depth.get() * 2;
            let pid = process_id::get();
            steps.push(format!("{time:12.6} {pid} {:depth$}{}", "", step()));
        }
    }

    pub(super) fn now(&self) -> Instant {
        crate::clock::now()
    }

    /// Moves all clocks.
    pub(super) fn advance(&self, by: Duration) {
        let mut time = simulated::get().expect("a history runs");
        time.advance(by);
        self.set_time(time);
    }

    /// Steps the wall clock.
    pub(super) fn step_wall(&self, back: bool, by: Duration) {
        let mut time = simulated::get().expect("a history runs");
        if back {
            time.wall -= by;
        } else {
            time.wall += by;
        }
        self.note(|| format!("wall clock {}{by:?}", if back { '-' } else { '+' }));
        self.set_time(time);
    }

    fn set_time(&self, time: SimulatedTime) {
        simulated::set(Some(time));
        self.memory.set(|state| state.now = time.wall);
    }

    pub(super) fn is_hanging(&self) -> bool {
        self.hangs_until
            .get()
            .is_some_and(|until| self.now() < until)
    }

    /// Returns whether the process that makes calls has been killed.
    pub(super) fn is_dead(&self) -> bool {
        self.memory.set(|state| state.dies_after == Some(0))
    }

    pub(super) fn next_pid(&self) -> u32 {
        self.next_pid.replace(self.next_pid.get() + 1)
    }

    /// Notes that a run begins.
    pub(super) fn note_run(&self, id: u64) {
        if !self.runs.borrow_mut().insert(id) {
            self.fail(format!("two runs have the id {id:016x}"));
        }
    }

    pub(super) fn add(&self, actor: Actor) {
        self.actors.borrow_mut().push(Some(actor));
    }

    /// Removes the actors of a process.
    pub(super) fn remove_actors(&self, process: &Rc<Process>) {
        (self.actors.borrow_mut())
            .retain(|actor| actor.as_ref().is_none_or(|actor| !actor.is_of(process)));
        self.works.borrow_mut().retain(|work| !work.is_of(process));
    }

    /// Waits until `is_done`, for at most `limit`. Other actors take turns meanwhile.
    pub(super) fn wait(&self, limit: Duration, is_done: impl Fn() -> bool) {
        let end = self.now() + limit;
        while !is_done() && !self.is_dead() && !self.has_failed() {
            let left = end.saturating_duration_since(self.now());
            if left.is_zero() {
                break;
            }
            self.interrupt();
            // An actor that interrupts this one may itself wait, and for longer.
            let late = self.now().saturating_duration_since(end);
            self.excess.set(self.excess.get() + late);
            self.advance(left.min(Duration::from_millis(1).max(limit / 16)));
        }
    }

    /// Lets another actor take its turn.
    pub(super) fn interrupt(&self) {
        if self.depth.get() >= DEPTH_MAX || self.is_dead() || self.has_failed() {
            return;
        }
        let length = self.actors.borrow().len() as u64;
        let start = self.random.below(length);
        for offset in 0..length {
            let index = ((start + offset) % length) as usize;
            let actor = self
                .actors
                .borrow_mut()
                .get_mut(index)
                .and_then(Option::take);
            let Some(mut actor) = actor else { continue };
            let has_moved = self.in_process(&actor.process(), || actor.step(self));
            let is_over = actor.is_over();
            let mut actors = self.actors.borrow_mut();
            // Actors may have been added, and none has been removed within a step.
            if !is_over && let Some(slot) = actors.get_mut(index) {
                *slot = Some(actor);
            }
            drop(actors);
            if has_moved {
                break;
            }
        }
        if self.depth.get() == 0 {
            self.actors.borrow_mut().retain(Option::is_some);
        }
    }

    /// Runs a part of an actor's step.
    pub(super) fn in_process<T>(&self, process: &Process, run: impl FnOnce() -> T) -> T {
        let (outer, outer_pid) = (
            self.memory.set(|state| state.this),
            process_id::simulated::get(),
        );
        self.memory.set(|state| state.this = process.name);
        process_id::simulated::set(Some(process.name.pid));
        self.depth.set(self.depth.get() + 1);
        let result = run();
        self.depth.set(self.depth.get() - 1);
        process_id::simulated::set(outer_pid);
        self.memory.set(|state| state.this = outer);
        result
    }

    /// Returns whether no actor is in the middle of a step but the one that asks.
    pub(super) fn is_alone(&self) -> bool {
        self.depth.get() <= 1
    }

    fn begin_call(&self, call: Call) {
        if self.is_dead() {
            return;
        }
        let latency = self.plan.latency;
        if !latency.is_zero() {
            self.advance(self.random.time(latency));
        }
        // A lock is held while a descriptor is taken in reserve.
        if call != Call::Reserve && self.random.once_in(self.plan.interrupted) {
            self.interrupt();
        }
    }

    /// Changes what the disks do.
    pub(super) fn change_disks(&self) {
        const ERRORS: [Errno; 7] = [
            Errno::IO,
            Errno::INTR,
            Errno::INVAL,
            Errno::NOSPC,
            Errno::MFILE,
            Errno::PERM,
            Errno::ACCESS,
        ];
        let random = &self.random;
        let directory = if random.once_in(3) { FALLBACK } else { MAIN };
        match random.below(7) {
            0 => {
                let bytes = random.pick(&[0, 300, 2_000, 8_000, 30_000]);
                self.note(|| format!("{directory} takes {bytes} bytes"));
                self.memory
                    .set(|state| state.directory(directory).capacity_bytes = bytes);
            }
            1 => {
                let fault = Fault {
                    call: Some(random.pick(&Call::ALL)),
                    directory: random.once_in(2).then(|| directory.into()),
                    after: random.below(10),
                    times: random.pick(&[1, 2, 5, 1_000]),
                    error: random.pick(&ERRORS),
                };
                self.note(|| format!("{fault:?}"));
                if fault.call == Some(Call::Unlink) {
                    self.keeps_files.set(true);
                }
                self.memory.set(|state| state.faults.push(fault));
            }
            2 => {
                self.note(|| format!("{directory} is read only"));
                self.keeps_files.set(true);
                self.memory
                    .set(|state| state.directory(directory).is_read_only = true);
            }
            3 => {
                let max = random.pick(&[0, 2, 4]);
                self.note(|| format!("{max} descriptors"));
                self.memory.set(|state| state.descriptors_max = max);
            }
            _ => self.mend_disks(),
        }
    }

    pub(super) fn mend_disks(&self) {
        self.note(|| "the disks are whole".to_owned());
        self.memory.set(|state| {
            state.faults.clear();
            state.descriptors_max = usize::MAX;
            for directory in [MAIN, FALLBACK] {
                let directory = state.directory(directory);
                directory.is_read_only = false;
                directory.capacity_bytes = u64::MAX;
            }
        });
    }
}
