//! The protocol of a slot in every interleaving that a weak memory model allows, checked by loom. See
//! `ring/model.rs` for the command.

use std::{sync::Arc, vec::Vec};

use loom::thread;

use super::*;
use crate::{
    argument::{AtMost, Kinds},
    context::{SpanId, TraceId},
    fill::Fill,
    level::Level,
};

/// One argument: a word.
struct Argument(u32);

impl Fill for Argument {
    fn fill(&self, room: &[Word]) {
        room[0].store(self.0, Relaxed);
    }
}

impl AnyArguments for Argument {
    fn kinds(&self) -> &'static Kinds {
        &[8, 0, 0, 0, 0, 0, 0, 0]
    }

    fn words(&self, _limit: AtMost) -> usize {
        1
    }

    fn fill_cut(&self, _room: &[Word], _limit: AtMost) {}
}

fn memory() -> Arc<Vec<Word>> {
    Arc::new(
        (0..SpanTable::memory_words(1))
            .map(|_| Word::new(0))
            .collect(),
    )
}

/// Enters a span all of whose words are made of `number`.
fn enter_span(table: &SpanTable<'_>, number: u32) -> SpanSlot {
    enter(
        table,
        &NewSpan {
            header: RecordHeader::new(number, Level::Info),
            context: &Context {
                trace_id: TraceId(number.into()),
                span_id: SpanId(number.into()),
            },
            parent: number.into(),
            ticks: number.into(),
            thread: &[const { Cell::new(0) }; ThreadName::WORDS],
            depth: 0,
            arguments: &Argument(number),
        },
    )
}

/// Returns the number of the span in the table, and checks that the first words of its entry are whole. With
/// all words, loom would try each old value of each word.
fn read(table: &SpanTable<'_>) -> Option<u32> {
    let mut words = [0; 4];
    let epoch = table.header(EPOCH, Relaxed);
    if !Slot(&table.slots[0]).copy(epoch, &mut words) {
        return None;
    }
    let [header, ticks, ticks_high, trace] = words;
    let number = RecordHeader::from_bits(header).id();
    assert_eq!((ticks, ticks_high, trace), (number, 0, number), "torn");
    Some(number)
}

#[test]
fn loom_a_slot_that_is_reused_while_it_is_read_is_never_torn() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 100_000;
    builder.check(|| {
        let memory = memory();
        let other = Arc::clone(&memory);
        let table = SpanTable::new(&memory);
        let first = enter_span(&table, 1);
        let writer = thread::spawn(move || {
            let table = SpanTable::new(&other);
            leave(&table, first);
            enter_span(&table, 2);
        });
        let seen = read(&table);
        assert!(
            seen.is_none() || seen == Some(1) || seen == Some(2),
            "{seen:?}"
        );
        writer.join().unwrap();
        assert_eq!(read(&table), Some(2));
    });
}

#[test]
fn loom_two_spans_never_get_the_same_slot() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 100_000;
    builder.check(|| {
        let memory = memory();
        let other = Arc::clone(&memory);
        let writer = thread::spawn(move || enter_span(&SpanTable::new(&other), 1));
        let table = SpanTable::new(&memory);
        let here = enter_span(&table, 2);
        let there = writer.join().unwrap();
        assert_eq!(table.missing(), 1);
        let expected = if here.index == 0 { 2 } else { 1 };
        assert_eq!(read(&table), Some(expected));
        leave(&table, here);
        leave(&table, there);
        assert_eq!((table.missing(), read(&table)), (0, None));
    });
}

#[test]
fn loom_a_slot_that_another_run_takes_is_not_freed_by_the_span_before() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 100_000;
    builder.check(|| {
        let memory = memory();
        let other = Arc::clone(&memory);
        let table = SpanTable::new(&memory);
        let old = enter_span(&table, 1);
        table.begin_run(7);
        let writer = thread::spawn(move || leave(&SpanTable::new(&other), old));
        let new = enter_span(&table, 2);
        writer.join().unwrap();
        let expected = if new.index == 0 { Some(2) } else { None };
        assert_eq!(read(&table), expected);
    });
}
