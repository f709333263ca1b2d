//! The ends of processes: orderly, killed, or by a power cut.

use std::{rc::Rc, sync::atomic::Ordering, time::Duration};

use super::{
    actor,
    files::KnownFile,
    process::Process,
    rules,
    world::{FALLBACK, MAIN, World},
};
use crate::{
    debts::RequestTime,
    error::SnapshotError,
    limited_writer::LimitedWriter,
    reason::Reason,
    recorder_end::{EndingThreads, RecorderEnd},
    schedule::Unserved,
};

/// The threads that the end of a recorder waits for.
struct SimulatedThreads<'a> {
    world: &'a World,
    process: &'a Process,
}

impl<'a> EndingThreads<'a> for SimulatedThreads<'a> {
    fn stop(&mut self, limit: Duration) -> Result<(), SnapshotError> {
        let has_ended = || self.process.has_writer_ended.get();
        self.world.wait(limit, has_ended);
        if has_ended() {
            Ok(())
        } else {
            Err(SnapshotError::TimedOut)
        }
    }

    fn wait_for_panics(&mut self, limit: Duration) {
        let panics = &self.process.pending.panics;
        self.world.wait(limit, || !panics.has_threads());
    }

    fn wait_for_files(&mut self, limit: Duration) {
        let pending = &self.process.pending;
        let is_writing = || pending.panics.is_writing() || pending.is_writing();
        self.world.wait(limit, || !is_writing());
    }

    fn writer(&mut self) -> &'a LimitedWriter {
        &self.process.panic_writer
    }
}

/// Ends a recorder. Returns what it states as lost, and whether its limit has passed.
fn end_recorder(world: &World, process: &Rc<Process>) -> (Unserved, bool) {
    let limit = world.plan.shutdown_limit;
    let (start, excess) = (world.now(), world.excess.get());
    world.note(|| format!("the recorder ends within {limit:?}"));
    let unserved = world.in_process(process, || {
        if !process.is_ended.swap(true, Ordering::Relaxed) {
            process.end_began.set(Some(start));
            if let Some(reason) = world.plan.exit_reason {
                let ticket = process
                    .pending
                    .request(&Reason::new(reason), RequestTime::Exit);
                process.exit_ticket.set(Some(ticket));
            }
        }
        let end = RecorderEnd {
            pending: &process.pending,
            limit,
            is_stuck: process.panic_writer.is_stuck(),
        };
        end.run(&mut SimulatedThreads { world, process }).1
    });
    let took = world.now().duration_since(start);
    world.note(|| format!("the end took {took:?}, {unserved:?}"));
    // The steps of other actors take time too, and are not abandoned once they have begun.
    let allowed = limit + (world.excess.get() - excess) + Duration::from_secs(1) + limit / 8;
    if took > allowed && !world.is_dead() && world.plan.latency.is_zero() {
        world.fail(format!("the end took {took:?}, and the limit is {limit:?}"));
    }
    (unserved, took >= limit)
}

/// Ends a process orderly.
pub(super) fn end(world: &World, process: &Rc<Process>) {
    let (unserved, mut is_late) = end_recorder(world, process);
    let mut unserved = vec![unserved];
    // After `shutdown` the program runs on. It may panic, and ends then.
    for _ in 0..world.random.pick(&[0, 0, 5, 20]) {
        world.interrupt();
    }
    let (last, is_last_late) = end_recorder(world, process);
    unserved.push(last);
    is_late |= is_last_late;
    if world.is_dead() {
        return;
    }
    world.in_process(process, || rules::ended(world, process, &unserved, is_late));
    remove(world, process);
}

/// Removes a process that does not run any more.
fn remove(world: &World, process: &Rc<Process>) {
    debug_assert!(actor::is_ended(process) || world.plan.kills);
    world.remove_actors(process);
    (world.processes.borrow_mut()).retain(|each| !Rc::ptr_eq(each, process));
    (world.memory).set(|state| state.running.retain(|name| *name != process.name));
}

/// Kills a process between two calls, or all processes within a call. With `is_power_cut`, the machine
/// stops.
pub(super) fn kill(world: &World, is_power_cut: bool) {
    let processes = world.processes.borrow().clone();
    if processes.len() > 1 && !is_power_cut {
        let process = &processes[world.random.below(processes.len() as u64) as usize];
        world.note(|| format!("process {} is killed", process.name.pid));
        world.in_process(process, || rules::killed(world, process));
        return remove(world, process);
    }
    let calls = world.random.below(30);
    world.memory.set(|state| state.dies_after = Some(calls));
    for _ in 0..100 {
        if !world.is_dead() {
            world.interrupt();
        }
    }
    world.memory.set(|state| state.dies_after = Some(0));
    let text = if is_power_cut {
        "the power is cut"
    } else {
        "all processes are killed"
    };
    world.note(|| text.to_owned());
    for process in &processes {
        world.in_process(process, || rules::killed(world, process));
        remove(world, process);
    }
    if is_power_cut {
        world.memory.power_cut(|_| world.random.once_in(2));
        let mut files = world.files.0.borrow_mut();
        files.retain(|file| file.is_synced || is_whole(world, file));
    } else {
        world.memory.kill();
    }
    world.files.check_existing(world);
}

/// Returns whether a file that was not synced has survived.
fn is_whole(world: &World, known: &KnownFile) -> bool {
    let directory = if known.directory == MAIN {
        MAIN
    } else {
        FALLBACK
    };
    let file = world.memory.file(directory, &known.name);
    file.is_some_and(|file| file.bytes.len() == known.bytes)
}
