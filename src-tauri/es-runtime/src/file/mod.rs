//! Events as files: exported whole and exact, and imported again into any store, where they are the same events.
//!
//! Every field of [`RecordedEvent`] is in both formats, numbers of 64 bits and times with all their digits. What was read from a
//! file is compared with the content hashes that stand in it: a file that was changed is refused, with the line.

mod csv;
mod export;
mod import;
mod ndjson;
mod source;

use std::io::{self, BufRead, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::event::metadata_ids;
use es_core::hash::expected_content_hash;
use es_core::{Hash, Payload, Position, RecordedEvent, StreamName, StreamVersion};
use uuid::Uuid;

pub use export::{Export, ExportError, ExportReport, Sieve, Sifted};
pub use import::{FileImport, ImportError};
pub use source::{EventFile, FileError};

/// How events are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// One JSON object a line: `position`, `stream`, `version`, `eventId`, `eventType`, `schemaVersion`, `recordedAt`,
    /// `correlationId`, `causationId`, `payload` or `payloadBase64`, `metadata`, `contentHash`, `chainHash`. Payload and metadata
    /// stand in it as they are stored, byte for byte, if they are JSON objects of one line; else as a JSON string that holds
    /// the text. Bytes that are no JSON are base64.
    Ndjson,
    /// A line of headings and one record an event (RFC 4180, all quoted, CRLF), with the same fields and `payload_encoding`
    /// (`json`, `base64`). A text that a spreadsheet would take for a formula, and one that begins with an apostrophe, has an
    /// apostrophe before it, which is no part of it: spreadsheets hide it, and an import takes exactly one away.
    Csv,
}

impl FileFormat {
    /// The usual end of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// The format that begins so. A file of CSV begins with its headings, one of NDJSON with a brace.
    #[must_use]
    pub fn of_beginning(beginning: &[u8]) -> Self {
        if beginning.starts_with(b"{") || beginning.is_empty() { Self::Ndjson } else { Self::Csv }
    }

    fn begin(self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ndjson => Ok(()),
            Self::Csv => csv::write_headings(out),
        }
    }

    fn write(self, event: &RecordedEvent, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Ndjson => ndjson::write(event, out),
            Self::Csv => csv::write(event, out),
        }
    }
}

/// Reads one event after the other; tells where it is, so that it can begin there again.
enum Records<R: BufRead> {
    Ndjson(ndjson::Lines<R>),
    Csv(Box<csv::Sheet<R>>),
}

impl<R: BufRead> Records<R> {
    /// From the beginning of a file.
    fn begin(format: FileFormat, input: R) -> Result<Self, FileError> {
        match format {
            FileFormat::Ndjson => Ok(Self::Ndjson(ndjson::Lines::new(input, Mark::default()))),
            FileFormat::Csv => Ok(Self::Csv(Box::new(csv::Sheet::begin(input)?))),
        }
    }

    /// From a place where another reader was; the input stands there.
    fn resume(format: FileFormat, input: R, mark: Mark) -> Self {
        match format {
            FileFormat::Ndjson => Self::Ndjson(ndjson::Lines::new(input, mark)),
            FileFormat::Csv => Self::Csv(Box::new(csv::Sheet::resume(input, mark))),
        }
    }

    fn mark(&self) -> Mark {
        match self {
            Self::Ndjson(lines) => lines.mark(),
            Self::Csv(sheet) => sheet.mark(),
        }
    }

    /// The next event; nothing at the end.
    fn next(&mut self) -> Result<Option<RecordedEvent>, FileError> {
        match self {
            Self::Ndjson(lines) => lines.next(),
            Self::Csv(sheet) => sheet.next(),
        }
    }
}

/// A place between two events of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Mark {
    /// In bytes.
    offset: u64,
    /// Lines before it.
    lines: u64,
}

/// An event's fields as texts, as they stand in a file.
struct Fields<'a> {
    position: &'a str,
    stream: &'a str,
    version: &'a str,
    event_id: &'a str,
    event_type: &'a str,
    schema_version: &'a str,
    recorded_at: &'a str,
    correlation_id: Option<&'a str>,
    causation_id: Option<&'a str>,
    payload: Payload,
    metadata: &'a str,
    content_hash: &'a str,
    chain_hash: Option<&'a str>,
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn parsed<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} cannot be read: {text:?}"))
}

fn hash(name: &str, text: &str) -> Result<Hash, String> {
    let bytes = hex::decode(text).ok();
    bytes.and_then(|bytes| Hash::from_slice(&bytes)).ok_or_else(|| format!("{name} {text:?} is no SHA-256"))
}

impl Fields<'_> {
    /// The event, if the fields are those of one and nothing was changed since it was written.
    fn event(self) -> Result<RecordedEvent, String> {
        let id = |name: &str, text: Option<&str>| text.map(|text| parsed::<Uuid>(name, text)).transpose();
        let recorded_at = DateTime::parse_from_rfc3339(self.recorded_at)
            .map_err(|_| format!("the time cannot be read: {:?}", self.recorded_at))?;
        let event = RecordedEvent {
            position: Position(parsed("the position", self.position)?),
            stream: StreamName::new(self.stream).map_err(|error| error.to_string())?,
            version: StreamVersion(parsed("the version", self.version)?),
            event_id: parsed("the event id", self.event_id)?,
            event_type: self.event_type.into(),
            schema_version: parsed("the schema version", self.schema_version)?,
            payload: self.payload,
            metadata: self.metadata.into(),
            correlation_id: id("the correlation id", self.correlation_id)?,
            causation_id: id("the causation id", self.causation_id)?,
            recorded_at: recorded_at.with_timezone(&Utc),
            content_hash: hash("the content hash", self.content_hash)?,
            chain_hash: self.chain_hash.map(|text| hash("the chain hash", text)).transpose()?,
        };
        if expected_content_hash(&event) != event.content_hash {
            return Err("stream, type, payload or metadata are not those that the content hash was made of".to_owned());
        }
        if metadata_ids(&event.metadata) != (event.correlation_id, event.causation_id) {
            return Err("correlation or causation id are not those of the metadata".to_owned());
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64, stream: &str, payload: Payload, metadata: &str) -> RecordedEvent {
        let (correlation_id, causation_id) = metadata_ids(metadata);
        let mut event = RecordedEvent {
            position: Position(position),
            stream: StreamName::new(stream).expect("a name"),
            version: StreamVersion((1 << 53) + 1),
            event_id: Uuid::from_u128(u128::from(position) << 70 | 7),
            event_type: "=SUM(A1)".into(),
            schema_version: u32::MAX,
            payload,
            metadata: metadata.into(),
            correlation_id,
            causation_id,
            recorded_at: DateTime::from_timestamp_micros(1_750_000_000_123_456).expect("a time"),
            content_hash: Hash::ZERO,
            chain_hash: position.is_multiple_of(2).then_some(Hash([7; 32])),
        };
        event.content_hash = expected_content_hash(&event);
        event
    }

    /// Everything that has ever been altered by an export of something.
    fn odd_events() -> Vec<RecordedEvent> {
        let deep = format!("{}1{}", "[".repeat(127), "]".repeat(127));
        let texts = [
            r#"{"minor":"9007199254740993","n":9007199254740993,"big":12345678901234567890123.10}"#,
            "{ \"a\" :\t1 , \"a\":2 }",
            "{\n\"a\": \"x\\ny\"\r\n}",
            "[1,\"\\u0000\\ud800\"]",
            "-5",
            "\"=cmd|' /C calc'!A0\"",
            "'",
            "true",
            "",
            " {}",
            "{\"quoted\":\"a\\\"b, \\\"\\\",'\"}",
            &deep,
        ];
        let id = Uuid::from_u128(5);
        let metadata = [
            format!(r#"{{"$correlationId":"{id}","$causationId":"{id}","actor":"ada"}}"#),
            "{}".to_owned(),
            "{\r\n}".to_owned(),
            "@text \"with\", 'all' \u{1F600}\u{7}".to_owned(),
        ];
        let streams = ["account-1", "=1+1", "@x", "'quoted", "+49", "größe-ß \"a\",b"];
        let mut position = u64::MAX / 2 - 100;
        let mut events = Vec::new();
        let bytes = [&b""[..], &[0, 255, b'\n', b'"'], "Grüße".as_bytes()];
        let payloads = texts.map(Payload::json).into_iter().chain(bytes.map(|bytes| Payload::Binary(bytes.into())));
        for (number, payload) in payloads.enumerate() {
            position += 1;
            let (stream, metadata) = (streams[number % streams.len()], &metadata[number % metadata.len()]);
            events.push(event(position, stream, payload, metadata));
        }
        events
    }

    fn written(format: FileFormat, events: &[RecordedEvent]) -> Vec<u8> {
        let mut out = Vec::new();
        format.begin(&mut out).expect("memory");
        events.iter().try_for_each(|event| format.write(event, &mut out)).expect("memory");
        out
    }

    fn read(format: FileFormat, bytes: &[u8]) -> Result<Vec<RecordedEvent>, FileError> {
        let mut records = Records::begin(format, bytes)?;
        std::iter::from_fn(|| records.next().transpose()).collect()
    }

    #[test]
    fn every_event_comes_back_from_both_formats_as_it_was() {
        let events = odd_events();
        for format in [FileFormat::Ndjson, FileFormat::Csv] {
            let bytes = written(format, &events);
            assert_eq!(FileFormat::of_beginning(&bytes), format, "the format is told by its beginning");
            let found = read(format, &bytes).expect("readable");
            for (found, wanted) in found.iter().zip(&events) {
                assert_eq!(found, wanted, "{format:?}");
            }
            assert_eq!(found.len(), events.len(), "{format:?}");
        }
    }

    #[test]
    fn reading_goes_on_from_any_event() {
        let events = odd_events();
        for format in [FileFormat::Ndjson, FileFormat::Csv] {
            let bytes = written(format, &events);
            let mut records = Records::begin(format, &bytes[..]).expect("readable");
            let mut marks = vec![records.mark()];
            while records.next().expect("readable").is_some() {
                marks.push(records.mark());
            }
            for (index, mark) in marks.iter().enumerate().take(events.len()) {
                let rest = &bytes[usize::try_from(mark.offset).expect("small")..];
                let next = Records::resume(format, rest, *mark).next().expect("readable");
                assert_eq!(next.as_ref(), Some(&events[index]), "{format:?} from event {index}");
            }
        }
    }

    #[test]
    fn one_json_object_stands_on_one_line_and_is_embedded_as_it_is() {
        let text = r#"{ "b":1.10, "a":"x" }"#;
        let line = written(FileFormat::Ndjson, &[event(1, "account-1", Payload::json(text), "{}")]);
        let line = String::from_utf8(line).expect("text");
        assert!(line.contains(&format!(r#""payload":{text},"metadata":{{}},"#)), "{line}");
        assert!(
            line.starts_with(r#"{"position":"1","stream":"account-1","version":"9007199254740993","eventId":"#),
            "{line}"
        );
        assert_eq!((line.matches('\n').count(), line.ends_with('\n')), (1, true));
    }

    #[test]
    fn no_cell_of_a_sheet_is_a_formula() {
        let bytes = written(FileFormat::Csv, &odd_events());
        let text = String::from_utf8(bytes).expect("text");
        for cell in ["\"=", "\"@", "\"+", "\"-", "\"\t", "\"\r"] {
            let begins = |at: usize| at == 0 || text[..at].ends_with(',') || text[..at].ends_with("\r\n");
            let formula = text.match_indices(cell).find(|(at, _)| begins(*at));
            assert!(formula.is_none(), "{cell} at {formula:?} would be run");
        }
    }

    #[test]
    fn a_changed_file_is_refused_with_its_line() {
        let events = vec![
            event(1, "account-1", Payload::json(r#"{"minor":"100"}"#), "{}"),
            event(2, "account-1", Payload::json(r#"{"minor":"200"}"#), "{}"),
        ];
        for (format, line) in [(FileFormat::Ndjson, 2), (FileFormat::Csv, 3)] {
            let text = String::from_utf8(written(format, &events)).expect("text");
            for (from, to) in [("200", "900"), ("account-1", "account-2"), ("=SUM", "=MUM")] {
                let at = text.rfind(from).expect("there");
                let changed = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
                let error = read(format, changed.as_bytes()).expect_err("changed");
                assert!(matches!(error, FileError::Line { line: found, .. } if found == line), "{format:?}: {error:?}");
            }
            let cut = &text[..text.len() - 20];
            assert!(matches!(read(format, cut.as_bytes()), Err(FileError::Line { .. })), "{format:?} cut short");
        }
    }
}
