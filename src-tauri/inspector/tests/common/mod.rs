//! A small domain for tests: a shelf of boxes, with one old event that splits and one that was dropped.

use std::sync::Arc;

use es_core::memory::MemoryEventStore;
use es_core::{
    CommandContext, CommandError, Decider, DecodeError, Domain, DomainCommand, DomainEvent, Erased, EventStore,
    ExpectedVersion, ManualClock, NewEvent, Payload, References, Reject, Rejection, StreamName, Upcasted, Upcaster,
    UpcasterRegistry,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shelf {
    pub boxes: Vec<Crate>,
    /// Beyond 2^53, so that a float on the way would show.
    pub weight: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Crate {
    pub id: String,
    pub weight: u64,
}

pub enum Happening {
    Put(Crate),
    Taken(String),
    Exploded,
}

impl DomainEvent for Happening {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::Put(_) => ("Put", 2),
            Self::Taken(_) => ("Taken", 1),
            Self::Exploded => ("Exploded", 1),
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Put(crate_) => serde_json::to_string(crate_),
            Self::Taken(id) => serde_json::to_string(id),
            Self::Exploded => Ok("{}".to_owned()),
        }
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        let fail = |e: serde_json::Error| DecodeError { event_type: event_type.to_owned(), reason: e.to_string() };
        match event_type {
            "Put" => serde_json::from_str(payload).map(Self::Put).map_err(fail),
            "Taken" => serde_json::from_str(payload).map(Self::Taken).map_err(fail),
            "Exploded" => Ok(Self::Exploded),
            other => Err(DecodeError { event_type: other.to_owned(), reason: "unknown".to_owned() }),
        }
    }
}

#[derive(Clone)]
pub struct Nothing;

impl DomainCommand for Nothing {
    fn parse(command_type: &str, _: &str) -> Result<Self, CommandError> {
        Err(CommandError::UnknownCommand { command_type: command_type.to_owned() })
    }
    fn aggregate_id(&self) -> String {
        String::new()
    }
    fn references(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

pub struct Never;

impl Reject for Never {
    fn to_rejection(&self) -> Rejection {
        Rejection { code: String::new(), message: String::new(), details: std::collections::BTreeMap::new() }
    }
}

pub struct ShelfDecider;

impl Decider for ShelfDecider {
    const CATEGORY: &'static str = "shelf";
    const STATE_VERSION: u32 = 1;
    type State = Shelf;
    type Command = Nothing;
    type Event = Happening;
    type Rejection = Never;

    fn evolve(state: &mut Shelf, event: &Happening) {
        match event {
            Happening::Put(crate_) => {
                state.boxes.push(crate_.clone());
                state.weight += crate_.weight;
            }
            Happening::Taken(id) => {
                let gone: u64 = state.boxes.iter().filter(|b| b.id == *id).map(|b| b.weight).sum();
                state.boxes.retain(|b| b.id != *id);
                state.weight -= gone;
            }
            Happening::Exploded => {
                state.boxes.clear();
                panic!("a bug in evolve");
            }
        }
    }

    fn decide(_: &Shelf, _: &Nothing, _: &CommandContext, _: &References) -> Result<Vec<Happening>, Never> {
        Ok(Vec::new())
    }
}

pub fn domain() -> Domain {
    let put_v1 = Upcaster {
        event_type: "Put",
        schema_version: 1,
        description: "a pair becomes two",
        targets: &[("Put", 2)],
        apply: |value| {
            let pair = value.as_array().ok_or("no array")?.clone();
            let half = |part: &serde_json::Value| ("Put", 2, part.clone());
            Ok(Upcasted::To(pair.iter().map(half).collect()))
        },
    };
    let dusted = Upcaster {
        event_type: "Dusted",
        schema_version: 1,
        description: "dusting is not recorded any more",
        targets: &[],
        apply: |_| Ok(Upcasted::Dropped("nobody dusts")),
    };
    let current = [("Put", 2), ("Taken", 1), ("Exploded", 1)];
    Domain {
        name: "shelves",
        aggregates: vec![Arc::new(Erased::<ShelfDecider>::new())],
        upcasters: UpcasterRegistry::new(&current, &[put_v1, dusted]).expect("sound"),
        commands: Vec::new(),
        event_types: Vec::new(),
        projections: Vec::new(),
        processes: Vec::new(),
        sentence: |event, _| format!("{} happened", event.current.event_type),
        translation: |_, _| None,
        // What weighs an odd number counts from the day of that number.
        value_date: |event| {
            let put: serde_json::Value = serde_json::from_str(&event.current.payload).ok()?;
            let weight = put.get("weight")?.as_u64().filter(|weight| weight % 2 == 1)?;
            chrono::DateTime::UNIX_EPOCH.date_naive().checked_add_days(chrono::Days::new(weight % 1000))
        },
    }
}

pub fn event(number: u64, event_type: &str, schema_version: u32, payload: &str) -> NewEvent {
    let cause = Uuid::from_u128(u128::from(number.saturating_sub(1)));
    NewEvent {
        event_id: Uuid::from_u128(u128::from(number)),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload),
        metadata: format!(r#"{{"$causationId":"{cause}","actor":"tess"}}"#).into(),
    }
}

pub fn put(number: u64, id: u64, weight: u64) -> NewEvent {
    event(number, "Put", 2, &format!(r#"{{"id":"b{id}","weight":{weight}}}"#))
}

pub struct Fixture {
    pub store: Arc<MemoryEventStore>,
    #[allow(dead_code, reason = "not every test moves the time")]
    pub clock: Arc<ManualClock>,
    pub stream: StreamName,
}

/// A store with one shelf that has these events, one second apart.
pub async fn fixture(events: Vec<NewEvent>) -> Fixture {
    let clock = Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH));
    let store = Arc::new(MemoryEventStore::new(clock.clone()));
    let stream = StreamName::new("shelf-1").expect("valid");
    for event in events {
        clock.advance(chrono::Duration::seconds(1));
        let request = es_core::AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, vec![event]);
        store.append(request).await.expect("appended");
    }
    Fixture { store, clock, stream }
}

/// A store with one shelf that has these events, all at one time, appended as fast as can be.
#[allow(dead_code, reason = "not every test has a long stream")]
pub async fn fixture_at_once(events: Vec<NewEvent>) -> Fixture {
    let fixture = fixture(Vec::new()).await;
    for part in events.chunks(es_core::limits::EVENTS_PER_APPEND) {
        let request = es_core::AppendRequest::to_stream(fixture.stream.clone(), ExpectedVersion::Any, part.to_vec());
        fixture.store.append(request).await.expect("appended");
    }
    fixture
}
