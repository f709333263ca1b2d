//! All arguments of a statement, and how its text uses them.

use core::ops::Range;
use std::collections::HashSet;

use proc_macro2::Span;
use syn::{Error, Result};

use crate::{
    argument::Argument,
    field::Name,
    format::{self, Piece, Placeholder, Position, Spec},
    input::Input,
};

/// The maximum number of arguments that `ttlog-core` records for a statement.
const ARGUMENTS_MAX: usize = 32;

/// The arguments of a statement in the order in which they are evaluated: the fields, the arguments
/// after the text, the captured variables.
pub(crate) struct Arguments<'a> {
    list: Vec<Argument<'a>>,
    /// The arguments after the text. The text can refer to these by position.
    after_text: Range<usize>,
    /// The further formats of an argument that is shown in several formats, as the numbers of the
    /// argument and of its spec. The argument is recorded once more for each.
    repeated: Vec<(usize, usize)>,
    /// The pieces of the text. `None` if the text is not a format string.
    pieces: Option<Vec<Piece<'a>>>,
    text_span: Span,
}

/// A part of a text whose references have been looked up.
enum Part<'a> {
    Literal(&'a str),
    /// The number of an argument and of one of its specs.
    Shown(usize, usize),
}

impl<'a> Arguments<'a> {
    /// Collects the arguments that are written in the statement.
    ///
    /// A variable after the last argument that the text shows by position is a field of its own
    /// name.
    pub(crate) fn new(input: &'a Input) -> Result<Self> {
        let text = input.text.as_ref();
        let pieces = format::parse(text.map_or("", |text| &text.value));
        let shown = pieces.as_deref().map_or(usize::MAX, format::positions);
        let first_not_shown = input.fields.len().saturating_add(shown);
        let mut names = HashSet::new();
        let mut list = Vec::new();
        for (at, field) in input.fields.iter().chain(&input.arguments).enumerate() {
            let mut argument = Argument::written(field);
            let name = match &field.name {
                None if at >= first_not_shown => Name::of(&field.value).ok(),
                name => name.clone(),
            };
            if let Some(Name { text, span }) = name {
                if !names.insert(text.clone()) {
                    let message = format!("the field `{text}` is given twice; rename one of them");
                    return Err(Error::new(span, message));
                }
                argument.name = text;
            }
            list.push(argument);
        }
        Ok(Self {
            after_text: input.fields.len()..list.len(),
            list,
            repeated: Vec::new(),
            pieces,
            text_span: text.map_or_else(Span::call_site, |text| text.span),
        })
    }

    /// Looks up what the text refers to, and returns the text in its normal form, which refers to
    /// arguments only by number. Returns `None` if the text is wrong.
    ///
    /// # Errors
    ///
    /// Fails if the text does not show an argument that has no name.
    pub(crate) fn read(&mut self) -> Result<Option<String>> {
        let mut before = "";
        let mut labels = Vec::new();
        let Some(pieces) = self.pieces.take() else {
            return Ok(None);
        };
        // A wrong part does not end this loop, because the arguments after it are used as well.
        let parts: Vec<_> = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => {
                    before = literal;
                    Some(Part::Literal(literal))
                }
                Piece::Placeholder(Placeholder { argument, spec }) => {
                    let label = format::label(core::mem::take(&mut before));
                    let at = self.find(argument)?;
                    labels.extend(label.map(|label| (at, label)));
                    let spec = spec.refer(|position| self.find(position))?;
                    Some(Part::Shown(at, self.show(at, spec)))
                }
            })
            .collect();
        let normal = parts.into_iter().map(|part| match part? {
            Part::Literal(literal) => Some(literal.to_owned()),
            Part::Shown(at, way) => {
                let spec = &self.list[at].specs[way];
                Some(format!("{{{}{spec}}}", self.number(at, way)))
            }
        });
        let Some(normal) = normal.collect() else {
            return Ok(None);
        };
        let mut positional = self.list.iter().filter(|argument| argument.is_positional());
        if let Some(unused) = positional.find(|argument| !argument.used) {
            let message = "the text does not show this value; add a placeholder `{}` to the text, \
                           or a name to the value: `name = value`";
            return Err(Error::new_spanned(&unused.value, message));
        }
        for (at, label) in labels {
            if self.list[at].is_positional() && self.position_of(label).is_none() {
                label.clone_into(&mut self.list[at].name);
            }
        }
        Ok(Some(normal))
    }

    /// Returns the number of the argument with this name.
    fn position_of(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|argument| argument.name == name)
    }

    /// Returns the number of the argument that a text refers to. Captures a variable if no argument
    /// has the name.
    fn find(&mut self, position: Position<'_>) -> Option<usize> {
        let name = match position {
            Position::Index(index) => return self.after_text.clone().nth(index),
            Position::Name(name) => name,
        };
        if let Some(at) = self.position_of(name) {
            return Some(at);
        }
        self.list.push(Argument::captured(name, self.text_span)?);
        Some(self.list.len() - 1)
    }

    /// Marks an argument as shown by `spec`, and returns the number of the spec.
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

    /// Returns the number that an argument has in the record, for one of its specs.
    fn number(&self, at: usize, way: usize) -> usize {
        let mut repeated = self.repeated.iter();
        let repeated = repeated.position(|&repeated| repeated == (at, way));
        repeated.map_or(at, |repeated| self.list.len() + repeated)
    }

    /// Returns the argument with this number.
    pub(crate) fn get(&self, at: usize) -> &Argument<'a> {
        &self.list[at]
    }

    /// Returns all arguments with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Argument<'a>)> {
        self.list.iter().enumerate()
    }

    /// Returns what is recorded, in order: the number of an argument, its name and its spec.
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

    /// Checks the number of arguments.
    ///
    /// # Errors
    ///
    /// Fails if the statement records more arguments than a record holds.
    pub(crate) fn check_count(&self) -> Result<()> {
        let count = self.recorded().count();
        if count <= ARGUMENTS_MAX {
            return Ok(());
        }
        let first_over = self.list.get(ARGUMENTS_MAX);
        let span = first_over.map_or(self.text_span, |argument| argument.spans().0);
        let message = format!(
            "this statement records {count} arguments; the maximum is {ARGUMENTS_MAX}, so split it"
        );
        Err(Error::new(span, message))
    }

    /// Returns the arguments that `format_args!` takes with the text, in its order: the positional
    /// arguments, then the named ones that the text uses.
    pub(crate) fn formatted(&self) -> impl Iterator<Item = (usize, &Argument<'a>)> {
        let positional = self.iter().filter(|(_, argument)| argument.is_positional());
        let named = self
            .iter()
            .filter(|(_, argument)| !argument.is_positional() && argument.used);
        positional.chain(named)
    }
}
