//! The snapshot: the content of a ring, as a file.
//!
//! `FORMAT.md` specifies the file byte by byte: a preamble and blocks, each with its own checksum. The
//! [`Encoder`] writes it into any [`Sink`], page by page, while other contexts go on recording. It
//! needs a scratch buffer and nothing else: it neither allocates nor blocks, and it also works in a
//! panic handler, a fault handler or a signal handler.
//!
//! # Choosing an encoder
//!
//! | encoder | for |
//! | --- | --- |
//! | [`Encoder::stored`] with 512 bytes | a microcontroller: the least flash and RAM |
//! | [`Encoder::lz4`] with 128 KiB | a host: files a third of the size, at about twice the cost of copying |
//!
//! # Examples
//!
//! To write a snapshot to a serial line, byte by byte:
//!
//! ```
//! use ttlog_core::{Ring, SnapshotHeader, snapshot::{ByteSink, Encoder}};
//!
//! fn send(ring: &Ring<'_>, now: u64, uart: impl FnMut(u8)) {
//!     let header = SnapshotHeader { service: "pump", reason: "asked", ..SnapshotHeader::of(ring, now) };
//!     let mut scratch = [0; 512];
//!     let _ = Encoder::stored(&mut scratch).encode(ring, &header, ByteSink(uart));
//! }
//! ```
//!
//! [`decode`](crate::decode) reads a snapshot without an allocator. On a host use `ttlog-reader`.

pub(crate) mod block;
mod blocks;
mod codec;
mod encoder;
mod header;
mod held;
mod newest;
pub(crate) mod open_spans;
mod pages;
mod sink;
mod totals;

pub(crate) use self::pages::CHUNK_HEADER_BYTES;
pub use self::{
    block::{BLOCK_MAX_BYTES, BlockKind, FILE_MAGIC, FORMAT_VERSION},
    codec::{Codec, CompressTable, Lz4, Stored, lz4_table},
    encoder::{EncodeError, Encoder, SCRATCH_MIN_BYTES},
    header::{SnapshotHeader, SnapshotKind},
    sink::{ByteSink, Sink, SliceFull, SliceSink},
    totals::Totals,
};
