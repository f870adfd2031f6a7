//! `ledgerscope events`.

use std::sync::Arc;

use es_core::{
    Direction, EventFilter, EventReader, Payload, Position, ReadAll, ReadStream, RecordedEvent, StreamName,
    StreamVersion,
};
use es_runtime::Sieve;
use inspector::Expression;
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::{Events, Filters};
use super::desk::{Desk, domain};
use super::failure::{Exit, Failure};
use super::moment::{stream_name, time};
use super::output::{Align, Output, Table, embedded, exact_time, printable, short_time};
use super::progress::{Meter, grouped};
use crate::selection::{Beyond, Selected, select};
use crate::wire::EventQuery;

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
    let mut pages = Pages::new(desk, &asked, direction).await?;
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
    if let Some((position, problem)) = &pages.first_undecided {
        let told = format!("The condition could not be evaluated on {} events", grouped(pages.undecided));
        eprintln!("{}", printable(&format!("{told}, first at position {position}: {problem}")));
    }
    if !out.json && shown == 0 {
        out.line("No event matches.")?;
    } else if !out.json && !pages.end && limit != u64::MAX {
        let flags = if asked.backward { "--backward --after" } else { "--after" };
        out.line(&format!("{} events shown; go on with {flags} {}", grouped(shown), pages.last))?;
    }
    Ok(())
}

/// The events of one stream.
fn only(stream: &StreamName) -> EventFilter {
    EventFilter { stream: Some(stream.clone()), ..EventFilter::default() }
}

impl Filters {
    /// What they select.
    pub(super) async fn selected(&self, desk: &Desk) -> Result<Selected, Failure> {
        let about = self.about.as_deref().map(stream_name).transpose()?;
        let beyond = Beyond { about, condition: self.condition.clone() };
        let reader: Arc<dyn EventReader> = desk.events.clone();
        let selected = select(&reader, &domain()?, self.filter()?, beyond, &desk.stop).await;
        selected.map_err(|error| match error.code.as_str() {
            "cancelled" => Failure::new(Exit::Stopped, error),
            "bad_condition" | "not_found" | "too_many_streams" => Failure::new(Exit::BadInput, error),
            _ => Failure::unavailable(error),
        })
    }

    fn condition_names_state(&self) -> bool {
        let condition = self.condition.as_deref().map(Expression::parse);
        condition.is_some_and(|parsed| parsed.is_ok_and(|expression| expression.needs().state))
    }

    /// The same for the journal.
    pub(super) fn query(&self) -> EventQuery {
        let number = |position: Option<u64>| position.map(|position| position.to_string());
        EventQuery {
            stream: None,
            streams: self.stream.clone(),
            stream_prefix: self.stream_prefix.clone(),
            categories: self.category.clone(),
            event_types: self.event_type.clone(),
            correlation_id: self.correlation.map(|id| id.to_string()),
            actor: self.actor.clone(),
            after: number(self.first.map(|first| first.saturating_sub(1))),
            through: number(self.last),
            recorded_from: self.from.clone(),
            recorded_until: self.until.clone(),
            contains: self.contains.clone(),
            about: self.about.clone(),
            condition: self.condition.clone(),
            columns: Vec::new(),
        }
    }

    /// What they ask of the store.
    pub(super) fn filter(&self) -> Result<EventFilter, Failure> {
        let mut streams: Vec<StreamName> =
            self.stream.iter().map(|text| stream_name(text)).collect::<Result<_, _>>()?;
        let stream = if streams.len() == 1 { streams.pop() } else { None };
        Ok(EventFilter {
            stream,
            streams,
            stream_prefix: self.stream_prefix.clone(),
            categories: self.category.clone(),
            event_types: self.event_type.clone(),
            correlation_id: self.correlation,
            actor: self.actor.clone(),
            after: self.first.map(|first| Position(first.saturating_sub(1))),
            through: self.last.map(Position),
            recorded_from: self.from.as_deref().map(|text| time("--from", text)).transpose()?,
            recorded_until: self.until.as_deref().map(|text| time("--until", text)).transpose()?,
            contains: self.contains.clone(),
        })
    }
}

enum Source {
    /// One stream without a further filter: read by version.
    Stream(StreamName),
    /// The whole log, filtered in the store.
    All(Box<EventFilter>),
}

struct Pages {
    source: Source,
    /// What else has to hold.
    sieve: Option<Arc<dyn Sieve>>,
    direction: Direction,
    /// Position (or version, for a stream) to go on from.
    at: u64,
    /// Position of the last event told.
    last: u64,
    end: bool,
    /// Events on which the condition could not be evaluated.
    undecided: u64,
    first_undecided: Option<(Position, String)>,
}

impl Pages {
    async fn new(desk: &Desk, asked: &Events, direction: Direction) -> Result<Self, Failure> {
        let Selected { filter, sieve } = asked.filters.selected(desk).await?;
        if sieve.is_some() && direction == Direction::Backward && asked.filters.condition_names_state() {
            let message = "A condition on the state is evaluated in the order in which things happened.";
            return Err(Failure::bad_input("bad_argument", message, "Leave out --backward, or the state."));
        }
        let source = match filter.stream.clone() {
            Some(stream) if filter == only(&stream) && asked.after.is_none() && sieve.is_none() => {
                Source::Stream(stream)
            }
            _ => Source::All(Box::new(filter)),
        };
        let beginning = if direction == Direction::Forward { 0 } else { Position::MAX.get() };
        let at = asked.after.unwrap_or(beginning).min(Position::MAX.get());
        Ok(Self { source, sieve, direction, at, last: at, end: false, undecided: 0, first_undecided: None })
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
                let read = ReadAll { from: Position(at), direction, filter: (**filter).clone(), limit };
                let page = desk.stoppable(desk.events.read_all(read)).await?;
                self.at = page.next.get();
                self.end = page.end;
                let mut events = page.events;
                if let Some(sieve) = &self.sieve {
                    let sifted = desk.stoppable(sieve.sift(events)).await?;
                    events = sifted.events;
                    self.undecided += sifted.undecided;
                    self.first_undecided = self.first_undecided.take().or(sifted.first_undecided);
                }
                (events, Some(page.head))
            }
        };
        self.last = events.last().map_or(self.last, |event| event.position.get());
        Ok((events, head))
    }
}
