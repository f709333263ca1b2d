//! The rules that every history keeps.

use std::{cell::Cell, path::Path, rc::Rc, time::Duration};

use ttlog_core::{ring::Hold, snapshot::SnapshotKind};

use super::{
    files::{KnownFile, temporary},
    plan::SHAPES,
    process::{EventId, Process},
    promises::{Promise, Source},
    world::{FALLBACK, MAIN, World},
};
use crate::{error::SnapshotError, file_names, schedule::Unserved};

/// The start of the names of files that are not of this service.
pub(super) const FOREIGN: &str = "ttlog-1-20200101000000-";

/// Maximum time between two listings of a directory.
const LISTING_INTERVAL: Duration = Duration::from_secs(61);
/// Time for which a hold is surely in force.
const HOLD_LIMIT: Duration = Duration::from_secs(9);

/// Called when a file has got a name.
pub(super) fn named(world: &World, directory: &Path, name: &str) {
    if file_names::is_snapshot(name) {
        world.files.note(world, directory, name);
    }
}

/// Called before a name is removed.
pub(super) fn removes(world: &World, directory: &Path, name: &str) {
    if name.starts_with(FOREIGN) {
        world.fail(format!("removes the foreign file {name}"));
    }
    if let Some(process) = file_names::process_of(name) {
        let this = world.memory.set(|state| state.this);
        let is_running = world.memory.set(|state| state.running.contains(&process));
        if process != this && is_running {
            world.fail(format!("removes {name} of a running process"));
        }
        return;
    }
    let removed = {
        let files = world.files.0.borrow();
        let place = files
            .iter()
            .position(|file| !file.is_removed && file.is_at(&directory.join(name)));
        place.map(|place| (place, files[place].clone()))
    };
    // A file that was not complete is not known.
    let Some((place, removed)) = removed else {
        world.files.1.borrow_mut().insert(directory.join(name));
        return;
    };
    world.note(|| format!("removes {name}"));
    // Two files may have the same moment, as of two panics whose snapshots overlap.
    let age = |file: &KnownFile| (file.moment_ns, file.name.len(), file.name.clone());
    let is_first = |file: &KnownFile, files: &[KnownFile]| {
        !files.iter().any(|other| {
            other.run == file.run
                && other.reason == file.reason
                && other.kind == file.kind
                && other.directory == file.directory
                && !other.is_removed
                && age(other) < age(file)
        })
    };
    {
        let files = world.files.0.borrow();
        let of_run =
            |file: &&KnownFile| file.directory == removed.directory && file.run == removed.run;
        let is_first_crash = removed.kind == SnapshotKind::Panic && is_first(&removed, &files);
        let newest = files.iter().rfind(of_run);
        // A process notices the files of another one when it lists the directory.
        let is_known = |file: &KnownFile| {
            is_of_this_process(world, file)
                || world.now().duration_since(file.written) > LISTING_INTERVAL
        };
        let is_newest = newest.is_some_and(|newest| newest.name == removed.name);
        if is_newest && is_of_this_process(world, &removed) && !is_full(world) {
            world.fail(format!("removes {name}, which was just written"));
        }
        let repetition = files.iter().filter(of_run).find(|file| {
            !file.is_removed
                && !file.is_in_progress
                && is_known(file)
                && file.kind != SnapshotKind::Panic
                && !is_first(file, &files)
                && newest.is_none_or(|newest| newest.name != file.name)
        });
        if is_first_crash
            && !world.keeps_files.get()
            && let Some(repetition) = repetition
        {
            let kept = &repetition.name;
            world.fail(format!("removes the first panic {name}, and keeps {kept}"));
        }
    }
    world.files.0.borrow_mut()[place].is_removed = true;
}

fn is_of_this_process(world: &World, file: &KnownFile) -> bool {
    let this = world.memory.set(|state| state.this);
    let processes = world.processes.borrow();
    processes
        .iter()
        .any(|each| each.name == this && each.run_id == file.run)
}

/// Returns whether a disk is limited, so that a new file needs the room of others.
fn is_full(world: &World) -> bool {
    world.plan.has_faults
}

/// Called when the directories have been listed at the start of a process.
pub(super) fn scanned(world: &World, process: &Process) {
    if world.plan.has_faults || world.is_dead() {
        return;
    }
    let running = world.memory.set(|state| state.running.clone());
    let directories = [MAIN, FALLBACK];
    let used = directories
        .iter()
        .take(1 + usize::from(world.plan.has_fallback));
    for name in used.flat_map(|each| temporary(world, each)) {
        let owner = file_names::process_of(&name);
        let is_left = owner
            .is_none_or(|owner| owner.scope == process.name.scope && !running.contains(&owner));
        if is_left {
            world.fail(format!("{name} is left of a process that has ended"));
        }
    }
}

/// Called when a panic has been saved, while its hold is still there. `files_before` is the number of files
/// of the run before. What is recorded later and overwritten
/// during the hold is no loss of the file.
pub(super) fn panic_saved(
    world: &World,
    process: &Process,
    files_before: usize,
    event: Option<EventId>,
    hold: Option<&Hold<'_>>,
) {
    let Some((event, hold)) = event.zip(hold) else {
        return;
    };
    let files = world.files.of_run(process.run_id);
    let saved = files[files_before..]
        .iter()
        .rfind(|file| file.kind == SnapshotKind::Panic && file.moment_ticks == hold.moment_ticks());
    if let Some(saved) = saved
        && hold.is_in_force()
        && !world.plan.has_faults
        && !(saved.holds(event) && saved.must_hold(event))
    {
        world.fail(format!(
            "{} does not hold its own panic {event:?}, or states a loss after it",
            saved.name
        ));
    }
}

/// Checks what a ticket states, or returns `None` if the request is pending.
fn check_ticket(
    world: &World,
    promise: &Promise,
    is_late: bool,
) -> Option<Result<(), SnapshotError>> {
    let Source::Request {
        reason,
        delay,
        ticket,
    } = &promise.source
    else {
        return None;
    };
    let path = match ticket.result()? {
        Ok(path) => path,
        Err(error) => {
            let is_lost = matches!(error, SnapshotError::File { .. } | SnapshotError::TimedOut);
            if is_lost && world.plan.is_calm() && !is_late {
                world.fail(format!("{reason} failed without a cause: {error}"));
            }
            return Some(Err(error));
        }
    };
    let Some(file) = world.files.find(&path) else {
        if world.files.was_removed(&path) {
            return Some(Ok(()));
        }
        world.fail(format!("{reason}: there is no {}", path.display()));
        return Some(Ok(()));
    };
    let name = &file.name;
    if file.run != promise.process.run_id {
        world.fail(format!("{reason}: {name} is of another run"));
    }
    if file.moment_ticks < promise.moment_ticks {
        world.fail(format!(
            "{reason}: {name} is older than its request at {}",
            promise.moment_ticks
        ));
    }
    let Some(event) = promise.event else {
        return Some(Ok(()));
    };
    if file.must_hold(event) && !file.holds(event) {
        world.fail(format!(
            "{reason}: {name} lacks {event:?}, and states no loss"
        ));
    }
    if promise.is_held
        && file.moment_ticks == promise.moment_ticks
        && file.written.duration_since(promise.made) < HOLD_LIMIT
        && !world.plan.has_faults
        && !file.holds(event)
    {
        world.fail(format!(
            "{reason}: {name} lacks {event:?}, which was held for it"
        ));
    }
    // What preceded a delayed request may be in an earlier file.
    let files = world.files.of_run(file.run);
    let is_held = files.iter().any(|file| file.holds(event));
    if delay.is_some() && !is_held {
        world.delayed_lost.set(world.delayed_lost.get() + 1);
    }
    Some(Ok(()))
}

/// Checks that each file of requests states the moment of a request, and not the time at which it was written.
fn check_moments(world: &World, process: &Process, promises: &[Promise], files: &[KnownFile]) {
    let requests = || promises.iter().filter(|each| !each.is_panic());
    // The end writes a file of its own moment for the requests whose directory does not respond.
    let until = match process.end_began.get() {
        Some(end) if world.plan.has_fallback => end,
        _ => world.now(),
    };
    let written = files
        .iter()
        .filter(|file| file.kind == SnapshotKind::Request && file.written < until);
    for file in written {
        let mut delays = requests().filter_map(|each| match &each.source {
            Source::Request { delay, ticket, .. } => {
                let is_of_file = matches!(ticket.result(), Some(Ok(path)) if file.is_at(&path));
                is_of_file.then_some(delay)
            }
            Source::Panic { .. } => None,
        });
        // The moment of a file with a delayed request is that of the writing.
        let is_at_request =
            delays.next().is_some_and(Option::is_none) && delays.all(Option::is_none);
        if is_at_request && requests().all(|each| each.moment_ticks != file.moment_ticks) {
            world.fail(format!("{} has the moment of no request", file.name));
        }
    }
}

/// Called when a process was killed, and no call is made any more.
pub(super) fn killed(world: &World, process: &Rc<Process>) {
    for promise in world.promises.of(process) {
        let _ = check_ticket(world, &promise, true);
    }
}

/// Called when the recorder of a process has ended. `unserved` is what its ends have stated as lost, and
/// `is_late` whether the limit of an end has passed.
pub(super) fn ended(world: &World, process: &Rc<Process>, unserved: &[Unserved], is_late: bool) {
    let names = |reason: &str| {
        unserved
            .iter()
            .any(|unserved| unserved.reasons.iter().any(|each| each == reason))
    };
    let stated = |count: fn(&Unserved) -> u32| unserved.iter().map(count).sum::<u32>();
    let (stated_requests, stated_panics) =
        (stated(|each| each.requests), stated(|each| each.panics));
    let (lost, lost_panics) = (Cell::new(0), Cell::new(0));
    let count_lost = |reason: &str, promise: &Promise| {
        lost.set(lost.get() + 1);
        let is_stated = if promise.is_panic() {
            lost_panics.set(lost_panics.get() + 1);
            stated_panics > 0
        } else {
            names(reason)
        };
        if !is_stated {
            let at = promise.moment_ticks;
            world.fail(format!(
                "{reason} at {at} is in no file, and not named as lost"
            ));
        }
    };
    let files = world.files.of_run(process.run_id);
    let promises = world.promises.of(process);
    check_moments(world, process, &promises, &files);
    for promise in promises {
        match &promise.source {
            Source::Request { reason, .. } => match check_ticket(world, &promise, is_late) {
                _ if promise.is_refused => {}
                Some(Ok(())) => {}
                Some(Err(SnapshotError::ShutDown)) => count_lost(reason, &promise),
                Some(Err(_)) => {}
                // The writer thread that has it does not respond.
                None if is_late => count_lost(reason, &promise),
                None => world.fail(format!(
                    "{reason} at {} waits for ever",
                    promise.moment_ticks
                )),
            },
            Source::Panic { is_in_hook } => {
                let mut covering = files.iter().filter(|file| {
                    file.kind == SnapshotKind::Panic && file.moment_ticks >= promise.moment_ticks
                });
                match covering.next() {
                    Some(file) => {
                        let event = promise.event;
                        if let Some(event) = event.filter(|event| file.must_hold(*event))
                            && !file.holds(event)
                        {
                            world.fail(format!("{} lacks the panic {event:?}", file.name));
                        }
                    }
                    None if *is_in_hook && is_late => {}
                    None => count_lost("panic", &promise),
                }
            }
        }
    }
    for (lost, stated) in [
        (lost.get() - lost_panics.get(), stated_requests),
        (lost_panics.get(), stated_panics),
    ] {
        if lost > stated {
            world.fail(format!("{lost} are lost, but {stated} are stated"));
        }
    }
    if lost.get() > 0 && world.plan.is_calm() && !is_late {
        world.fail(format!("{} are lost without a cause", lost.get()));
    }
    budget(world, process, &files);
}

/// Checks the budget of files and bytes of a run before its end.
fn budget(world: &World, process: &Process, files: &[KnownFile]) {
    let limits = world.plan.budget;
    let until = process.end_began.get().unwrap_or(world.now());
    let counted: Vec<_> = (files.iter())
        .filter(|file| file.kind == SnapshotKind::Request && file.written < until)
        .collect();
    let flushes = process.flushes.borrow();
    for (index, first) in counted.iter().enumerate() {
        let mut bytes = 0;
        for (number, last) in counted.iter().enumerate().skip(index) {
            let minutes = last.written.duration_since(first.written).as_secs_f64() / 60.0;
            let files = (number - index) as f64;
            // Each flush may write one file beyond the budget, perhaps later.
            let exempt = flushes.iter().filter(|at| **at <= last.written).count() as f64;
            // The last file may exceed what is left, and another one may be written at the same time.
            if files > f64::from(limits.files) * (1.0 + minutes) + 2.0 + exempt {
                return world.fail(format!("{files} files in {minutes} minutes"));
            }
            let bytes_max = limits.bytes as f64 * (1.0 + minutes);
            if f64::from(bytes) > bytes_max + (2.0 + exempt) * max_bytes(world) {
                return world.fail(format!("{bytes} bytes in {minutes} minutes"));
            }
            bytes += last.bytes as u32;
        }
    }
}

/// Returns the largest size of a file.
fn max_bytes(world: &World) -> f64 {
    let (pages, words, _) = SHAPES[world.plan.shape];
    (pages * words * 4 + 2_000) as f64
}
