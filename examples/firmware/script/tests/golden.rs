//! Runs the script on this machine, and compares its bytes with the golden files.
//! `TTLOG_GOLDEN=refresh` writes them again.

use std::{convert::Infallible, env, fs, path::Path};

use ttlog_core::snapshot::{Encoder, Sink, lz4_table};

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn the_script_leaves_the_bytes_of_the_golden_files() {
    let ring = script::run().unwrap();
    let header = script::header(&ring);
    let mut stored = Bytes(Vec::new());
    let mut lz4 = Bytes(Vec::new());
    Encoder::stored(&mut [0; 1024])
        .encode(&ring, &header, &mut stored)
        .unwrap();
    Encoder::lz4(&mut [0; 4096], &mut lz4_table())
        .encode(&ring, &header, &mut lz4)
        .unwrap();
    for (name, bytes) in [("stored.bin", stored.0), ("lz4.bin", lz4.0)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../golden")
            .join(name);
        if env::var_os("TTLOG_GOLDEN").is_some_and(|value| value == "refresh") {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).unwrap() == bytes, "{name} has other bytes");
    }
}
