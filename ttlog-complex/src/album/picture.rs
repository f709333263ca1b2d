//! The picture: one snapshot, read back from its bytes.

use core::time::Duration;
use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use ttlog_core::{
    CallsiteInfo, Event, ScalarValue, SnapshotHeader, Totals, Value,
    decode::{Chunks, Content, Cursor, Snapshot, TimeBase},
    page::PerLevel,
    snapshot::BLOCK_MAX_BYTES,
};

/// What a snapshot shows of the things that the checks ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Why it was taken.
    pub reason: String,
    /// When.
    pub taken: SystemTime,
    /// How many bytes the file has.
    pub bytes: u64,
    /// Events that had been recorded.
    pub recorded: u64,
    /// Of these, events in the file.
    pub kept: u64,
    /// What is wrong with it or with its accounting.
    pub flaw: Option<String>,
    /// Orders whose failing is in it, with its reason.
    pub failed_orders: BTreeSet<u64>,
    /// Numbers of the injections that are in it.
    pub injections: BTreeSet<u64>,
}

/// What a log statement of interest begins with, and the field that is asked for.
const FAILED_ORDER: (&str, &str) = ("order.failed", "order_id");
const INJECTION: (&str, &str) = ("chaos.injected", "number");

impl Picture {
    /// Reads a snapshot, and counts what is in it.
    ///
    /// # Errors
    ///
    /// In words, when it is no snapshot or lacks its header or its end.
    pub fn develop(bytes: &[u8]) -> Result<Self, String> {
        let mut reading = Reading::default();
        reading.read(bytes)?;
        // A statement that was first used while the file was being written is described at its
        // end only.
        if reading.came_late {
            let statements = core::mem::take(&mut reading.statements);
            reading = Reading {
                statements,
                ..Reading::default()
            };
            reading.read(bytes)?;
        }
        reading.finish(bytes.len() as u64)
    }
}

#[derive(Default)]
struct Reading {
    header: Option<(String, SystemTime, u64)>,
    totals: Option<Totals>,
    flaw: Option<String>,
    /// Two or three: looking through them is faster than hashing, for each of 100,000 records.
    statements: Vec<Statement>,
    /// Whether a statement of interest was described behind records.
    came_late: bool,
    records_seen: bool,
    before: Option<Cursor>,
    kept: PerLevel,
    late: u64,
    failed_orders: BTreeSet<u64>,
    injections: BTreeSet<u64>,
}

/// A log statement of interest.
struct Statement {
    id: u32,
    text: Box<str>,
    names: Vec<Box<str>>,
    kinds: Vec<u8>,
}

impl Reading {
    fn read(&mut self, bytes: &[u8]) -> Result<(), String> {
        let snapshot = Snapshot::new(bytes).map_err(|error| error.to_string())?;
        let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
        let mut blocks = snapshot.blocks();
        while let Some(block) = blocks.next(&mut buffer) {
            match block.map(|block| block.content) {
                Ok(Content::Header(header)) => self.take_header(&header),
                Ok(Content::Callsites(callsites)) => {
                    callsites.for_each(|info| self.take_statement(&info));
                }
                Ok(Content::Pages(chunks)) => self.take_chunks(chunks),
                Ok(Content::End(totals)) => self.totals = Some(totals),
                Ok(_) => {}
                Err(damage) => self.note(damage.to_string()),
            }
        }
        Ok(())
    }

    fn note(&mut self, flaw: String) {
        self.flaw.get_or_insert(flaw);
    }

    fn take_header(&mut self, header: &SnapshotHeader<'_>) {
        let taken_ns = TimeBase::new(header).ns(header.taken_ticks);
        let taken = UNIX_EPOCH + Duration::from_nanos(taken_ns);
        self.header = Some((header.reason.to_owned(), taken, header.taken_ticks));
    }

    fn take_statement(&mut self, info: &CallsiteInfo<'_>) {
        let begins = |(start, _): (&str, &str)| info.text.starts_with(start);
        if !begins(FAILED_ORDER) && !begins(INJECTION) {
            return;
        }
        let kinds = info.kinds.to_vec();
        let at = self.statements.iter().position(|it| it.id == info.id);
        let known = at.map(|at| self.statements.swap_remove(at));
        self.came_late |= self.records_seen && known.is_none_or(|it| it.kinds != kinds);
        self.statements.push(Statement {
            id: info.id,
            text: info.text.into(),
            names: info.names.iter().map(|name| (*name).into()).collect(),
            kinds,
        });
    }

    fn take_chunks(&mut self, chunks: Chunks<'_>) {
        self.records_seen = true;
        let taken = self.header.as_ref().map_or(u64::MAX, |(.., ticks)| *ticks);
        for chunk in chunks {
            let mut cursor = chunk.cursor(self.before);
            let mut rest = chunk.records;
            while let Some(record) = cursor.next(&mut rest) {
                self.kept[record.level as usize] += 1;
                if record.ticks > taken {
                    self.late += 1;
                    continue;
                }
                let mut statements = self.statements.iter();
                if let Some(statement) = statements.find(|it| it.id == record.callsite) {
                    let info = statement.info();
                    let event = Event::new(record, Some(&info));
                    self.failed_orders.extend(number(&event, FAILED_ORDER));
                    self.injections.extend(number(&event, INJECTION));
                }
            }
            self.before = Some(cursor);
            if !rest.is_empty() {
                self.note(format!("{} bytes of a page are no records", rest.len()));
            }
        }
    }

    fn finish(mut self, bytes: u64) -> Result<Picture, String> {
        let (reason, taken, _) = self.header.take().ok_or("it has no header")?;
        let totals = self.totals.ok_or("it has no end")?;
        if self.kept != totals.kept {
            let (found, stated) = (self.kept, totals.kept);
            self.note(format!("it holds {found:?} events and states {stated:?}"));
        }
        if totals.torn_pages != 0 {
            self.note(format!("{} pages are torn", totals.torn_pages));
        }
        let all = |counts: &PerLevel| counts.iter().sum::<u64>();
        let kept = all(&self.kept);
        Ok(Picture {
            reason,
            taken,
            bytes,
            recorded: all(&totals.recorded()) - self.late,
            kept: kept - self.late,
            flaw: self.flaw,
            failed_orders: self.failed_orders,
            injections: self.injections,
        })
    }
}

impl Statement {
    fn info(&self) -> CallsiteInfo<'_> {
        CallsiteInfo {
            id: self.id,
            level: 0,
            kind: 0,
            line: 0,
            target: "",
            file: "",
            text: &self.text,
            names: self.names.iter().map(|name| &**name).collect(),
            kinds: self.kinds.iter().copied().collect(),
        }
    }
}

/// The number in a field of an event, if it is from a statement that begins so.
fn number(event: &Event<'_>, (start, field): (&str, &str)) -> Option<u64> {
    if !event.callsite?.text.starts_with(start) {
        return None;
    }
    let (_, value) = event.fields().find(|(name, _)| *name == field)?;
    digits(&value)
}

fn digits(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Plain(ScalarValue::U64(number)) | Value::Some(ScalarValue::U64(number)) => {
            Some(*number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_refused() {
        assert!(Picture::develop(b"").is_err());
        assert!(Picture::develop(b"no snapshot").is_err());
    }
}
