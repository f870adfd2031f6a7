//! Comma-separated values, exact.

use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use csv::{QuoteStyle, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use es_core::{Payload, RecordedEvent};

use super::{Fields, FileError, Mark, time};

const HEADINGS: [&str; 14] = [
    "position",
    "stream",
    "version",
    "event_id",
    "event_type",
    "schema_version",
    "recorded_at",
    "correlation_id",
    "causation_id",
    "payload_encoding",
    "payload",
    "metadata",
    "content_hash",
    "chain_hash",
];
const JSON: &str = "json";
const BASE64: &str = "base64";

/// What spreadsheets take for the begin of a formula, and what tells that one was kept from it.
const GUARDED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', GUARD];
const GUARD: char = '\'';

fn guarded(text: &str) -> String {
    if text.starts_with(GUARDED) { format!("{GUARD}{text}") } else { text.to_owned() }
}

fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(GUARD).unwrap_or(cell)
}

fn write_record<'a>(cells: impl IntoIterator<Item = &'a str>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer =
        WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.into_iter().map(str::as_bytes)).map_err(io::Error::other)?;
    out.write_all(&writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

pub(super) fn write_headings(out: &mut dyn Write) -> io::Result<()> {
    write_record(HEADINGS, out)
}

pub(super) fn write(event: &RecordedEvent, out: &mut dyn Write) -> io::Result<()> {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let (encoding, payload) = match &event.payload {
        Payload::Json(text) => (JSON, guarded(text)),
        Payload::Binary(bytes) => (BASE64, guarded(&STANDARD.encode(bytes))),
    };
    let cells = [
        event.position.to_string(),
        guarded(event.stream.as_str()),
        event.version.to_string(),
        event.event_id.to_string(),
        guarded(&event.event_type),
        event.schema_version.to_string(),
        time(event.recorded_at),
        id(event.correlation_id),
        id(event.causation_id),
        encoding.to_owned(),
        payload,
        guarded(&event.metadata),
        event.content_hash.to_hex(),
        event.chain_hash.map(es_core::Hash::to_hex).unwrap_or_default(),
    ];
    write_record(cells.iter().map(String::as_str), out)
}

fn event(record: &StringRecord) -> Result<RecordedEvent, String> {
    if record.len() != HEADINGS.len() {
        return Err(format!("it has {} cells, not {}", record.len(), HEADINGS.len()));
    }
    let cell = |at: usize| record.get(at).unwrap_or_default();
    let some = |at: usize| Some(cell(at)).filter(|text| !text.is_empty());
    let payload = unguarded(cell(10));
    let fields = Fields {
        position: cell(0),
        stream: unguarded(cell(1)),
        version: cell(2),
        event_id: cell(3),
        event_type: unguarded(cell(4)),
        schema_version: cell(5),
        recorded_at: cell(6),
        correlation_id: some(7),
        causation_id: some(8),
        payload: match cell(9) {
            JSON => Payload::json(payload),
            BASE64 => Payload::Binary(STANDARD.decode(payload).map_err(|error| format!("payload: {error}"))?.into()),
            other => return Err(format!("the payload encoding {other:?} is not known")),
        },
        metadata: unguarded(cell(11)),
        content_hash: cell(12),
        chain_hash: some(13),
    };
    fields.event()
}

/// Whether the first line ends with a return and a feed; the rest of a file begins with the feed of what was read.
fn ends_with_returns(text: &[u8]) -> bool {
    let feed = text.iter().position(|byte| *byte == b'\n');
    feed.is_some_and(|at| at == 0 || text[at - 1] == b'\r')
}

/// The records of a file.
pub(super) struct Sheet<R> {
    reader: csv::Reader<R>,
    /// Where the reader began.
    begun: Mark,
    /// Whether lines end with a return and a feed: of a line that was read, the feed is not counted yet.
    returns: bool,
    record: StringRecord,
}

impl<R: BufRead> Sheet<R> {
    pub(super) fn begin(input: R) -> Result<Self, FileError> {
        let mut sheet = Self::resume(input, Mark::default());
        sheet.read()?;
        let headings: Vec<&str> = sheet.record.iter().map(|cell| cell.trim_start_matches('\u{feff}')).collect();
        if headings != HEADINGS {
            let reason = format!("the headings of an export are wanted: {}", HEADINGS.join(","));
            return Err(FileError::Line { line: 1, reason });
        }
        Ok(sheet)
    }

    pub(super) fn resume(mut input: R, begun: Mark) -> Self {
        let returns = input.fill_buf().is_ok_and(ends_with_returns);
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        Self { reader, begun, returns, record: StringRecord::new() }
    }

    pub(super) fn mark(&self) -> Mark {
        let position = self.reader.position();
        let (offset, lines) = (self.begun.offset + position.byte(), self.begun.lines + position.line() - 1);
        Mark { offset, lines }
    }

    /// The line on which the next record begins, from 1.
    fn line(&self) -> u64 {
        let mark = self.mark();
        mark.lines + 1 + u64::from(self.returns && mark.offset > 0)
    }

    /// Reads the next record; false at the end.
    fn read(&mut self) -> Result<bool, FileError> {
        let line = self.line();
        self.reader.read_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => FileError::io("reading", &error),
            csv::ErrorKind::Utf8 { .. } => FileError::Line { line, reason: "it is no text".to_owned() },
            _ => FileError::Line { line, reason: "it is no record".to_owned() },
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<RecordedEvent>, FileError> {
        let line = self.line();
        if !self.read()? {
            return Ok(None);
        }
        event(&self.record).map(Some).map_err(|reason| FileError::Line { line, reason })
    }
}
