//! The header and the accounting of a file in JSON.

use serde::{Serialize, Serializer, ser::SerializeMap};
use ttlog_core::{DropCause, Level, LevelCounts, snapshot::SnapshotKind};
use ttlog_reader::{Module, total};

use crate::{
    address::{Address, hex},
    output::Shown,
};

/// A file as an object.
pub(super) struct FileJson<'a>(pub(super) &'a Shown<'a>);

impl Serialize for FileJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { file, source, .. } = self.0;
        let header = &file.header;
        let time = |ticks| source.clock.time(ticks);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", &file.path)?;
        map.serialize_entry("run", &source.run_id.map(|id| format!("{id:016x}")))?;
        map.serialize_entry("service", &header.service)?;
        map.serialize_entry("host", &header.host)?;
        map.serialize_entry("pid", &header.pid)?;
        map.serialize_entry("kind", &header.kind.map(SnapshotKind::name))?;
        map.serialize_entry("reason", &header.reason)?;
        map.serialize_entry("merged", &header.merged)?;
        map.serialize_entry("target", &header.target)?;
        map.serialize_entry("build_id", &header.build_id)?;
        map.serialize_entry("filter", &header.filter)?;
        map.serialize_entry("taken", &header.moment_ticks.and_then(time))?;
        map.serialize_entry("started", &header.start_ticks.and_then(time))?;
        map.serialize_entry("clock_hz", &header.clock_hz)?;
        map.serialize_entry("clock_steps", &source.clock.steps().collect::<Vec<_>>())?;
        map.serialize_entry("page_count", &header.page_count)?;
        map.serialize_entry("page_words", &header.page_words)?;
        map.serialize_entry("events_max", &header.events_max)?;
        map.serialize_entry(
            "modules",
            &header.modules().map(ModuleJson).collect::<Vec<_>>(),
        )?;
        map.serialize_entry("offset", &file.offset)?;
        map.serialize_entry("image", &file.image)?;
        map.serialize_entry("accounting", &AccountingJson(self.0))?;
        map.serialize_entry("open_spans", &self.0.open_spans)?;
        map.serialize_entry("open_spans_missing", &file.missing_open_spans)?;
        map.serialize_entry("damage", file.damages.places())?;
        map.serialize_entry("damage_count", &file.damages.count())?;
        map.end()
    }
}

/// A module as an object. Addresses are texts, because many JSON parsers round large numbers.
struct ModuleJson<'a>(Module<'a>);

impl Serialize for ModuleJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let module = self.0;
        let build_id = (!module.build_id.is_empty()).then(|| hex(module.build_id));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", module.name)?;
        map.serialize_entry("build_id", &build_id)?;
        map.serialize_entry("bias", &Address(module.bias))?;
        map.serialize_entry("start", &Address(module.start))?;
        map.serialize_entry("bytes", &module.bytes)?;
        map.end()
    }
}

/// The accounting of a file as an object.
struct AccountingJson<'a>(&'a Shown<'a>);

impl Serialize for AccountingJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown {
            file,
            source,
            shown,
            ..
        } = self.0;
        let accounting = &file.accounting;
        let totals = accounting.totals;
        let complete_since = accounting.complete_since_ticks();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("recorded", &accounting.recorded().map(Counts))?;
        map.serialize_entry("kept", &Counts(accounting.kept))?;
        map.serialize_entry("overwritten", &accounting.overwritten().map(Counts))?;
        let dropped = Dropped {
            all: accounting.dropped(),
            by_cause: totals.map(|totals| totals.dropped),
        };
        map.serialize_entry("dropped", &dropped)?;
        map.serialize_entry("unreadable", &accounting.unreadable().map(Counts))?;
        map.serialize_entry("shared", &totals.map(|totals| totals.shared))?;
        let complete_since = complete_since.and_then(|ticks| source.clock.time(ticks));
        map.serialize_entry("complete_since", &complete_since)?;
        map.serialize_entry("torn_pages", &totals.map(|totals| totals.torn_pages))?;
        map.serialize_entry("shown", shown)?;
        map.end()
    }
}

/// Numbers of events: the total, and the number for each level.
struct Counts(LevelCounts);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels = Level::ALL.into_iter().map(Level::name).zip(self.0);
        serializer.collect_map([("total", total(&self.0))].into_iter().chain(levels))
    }
}

/// Numbers of dropped events: for all causes together, and for each cause.
struct Dropped {
    all: Option<LevelCounts>,
    by_cause: Option<[LevelCounts; DropCause::COUNT]>,
}

impl Serialize for Dropped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes = DropCause::ALL
            .into_iter()
            .enumerate()
            .map(|(number, cause)| {
                let counts = self.by_cause.map(|by_cause| Counts(by_cause[number]));
                (cause.name(), counts)
            });
        serializer.collect_map([("all", self.all.map(Counts))].into_iter().chain(causes))
    }
}
