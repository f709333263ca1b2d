//! Files of released versions. `TTLOG_GOLDEN=refresh` writes them anew.

use std::{
    env, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// A golden file's bytes. Where it is to be refreshed, `bytes` are written to it before.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Vec<u8> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if env::var_os("TTLOG_GOLDEN").is_some_and(|value| value == "refresh") {
        fs::write(&path, bytes).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Checks that a golden file has these bytes.
pub(crate) fn compare(name: &str, bytes: &[u8]) {
    let golden = read(name, bytes);
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
