//! [`critical_section::install_banks`] in a program that has an observer.

use ttlog_core::{
    Geometry, Memory,
    lane::critical_section::{self, Clock, InstallError},
    region::RegionConfig,
    registry::{self, Observer, ObserverInstalled},
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 50,
    service: "pump",
    target: "thumbv7m",
    build_id: "b17d",
};
static MEMORY: Memory<{ 2 * CONFIG.memory_words(2) }> = Memory::new();
static OBSERVER: Observer = Observer { described: |_| {} };

#[test]
fn an_observer_that_is_installed_already_is_an_error() {
    registry::observe(&OBSERVER).unwrap();
    let clock = Clock {
        ticks: || 7,
        hz: 1_000_000,
    };
    let error = critical_section::install_banks(MEMORY.halves(), &CONFIG, clock, 1).unwrap_err();
    assert_eq!(error, InstallError::Observer(ObserverInstalled));
    assert!(critical_section::ring().is_none(), "nothing is installed");
}
