//! `ledgerscope events`.

use es_core::{
    Direction, EventFilter, Payload, Position, ReadAll, ReadStream, RecordedEvent, StreamName, StreamVersion,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::Events;
use super::desk::Desk;
use super::failure::Failure;
use super::moment::{stream_name, time};
use super::output::{Align, Output, Table, embedded, exact_time, short_time};
use super::progress::{Meter, grouped};

/// An event for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventJson {
    position: String,
    stream: String,
    version: String,
    event_id: String,
    event_type: String,
    schema_version: u32,
    recorded_at: String,
    actor: Option<String>,
    /// One sentence for people; nothing if the event does not decode.
    sentence: Option<String>,
    /// Why it does not decode.
    problem: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    /// As stored; a payload that is not JSON is a string of hexadecimal digits.
    payload: Box<RawValue>,
    metadata: Box<RawValue>,
    content_hash: String,
    chain_hash: Option<String>,
}

impl EventJson {
    pub(super) fn of(desk: &Desk, event: &RecordedEvent) -> Self {
        let summary = desk.inspector.summary(event);
        Self {
            position: event.position.to_string(),
            stream: event.stream.to_string(),
            version: event.version.to_string(),
            event_id: event.event_id.to_string(),
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
            recorded_at: exact_time(event.recorded_at),
            actor: summary.actor,
            sentence: summary.sentence,
            problem: summary.problem,
            correlation_id: event.correlation_id.map(|id| id.to_string()),
            causation_id: event.causation_id.map(|id| id.to_string()),
            payload: match &event.payload {
                Payload::Json(text) => embedded(text),
                Payload::Binary(bytes) => embedded(&format!("\"{}\"", hex::encode(bytes))),
            },
            metadata: embedded(&event.metadata),
            content_hash: event.content_hash.to_hex(),
            chain_hash: event.chain_hash.map(es_core::Hash::to_hex),
        }
    }
}

/// Events for people, page by page below each other.
pub(super) fn table() -> Table {
    Table::new(&[
        ("POSITION", Align::Right),
        ("RECORDED (UTC)", Align::Left),
        ("STREAM", Align::Left),
        ("VERSION", Align::Right),
        ("TYPE", Align::Left),
        ("WHAT HAPPENED", Align::Left),
    ])
}

pub(super) fn row(desk: &Desk, event: &RecordedEvent) -> Vec<String> {
    let summary = desk.inspector.summary(event);
    let told = summary.sentence.or_else(|| summary.problem.map(|problem| format!("(does not decode: {problem})")));
    vec![
        event.position.to_string(),
        short_time(event.recorded_at),
        event.stream.to_string(),
        event.version.to_string(),
        event.event_type.to_string(),
        told.unwrap_or_default(),
    ]
}

pub(super) async fn run(desk: &Desk, asked: Events, meter: &Meter, out: &mut Output) -> Result<(), Failure> {
    let direction = if asked.backward { Direction::Backward } else { Direction::Forward };
    let mut pages = Pages::new(&asked, direction)?;
    if let Pages { source: Source::Stream(stream), .. } = &pages {
        let stream = stream.clone();
        desk.stream_exists(&stream).await?;
    }
    let limit = if asked.limit == 0 { u64::MAX } else { asked.limit };
    let mut shown = 0_u64;
    let mut table = table();
    while shown < limit && !pages.end {
        let wanted = usize::try_from(limit - shown).unwrap_or(usize::MAX).min(es_core::limits::PAGE_EVENTS);
        let (events, head) = pages.next(desk, wanted).await?;
        shown += events.len() as u64;
        if let Some(head) = head {
            meter.report("examined up to position", pages.at, Some(head.get()));
        }
        for event in &events {
            if out.json { out.object(&EventJson::of(desk, event))? } else { table.row(row(desk, event)) }
        }
        if !out.json && !table.is_empty() {
            meter.finish();
            out.table(&table)?;
            table.next_page();
        }
    }
    meter.finish();
    if !out.json && shown == 0 {
        out.line("No event matches.")?;
    } else if !out.json && !pages.end && limit != u64::MAX {
        let flags = if asked.backward { "--backward --after" } else { "--after" };
        out.line(&format!("{} events shown; go on with {flags} {}", grouped(shown), pages.last))?;
    }
    Ok(())
}

enum Source {
    /// One stream without a further filter: read by version.
    Stream(StreamName),
    /// The whole log, filtered in the store.
    All(EventFilter),
}

struct Pages {
    source: Source,
    direction: Direction,
    /// Position (or version, for a stream) to go on from.
    at: u64,
    /// Position of the last event told.
    last: u64,
    end: bool,
}

impl Pages {
    fn new(asked: &Events, direction: Direction) -> Result<Self, Failure> {
        let stream = asked.stream.as_deref().map(stream_name).transpose()?;
        let filter = EventFilter {
            stream: stream.clone(),
            stream_prefix: asked.stream_prefix.clone(),
            categories: asked.category.clone(),
            event_types: asked.event_type.clone(),
            correlation_id: asked.correlation,
            recorded_from: asked.from.as_deref().map(|text| time("--from", text)).transpose()?,
            recorded_until: asked.until.as_deref().map(|text| time("--until", text)).transpose()?,
            contains: asked.contains.clone(),
        };
        let only_stream = EventFilter { stream: stream.clone(), ..EventFilter::default() };
        let source = match stream {
            Some(stream) if filter == only_stream && asked.after.is_none() => Source::Stream(stream),
            _ => Source::All(filter),
        };
        let beginning = if direction == Direction::Forward { 0 } else { Position::MAX.get() };
        let at = asked.after.unwrap_or(beginning).min(Position::MAX.get());
        Ok(Self { source, direction, at, last: at, end: false })
    }

    async fn next(&mut self, desk: &Desk, limit: usize) -> Result<(Vec<RecordedEvent>, Option<Position>), Failure> {
        let (direction, at) = (self.direction, self.at);
        let (events, head) = match &self.source {
            Source::Stream(stream) => {
                let read = ReadStream { stream: stream.clone(), from: StreamVersion(at), direction, limit };
                let page = desk.stoppable(desk.events.read_stream(read)).await?;
                self.at = page.events.last().map_or(at, |event| event.version.get());
                self.end = page.end || page.events.is_empty();
                (page.events, None)
            }
            Source::All(filter) => {
                let read = ReadAll { from: Position(at), direction, filter: filter.clone(), limit };
                let page = desk.stoppable(desk.events.read_all(read)).await?;
                self.at = page.next.get();
                self.end = page.end;
                (page.events, Some(page.head))
            }
        };
        self.last = events.last().map_or(self.last, |event| event.position.get());
        Ok((events, head))
    }
}
