//! The scene: one moment of the shop, as it is shown.

use core::time::Duration;

use ttlog_std::{Stats, Trace};

use crate::{
    album::Shelf,
    bus::DeadLetters,
    chaos::{Fault, Weather, monkey::Diary},
    clock::Clock,
    load::pulse::{Beat, Pulse},
    monitor::Board,
    security::sentry::{self, Sentry},
    services::analytics::figures::Figures,
    shared::Shared,
    shop::{Backroom, BackroomReading},
};

/// Where everything is to be seen.
#[derive(Clone)]
pub struct Sources {
    /// What the run can be repeated with.
    pub seed: u64,
    /// How long the run takes.
    pub duration: Duration,
    /// Which chaos it has.
    pub chaos: String,
    /// What time it is.
    pub clock: Clock,
    /// How busy it is outside.
    pub pulse: Pulse,
    /// What the monitor sees.
    pub board: Shared<Board>,
    /// What the monkey does.
    pub diary: Shared<Diary>,
    /// Which faults are about.
    pub weather: Weather,
    /// What the snapshots show.
    pub shelf: Shared<Shelf>,
    /// What analytics counts.
    pub figures: Shared<Figures>,
    /// What goes on behind the counter.
    pub backroom: Backroom,
    /// Who stands at the door.
    pub sentry: Sentry,
    /// What was not delivered or not answered.
    pub dead_letters: Shared<DeadLetters>,
    /// The recorder.
    pub trace: Trace,
}

/// One moment.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// What the run can be repeated with.
    pub seed: u64,
    /// How long the run takes.
    pub duration: Duration,
    /// When the moment is, since the shop opened.
    pub now: Duration,
    /// Which chaos there is to be.
    pub chaos: String,
    /// How busy it is outside.
    pub beat: Beat,
    /// What the monitor saw last.
    pub board: Board,
    /// What chaos there was.
    pub diary: Diary,
    /// Which faults are about.
    pub faults: Vec<Fault>,
    /// What the snapshots have shown.
    pub shelf: Shelf,
    /// What analytics counted.
    pub figures: Figures,
    /// What went on behind the counter.
    pub backroom: BackroomReading,
    /// What was seen at the door.
    pub security: sentry::Reading,
    /// Messages of which nothing came.
    pub dead_letters: u64,
    /// What the recorder counted.
    pub recorder: Stats,
    /// Events for each second, of late.
    pub events_rate: f64,
}

impl Sources {
    /// Looks at everything. `before` is the scene before, if there was one.
    #[must_use]
    pub fn look(&self, before: Option<&Scene>) -> Scene {
        let (now, recorder) = (self.clock.now(), self.trace.stats());
        let events_rate = before.map_or(0.0, |before| {
            let seconds = now.saturating_sub(before.now).as_secs_f64();
            let events = recorder.recorded.saturating_sub(before.recorder.recorded);
            // Smoothed, so that it can be read.
            before.events_rate * 0.8 + events as f64 / seconds.max(0.001) * 0.2
        });
        Scene {
            seed: self.seed,
            duration: self.duration,
            now,
            chaos: self.chaos.clone(),
            beat: self.pulse.read(),
            board: self.board.lock().clone(),
            diary: self.diary.lock().clone(),
            faults: self.weather.faults(),
            shelf: self.shelf.lock().at_a_glance(),
            figures: self.figures.lock().clone(),
            backroom: self.backroom.read(),
            security: self.sentry.read(),
            dead_letters: self.dead_letters.lock().total(),
            recorder,
            events_rate,
        }
    }
}

impl Scene {
    /// How much of the run is over, from 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f64 {
        let whole = self.duration.as_secs_f64().max(0.001);
        (self.now.as_secs_f64() / whole).min(1.0)
    }

    /// Orders that were not carried out.
    #[must_use]
    pub fn failed_orders(&self) -> u64 {
        self.figures.failed.values().sum()
    }
}
