//! Small programs that use ttlog. Run each by its name: `cargo run --example hello`.
//!
//! | name | subject |
//! | --- | --- |
//! | `hello` | events, fields, a snapshot and its path |
//! | `panic` | the snapshot of a program that panicked |
//! | `trace` | spans, and a trace through two services |
//! | `live` | the console, and reading the ring while the program runs |
//! | `no_std_core` | the core alone: a ring in a static, and a snapshot without an allocator |
