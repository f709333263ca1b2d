//! Files of all format versions. `TTLOG_GOLDEN=refresh` writes those of the present version again.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Returns a golden file.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let path = path(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Returns a golden file of the present version. If it is to be refreshed, writes `bytes` to it first.
pub(crate) fn refreshed(name: &str, bytes: &[u8]) -> Vec<u8> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if env::var_os("TTLOG_GOLDEN").is_some_and(|value| value == "refresh") {
        fs::write(path(name), bytes).unwrap();
    }
    read(name)
}

/// Checks that a golden file of the present version has these bytes.
pub(crate) fn compare(name: &str, bytes: &[u8]) {
    assert_same(name, &refreshed(name, bytes), bytes);
}

/// Checks that a golden file, which is never refreshed, has these bytes.
pub(crate) fn compare_old(name: &str, bytes: &[u8]) {
    assert_same(name, &read(name), bytes);
}

fn assert_same(name: &str, golden: &[u8], bytes: &[u8]) {
    let first = golden
        .iter()
        .zip(bytes)
        .position(|(golden, byte)| golden != byte);
    assert!(
        golden == bytes,
        "{name} has {} bytes, now there are {}; the first that differs is {first:?}",
        golden.len(),
        bytes.len(),
    );
}
