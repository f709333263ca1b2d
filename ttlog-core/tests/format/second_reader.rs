//! A reader of snapshots that is written from FORMAT.md alone. It reads whole files of all versions, and
//! panics if a file is not as the document says.

use core::fmt;
use std::collections::HashMap;

use lz4_flex::block::decompress_into;

/// The content of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct File {
    version: u16,
    pub(crate) header: Header,
    pub(crate) callsites: HashMap<u64, Callsite>,
    /// In the order of the file.
    pub(crate) events: Vec<Event>,
    /// The begins of open spans.
    pub(crate) open_spans: Vec<Event>,
    pub(crate) missing_open_spans: u32,
    pub(crate) end: End,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Header {
    pub(crate) run_id: u64,
    pub(crate) kind: u8,
    pub(crate) service: String,
    pub(crate) host: String,
    pub(crate) pid: u64,
    pub(crate) reason: String,
    pub(crate) merged: u64,
    pub(crate) target: String,
    pub(crate) build_id: String,
    pub(crate) filter: String,
    pub(crate) page_count: u64,
    pub(crate) page_words: u64,
    pub(crate) clock_hz: u64,
    pub(crate) start_ticks: u64,
    pub(crate) moment_ticks: u64,
    pub(crate) events_max: u64,
    /// Ticks, Unix time in nanoseconds, nanoseconds of the rate, ticks of the rate.
    pub(crate) segments: Vec<[u64; 4]>,
    pub(crate) modules: Vec<Module>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) build_id: Vec<u8>,
    pub(crate) bias: u64,
    pub(crate) start: u64,
    pub(crate) bytes: u64,
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
    pub(crate) blocks_checksum: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    pub(crate) callsite: Callsite,
    pub(crate) level: u32,
    pub(crate) ticks: u64,
    pub(crate) writer: u32,
    pub(crate) seq: Option<u64>,
    pub(crate) thread: u32,
    pub(crate) thread_name: String,
    /// Trace id and span id.
    pub(crate) context: Option<(u128, u64)>,
    pub(crate) form: u32,
    pub(crate) span: u64,
    pub(crate) parent: u64,
    pub(crate) entered_ticks: Option<u64>,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument: its kind, and its words or bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    pub(crate) kind: u8,
    pub(crate) value: Value,
}

impl Argument {
    /// The kind of a `None` of any type.
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
        let Blocks {
            version,
            run_id,
            blocks,
            checksum,
        } = Blocks::read(bytes);
        let mut file = Self {
            version,
            ..Self::default()
        };
        for (_, content) in blocks.iter().filter(|(kind, _)| *kind == 2) {
            let mut fields = Fields(content);
            while !fields.0.is_empty() {
                let mut entry = fields.entry();
                let id = entry.number();
                file.callsites.insert(id, entry.callsite());
            }
        }
        // The place where the last chunk ended, and the thread and the context there.
        let mut before = ([0, 0, 0], Event::default());
        for (kind, content) in &blocks {
            match kind {
                1 if version == 1 => file.header = Fields(content).header_v1(),
                1 => {
                    file.header = Fields(content).header();
                    file.header.run_id = run_id;
                }
                3 => file.pages(content, &mut before),
                4 => file.end = Fields(content).end(version),
                5 => file.open_spans(content),
                _ => {}
            }
        }
        assert_eq!(file.end.blocks as usize, blocks.len() - 1);
        if version > 1 {
            assert_eq!(file.end.blocks_checksum, u64::from(checksum));
        }
        file
    }

    /// Returns the texts of all callsites.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.callsites
            .values()
            .map(|callsite| &*callsite.text)
            .collect()
    }

    /// Returns the Unix time at `ticks` in nanoseconds.
    pub(crate) fn unix_ns(&self, ticks: u64) -> i128 {
        let segments = &self.header.segments;
        let segment = segments.iter().rfind(|segment| segment[0] <= ticks);
        let [from, unix_ns, ns, per_ticks] = segment.unwrap_or(&segments[0]).map(i128::from);
        unix_ns + (i128::from(ticks) - from) * ns / per_ticks
    }

    fn pages(&mut self, content: &[u8], before: &mut ([u32; 3], Event)) {
        let words: Vec<u32> = content
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        let mut rest = &words[..];
        while let [page, generation, writer, low, high, extent, after @ ..] = rest {
            let (seq, after) = match (self.version, after) {
                (1, after) => (None, after),
                (_, [low, high, after @ ..]) => (Some(join(*low, *high)), after),
                _ => panic!("no sequence number"),
            };
            let (from, length) = (extent >> 16, extent & 0xFFFF);
            let (mut records, next) = after.split_at(length as usize);
            let mut state = if from == if self.version == 1 { 24 } else { 26 } {
                Event {
                    thread: *writer,
                    writer: *writer,
                    ..Event::default()
                }
            } else {
                assert_eq!(before.0, [*page, *generation, from]);
                before.1.clone()
            };
            state.ticks = join(*low, *high);
            state.seq = seq;
            while let [header, ..] = records {
                let (record, next) = records.split_at((header & 0x3FF) as usize);
                self.record(record, &mut state);
                records = next;
            }
            *before = ([*page, *generation, from + length], state);
            rest = next;
        }
    }

    fn open_spans(&mut self, content: &[u8]) {
        let words: Vec<u32> = content
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        let (missing, mut rest) = words.split_first().unwrap();
        self.missing_open_spans = *missing;
        while let [header, ..] = rest {
            let (entry, next) = rest.split_at((header & 0x3FF) as usize);
            assert_eq!(header >> 10 & 3, 2);
            let mut words = Words(&entry[1..]);
            let ticks = words.number(2) as u64;
            let (trace, span) = (words.number(4), words.number(2) as u64);
            let parent = words.number(2) as u64;
            let thread = words.number(1) as u32;
            let (name, _) = words.bytes();
            let callsite = self.callsites[&(header >> 15).into()].clone();
            let kinds = words.kinds(callsite.names.len());
            self.open_spans.push(Event {
                level: header >> 12 & 7,
                ticks,
                writer: thread,
                thread,
                thread_name: String::from_utf8(name).unwrap(),
                context: Some((trace, parent)),
                form: 2,
                span,
                parent,
                arguments: kinds.into_iter().map(|kind| words.argument(kind)).collect(),
                callsite,
                ..Event::default()
            });
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
                let states_entry = form == 3 && self.version > 1;
                let entered_ticks = states_entry.then(|| words.number(2) as u64);
                let kinds = match form {
                    0 => callsite.kinds.clone(),
                    1 | 2 => words.kinds(callsite.names.len()),
                    _ => vec![],
                };
                let arguments = kinds.into_iter().map(|kind| words.argument(kind)).collect();
                assert!(words.0.is_empty(), "words behind the arguments");
                let event = Event {
                    callsite,
                    level,
                    form,
                    span,
                    parent,
                    entered_ticks,
                    arguments,
                    ..state.clone()
                };
                self.events.push(event);
                state.seq = state.seq.map(|seq| seq + 1);
            }
        }
    }
}

/// The blocks of a file.
struct Blocks {
    version: u16,
    run_id: u64,
    /// Kinds and contents.
    blocks: Vec<(u8, Vec<u8>)>,
    /// Checksum of the checksums of all blocks but the end block, as the end block states it.
    checksum: u32,
}

impl Blocks {
    fn read(bytes: &[u8]) -> Self {
        let mut rest = bytes.strip_prefix(b"\x89TTL\r\n\x1a\n").unwrap();
        let [version, inverted] = [take(&mut rest, 2), take(&mut rest, 2)].map(number);
        assert_eq!(version ^ inverted, 0xFFFF);
        let mut file = Self {
            version: version as u16,
            run_id: 0,
            blocks: vec![],
            checksum: 0,
        };
        while !rest.is_empty() {
            let crc = file.block(&mut rest);
            if file.blocks.last().unwrap().0 != 4 {
                file.checksum = crc32(&[file.checksum, crc].map(u32::to_le_bytes).concat());
            }
        }
        file
    }

    /// Takes a block off `rest`. Returns its checksum.
    fn block(&mut self, rest: &mut &[u8]) -> u32 {
        let magic = if self.version == 1 {
            b"\x1eTTB"
        } else {
            b"\x1eTT2"
        };
        assert_eq!(take(rest, 4), magic);
        let run = take(rest, if self.version == 1 { 0 } else { 8 });
        if self.blocks.is_empty() {
            self.run_id = number(run);
        }
        assert_eq!(number(run), self.run_id);
        let fields = take(rest, 8);
        let crc = number(take(rest, 4)) as u32;
        let at = |at: usize| number(&fields[at..at + 2]) as usize;
        assert_eq!(at(2), self.blocks.len());
        let stored = take(rest, at(6));
        assert_eq!(crc, crc32(&[run, fields, stored].concat()));
        let mut content = vec![0; at(4)];
        match fields[1] {
            0 => content.copy_from_slice(stored),
            1 => assert_eq!(
                decompress_into(stored, &mut content).ok(),
                Some(content.len())
            ),
            codec => panic!("codec {codec}"),
        }
        self.blocks.push((fields[0], content));
        crc
    }
}

/// Takes bytes off the front.
fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(bytes);
    *rest = after;
    taken
}

/// Returns a little-endian number.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |high, byte| high << 8 | u64::from(*byte))
}

/// Joins two words, the low word first.
fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
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

/// Fields in postcard's encoding that have not been read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap();
        self.0 = rest;
        *first
    }

    /// Takes the entry of a callsite.
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
            run_id: 0,
            kind: self.byte(),
            service: self.text(),
            host: self.text(),
            pid: self.number(),
            reason: self.text(),
            merged: self.number(),
            target: self.text(),
            build_id: self.text(),
            filter: self.text(),
            page_count: self.number(),
            page_words: self.number(),
            clock_hz: self.number(),
            start_ticks: self.number(),
            moment_ticks: self.number(),
            events_max: self.number(),
            segments: {
                let bytes = self.list(Self::byte);
                let segments = bytes.chunks(32);
                segments
                    .map(|segment| [0, 8, 16, 24].map(|at| number(&segment[at..at + 8])))
                    .collect()
            },
            modules: self.modules(),
        }
    }

    /// Reads the field that may be missing.
    fn modules(&mut self) -> Vec<Module> {
        let mut modules = vec![];
        if self.0.is_empty() {
            return modules;
        }
        let bytes = self.list(Self::byte);
        let mut entries = Fields(&bytes);
        while !entries.0.is_empty() {
            modules.push(Module {
                name: entries.text(),
                build_id: entries.list(Fields::byte),
                bias: entries.number(),
                start: entries.number(),
                bytes: entries.number(),
            });
        }
        modules
    }

    /// Reads a header of version 1. Two anchors make a segment.
    fn header_v1(&mut self) -> Header {
        let mut header = Header {
            kind: 255,
            service: self.text(),
            host: self.text(),
            pid: self.number(),
            reason: self.text(),
            merged: self.number(),
            target: self.text(),
            build_id: self.text(),
            clock_hz: self.number(),
            start_ticks: self.number(),
            moment_ticks: self.number(),
            ..Header::default()
        };
        let [first, last]: [[u64; 3]; 2] = self.array(|anchor| anchor.array(Self::number));
        let [ns, ticks] = match header.clock_hz {
            0 => [last[1] - first[1], last[0] - first[0]],
            hz => [1_000_000_000, hz],
        };
        header.segments = vec![[last[0], last[2], ns, ticks]];
        header.events_max = self.number();
        header
    }

    fn end(&mut self, version: u16) -> End {
        End {
            kept: self.array(Self::number),
            overwritten: self.array(Self::number),
            dropped: self.array(|cause| cause.array(Self::number)),
            shared: self.number(),
            complete_since_ticks: self.number(),
            torn_pages: self.number(),
            blocks: self.number(),
            blocks_checksum: if version == 1 { 0 } else { self.number() },
        }
    }
}

/// Words of a record that have not been read.
struct Words<'a>(&'a [u32]);

impl Words<'_> {
    /// Takes a number of `count` words, lowest first.
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

/// The parts of a region before its ring.
pub(crate) struct Region {
    pub(crate) identity: [String; 3],
    pub(crate) boot: u32,
    pub(crate) is_acknowledged: bool,
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
        assert_eq!((*layout, *size as usize, *lost), (3, words.len(), 0));
        let lengths = [0, 8, 16].map(|shift| (lengths >> shift & 0xFF) as usize);
        let (identity, rest) = rest.split_at(lengths.iter().sum::<usize>().div_ceil(4));
        let (entries, ring) = rest.split_at(*dictionary as usize);
        let checked = [&words[..6], identity, &ring[..10]].concat();
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
            is_acknowledged: bytes(&[*state]) == b"DONE",
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
