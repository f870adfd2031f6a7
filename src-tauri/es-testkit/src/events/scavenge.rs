use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::retention::{BatchLimits, stream as record_stream};
use es_core::verify::Verifier;
use es_core::{
    AppendError, AppendRequest, Direction, EventFilter, EventStub, ExpectedVersion, NewEvent, Payload, Position,
    ReadAll, RecordedEvent, ScavengeRequest, ScavengeStage, ScavengedBatch, ScavengedSpan, StreamCut, StreamName,
    StreamVersion, limits,
};
use uuid::Uuid;

use super::retention::{assert_expectations, by, cut};
use super::{Fixture, positions, read};
use crate::generate::{Dice, numbered, stream, time};

impl Fixture {
    async fn request(&self, cuts: Vec<StreamCut>) -> ScavengeRequest {
        ScavengeRequest {
            cuts,
            limits: BatchLimits::default(),
            by: Authorship { change_id: Uuid::new_v4(), ..by(0) },
            decided_on: self.decided_on().await,
            observer: None,
        }
    }

    /// Scavenges all that is hidden of a stream.
    async fn scavenge(&self, name: &StreamName) -> ScavengedBatch {
        let request = self.request(vec![cut(name, u64::MAX >> 1)]).await;
        self.retention().scavenge(request).await.expect("scavenged")
    }

    async fn all_stubs(&self) -> Vec<EventStub> {
        let page = self.retention().stubs(Position::ZERO, 1000).await.expect("a page");
        assert!(page.end, "few enough for a page");
        page.stubs
    }

    async fn verify_archive(&self) -> Vec<es_core::Finding> {
        let report = self.retention().verify_archive(Box::new(|_| true)).await.expect("verified");
        assert_eq!(report.stubs, self.all_stubs().await.len() as u64, "every stub was looked at");
        report.findings
    }
}

/// Two streams, taking turns; the first is truncated before its fifth of eight events. The log before that, and its events
/// that are hidden.
async fn truncated(fixture: &Fixture) -> (StreamName, Vec<RecordedEvent>, Vec<RecordedEvent>) {
    let name = stream("account-1");
    for number in 1..=8 {
        if let Some(clock) = &fixture.clock {
            clock.set(time(i64::try_from(number).expect("small")));
        }
        fixture.write(&name, vec![numbered(number)]).await;
        fixture.write(&stream("other-1"), vec![numbered(number)]).await;
    }
    let log = fixture.all().await;
    fixture.truncate(&name, 5).await;
    let hidden = log.iter().filter(|event| event.stream == name && event.version.get() < 5).cloned().collect();
    (name, log, hidden)
}

pub async fn a_scavenge_moves_hidden_events_and_nothing_else(fixture: &Fixture) {
    let (name, log, hidden) = truncated(fixture).await;
    // Cuts of streams that show everything, that are missing, or that reach too far move nothing.
    let cuts = vec![cut(&stream("other-1"), 7), cut(&stream("missing-1"), 7), cut(&name, 7)];
    let batch = fixture.retention().scavenge(fixture.request(cuts).await).await.expect("scavenged");
    assert_eq!((batch.events, batch.more), (4, false), "{batch:?}");
    let span = ScavengedSpan { first: hidden[0].position, last: hidden[3].position };
    assert_eq!(batch.span, Some(span));
    let left: Vec<_> = log.iter().filter(|event| !hidden.contains(event)).cloned().collect();
    let now = fixture.all().await;
    assert_eq!(now[..left.len()], left, "everything else is as it was");
    let expected: Vec<_> = hidden.iter().filter_map(EventStub::of).collect();
    assert_eq!(fixture.all_stubs().await, expected, "a stub for each moved event");
    let recorded = fixture.read_stream(&record_stream()).await;
    assert_eq!(batch.decided_on, recorded.last().expect("recorded").version, "the next batch is decided on this");
    match RetentionEvent::decode(recorded.last().expect("recorded")) {
        Ok(RetentionEvent::EventsScavenged { events: 4, bytes, first, last, .. }) => {
            assert_eq!((bytes, first, last), (batch.bytes, span.first, span.last), "recorded with its numbers");
        }
        other => panic!("the scavenge is recorded, not {other:?}"),
    }
    let again = fixture.scavenge(&name).await;
    assert_eq!((again.events, again.more), (0, false), "there is nothing more");
    assert_eq!(fixture.decided_on().await, batch.decided_on, "and that needs no record");
    assert_eq!(fixture.read_stream(&name).await.len(), 4, "the stream is read as before");
    let appended = fixture.append(&name, ExpectedVersion::Exact(StreamVersion(8)), vec![numbered(9)]).await;
    assert_eq!(appended.expect("appended").events[0].version, StreamVersion(9), "and goes on");
}

pub async fn every_read_says_what_was_scavenged(fixture: &Fixture) {
    let (name, _, hidden) = truncated(fixture).await;
    let page = fixture.store.read_all(ReadAll::forward(Position::ZERO, 100)).await.expect("a page");
    assert_eq!(page.scavenged, None, "nothing yet");
    fixture.scavenge(&name).await;
    let store = &fixture.store;
    let span =
        |first: usize, last: usize| Some(ScavengedSpan { first: hidden[first].position, last: hidden[last].position });
    let forward = store.read_all(ReadAll::forward(Position::ZERO, 100)).await.expect("a page");
    let backward = store.read_all(ReadAll::backward(Position::MAX, 100)).await.expect("a page");
    let scan = store.scan_positions(Position::ZERO, &EventFilter::default()).await.expect("a page");
    assert_eq!([forward.scavenged, backward.scavenged, scan.scavenged], [span(0, 3); 3], "both directions and scans");
    assert_eq!(scan.positions, positions(&forward.events), "a scan passes them over");
    let middle = hidden[2].position;
    let after = store.read_all(ReadAll::forward(middle, 100)).await.expect("a page");
    let before = store.read_all(ReadAll::backward(middle, 100)).await.expect("a page");
    assert_eq!((after.scavenged, before.scavenged), (span(3, 3), span(0, 1)), "what the read has examined");
    let beyond = store.read_all(ReadAll::forward(hidden[3].position, 100)).await.expect("a page");
    assert_eq!(beyond.scavenged, None, "nothing behind the last one");
    let asked = [hidden[1].position, forward.events[0].position, Position(9999)];
    let found = store.read_positions(&asked).await.expect("read");
    assert_eq!(positions(&found), [forward.events[0].position], "an event that is not there is left out");
    let stubs = fixture.retention().read_stubs(&asked).await.expect("read");
    assert_eq!(stubs, EventStub::of(&hidden[1]).into_iter().collect::<Vec<_>>(), "and its stub tells of it");
    let by_id = fixture.retention().stub_by_id(hidden[1].event_id).await.expect("looked up");
    assert_eq!(by_id, EventStub::of(&hidden[1]), "found by its id, too");
    let page = fixture.retention().stubs(hidden[0].position, 2).await.expect("a page");
    let listed: Vec<_> = page.stubs.iter().map(|stub| stub.position).collect();
    assert_eq!((listed, page.end), (positions(&hidden[1..3]), false), "stubs are listed in pages");
    assert!(!page.archive.is_empty(), "and say where the events are");
}

pub async fn a_retried_append_of_scavenged_events_is_recognised(fixture: &Fixture) {
    let name = stream("account-1");
    let events = vec![numbered(1), numbered(2)];
    let first = fixture.write(&name, events.clone()).await;
    fixture.write(&name, vec![numbered(3)]).await;
    fixture.truncate(&name, 3).await;
    fixture.scavenge(&name).await;
    let again = fixture.append(&name, ExpectedVersion::NoStream, events.clone()).await.expect("recognised");
    assert!(again.replayed, "by ids and content hashes of the stubs");
    assert_eq!(again.events, first.events, "and answered as at first");
    let mut changed = events.clone();
    changed[1].payload = Payload::json("{\"changed\":true}");
    for (what, events) in [("other content", changed), ("a part", vec![events[1].clone(), numbered(4)])] {
        let refused = fixture.append(&name, ExpectedVersion::Any, events).await;
        assert!(matches!(refused, Err(AppendError::IdempotencyMismatch { .. })), "{what}: {refused:?}");
    }
    let elsewhere = fixture.append(&stream("other-1"), ExpectedVersion::Any, events).await;
    assert!(matches!(elsewhere, Err(AppendError::IdempotencyMismatch { .. })), "another stream: {elsewhere:?}");
}

pub async fn each_expectation_of_a_scavenged_stream_is_about_its_last_event(fixture: &Fixture) {
    let scavenge = async |name: &StreamName| {
        fixture.truncate(name, 2).await;
        assert_eq!(fixture.scavenge(name).await.events, 1, "the first one");
    };
    assert_expectations(fixture, scavenge).await;
}

pub async fn a_batch_keeps_its_limits_and_the_next_one_goes_on(fixture: &Fixture) {
    let (name, _, hidden) = truncated(fixture).await;
    let bytes_of = |event: &RecordedEvent| (event.payload.as_bytes().len() + event.metadata.len()) as u64;
    let limits = BatchLimits { events: 2, ..BatchLimits::default() };
    let request = fixture.request(vec![cut(&name, 5)]).await;
    let batch = fixture.retention().scavenge(ScavengeRequest { limits, ..request }).await.expect("scavenged");
    assert_eq!((batch.events, batch.more), (2, true), "a number of events");
    let limits = BatchLimits { bytes: bytes_of(&hidden[2]), ..BatchLimits::default() };
    let request =
        ScavengeRequest { limits, decided_on: batch.decided_on, ..fixture.request(vec![cut(&name, 5)]).await };
    let batch = fixture.retention().scavenge(request).await.expect("scavenged");
    assert_eq!((batch.events, batch.bytes, batch.more), (1, bytes_of(&hidden[2]), true), "a number of bytes");
    let limits = BatchLimits { bytes: 1, time: Duration::ZERO, ..BatchLimits::default() };
    let request =
        ScavengeRequest { limits, decided_on: batch.decided_on, ..fixture.request(vec![cut(&name, 5)]).await };
    let batch = fixture.retention().scavenge(request).await.expect("scavenged");
    assert_eq!((batch.events, batch.more), (1, false), "one that is too large goes alone, so that there is an end");
    assert_eq!(fixture.all_stubs().await.len(), 4, "together everything");
}

pub async fn a_scavenge_decided_on_an_older_record_moves_nothing(fixture: &Fixture) {
    let (name, _, _) = truncated(fixture).await;
    let request = fixture.request(vec![cut(&name, 5)]).await;
    fixture.retention().retain(fixture.closing(&stream("other-1")).await).await.expect("changed meanwhile");
    let before = fixture.all().await;
    let refused = fixture.retention().scavenge(request).await.expect_err("the record moved");
    assert!(refused.is_conflict(), "{refused:?}");
    assert_eq!(fixture.all().await, before, "nothing was moved");
    assert!(fixture.all_stubs().await.is_empty(), "and no stub was left");
    assert_eq!(fixture.scavenge(&name).await.events, 4, "what was copied to the archive already is no obstacle");
}

pub async fn each_stage_of_a_batch_is_told_in_order(fixture: &Fixture) {
    let (name, _, _) = truncated(fixture).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let mut request = fixture.request(vec![cut(&name, 5)]).await;
    request.observer = Some(Arc::new(move |stage| heard.lock().expect("not poisoned").push(stage)));
    fixture.retention().scavenge(request).await.expect("scavenged");
    use ScavengeStage::{Archived, Committed, Copied, Removed, Stubbed};
    assert_eq!(*told.lock().expect("not poisoned"), [Copied, Archived, Stubbed, Removed, Committed]);
}

pub async fn the_archive_holds_the_same_events_and_verifies(fixture: &Fixture) {
    assert_eq!(fixture.verify_archive().await, [], "no archive and no stubs agree");
    let (name, log, hidden) = truncated(fixture).await;
    fixture.scavenge(&name).await;
    let mut asked = positions(&hidden);
    asked.reverse();
    asked.push(log[1].position);
    let archived = fixture.retention().read_archived(&asked).await.expect("read");
    let expected: Vec<_> = hidden.iter().rev().cloned().collect();
    assert_eq!(archived, expected, "every field, in the order asked for; others are left out");
    let found = fixture.store.event_by_id(hidden[0].event_id).await.expect("looked up");
    assert_eq!(found.as_ref(), Some(&hidden[0]), "a lookup by id finds it in the archive");
    assert_eq!(fixture.verify_archive().await, [], "all are there");
    let report = fixture.retention().verify_archive(Box::new(|_| false)).await.expect("stopped");
    assert!(report.cancelled && !report.intact(), "it can be stopped, and says so");
    let figures = fixture.retention().storage().await.expect("figures");
    assert_eq!(figures.stubs, 4);
    assert!(figures.bytes > 0 && figures.archive_bytes.is_some_and(|bytes| bytes > 0), "{figures:?}");
}

pub async fn the_chain_goes_on_through_stubs(fixture: &Fixture) {
    let (name, log, _) = truncated(fixture).await;
    fixture.scavenge(&name).await;
    let events: BTreeMap<Position, RecordedEvent> =
        fixture.all().await.into_iter().map(|event| (event.position, event)).collect();
    let stubs: BTreeMap<Position, EventStub> =
        fixture.all_stubs().await.into_iter().map(|stub| (stub.position, stub)).collect();
    let report = |stubs: &BTreeMap<Position, EventStub>| {
        let mut verifier = Verifier::new(fixture.store.capabilities(), true);
        for position in 1..=(events.len() + stubs.len()) as u64 {
            match (events.get(&Position(position)), stubs.get(&Position(position))) {
                (Some(event), None) => verifier.event(event),
                (None, Some(stub)) => verifier.stub(stub),
                other => panic!("each position has an event or a stub, not {other:?}"),
            }
        }
        verifier.finish(None, false)
    };
    assert_eq!(report(&stubs).findings, [], "the chain is whole");
    let victim = *stubs.keys().nth(1).expect("four stubs");
    for tamper in [
        |stub: &mut EventStub| stub.content_hash.0[7] ^= 1,
        |stub: &mut EventStub| stub.chain_hash.0[31] ^= 1,
        |stub: &mut EventStub| stub.event_id = Uuid::from_u128(stub.event_id.as_u128() ^ 1),
        |stub: &mut EventStub| stub.recorded_at += chrono::TimeDelta::microseconds(1),
        |stub: &mut EventStub| stub.version = stub.version.next(),
    ] {
        let mut harmed = stubs.clone();
        tamper(harmed.get_mut(&victim).expect("there"));
        let found = report(&harmed).findings;
        assert!(found.iter().any(|finding| finding.position == victim), "a changed stub is named: {found:?}");
    }
    assert!(log.len() > 4, "there was something to keep");
}

/// A log with some of everything, a part of it scavenged. Returns what is left.
async fn partly_scavenged(fixture: &Fixture) -> Vec<RecordedEvent> {
    let all = read::written(fixture).await;
    let mut last: BTreeMap<StreamName, u64> = BTreeMap::new();
    for event in &all {
        last.insert(event.stream.clone(), event.version.get());
    }
    let domain = last.into_iter().filter(|(name, version)| *version > 3 && !name.is_system());
    for (name, version) in domain.step_by(2) {
        fixture.truncate(&name, version - 1).await;
        fixture.scavenge(&name).await;
    }
    let left = fixture.all().await;
    assert!(left.len() < all.len() && !left.is_empty(), "some are gone, some are left");
    left
}

pub async fn filters_mean_the_same_after_a_scavenge(fixture: &Fixture) {
    let left = partly_scavenged(fixture).await;
    read::assert_random_filters(fixture, &left).await;
}

pub async fn the_position_at_a_time_is_exact_after_a_scavenge(fixture: &Fixture) {
    let clock = fixture.clock.as_ref().expect("a clock that can be set");
    let name = stream("account-1");
    for number in 1..=20 {
        clock.set(time(i64::try_from(number / 2).expect("small") * 10));
        fixture.write(&name, vec![numbered(number)]).await;
    }
    let mut times = Vec::new();
    for seconds in -5..110 {
        times.push((seconds, fixture.store.position_at(time(seconds)).await.expect("a position")));
    }
    fixture.truncate(&name, 15).await;
    fixture.scavenge(&name).await;
    for (seconds, position) in times {
        let found = fixture.store.position_at(time(seconds)).await.expect("a position");
        // The records of the scavenge come after everything else, at the last of these times.
        let expected = if seconds >= 100 { fixture.store.head().await.expect("a head") } else { position };
        assert_eq!(found, expected, "at {seconds} seconds");
    }
}

pub async fn a_follower_passes_over_what_was_scavenged(fixture: &Fixture) {
    let name = stream("account-1");
    let events: Vec<NewEvent> = (0..300).map(numbered).collect();
    for chunk in events.chunks(50) {
        fixture.write(&name, chunk.to_vec()).await;
    }
    fixture.truncate(&name, 300).await;
    while fixture.scavenge(&name).await.more {}
    let filter = EventFilter { categories: vec!["account".to_owned()], ..EventFilter::default() };
    for (direction, limit) in [(Direction::Forward, 1), (Direction::Forward, 7), (Direction::Backward, 7)] {
        // `read` fails if a page does not move on.
        let found = fixture.read(direction, &filter, limit).await;
        assert_eq!(found.len(), 1, "only the last event is left");
        assert_eq!(found[0].version, StreamVersion(300));
    }
    let page = fixture.store.read_all(ReadAll::forward(Position::ZERO, 1)).await.expect("a page");
    assert_eq!(page.events.len(), 1, "what is gone costs no page of its own");
}

pub async fn outlines_and_stubs_are_cut_to_the_limit(fixture: &Fixture) {
    let (name, max) = (stream("long-1"), limits::PAGE_EVENTS);
    let events = |count: usize| (0..count as u64).map(numbered).collect();
    fixture.write(&name, events(max)).await;
    fixture.write(&name, events(2)).await;
    let outline = async |after| fixture.retention().outline(&name, StreamVersion(after)).await.expect("an outline");
    assert_eq!(outline(0).await.len(), max, "an outline is cut to the limit");
    assert_eq!(outline(max as u64).await.len(), 2, "the next one has the rest");
    fixture.truncate(&name, max as u64 + 2).await;
    while fixture.scavenge(&name).await.more {}
    let page = fixture.retention().stubs(Position::ZERO, usize::MAX).await.expect("a page");
    assert_eq!((page.stubs.len(), page.end), (max, false), "a page of stubs is cut to the limit");
    let rest = fixture.retention().stubs(page.stubs[max - 1].position, usize::MAX).await.expect("a page");
    assert_eq!((rest.stubs.len(), rest.end), (1, true), "the next one has the rest");
}

/// What retention is: a list of events, and of each stream where it begins, what was moved, and whether it is closed.
#[derive(Default)]
struct Model {
    log: Vec<(StreamName, u64, NewEvent)>,
    begins: BTreeMap<StreamName, u64>,
    moved: BTreeMap<StreamName, u64>,
    closed: BTreeMap<StreamName, ()>,
}

impl Model {
    fn version(&self, name: &StreamName) -> u64 {
        self.log.iter().filter(|(stream, ..)| stream == name).count() as u64
    }

    /// Whether a version is below what a map says of its stream.
    fn below(of: &BTreeMap<StreamName, u64>, name: &StreamName, version: u64) -> bool {
        of.get(name).is_some_and(|before| version < *before)
    }

    fn ids(&self, keep: impl Fn(&StreamName, u64) -> bool) -> Vec<Uuid> {
        self.log.iter().filter(|(name, version, _)| keep(name, *version)).map(|(.., event)| event.event_id).collect()
    }
}

pub async fn random_retention_does_what_a_simple_model_does(fixture: &Fixture) {
    let mut dice = Dice::new(404);
    let mut model = Model::default();
    for step in 0..300 {
        let name = stream(&format!("model-{}", dice.below(4)));
        let version = model.version(&name);
        match dice.below(10) {
            0..5 => {
                let events: Vec<_> = (0..=dice.below(3)).map(numbered).collect();
                let expected = ExpectedVersion::Exact(StreamVersion(version));
                let answer = fixture.append(&name, expected, events.clone()).await;
                if model.closed.contains_key(&name) {
                    assert_eq!(answer, Err(AppendError::StreamClosed { stream: name }), "step {step}");
                } else {
                    answer.expect("the version is right");
                    for (event, number) in events.into_iter().zip(version + 1..) {
                        model.log.push((name.clone(), number, event));
                    }
                }
            }
            5 if !model.log.is_empty() => {
                let (name, _, event) = dice.pick(&model.log);
                let request = AppendRequest::to_stream(name, ExpectedVersion::NoStream, vec![event]);
                let answer = fixture.store.append(request).await.expect("known, wherever it is now");
                assert!(answer.replayed, "step {step}");
            }
            6 | 7 if version > 0 => {
                let before = 1 + dice.below(version + 1);
                let change = fixture.truncation(vec![cut(&name, before)]).await;
                let answer = fixture.retention().retain(change).await;
                assert_eq!(answer.is_ok(), before <= version, "step {step}: {answer:?}");
                if before <= version {
                    let begins = model.begins.entry(name).or_default();
                    *begins = before.max(*begins);
                }
            }
            8 => {
                let batch = fixture.scavenge(&name).await;
                let begins = model.begins.get(&name).copied().unwrap_or(1);
                let moved = model.moved.insert(name, begins).unwrap_or(1);
                assert_eq!(batch.events, begins - moved, "step {step}");
            }
            9 if version > 0 && step > 200 => {
                fixture.retention().retain(fixture.closing(&name).await).await.expect("closed");
                model.closed.insert(name, ());
            }
            _ => {}
        }
    }
    let ids = |events: &[RecordedEvent]| {
        let own = events.iter().filter(|event| !event.stream.is_system());
        own.map(|event| event.event_id).collect::<Vec<_>>()
    };
    let stored = fixture.all().await;
    assert_eq!(ids(&stored), model.ids(|name, version| !Model::below(&model.moved, name, version)), "the log");
    let moved = model.ids(|name, version| Model::below(&model.moved, name, version));
    let stubs: Vec<_> = fixture.all_stubs().await.into_iter().map(|stub| stub.event_id).collect();
    assert_eq!(stubs, moved, "the stubs");
    assert!(moved.len() > 20, "there was something to move");
    for number in 0..4 {
        let name = stream(&format!("model-{number}"));
        let read = ids(&fixture.read_stream(&name).await);
        let expected = model.ids(|of, version| *of == name && !Model::below(&model.begins, of, version));
        assert_eq!(read, expected, "stream {name}");
    }
    assert_eq!(fixture.verify_archive().await, []);
}
