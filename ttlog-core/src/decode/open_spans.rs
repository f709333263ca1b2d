//! The entries of an open spans block.

use crate::{
    context::{Context, SpanId},
    level::Level,
    record::{
        Form, RecordHeader,
        cursor::{Record, Thread, take_word},
    },
    span_table::{IS_CUT, LEAD_WORDS},
    thread_name::ThreadName,
};

/// The entries of an open spans block.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Event, decode::{Content, Snapshot}, snapshot::BLOCK_MAX_BYTES};
///
/// fn print_open_spans(file: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
///     let mut buffer = [0; BLOCK_MAX_BYTES];
///     let mut blocks = Snapshot::new(file)?.blocks();
///     while let Some(block) = blocks.next(&mut buffer) {
///         if let Content::OpenSpans(spans) = block?.content {
///             for span in spans {
///                 println!("{}: callsite {}", span.record.thread.name(), span.record.callsite);
///             }
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct OpenSpans<'b> {
    content: &'b [u8],
    missing: u32,
    rest: &'b [u8],
    has_skipped: bool,
}

/// A span that was open.
#[derive(Clone, Copy, Debug)]
pub struct OpenSpan<'b> {
    /// The record of its beginning, without a sequence number. Its writer is the number of the thread.
    pub record: Record<'b>,
    /// True if arguments are missing, or if the ends of their texts are, because the entry was too long.
    pub is_cut: bool,
}

impl<'b> OpenSpans<'b> {
    /// Reads the content of an open spans block.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::decode::OpenSpans;
    ///
    /// let content = 2_u32.to_le_bytes();
    /// let spans = OpenSpans::new(&content);
    /// assert_eq!((spans.missing(), spans.count()), (2, 0));
    /// ```
    #[must_use]
    pub fn new(content: &'b [u8]) -> Self {
        let mut rest = content;
        let missing = take_word(&mut rest);
        Self {
            content,
            missing: missing.unwrap_or_default(),
            rest,
            has_skipped: missing.is_none(),
        }
    }

    /// Returns the content of the block, to be kept and read again.
    #[must_use]
    pub fn content(&self) -> &'b [u8] {
        self.content
    }

    /// Returns the number of spans that were open and are not in the snapshot, because the table was full.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.missing
    }

    /// Returns whether an entry has been skipped because it cannot be read, or bytes are left that are not
    /// an entry. Call it after the last entry.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.has_skipped || !self.rest.is_empty()
    }
}

impl<'b> Iterator for OpenSpans<'b> {
    type Item = OpenSpan<'b>;

    fn next(&mut self) -> Option<OpenSpan<'b>> {
        loop {
            let (&header, _) = self.rest.split_first_chunk()?;
            let header = RecordHeader::from_bits(u32::from_le_bytes(header));
            if header.words() < LEAD_WORDS {
                return None;
            }
            let (entry, rest) = self.rest.split_at_checked(header.words() * 4)?;
            self.rest = rest;
            match read(header, entry) {
                Some(span) => return Some(span),
                None => self.has_skipped = true,
            }
        }
    }
}

fn read(header: RecordHeader, mut entry: &[u8]) -> Option<OpenSpan<'_>> {
    let mut lead = [0; LEAD_WORDS];
    for word in &mut lead {
        *word = take_word(&mut entry)?;
    }
    let [
        _,
        ticks,
        ticks_high,
        t0,
        t1,
        t2,
        t3,
        s0,
        s1,
        parent,
        parent_high,
        thread,
        name,
    ] = lead;
    let name_bytes = (name & !IS_CUT) as usize;
    let (padded, body) = entry.split_at_checked(name_bytes.checked_next_multiple_of(4)?)?;
    let name = padded.get(..name_bytes)?;
    let inside = Context::from_words([t0, t1, t2, t3, s0, s1]);
    let parent = SpanId(join(parent, parent_high));
    if header.form() != Form::Enter || header.id() == 0 {
        return None;
    }
    let name = str::from_utf8(name).unwrap_or_default();
    Some(OpenSpan {
        record: Record {
            callsite: header.id(),
            level: Level::from_number(header.level_number())?,
            ticks: join(ticks, ticks_high),
            thread: Thread::new(ThreadName::new(thread, name)),
            context: Some(Context {
                span_id: parent,
                ..inside
            }),
            writer: thread,
            seq: None,
            form: Form::Enter,
            span: inside.span_id,
            parent,
            entered_ticks: None,
            own_kinds: true,
            body,
        },
        is_cut: lead[LEAD_WORDS - 1] & IS_CUT != 0,
    })
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
