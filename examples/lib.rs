//! How ttlog is used, in small programs. Each is run by its name: `cargo run --example hello`.
//!
//! | name | what it shows |
//! | --- | --- |
//! | `hello` | events, fields, a snapshot and its path |
//! | `panic` | what is left of a program that panicked |
//! | `trace` | spans, and a trace that goes from one service to the next |
//! | `live` | the console, and the ring read while the program runs |
//! | `no_std_core` | the core alone: the ring in a static, a snapshot without an allocator |
