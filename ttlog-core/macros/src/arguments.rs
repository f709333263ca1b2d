//! The arguments of a statement, and what its text makes of them.

use core::ops::Range;
use std::collections::HashSet;

use proc_macro2::Span;
use syn::{Error, Result};

use crate::{
    argument::Argument,
    field::Name,
    format::{self, Piece, Placeholder, Position, Spec},
    input::Input,
    text::Text,
};

/// The most that `ttlog-core` records of one statement.
const ARGUMENTS_MAX: usize = 32;

/// All arguments of a statement, in the order in which they are evaluated: fields, those that
/// follow the text, captured variables.
pub(crate) struct Arguments<'a> {
    list: Vec<Argument<'a>>,
    /// Those that follow the text, which it may refer to by place.
    after_text: Range<usize>,
    /// An argument shown in more ways than one is recorded once for each: which argument, and
    /// which of its specs.
    repeated: Vec<(usize, usize)>,
    /// Where the text stands.
    text_span: Span,
}

/// A part of a text that has been read.
enum Part<'a> {
    Literal(&'a str),
    /// An argument, and which of its specs.
    Shown(usize, usize),
}

impl<'a> Arguments<'a> {
    /// The arguments, without regard to the text.
    pub(crate) fn new(input: &'a Input) -> Result<Self> {
        let fields = || input.fields.iter().chain(&input.arguments);
        let mut names = HashSet::new();
        for Name { text, span } in fields().filter_map(|field| field.name.as_ref()) {
            if !names.insert(text) {
                let message = format!("the name `{text}` is given twice");
                return Err(Error::new(*span, message));
            }
        }
        let list: Vec<_> = fields().map(Argument::written).collect();
        Ok(Self {
            after_text: input.fields.len()..list.len(),
            list,
            repeated: Vec::new(),
            text_span: input
                .text
                .as_ref()
                .map_or_else(Span::call_site, |text| text.span),
        })
    }

    /// Finds out what the text shows. Answers with the text in its normal form, which refers to
    /// arguments by number alone; `None` where it is wrong or leaves a positional argument out.
    pub(crate) fn read(&mut self, text: &'a Text) -> Option<String> {
        let pieces = format::parse(&text.value)?;
        let parts = pieces.into_iter().map(|piece| match piece {
            Piece::Literal(literal) => Some(Part::Literal(literal)),
            Piece::Placeholder(Placeholder { argument, spec }) => {
                let at = self.find(argument)?;
                let spec = spec.refer(|position| self.find(position))?;
                Some(Part::Shown(at, self.show(at, spec)))
            }
        });
        // One that is wrong must not keep the others from being seen as used.
        let parts: Vec<_> = parts.collect();
        if self
            .list
            .iter()
            .any(|argument| argument.is_positional() && !argument.used)
        {
            return None;
        }
        let normal = parts.into_iter().map(|part| match part? {
            Part::Literal(literal) => Some(literal.to_owned()),
            Part::Shown(at, way) => {
                let spec = &self.list[at].specs[way];
                Some(format!("{{{}{spec}}}", self.number(at, way)))
            }
        });
        normal.collect()
    }

    /// Finds the argument that a text refers to; a variable is captured if need be.
    fn find(&mut self, position: Position<'_>) -> Option<usize> {
        let name = match position {
            Position::Index(index) => return self.after_text.clone().nth(index),
            Position::Name(name) => name,
        };
        if let Some(at) = self.list.iter().position(|argument| argument.name == name) {
            return Some(at);
        }
        self.list.push(Argument::captured(name, self.text_span)?);
        Some(self.list.len() - 1)
    }

    /// Notes that an argument is shown; answers which of its specs is this one.
    fn show(&mut self, at: usize, spec: Spec<'a, usize>) -> usize {
        for &count in spec.counts() {
            self.list[count].used = true;
            self.list[count].by_value = true;
        }
        let argument = &mut self.list[at];
        argument.used = true;
        argument.by_value |= spec.is_pointer();
        if let Some(way) = argument.specs.iter().position(|known| *known == spec) {
            return way;
        }
        argument.specs.push(spec);
        let way = argument.specs.len() - 1;
        if way > 0 {
            self.repeated.push((at, way));
        }
        way
    }

    /// The number, in the record, of an argument shown in one of its ways.
    fn number(&self, at: usize, way: usize) -> usize {
        let mut repeated = self.repeated.iter();
        let repeated = repeated.position(|&repeated| repeated == (at, way));
        repeated.map_or(at, |repeated| self.list.len() + repeated)
    }

    /// The argument of this number.
    pub(crate) fn get(&self, at: usize) -> &Argument<'a> {
        &self.list[at]
    }

    /// All of them, each with its number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Argument<'a>)> {
        self.list.iter().enumerate()
    }

    /// What is recorded, in order: an argument's number, its name, the spec to record it by.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = (usize, &str, Option<Spec<'a, usize>>)> {
        let spec = |at: usize, way: usize| self.list[at].specs.get(way).copied();
        let once = self
            .iter()
            .map(move |(at, argument)| (at, &*argument.name, spec(at, 0)));
        let again = self
            .repeated
            .iter()
            .map(move |&(at, way)| (at, "", spec(at, way)));
        once.chain(again)
    }

    /// An error where more is to be recorded than can be.
    pub(crate) fn check_count(&self) -> Result<()> {
        let count = self.recorded().count();
        if count <= ARGUMENTS_MAX {
            return Ok(());
        }
        let first_over = self.list.get(ARGUMENTS_MAX);
        let span = first_over.map_or(self.text_span, |argument| argument.place().0);
        let message = format!("a statement records {ARGUMENTS_MAX} arguments at most, not {count}");
        Err(Error::new(span, message))
    }

    /// The arguments that `format_args!` takes with the text, in its order: positional ones, then
    /// the named ones that the text uses.
    pub(crate) fn formatted(&self) -> impl Iterator<Item = (usize, &Argument<'a>)> {
        let positional = self.iter().filter(|(_, argument)| argument.is_positional());
        let named = self
            .iter()
            .filter(|(_, argument)| !argument.is_positional() && argument.used);
        positional.chain(named)
    }
}
