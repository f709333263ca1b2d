//! An event in JSON, with the symbols of its addresses.

use serde::Serialize;
use ttlog_reader::EventRef;

use crate::symbols::Symbol;

/// An event as an object with one more key.
#[derive(Serialize)]
pub(super) struct EventJson<'a> {
    #[serde(flatten)]
    pub(super) event: &'a EventRef<'a>,
    pub(super) symbols: &'a [Symbol],
}
