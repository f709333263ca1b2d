//! Gives defmt its part of the linker script.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo::rustc-link-arg-bin=rival-defmt=-Tdefmt.x");
    }
}
