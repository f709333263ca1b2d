//! Chooses the board by the target, and gives the linker its memory layout.

use std::{env, fs, path::Path};

/// Returns the board that QEMU emulates for a target.
const BOARDS: [(&str, &str); 4] = [
    ("thumbv6m-", "microbit"),
    ("thumbv7m-", "lm3s6965evb"),
    ("thumbv7em-", "mps2-an386"),
    ("riscv32", "virt"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let names = BOARDS.map(|(_, board)| format!("{board:?}")).join(", ");
    println!("cargo::rustc-check-cfg=cfg(board, values({names}))");
    let target = env::var("TARGET").unwrap();
    let Some((_, board)) = BOARDS.iter().find(|(start, _)| target.starts_with(start)) else {
        return;
    };
    println!("cargo::rustc-cfg=board={board:?}");
    println!("cargo::rustc-env=TTLOG_TARGET={target}");
    let memory = format!("memory/{board}.x");
    println!("cargo::rerun-if-changed={memory}");
    let out = env::var("OUT_DIR").unwrap();
    fs::copy(&memory, Path::new(&out).join("memory.x")).unwrap();
    println!("cargo::rustc-link-search={out}");
}
