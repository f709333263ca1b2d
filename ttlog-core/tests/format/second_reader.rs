//! A reader of snapshots that knows FORMAT.md and nothing of the crate. It is for whole files, and
//! panics where one is not as the document says.

use core::fmt;
use std::collections::HashMap;

use lz4_flex::block::decompress_into;

/// What a snapshot says.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) header: Header,
    callsites: HashMap<u64, Callsite>,
    /// In the order of the file.
    pub(crate) events: Vec<Event>,
    pub(crate) end: End,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) service: String,
    pub(crate) host: String,
    pub(crate) pid: u64,
    pub(crate) reason: String,
    pub(crate) merged: u64,
    pub(crate) target: String,
    pub(crate) build_id: String,
    pub(crate) clock_hz: u64,
    pub(crate) start_ticks: u64,
    pub(crate) taken_ticks: u64,
    pub(crate) anchors: [[u64; 3]; 2],
    pub(crate) events_max: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Callsite {
    pub(crate) level: u8,
    pub(crate) is_span: bool,
    pub(crate) line: u64,
    pub(crate) target: String,
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) names: Vec<String>,
    kinds: Vec<u8>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct End {
    pub(crate) kept: [u64; 6],
    pub(crate) overwritten: [u64; 6],
    pub(crate) dropped: [[u64; 6]; 4],
    pub(crate) shared: u64,
    pub(crate) complete_since_ticks: u64,
    pub(crate) torn_pages: u64,
    pub(crate) blocks: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    pub(crate) callsite: Callsite,
    pub(crate) level: u32,
    pub(crate) ticks: u64,
    pub(crate) thread: u32,
    pub(crate) thread_name: String,
    /// Trace id and span id.
    pub(crate) context: Option<(u128, u64)>,
    pub(crate) form: u32,
    pub(crate) span: u64,
    pub(crate) parent: u64,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument by its kind, and its value: what its words say, or its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    pub(crate) kind: u8,
    pub(crate) value: Value,
}

impl Argument {
    /// The kind of a `None`, of whatever it would be one.
    pub(crate) const NONE: u8 = 0x80;
}

#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Number(u128),
    Bytes { bytes: Vec<u8>, cut: bool },
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Number(number) => write!(f, "{number:#x}"),
            Self::Bytes { bytes, cut } => {
                let cut = if *cut { "…" } else { "" };
                write!(f, "\"{}{cut}\"", bytes.escape_ascii())
            }
        }
    }
}

impl File {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut file = Self::default();
        let blocks = blocks(bytes);
        for (_, content) in blocks.iter().filter(|(kind, _)| *kind == 2) {
            let mut fields = Fields(content);
            while !fields.0.is_empty() {
                let mut entry = fields.entry();
                let id = entry.number();
                file.callsites.insert(id, entry.callsite());
            }
        }
        // The page, and what holds at the end of its chunk.
        let mut before = ([0, 0, 0], Event::default());
        for (kind, content) in &blocks {
            match kind {
                1 => file.header = Fields(content).header(),
                3 => file.pages(content, &mut before),
                4 => file.end = Fields(content).end(),
                _ => {}
            }
        }
        file
    }

    /// The texts of all callsites.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.callsites
            .values()
            .map(|callsite| &*callsite.text)
            .collect()
    }

    /// Unix time of a moment.
    pub(crate) fn unix_ns(&self, ticks: u64) -> i128 {
        let [first, last] = self.header.anchors.map(|anchor| anchor.map(i128::from));
        let since = i128::from(ticks) - last[0];
        let (ns, per_ticks) = match self.header.clock_hz {
            0 => (last[1] - first[1], last[0] - first[0]),
            hz => (1_000_000_000, hz.into()),
        };
        last[2] + since * ns / per_ticks
    }

    fn pages(&mut self, content: &[u8], before: &mut ([u32; 3], Event)) {
        let words: Vec<u32> = content
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        let mut rest = &words[..];
        while let [page, generation, writer, low, high, extent, after @ ..] = rest {
            let (from, length) = (extent >> 16, extent & 0xFFFF);
            let (mut records, next) = after.split_at(length as usize);
            let mut state = if from == 24 {
                Event {
                    thread: *writer,
                    ..Event::default()
                }
            } else {
                assert_eq!(before.0, [*page, *generation, from]);
                before.1.clone()
            };
            state.ticks = u64::from(*high) << 32 | u64::from(*low);
            while let [header, ..] = records {
                let (record, next) = records.split_at((header & 0x3FF) as usize);
                self.record(record, &mut state);
                records = next;
            }
            *before = ([*page, *generation, from + length], state);
            rest = next;
        }
    }

    fn record(&mut self, record: &[u32], state: &mut Event) {
        let [header, delta, body @ ..] = record else {
            panic!("a record of {record:?}")
        };
        state.ticks += u64::from(*delta);
        let number = header >> 12 & 7;
        let mut words = Words(body);
        match (header >> 15, number) {
            (0, 0) => state.ticks = words.number(2) as u64,
            (0, 1) if body.is_empty() => state.context = None,
            (0, 1) => state.context = Some((words.number(4), words.number(2) as u64)),
            (0, 2) => {
                state.thread = words.number(1) as u32;
                state.thread_name = String::from_utf8(words.bytes().0).unwrap();
            }
            (0, _) => {}
            (id, level) => {
                let callsite = self.callsites[&id.into()].clone();
                let form = header >> 10 & 3;
                let span = if form >= 2 { words.number(2) as u64 } else { 0 };
                let parent = if form == 2 { words.number(2) as u64 } else { 0 };
                let kinds = match form {
                    0 => callsite.kinds.clone(),
                    1 | 2 => words.kinds(callsite.names.len()),
                    _ => vec![],
                };
                let arguments = kinds.into_iter().map(|kind| words.argument(kind)).collect();
                assert!(words.0.is_empty(), "words that belong to no argument");
                let event = Event {
                    callsite,
                    level,
                    form,
                    span,
                    parent,
                    arguments,
                    ..state.clone()
                };
                self.events.push(event);
            }
        }
    }
}

/// The blocks' kinds and contents.
fn blocks(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut rest = bytes
        .strip_prefix(b"\x89TTL\r\n\x1a\n\x01\0\xFE\xFF")
        .unwrap();
    let mut blocks = vec![];
    while !rest.is_empty() {
        let (lead, after) = rest.split_at(16);
        let number = |at: usize| u16::from_le_bytes([lead[at], lead[at + 1]]);
        assert_eq!(lead[..4], *b"\x1eTTB");
        assert_eq!(usize::from(number(6)), blocks.len());
        let (stored, after) = after.split_at(number(10).into());
        let crc = u32::from_le_bytes(lead[12..].try_into().unwrap());
        assert_eq!(crc, crc32(&[&lead[4..12], stored].concat()));
        let mut content = vec![0; number(8).into()];
        match lead[5] {
            0 => content.copy_from_slice(stored),
            1 => assert_eq!(
                decompress_into(stored, &mut content).ok(),
                Some(content.len())
            ),
            codec => panic!("codec {codec}"),
        }
        blocks.push((lead[4], content));
        rest = after;
    }
    blocks
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// Fields in postcard's encoding that are still to be read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap();
        self.0 = rest;
        *first
    }

    /// The next callsite's, as many bytes as its length says.
    fn entry(&mut self) -> Self {
        let length = [self.byte(), self.byte()];
        let (entry, rest) = self.0.split_at(u16::from_le_bytes(length).into());
        self.0 = rest;
        Fields(entry)
    }

    fn number(&mut self) -> u64 {
        let byte = self.byte();
        let low = u64::from(byte & 0x7F);
        if byte < 0x80 {
            low
        } else {
            low | self.number() << 7
        }
    }

    fn text(&mut self) -> String {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8(text.into()).unwrap()
    }

    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| element(self)).collect()
    }

    fn array<T: Default + Copy, const N: usize>(&mut self, element: fn(&mut Self) -> T) -> [T; N] {
        [T::default(); N].map(|_| element(self))
    }

    fn callsite(&mut self) -> Callsite {
        Callsite {
            level: self.byte(),
            is_span: self.byte() == 1,
            line: self.number(),
            target: self.text(),
            file: self.text(),
            text: self.text(),
            names: self.list(Self::text),
            kinds: self.list(Self::byte),
        }
    }

    fn header(&mut self) -> Header {
        Header {
            service: self.text(),
            host: self.text(),
            pid: self.number(),
            reason: self.text(),
            merged: self.number(),
            target: self.text(),
            build_id: self.text(),
            clock_hz: self.number(),
            start_ticks: self.number(),
            taken_ticks: self.number(),
            anchors: self.array(|anchor| anchor.array(Self::number)),
            events_max: self.number(),
        }
    }

    fn end(&mut self) -> End {
        End {
            kept: self.array(Self::number),
            overwritten: self.array(Self::number),
            dropped: self.array(|cause| cause.array(Self::number)),
            shared: self.number(),
            complete_since_ticks: self.number(),
            torn_pages: self.number(),
            blocks: self.number(),
        }
    }
}

/// Words of a record that are still to be read.
struct Words<'a>(&'a [u32]);

impl Words<'_> {
    /// A number of so many words, lowest first.
    fn number(&mut self, count: usize) -> u128 {
        let (words, rest) = self.0.split_at(count);
        self.0 = rest;
        words
            .iter()
            .rev()
            .fold(0, |high, word| high << 32 | u128::from(*word))
    }

    fn bytes(&mut self) -> (Vec<u8>, bool) {
        let length = self.number(1) as u32;
        let (bytes, cut) = ((length & 0x7FFF_FFFF) as usize, length >> 31 == 1);
        let (words, rest) = self.0.split_at(bytes.div_ceil(4));
        self.0 = rest;
        let padded: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        (padded[..bytes].into(), cut)
    }

    fn kinds(&mut self, count: usize) -> Vec<u8> {
        let words = count.div_ceil(4);
        (0..words)
            .flat_map(|_| (self.number(1) as u32).to_le_bytes())
            .take(count)
            .collect()
    }

    fn argument(&mut self, kind: u8) -> Argument {
        if kind >> 7 == 1 && self.number(1) == 0 {
            return Argument {
                kind: Argument::NONE,
                value: Value::None,
            };
        }
        let value = match kind & 0x1F {
            1..=3 | 6..=8 | 11 | 13 | 14 => Value::Number(self.number(1)),
            4 | 9 | 12 => Value::Number(self.number(2)),
            5 | 10 => Value::Number(self.number(4)),
            15..=17 => {
                let (bytes, cut) = self.bytes();
                Value::Bytes { bytes, cut }
            }
            kind => panic!("kind {kind}"),
        };
        Argument { kind, value }
    }
}

/// What a region says beside its ring.
pub(crate) struct Region {
    pub(crate) identity: [String; 3],
    pub(crate) boot: u32,
    pub(crate) is_done: bool,
    callsites: Vec<Callsite>,
}

impl Region {
    pub(crate) fn read(words: &[u32]) -> Self {
        let bytes = |words: &[u32]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        };
        let [
            magic,
            layout,
            size,
            dictionary,
            lengths,
            boot,
            crc,
            state,
            used,
            lost,
            rest @ ..,
        ] = words
        else {
            panic!("no header")
        };
        assert_eq!(bytes(&[*magic]), b"TTLM");
        assert_eq!((*layout, *size as usize, *lost), (1, words.len(), 0));
        let lengths = [0, 8, 16].map(|shift| (lengths >> shift & 0xFF) as usize);
        let (identity, rest) = rest.split_at(lengths.iter().sum::<usize>().div_ceil(4));
        let (entries, ring) = rest.split_at(*dictionary as usize);
        let checked = [&words[..6], identity, &ring[..8]].concat();
        assert_eq!(*crc, crc32(&bytes(&checked)));

        let mut texts = &bytes(identity)[..];
        let identity = lengths.map(|length| {
            let (text, rest) = texts.split_at(length);
            texts = rest;
            String::from_utf8(text.into()).unwrap()
        });
        let mut callsites = vec![];
        let mut entries = &entries[..*used as usize];
        while let [lead, crc, rest @ ..] = entries {
            assert_eq!(lead >> 16, 0xC5E7);
            let length = (lead & 0xFFFF) as usize;
            let (content, rest) = rest.split_at(length.div_ceil(4));
            let content = &bytes(content)[..length];
            assert_eq!(*crc, crc32(content));
            let mut fields = Fields(content);
            assert_ne!(fields.number(), 0, "the id");
            callsites.push(fields.callsite());
            entries = rest;
        }
        Self {
            identity,
            boot: *boot,
            is_done: bytes(&[*state]) == b"DONE",
            callsites,
        }
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        self.callsites
            .iter()
            .map(|callsite| &*callsite.text)
            .collect()
    }
}
