//! The clerk: carries out later what could not be done at once.

use core::time::Duration;
use std::{
    io,
    sync::Arc,
    thread::{self, Builder, JoinHandle},
    time::Instant,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use ttlog_std::{Context, Level, debug, error, fatal, info, span, warn};

use super::{
    backlog::Backlog,
    office::Office,
    queue::{Job, Left, Remaining, Tally, Waiting},
    saga::{Failed, Halt, Undo},
};
use crate::{
    bus::{Deadline, PATIENCE},
    ids::OrderId,
    protocol::order::OrderError,
};

/// When the shop closes, so long it goes on trying to carry out what waits.
const LAST_TRIES: Duration = Duration::from_millis(400);
/// When the shop closes, so long it has for everything.
const CLOSING_TIME: Duration = Duration::from_millis(1_200);
/// How long one step back may take.
const UNDO_PATIENCE: Duration = Duration::from_millis(150);
/// How long it rests between tries when the shop closes.
const SHORT_REST: Duration = Duration::from_millis(20);

/// Works through the queue, one job after the other.
pub struct Clerk {
    /// What it works with.
    pub office: Arc<Office>,
    /// Where it notes what it did.
    pub tally: Tally,
}

/// What became of a job.
enum Done {
    /// It is off the desk.
    Yes,
    /// It has to be tried again.
    Not(Job),
}

/// What is known to be away just now: what one job waits for, the others need not wait for too.
#[derive(Default)]
struct Away {
    orders: bool,
    steps: Vec<Undo>,
}

impl Clerk {
    /// Starts the thread; it ends when the last one who could give it a job is gone.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread.
    pub fn start(self, jobs: Receiver<Job>) -> io::Result<JoinHandle<()>> {
        let name = "order-clerk".to_owned();
        Builder::new().name(name).spawn(move || self.run(&jobs))
    }

    fn run(&self, jobs: &Receiver<Job>) {
        let opened = Instant::now();
        let mut backlog = Backlog::default();
        loop {
            let job = match backlog.wait(opened.elapsed()) {
                Some(wait) => jobs.recv_timeout(wait),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(job) => backlog.push(job, opened.elapsed()),
                Err(RecvTimeoutError::Timeout) => {
                    let Some(job) = backlog.due(opened.elapsed()) else {
                        continue;
                    };
                    match self.work(job, Instant::now() + PATIENCE, &mut Away::default()) {
                        Done::Yes => backlog.worked(),
                        Done::Not(job) => backlog.failed(job, opened.elapsed()),
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close(backlog.drain().collect());
    }

    fn work(&self, job: Job, until: Instant, away: &mut Away) -> Done {
        match job {
            Job::CarryOut(_) if away.orders => Done::Not(job),
            Job::CarryOut(waiting) => {
                let done = self.carry_out(waiting, until);
                away.orders = matches!(done, Done::Not(Job::CarryOut(_)));
                done
            }
            Job::Undo(remaining) => self.undo(remaining, until, away),
        }
    }

    /// Takes an order up again, in the trace in which it was placed.
    fn carry_out(&self, waiting: Waiting, until: Instant) -> Done {
        let _context = waiting.context.map(Context::enter);
        let Waiting { plan, total, .. } = &waiting;
        let order_id = plan.checkout.order;
        let _span = span!(Level::Debug, "order.resume", order_id);
        debug!("order.resume order_id={order_id} total={total}");
        match self
            .office
            .saga
            .resume(plan, *total, deadline(until, PATIENCE))
        {
            Ok(receipt) => {
                self.office.confirm(plan, receipt);
                self.tally.leave(order_id, Left::CarriedOut);
                Done::Yes
            }
            Err(Halt::Waits { why, .. }) => {
                info!("order.waits order_id={order_id} why={why:?}");
                Done::Not(Job::CarryOut(waiting))
            }
            Err(Halt::Failed(Failed { why, stuck })) => self.give_up(&waiting, why, stuck),
        }
    }

    /// Closes an order that waited in vain. What is not undone yet is a job of its own.
    fn give_up(&self, waiting: &Waiting, why: OrderError, steps: Vec<Undo>) -> Done {
        let order = waiting.plan.checkout.order;
        self.office.give_up(&waiting.plan, why);
        self.tally.leave(order, Left::GivenUp);
        if steps.is_empty() {
            return Done::Yes;
        }
        Done::Not(Job::Undo(Remaining { order, steps }))
    }

    fn undo(&self, mut remaining: Remaining, until: Instant, away: &mut Away) -> Done {
        let order_id = remaining.order;
        let _span = span!(Level::Debug, "order.undo", order_id);
        remaining.steps.retain(|&step| {
            if away.steps.contains(&step) {
                return true;
            }
            let patience = deadline(until, UNDO_PATIENCE);
            let undone = self.office.saga.undo(order_id, step, patience);
            if undone {
                info!("order.undone order_id={order_id} step={step:?}");
                self.tally.count_undone();
            } else {
                away.steps.push(step);
            }
            !undone
        });
        if remaining.steps.is_empty() {
            Done::Yes
        } else {
            Done::Not(Job::Undo(remaining))
        }
    }

    /// Leaves nothing behind: carries out what can be carried out, and undoes the rest.
    fn close(&self, mut jobs: Vec<Job>) {
        let began = Instant::now();
        let interrupted = self.interrupted();
        if jobs.is_empty() && interrupted.is_empty() {
            return;
        }
        let waiting = jobs.len();
        info!("order.queue closing jobs={waiting}");
        self.try_until(&mut jobs, began + LAST_TRIES);
        jobs = jobs.into_iter().map(|job| self.turn_back(job)).collect();
        jobs.extend(interrupted.into_iter().map(|order| self.abandon(order)));
        self.try_until(&mut jobs, began + CLOSING_TIME);
        for job in jobs {
            if let Job::Undo(Remaining { order, steps }) = job {
                fatal!("order.stuck order_id={order} not_undone={steps:?}");
                self.tally.count_stuck(steps.len());
            }
        }
    }

    /// Goes through the jobs again and again until none is left or the time is over.
    fn try_until(&self, jobs: &mut Vec<Job>, until: Instant) {
        while !jobs.is_empty() && Instant::now() < until {
            let before = jobs.len();
            let mut away = Away::default();
            let mut again = Vec::new();
            for job in jobs.drain(..) {
                if let Done::Not(job) = self.work(job, until, &mut away) {
                    again.push(job);
                }
            }
            *jobs = again;
            if jobs.len() == before {
                // Another one goes first the next time.
                jobs.rotate_left(1);
                thread::sleep(SHORT_REST);
            }
        }
    }

    /// An order that could not be carried out is one to be undone.
    fn turn_back(&self, job: Job) -> Job {
        let Job::CarryOut(waiting) = job else {
            return job;
        };
        let _context = waiting.context.map(Context::enter);
        let steps = Undo::WAITING.to_vec();
        match self.give_up(&waiting, OrderError::GivenUp, steps) {
            Done::Not(job) => job,
            Done::Yes => unreachable!("there are steps to be taken"),
        }
    }

    /// The orders that are open although nobody works on them any more.
    fn interrupted(&self) -> Vec<OrderId> {
        let book = self.office.book.lock();
        book.orders()
            .filter(|&(order, result)| result.is_none() && !self.tally.is_waiting(order))
            .map(|(order, _)| order)
            .collect()
    }

    /// Closes an order that an instance left open when it died. How far it had come is not known,
    /// and need not be: undoing what was never done changes nothing.
    fn abandon(&self, order: OrderId) -> Job {
        let why = OrderError::Interrupted;
        let reason = why.reason();
        error!(order_id = order, reason, ?why, "order.failed");
        self.office.close(order, Err(why));
        self.office
            .snapshots
            .take(&format!("order_failed_{reason}"));
        let steps = Undo::ALL.to_vec();
        warn!("order.abandoned order_id={order}");
        Job::Undo(Remaining { order, steps })
    }
}

fn deadline(until: Instant, patience: Duration) -> Deadline {
    Deadline::within(patience).min(Deadline::after(until, Duration::ZERO))
}
