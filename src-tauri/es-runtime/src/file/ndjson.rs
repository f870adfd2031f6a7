//! One JSON object a line.

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use es_core::limits::FILE_LINE_BYTES;
use es_core::{Payload, RecordedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Fields, FileError, Mark, time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    position: String,
    stream: &'a str,
    version: String,
    event_id: String,
    event_type: &'a str,
    schema_version: u32,
    recorded_at: String,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
    metadata: Text<'a>,
    content_hash: String,
    chain_hash: Option<String>,
}

/// A text as it stands in a line.
#[derive(Serialize)]
#[serde(untagged)]
enum Text<'a> {
    Embedded(&'a RawValue),
    Quoted(&'a str),
}

impl<'a> Text<'a> {
    fn of(text: &'a str) -> Self {
        // Whatever is embedded begins with a brace, so that a string is always one that holds a text.
        let is_object = text.starts_with('{') && text.ends_with('}') && !text.contains(['\n', '\r']);
        let embedded = if is_object { serde_json::from_str(text).ok() } else { None };
        embedded.map_or(Self::Quoted(text), Self::Embedded)
    }
}

pub(super) fn write(event: &RecordedEvent, out: &mut dyn Write) -> io::Result<()> {
    let line = Line {
        position: event.position.to_string(),
        stream: event.stream.as_str(),
        version: event.version.to_string(),
        event_id: event.event_id.to_string(),
        event_type: &event.event_type,
        schema_version: event.schema_version,
        recorded_at: time(event.recorded_at),
        correlation_id: event.correlation_id.map(|id| id.to_string()),
        causation_id: event.causation_id.map(|id| id.to_string()),
        payload: event.payload.as_json().map(Text::of),
        payload_base64: match &event.payload {
            Payload::Json(_) => None,
            Payload::Binary(bytes) => Some(STANDARD.encode(bytes)),
        },
        metadata: Text::of(&event.metadata),
        content_hash: event.content_hash.to_hex(),
        chain_hash: event.chain_hash.map(es_core::Hash::to_hex),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stored<'a> {
    #[serde(borrow)]
    position: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    schema_version: u32,
    #[serde(borrow)]
    recorded_at: Cow<'a, str>,
    #[serde(borrow)]
    correlation_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    causation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload_base64: Option<Cow<'a, str>>,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow)]
    content_hash: Cow<'a, str>,
    #[serde(borrow)]
    chain_hash: Option<Cow<'a, str>>,
}

fn text(raw: &RawValue) -> Result<Cow<'_, str>, String> {
    let raw = raw.get();
    if raw.starts_with('"') {
        return serde_json::from_str::<String>(raw).map(Cow::Owned).map_err(|error| error.to_string());
    }
    Ok(Cow::Borrowed(raw))
}

fn event(line: &str) -> Result<RecordedEvent, String> {
    let line: Stored<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let payload = match (line.payload, line.payload_base64) {
        (Some(raw), None) => Payload::json(text(raw)?),
        (None, Some(base64)) => {
            let bytes = STANDARD.decode(base64.as_bytes()).map_err(|error| format!("payloadBase64: {error}"))?;
            Payload::Binary(bytes.into())
        }
        _ => return Err("either payload or payloadBase64 is wanted".to_owned()),
    };
    let fields = Fields {
        position: &line.position,
        stream: &line.stream,
        version: &line.version,
        event_id: &line.event_id,
        event_type: &line.event_type,
        schema_version: &line.schema_version.to_string(),
        recorded_at: &line.recorded_at,
        correlation_id: line.correlation_id.as_deref(),
        causation_id: line.causation_id.as_deref(),
        payload,
        metadata: &text(line.metadata)?,
        content_hash: &line.content_hash,
        chain_hash: line.chain_hash.as_deref(),
    };
    fields.event()
}

/// The lines of a file.
pub(super) struct Lines<R> {
    input: R,
    mark: Mark,
    line: String,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, mark: Mark) -> Self {
        Self { input, mark, line: String::new() }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn next(&mut self) -> Result<Option<RecordedEvent>, FileError> {
        self.line.clear();
        let mut input = self.input.by_ref().take(FILE_LINE_BYTES);
        let number = self.mark.lines + 1;
        let failed = |reason: String| FileError::Line { line: number, reason };
        let bytes = match input.read_line(&mut self.line) {
            Ok(bytes) => bytes as u64,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(failed("it is no text".to_owned())),
            Err(error) => return Err(FileError::io("reading", &error)),
        };
        if bytes == 0 {
            return Ok(None);
        }
        self.mark = Mark { offset: self.mark.offset + bytes, lines: number };
        let Some(line) = self.line.strip_suffix('\n') else {
            let why = if bytes == FILE_LINE_BYTES { "it is too long" } else { "the file ends within it" };
            return Err(failed(why.to_owned()));
        };
        event(line.strip_suffix('\r').unwrap_or(line)).map(Some).map_err(failed)
    }
}
