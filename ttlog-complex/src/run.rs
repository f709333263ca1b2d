//! The run: from the recorder's start to the summary.

use core::{error::Error, fmt, time::Duration};
use std::{env, io, time::Instant};

use crossbeam_channel::{Receiver, Sender};
use ttlog_std::{BuildError, Console, Level, PanicHook, Retention, Trace, error, info, warn};

use crate::{
    album::Album,
    bank::Bank,
    bus::crash,
    catalogue::Catalogue,
    chaos::{Monkey, Weather},
    checks::{self, Check, Cost, Evidence, Stored, evidence::Crashes, stored::Compared},
    clock::Clock,
    database::Databases,
    load::{Load, day::Day, population::Population, pulse::Pulse},
    monitor::{Monitor, process::Process},
    options::Options,
    security::{Door, sentry::Sentry},
    services::{
        analytics::report::Report, shipping::depot::CARRIERS, user::password::PasswordHasher,
    },
    shared::Shared,
    shop::{Closed, Opening, Shop},
    snapshots::Snapshots,
    summary::{Orders, Summary},
    ui::{Face, Sources, Ui, terminal},
};

/// How large the ring is. Said in bytes, because the shop's events are short: made for so many events
/// of any length, it would hold three times as many of these, and each snapshot with it.
const RING_BYTES: usize = 3 << 20;
/// How many of the shop's events it holds at least.
const EVENTS: usize = 50_000;
/// Far too few for real passwords; enough for the work to show, and for a shop on a small machine.
const PASSWORD_ROUNDS: u32 = 200;
/// Of each reason a run has about so many snapshots, however long it is and whatever goes wrong.
const SNAPSHOTS_PER_REASON: u32 = 10;
/// How soon the recorder answers the same reason again: the shop asks less often, but evidence that
/// would be overwritten cannot wait.
const COOL_DOWN: Duration = Duration::from_secs(1);
/// How many snapshots are left in the directory, and how many bytes.
const SNAPSHOTS_KEPT: (usize, u64) = (200, 256 << 20);
/// How long the recorder may take to write what is still to be written.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Runs the shop until its time is over or something comes through `stop`, which somebody at a
/// dashboard may send as well.
///
/// # Errors
///
/// [`RunError`], before the first customer has come.
pub fn run(
    options: &Options,
    seed: u64,
    stop: &(Sender<()>, Receiver<()>),
) -> Result<Summary, RunError> {
    let face = Face::of(options);
    let trace = record(options, face)?;
    let started = Instant::now();
    info!("startup seed={seed} face={face:?}");
    // Nobody waits for it: the recorder says at the end whether it was written.
    drop(trace.request_snapshot("startup"));
    let clock = Clock::real();
    let snapshots = Snapshots::through(trace.get_sender(), options.duration / SNAPSHOTS_PER_REASON);
    let album = Album::start(&trace, EVENTS, snapshots.clone())?;
    let weather = Weather::default();
    let population = Population::seeded(seed);
    let bank = Shared::new(Bank::open(seed, population.cards().iter().copied()));
    let databases = Databases::open(&env::temp_dir(), &weather, &clock, &snapshots)?;
    let shop = Shop::open(Opening {
        seed,
        hasher: PasswordHasher {
            rounds: PASSWORD_ROUNDS,
        },
        catalogue: Catalogue::seeded(seed),
        carriers: CARRIERS.into(),
        bank,
        databases,
        clock: clock.clone(),
        snapshots: snapshots.clone(),
        weather: weather.clone(),
        balance: options.balance,
    })?;
    let (rate, duration, chaos) = (options.rate, options.duration, &options.chaos);
    info!("shop.open seed={seed} rate={rate} duration={duration:?} chaos={chaos}");
    for service in shop.scalables() {
        let (name, instances) = (service.name(), service.instances().len());
        info!("service.started service={name} instances={instances}");
    }
    snapshots.take("service_startup");
    let strikes = chaos.strikes(seed, duration);
    let monkey = Monkey::start(strikes, weather.clone(), clock.clone(), snapshots.clone())?;
    let exchange = shop.exchange();
    let monitor = Monitor::start(
        shop.scalables(),
        Box::new(move || exchange.breakers()),
        duration,
        clock.clone(),
        snapshots.clone(),
    )?;
    let pulse = Pulse::default();
    let sentry = Sentry::new(clock.clone(), snapshots.clone());
    let sources = Sources {
        seed,
        duration,
        chaos: chaos.to_string(),
        clock: clock.clone(),
        pulse: pulse.clone(),
        board: monitor.board(),
        diary: monkey.diary(),
        weather,
        shelf: album.shelf(),
        figures: shop.books().figures,
        backroom: shop.backroom(),
        sentry: sentry.clone(),
        dead_letters: shop.exchange().dead_letters.clone(),
        trace: trace.clone(),
    };
    let ui = Ui::start(face, sources, stop.0.clone())?;

    let door = Door::new(shop.front(), sentry.clone());
    let journeys = Load {
        seed,
        rate,
        duration,
        day: Day::of(options.day.unwrap_or(duration)),
        pulse,
        snapshots: snapshots.clone(),
    }
    .run(&door, &population, &stop.1)?;
    drop(door);
    let last_customer = clock.now();
    info!("shop.closing");
    let chaos = monkey.stop();
    let board = monitor.stop();
    let closed = shop.close();
    let mut checks = checks::books::check(&closed.books, &closed.backroom.queue);
    checks.extend(checks::stored::check(&stored(&closed)));
    checks.iter().for_each(log);
    info!("shop.closed");

    if let Err(error) = trace.request_snapshot("shutdown").wait() {
        warn!("shop.snapshot not written error={error}");
    }
    let usage = Process::default().usage();
    if let Err(error) = trace.shutdown(LAST_WRITES) {
        warn!("shop.recorder did not end in time error={error}");
    }
    let (shelf, recorder) = (album.close(), trace.stats());
    drop(ui);
    let crashes = Crashes {
        injected: chaos.crashes,
        caught: closed.crashes.injected,
        restarted: closed.crashes.restarted,
        lost: closed.panicked.clone(),
    };
    let evidence = Evidence {
        shelf: &shelf,
        recorder: &recorder,
        injected: chaos.injected,
        crashes: &crashes,
    };
    checks.extend(checks::evidence::check(&evidence, &closed.books));
    let (cost, elapsed) = (Cost::measure(recorder.recorded, &usage), started.elapsed());
    checks.push(cost.check(elapsed));
    let figures = closed.books.figures.lock().clone();
    Ok(Summary {
        seed,
        elapsed,
        services: closed
            .meters
            .iter()
            .map(|(name, meter)| (*name, meter.read()))
            .collect(),
        orders: orders(&closed),
        business: Report::of(&figures, last_customer),
        figures,
        backroom: closed.backroom,
        journeys,
        security: sentry.read(),
        chaos,
        breakers: closed.breakers,
        dead_letters: closed.dead_letters.lock().counts().clone(),
        board,
        recorder,
        cost,
        usage,
        shelf,
        requests: snapshots.requests(),
        snapshots: trace.directory(),
        checks,
    })
}

/// What was written down, as it is found now.
fn stored(closed: &Closed) -> Stored {
    let compare = || {
        let rows = closed.journal.entries()?.len();
        let book = closed.books.orders.lock();
        let differ = closed.journal.disagreements(&book)?.into_iter();
        io::Result::Ok(Compared {
            rows,
            differ: differ.map(|it| it.order).collect(),
        })
    };
    Stored {
        chain: closed.trail.verify().map_err(|why| why.to_string()),
        journal: compare().map_err(|why| why.to_string()),
    }
}

fn log(check: &Check) {
    let Check {
        number,
        name,
        figures,
        ..
    } = check;
    if check.passed {
        info!("check.passed number={number} name={name} figures={figures}");
    } else {
        error!("check.failed number={number} name={name} figures={figures}");
    }
}

/// Starts the recorder, and the live log unless it is not wanted.
fn record(options: &Options, face: Face) -> Result<Trace, BuildError> {
    let mut builder = Trace::builder()
        .service("ttlog-complex")
        .bytes(RING_BYTES)
        .cool_down(COOL_DOWN.min(options.duration / SNAPSHOTS_PER_REASON))
        .retention(
            Retention::default()
                .count(SNAPSHOTS_KEPT.0)
                .bytes(SNAPSHOTS_KEPT.1),
        );
    if let Some(directory) = &options.dir {
        builder = builder.directory(directory);
    }
    if face == Face::Lines {
        let mut console = Console::stdout().level(Level::Info);
        if options.no_color {
            console = console.color(false);
        }
        builder = builder.console(console);
    }
    let trace = builder.build()?;
    crash::print_real_panics_only();
    if face == Face::Dashboard {
        terminal::keep_panics_off();
    }
    PanicHook::install(trace.get_sender());
    Ok(trace)
}

fn orders(closed: &Closed) -> Orders {
    let mut orders = Orders::default();
    for (_, result) in closed.books.orders.lock().orders() {
        match result {
            Some(Ok(_)) => orders.confirmed += 1,
            Some(Err(why)) => *orders.failed.entry(why.reason()).or_default() += 1,
            None => *orders.failed.entry("open").or_default() += 1,
        }
    }
    let till = closed.books.till.lock();
    orders.refunded = till.refunded();
    orders.revenue = till.paid() - till.refunded();
    orders
}

/// Why a run did not begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The recorder could not be started.
    Recorder(BuildError),
    /// The system gave no thread, or no room for a database.
    Shop(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recorder(error) => write!(out, "the recorder did not start: {error}"),
            Self::Shop(error) => write!(out, "the shop did not open: {error}"),
        }
    }
}

impl Error for RunError {}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        Self::Recorder(error)
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        Self::Shop(error)
    }
}
