//! Reading snapshots without an allocator.
//!
//! On a host, use the crate `ttlog-reader`: it opens files, merges them, and gives events with their
//! spans. This module is what it is made of. Use it on a board, or if you write a reader of your own.
//!
//! All bytes may be damaged or hostile: every length is checked, nothing allocates, nothing panics.
//!
//! # How to read a snapshot
//!
//! A [`Snapshot`] gives [`Block`]s; a block of pages gives [`Chunk`]s; a chunk gives [`Record`]s. The text
//! and the argument kinds are in the [`CallsiteInfo`](crate::CallsiteInfo) of the record's callsite. A
//! record may precede that in the file, so read the callsites first:
//!
//! ```
//! use std::collections::HashMap;
//! use ttlog_core::decode::{Content, Snapshot};
//! use ttlog_core::{render, snapshot::BLOCK_MAX_BYTES};
//!
//! fn print(file: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//!     let (mut first, mut second) = (Box::new([0; BLOCK_MAX_BYTES]), Box::new([0; BLOCK_MAX_BYTES]));
//!     let mut statements = HashMap::new();
//!     let mut blocks = Snapshot::new(file)?.blocks();
//!     while let Some(block) = blocks.next(&mut first) {
//!         if let Ok(Content::Callsites(callsites)) = block.map(|block| block.content) {
//!             statements.extend(callsites.map(|info| {
//!                 (info.id, (info.text.to_owned(), info.kinds.to_vec()))
//!             }));
//!         }
//!     }
//!     let mut blocks = Snapshot::new(file)?.blocks();
//!     let mut before = None; // context and thread continue from chunk to chunk
//!     while let Some(block) = blocks.next(&mut second) {
//!         match block.map(|block| block.content) {
//!             Ok(Content::Pages(chunks)) => {
//!                 for chunk in chunks {
//!                     let mut cursor = chunk.cursor(before);
//!                     let mut rest = chunk.records;
//!                     while let Some(record) = cursor.next(&mut rest) {
//!                         let Some((text, kinds)) = statements.get(&record.callsite) else {
//!                             continue; // the description of the callsite is lost
//!                         };
//!                         let mut message = String::new();
//!                         render(text, &record.values(kinds), &mut message)?;
//!                         println!("{} {message}", record.ticks);
//!                     }
//!                     before = Some(cursor);
//!                 }
//!             }
//!             Ok(_) => {}
//!             Err(damage) => println!("damaged {damage}"),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`TimeBase`] converts ticks to the time of day. [`Scan`] finds snapshots in a stream that holds other
//! bytes too:
//!
//! ```
//! use ttlog_core::decode::{Scan, Snapshot};
//!
//! fn snapshots(serial_line: &[u8]) -> impl Iterator<Item = Snapshot<'_>> {
//!     Scan::new(serial_line).filter_map(|range| Snapshot::new(&serial_line[range]).ok())
//! }
//! ```

mod blocks;
mod chunk;
mod content;
mod damage;
mod event;
mod frame;
mod open_spans;
mod scan;
mod search;
mod time;
mod v1;
mod values;

pub use self::{
    blocks::{Block, Blocks, Snapshot},
    chunk::{Chunk, Chunks},
    content::{Callsites, Content},
    damage::{Damage, DamageKind, NotASnapshot},
    event::{Event, EventKind},
    open_spans::{OpenSpan, OpenSpans},
    scan::Scan,
    time::TimeBase,
    values::Values,
};
pub use crate::record::cursor::{Cursor, Record, Thread};
