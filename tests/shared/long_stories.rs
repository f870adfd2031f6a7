//! Three stories of ten thousand events each, told in the events of a simulated bank: streams, payloads and times are as the bank
//! wrote them, and only what led to what is another.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use chrono::NaiveDate;
use es_core::{
    AppendRequest, EventReader, EventStore, ExpectedVersion, ImportedAppend, NewEvent, Position, ReadAll,
    RecordedEvent, limits,
};
use es_sqlite::{OpenOptions, SqliteEventStore};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Events of each story.
pub const EVENTS: u64 = 10_000;
/// More than the stories have, since the last one begins where an order does.
const SIMULATED: u64 = 4 * EVENTS;
/// Events per commit.
const BATCH_EVENTS: usize = 4_000;

/// What the events of a story look like as a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Each led to the next one.
    Chain,
    /// The first one led to all others.
    Wide,
    /// What an order for many payments leads to: each day's first event, by it what begins on that day, and by that what the
    /// bank's processes made of it.
    Order,
}

/// Where a story is in the log.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// What it looks like.
    pub shape: Shape,
    /// Position of the event that led to all others.
    pub first: u64,
    /// Its correlation id.
    pub correlation: Uuid,
}

/// Makes a store with the three stories in it. Its bank's processes have nothing left to do: what is due goes into the stories.
pub async fn write(path: &Path) -> Result<[Story; 3], Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let simulated = folder.path().join("simulated.ledgerscope");
    let events = SIMULATED.to_string();
    for arguments in [&["demo", "--seed", "7", "--events", &events][..], &["processes", "drive"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
        program.arg("--store").arg(&simulated).args(arguments).env("LEDGERSCOPE_DATA_DIR", folder.path());
        let ended = program.output()?;
        if !ended.status.success() {
            return Err(String::from_utf8_lossy(&ended.stderr).into_owned().into());
        }
    }
    let mut log = read(&simulated).await?;
    let stories = retold(&mut log)?;
    let store = SqliteEventStore::open(path, OpenOptions { create: true, ..OpenOptions::default() })?;
    let mut log = log.into_iter().peekable();
    while log.peek().is_some() {
        store.import(log.by_ref().take(BATCH_EVENTS).map(imported).collect()).await?;
    }
    store.close();
    Ok(stories)
}

async fn read(path: &Path) -> Result<Vec<RecordedEvent>, Box<dyn Error>> {
    let store = SqliteEventStore::open(path, OpenOptions::default())?;
    let mut read = ReadAll::forward(Position::ZERO, limits::PAGE_EVENTS);
    let mut log = Vec::new();
    loop {
        let page = store.read_all(read.clone()).await?;
        log.extend(page.events);
        if page.end {
            store.close();
            return Ok(log);
        }
        read.from = page.next;
    }
}

/// An event as it was recorded, at the same place of its stream.
fn imported(event: RecordedEvent) -> ImportedAppend {
    let RecordedEvent { stream, version, event_id, event_type, schema_version, payload, metadata, recorded_at, .. } =
        event;
    let event = NewEvent { event_id, event_type, schema_version, payload, metadata };
    let expected = ExpectedVersion::Exact(version.previous());
    ImportedAppend { request: AppendRequest::to_stream(stream, expected, vec![event]), recorded_at }
}

fn retold(log: &mut [RecordedEvent]) -> Result<[Story; 3], Box<dyn Error>> {
    let events = usize::try_from(EVENTS)?;
    let order = log.iter().skip(2 * events).find(|event| event.stream.as_str().starts_with("order-"));
    let order = order.ok_or("the bank has an order")?.position.get();
    let mut tell = |shape, first: u64| {
        let from = usize::try_from(first - 1)?;
        let story = log.get_mut(from..from + events).ok_or("enough events")?;
        let correlation = Uuid::from_u128(0x1edc_0000 + u128::from(first));
        caused(story, shape, correlation)?;
        Ok::<_, Box<dyn Error>>(Story { shape, first, correlation })
    };
    Ok([tell(Shape::Chain, 1)?, tell(Shape::Wide, EVENTS + 1)?, tell(Shape::Order, order)?])
}

/// Rewrites what led to each event of a story. Its first one keeps the command that it was written for as its cause.
fn caused(story: &mut [RecordedEvent], shape: Shape, correlation: Uuid) -> Result<(), Box<dyn Error>> {
    let ids: Vec<Uuid> = story.iter().map(|event| event.event_id).collect();
    let numbers: HashMap<Uuid, usize> = ids.iter().enumerate().map(|(number, id)| (*id, number)).collect();
    let mut first_of: HashMap<NaiveDate, usize> = HashMap::new();
    for (number, event) in story.iter_mut().enumerate() {
        let mut metadata: Map<String, Value> = serde_json::from_str(&event.metadata)?;
        let id = |key: &str| metadata.get(key).and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok());
        let recorded = id("$causationId").and_then(|cause| numbers.get(&cause)).filter(|cause| **cause < number);
        let cause = match (number, shape) {
            (0, _) => id("commandId").ok_or("an event of a command")?,
            (_, Shape::Chain) => ids[number - 1],
            (_, Shape::Wide) => ids[0],
            (_, Shape::Order) => {
                let first = *first_of.entry(event.recorded_at.date_naive()).or_insert(number);
                ids[*recorded.unwrap_or(if first == number { &0 } else { &first })]
            }
        };
        metadata.insert("$correlationId".to_owned(), json!(correlation));
        metadata.insert("$causationId".to_owned(), json!(cause));
        event.metadata = serde_json::to_string(&metadata)?.into();
    }
    Ok(())
}
