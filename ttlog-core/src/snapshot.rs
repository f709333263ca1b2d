//! The snapshot: what is in the ring, as a file. `FORMAT.md` specifies it byte by byte.
//!
//! Written here, in this order, by an encoder that neither allocates nor blocks; read by
//! [`decode`](crate::decode).

pub(crate) mod block;
mod blocks;
pub(crate) mod callsites;
mod codec;
mod encoder;
mod header;
mod newest;
pub(crate) mod packer;
mod pages;
mod sink;
mod totals;

pub use self::{
    block::{BLOCK_MAX_BYTES, BlockKind, FILE_MAGIC, FORMAT_VERSION},
    callsites::CallsiteInfo,
    codec::{Codec, CompressTable, Lz4, Stored, lz4_table},
    encoder::{EncodeError, Encoder, SCRATCH_MIN_BYTES},
    header::{Anchor, SnapshotHeader},
    sink::{ByteSink, Full, Sink, SliceSink},
    totals::Totals,
};
pub(crate) use self::{pages::CHUNK_HEADER_BYTES, totals::add};
