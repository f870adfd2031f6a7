//! Random commands against the store and against a model of it that is simple enough to be right at a glance.

use std::collections::BTreeMap;

use es_core::{AppendError, AppendRequest, ExpectedVersion, NewEvent, Payload, StreamAppend, StreamVersion};
use uuid::Uuid;

use super::Fixture;
use crate::generate::{Dice, numbered, stream};

/// What a log is: a list of events with their streams. No hashes, no indexes, no batches.
#[derive(Default)]
struct Model {
    log: Vec<(String, u64, NewEvent)>,
}

/// What an append does, without its details.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Written(Vec<(Uuid, u64)>),
    Replayed(Vec<(Uuid, u64)>),
    Conflict { stream: String, actual: u64 },
    Mismatch,
    Duplicate,
}

impl Model {
    fn version(&self, stream: &str) -> u64 {
        self.log.iter().filter(|(name, ..)| name == stream).count() as u64
    }

    fn append(&mut self, request: &AppendRequest) -> Answer {
        let events: Vec<(&str, &NewEvent)> =
            request.parts.iter().flat_map(|part| part.events.iter().map(|e| (part.stream.as_str(), e))).collect();
        if (1..events.len()).any(|i| events[..i].iter().any(|(_, e)| e.event_id == events[i].1.event_id)) {
            return Answer::Duplicate;
        }
        let stored = |event: &NewEvent| self.log.iter().find(|(.., known)| known.event_id == event.event_id);
        if events.iter().any(|(_, event)| stored(event).is_some()) {
            return self.replay(request).map_or(Answer::Mismatch, Answer::Replayed);
        }
        for part in &request.parts {
            let actual = self.version(part.stream.as_str());
            let fulfilled = match part.expected {
                ExpectedVersion::Any => true,
                ExpectedVersion::NoStream => actual == 0,
                ExpectedVersion::Exists => actual > 0,
                ExpectedVersion::Exact(version) => actual == version.get(),
            };
            if !fulfilled {
                return Answer::Conflict { stream: part.stream.to_string(), actual };
            }
        }
        let mut written = Vec::new();
        for (stream, event) in events {
            let version = self.version(stream) + 1;
            self.log.push((stream.to_owned(), version, event.clone()));
            written.push((event.event_id, version));
        }
        Answer::Written(written)
    }

    /// The stored versions, if every part stands in its stream, whole, unchanged and in sequence.
    fn replay(&self, request: &AppendRequest) -> Option<Vec<(Uuid, u64)>> {
        let mut found = Vec::new();
        for part in &request.parts {
            let mut next = None;
            for event in &part.events {
                let (_, version, _) =
                    self.log.iter().find(|(name, _, known)| name == part.stream.as_str() && known == event)?;
                if next.is_some_and(|next| next != *version) {
                    return None;
                }
                next = Some(version + 1);
                found.push((event.event_id, *version));
            }
        }
        Some(found)
    }
}

/// A request that is new, a repetition, or a repetition with a fault.
fn request(dice: &mut Dice, past: &[AppendRequest], several: bool) -> AppendRequest {
    if !past.is_empty() && dice.below(4) == 0 {
        let mut again = dice.pick(past);
        let part = &mut again.parts[0];
        match dice.below(6) {
            0 => part.events.push(numbered(99)),
            1 => part.events.reverse(),
            2 => part.events[0].payload = Payload::json("{\"changed\":true}"),
            3 => part.events.push(part.events[0].clone()),
            _ => part.expected = ExpectedVersion::Exact(StreamVersion(dice.below(6))),
        }
        return again;
    }
    let first = dice.below(4);
    let parts = if several && dice.below(4) == 0 { 2 } else { 1 };
    let part = |number: u64, dice: &mut Dice| StreamAppend {
        stream: stream(&format!("model-{}", (first + number) % 4)),
        expected: match dice.below(5) {
            0 => ExpectedVersion::NoStream,
            1 => ExpectedVersion::Exists,
            2 => ExpectedVersion::Exact(StreamVersion(dice.below(8))),
            _ => ExpectedVersion::Any,
        },
        events: (0..=dice.below(3)).map(numbered).collect(),
    };
    AppendRequest { parts: (0..parts).map(|number| part(number, dice)).collect() }
}

pub async fn random_commands_do_what_a_simple_model_does(fixture: &Fixture) {
    let several = fixture.store.capabilities().multi_stream_append;
    let mut dice = Dice::new(2024);
    let (mut model, mut past) = (Model::default(), Vec::new());
    for step in 0..400 {
        let request = request(&mut dice, &past, several);
        let expected = model.append(&request);
        let found = match fixture.store.append(request.clone()).await {
            Ok(appended) => {
                let events = appended.events.iter().map(|event| (event.event_id, event.version.get())).collect();
                if appended.replayed { Answer::Replayed(events) } else { Answer::Written(events) }
            }
            Err(AppendError::WrongExpectedVersion { stream, actual, .. }) => {
                Answer::Conflict { stream: stream.to_string(), actual: actual.get() }
            }
            Err(AppendError::IdempotencyMismatch { .. }) => Answer::Mismatch,
            Err(AppendError::DuplicateIdInRequest { .. }) => Answer::Duplicate,
            Err(other) => panic!("step {step}: {other}"),
        };
        assert_eq!(found, expected, "step {step}: {request:?}");
        if matches!(found, Answer::Written(_)) {
            past.push(request);
        }
    }
    let mut kinds = BTreeMap::new();
    let stored = fixture.all().await;
    for (event, (name, version, known)) in stored.iter().zip(&model.log) {
        assert_eq!((event.stream.as_str(), event.version.get()), (name.as_str(), *version), "at {}", event.position);
        assert_eq!((event.event_id, &event.payload), (known.event_id, &known.payload), "at {}", event.position);
        *kinds.entry(name.clone()).or_insert(0) += 1;
    }
    assert_eq!(stored.len(), model.log.len(), "the log is as long as the model's");
    assert_eq!(kinds.len(), 4, "the commands reached every stream");
}
