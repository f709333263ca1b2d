//! An event: a record and the log statement that it is from.

use core::fmt;

use super::{Record, Values, record::take_word};
use crate::{
    argument::FIELDS_MAX, record::Form, render::render, snapshot::CallsiteInfo, value::Value,
};

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// An event was logged.
    Event,
    /// A span was entered.
    Enter,
    /// A span was left.
    Exit,
}

impl EventKind {
    /// In a word, as `dump` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Enter => "enter",
            Self::Exit => "exit",
        }
    }
}

/// A record and the log statement that it is from.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The record.
    pub record: Record<'a>,
    /// The log statement; `None` where its description is lost.
    pub callsite: Option<&'a CallsiteInfo<'a>>,
    values: heapless::Vec<Value<'a>, FIELDS_MAX>,
}

impl<'a> Event<'a> {
    /// Puts a record and its log statement together.
    #[must_use]
    pub fn new(record: Record<'a>, callsite: Option<&'a CallsiteInfo<'a>>) -> Self {
        let mut body = record.body;
        let mut own = [0; FIELDS_MAX];
        let count = callsite
            .map_or(0, |callsite| callsite.kinds.len())
            .min(FIELDS_MAX);
        let kinds = if record.own_kinds {
            for to in own
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .take(count.div_ceil(4))
            {
                *to = take_word(&mut body).unwrap_or_default().to_le_bytes();
            }
            own.get(..count).unwrap_or_default()
        } else {
            callsite.map_or(&[][..], |callsite| &callsite.kinds)
        };
        let values = if let Form::Exit = record.form {
            heapless::Vec::new()
        } else {
            Values::new(kinds, body).take(FIELDS_MAX).collect()
        };
        Self {
            record,
            callsite,
            values,
        }
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self.record.form {
            Form::Plain | Form::OwnKinds => EventKind::Event,
            Form::Enter => EventKind::Enter,
            Form::Exit => EventKind::Exit,
        }
    }

    /// The arguments, in order.
    #[must_use]
    pub fn values(&self) -> &[Value<'a>] {
        &self.values
    }

    /// The arguments with their names; the name is empty for one that has none.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let names = self.callsite.map_or(&[][..], |callsite| &callsite.names);
        names.iter().copied().zip(self.values.iter().copied())
    }

    /// The message, rendered when it is displayed. One whose log statement is lost says so.
    pub fn message(&self) -> impl fmt::Display {
        fmt::from_fn(|f| match self.callsite {
            Some(callsite) => render(callsite.text, &self.values, f),
            None => write!(
                f,
                "(the description of log statement {} is lost)",
                self.record.callsite
            ),
        })
    }
}
