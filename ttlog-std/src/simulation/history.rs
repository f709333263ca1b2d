//! A history, from its first to its last step.

use std::{rc::Rc, time::Duration};

use ttlog_core::snapshot::SnapshotKind;

use super::{
    end,
    process::Process,
    rules::FOREIGN,
    world::{FALLBACK, MAIN, World, world},
};

/// The numbers of events in histories.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    requests: u64,
    panics: u64,
    request_files: u64,
    panic_files: u64,
    exit_files: u64,
    removed_files: u64,
    processes: u64,
    /// Delayed requests whose preceding event is in no file.
    delayed_lost: u64,
}

impl Outcome {
    pub(super) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.panics += other.panics;
        self.request_files += other.request_files;
        self.panic_files += other.panic_files;
        self.exit_files += other.exit_files;
        self.removed_files += other.removed_files;
        self.processes += other.processes;
        self.delayed_lost += other.delayed_lost;
    }

    /// Returns whether everything has happened.
    pub(super) fn is_varied(&self) -> bool {
        let counts = [
            self.requests,
            self.panics,
            self.request_files,
            self.panic_files,
            self.exit_files,
            self.removed_files,
            self.processes,
        ];
        counts.iter().all(|count| *count > 0)
    }
}

/// Runs the history of a seed. Returns the first rule that was broken.
pub(super) fn run(seed: u64, shows_steps: bool) -> Result<Outcome, String> {
    crate::stderr::simulated::collect(true);
    let world = World::begin(seed, shows_steps);
    world.note(|| format!("{:?}", world.plan));
    add_other_files(&world);
    let pid = world.next_pid();
    Process::start(&world, pid);
    let mut processes = 1;
    for _ in 0..world.plan.steps {
        if world.has_failed() {
            break;
        }
        processes += step(&world);
    }
    if world.random.once_in(2) {
        world.mend_disks();
        world.hangs_until.set(None);
    }
    let last = world.processes.borrow().clone();
    for process in last {
        if !world.has_failed() {
            end::end(&world, &process);
        }
    }
    if !world.has_failed() {
        world.files.check_existing(&world);
    }
    let outcome = outcome(&world, processes);
    let result = world.end();
    crate::stderr::simulated::collect(false);
    result.map(|()| outcome)
}

/// Ends a history that has panicked. Returns the text of the problem.
pub(super) fn panicked() -> String {
    world().fail("panicked".to_owned());
    let result = world().end();
    crate::stderr::simulated::collect(false);
    result.err().unwrap_or_default()
}

/// Makes a step. Returns the number of processes that it starts.
fn step(world: &Rc<World>) -> u64 {
    let (plan, random) = (&world.plan, &world.random);
    world.advance(random.time(plan.pause));
    match random.below(100) {
        0..6 if plan.has_faults => world.change_disks(),
        6..8 if plan.hangs => {
            let time = random.time(Duration::from_secs(40));
            world.note(|| format!("the disks do not respond for {time:?}"));
            world.hangs_until.set(Some(world.now() + time));
        }
        8..10 if plan.steps_clock => {
            world.step_wall(random.once_in(2), random.time(Duration::from_hours(30)));
        }
        10..12 if plan.forks && world.processes.borrow().len() < 3 => {
            let pid = world.next_pid();
            Process::start(world, pid);
            return 1;
        }
        12..14 if plan.kills => {
            end::kill(world, random.once_in(3));
            return restart(world);
        }
        14..16 => {
            let processes = world.processes.borrow().clone();
            let process = &processes[random.below(processes.len() as u64) as usize];
            end::end(world, process);
            return restart(world);
        }
        16..24 if !world.is_hanging() => {
            let work = world.works.borrow_mut().pop();
            let processes = world.processes.borrow().clone();
            if let Some(work) = work
                && let Some(process) = processes.iter().find(|each| work.is_of(each))
            {
                world.in_process(process, || work.run(world));
            }
        }
        _ => world.interrupt(),
    }
    0
}

/// Starts a process if there is none. It may have the id of an earlier one.
fn restart(world: &Rc<World>) -> u64 {
    if !world.processes.borrow().is_empty() || world.has_failed() {
        return 0;
    }
    let is_same_id = world.random.once_in(2);
    if is_same_id {
        // The ids of processes are not used again within a second.
        world.advance(Duration::from_secs(1));
    }
    let pid = if is_same_id { 100 } else { world.next_pid() };
    world.memory.set(|state| state.this.start += 1);
    Process::start(world, pid);
    1
}

/// Adds files of other services, and those that a killed process has left.
fn add_other_files(world: &World) {
    world.memory.set(|state| {
        for directory in [MAIN, FALLBACK] {
            for (number, bytes) in [&b""[..], b"not a snapshot", &[0xff; 100]]
                .iter()
                .enumerate()
            {
                state.add_file(directory, &format!("{FOREIGN}{number}.bin"), bytes);
            }
            let scope = state.this.scope;
            let left = format!(".ttlog-7-1-{scope:08x}-1-1.tmp");
            state.add_file(directory, &left, b"left");
            state.add_file(directory, "notes.txt", b"notes");
        }
    });
}

fn outcome(world: &World, processes: u64) -> Outcome {
    let files = world.files.0.borrow();
    let count = |kind| files.iter().filter(|file| file.kind == kind).count() as u64;
    let promises = world.promises.all();
    let is_panic = |each: &&super::promises::Promise| each.is_panic();
    let panics = promises.iter().filter(is_panic).count() as u64;
    Outcome {
        requests: promises.len() as u64 - panics,
        panics,
        request_files: count(SnapshotKind::Request),
        panic_files: count(SnapshotKind::Panic),
        exit_files: count(SnapshotKind::Exit),
        removed_files: files.iter().filter(|file| file.is_removed).count() as u64,
        processes,
        delayed_lost: world.delayed_lost.get(),
    }
}
