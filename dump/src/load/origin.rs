//! Who wrote a snapshot, when and why.

use ttlog_core::SnapshotHeader;

/// A snapshot's header, on its own.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    service: String,
    host: String,
    pid: u32,
    pub(crate) reason: String,
    /// How many further requests the snapshot answers.
    pub(crate) merged: u32,
    target: String,
    build_id: String,
    clock_hz: u64,
    pub(crate) start_ticks: u64,
    taken_ticks: u64,
    events_max: u64,
}

impl Origin {
    pub(crate) fn new(header: &SnapshotHeader<'_>) -> Self {
        Self {
            service: header.service.into(),
            host: header.host.into(),
            pid: header.pid,
            reason: header.reason.into(),
            merged: header.merged,
            target: header.target.into(),
            build_id: header.build_id.into(),
            clock_hz: header.clock_hz,
            start_ticks: header.start_ticks,
            taken_ticks: header.taken_ticks,
            events_max: header.events_max,
        }
    }
}

/// What a header states by an empty text or a 0 is not known.
impl Origin {
    pub(crate) fn service(&self) -> Option<&str> {
        known(&self.service)
    }

    pub(crate) fn host(&self) -> Option<&str> {
        known(&self.host)
    }

    /// The process; firmware has none.
    pub(crate) fn pid(&self) -> Option<u32> {
        Some(self.pid).filter(|pid| *pid != 0)
    }

    /// The target that wrote the snapshot.
    pub(crate) fn target(&self) -> Option<&str> {
        known(&self.target)
    }

    pub(crate) fn build_id(&self) -> Option<&str> {
        known(&self.build_id)
    }

    /// Ticks in a second; not known where only the anchors tell.
    pub(crate) fn clock_hz(&self) -> Option<u64> {
        Some(self.clock_hz).filter(|hz| *hz != 0)
    }

    /// The last moment whose events are of the snapshot.
    pub(crate) fn last_ticks(&self) -> Option<u64> {
        Some(self.taken_ticks).filter(|ticks| *ticks != 0)
    }

    /// How many events the snapshot is to show at most.
    pub(crate) fn events_max(&self) -> Option<u64> {
        Some(self.events_max).filter(|max| *max != 0)
    }
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
