//! The append decision, tested without a database.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use es_core::hash::{ChainLink, chain_hash, content_hash};
use es_core::plan::{Examined, KnownEvent, LogHead, Plan, PlanInput, StreamHead, TimedRequest, plan_batch};
use es_core::{
    AppendError, AppendRequest, Appended, ExpectedVersion, InvalidAppend, NewEvent, Payload, Position, StreamAppend,
    StreamName, StreamVersion, limits,
};
use proptest::prelude::*;
use uuid::Uuid;

fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a name")
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("a time")
}

fn event(id: u128, content: u8) -> NewEvent {
    NewEvent {
        event_id: Uuid::from_u128(id),
        event_type: "Tested".into(),
        schema_version: 1,
        payload: Payload::json(format!("{{\"content\":{content}}}")),
        metadata: format!("{{\"$correlationId\":\"{}\"}}", Uuid::from_u128(id / 4)).into(),
    }
}

/// What a store keeps between batches, as plain as can be.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    head: LogHead,
    streams: BTreeMap<StreamName, StreamHead>,
    known: BTreeMap<Uuid, KnownEvent>,
}

impl Stored {
    fn empty() -> Self {
        Self { head: LogHead::EMPTY, streams: BTreeMap::new(), known: BTreeMap::new() }
    }

    fn plan<'a>(&self, requests: &'a [TimedRequest<'a>], now: DateTime<Utc>) -> Plan<'a> {
        plan_batch(PlanInput {
            head: self.head,
            streams: self.streams.clone().into_iter().collect(),
            known: self.known.clone().into_iter().collect(),
            requests,
            now,
            binary_payloads: false,
        })
    }

    fn write(&mut self, plan: &Plan<'_>) {
        self.head = plan.head;
        self.streams.extend(plan.streams.iter().map(|(stream, head)| (stream.clone(), *head)));
        for row in &plan.rows {
            let known = KnownEvent {
                stream: row.stream.clone(),
                version: row.version,
                position: row.position,
                content_hash: row.content_hash,
            };
            assert!(self.known.insert(row.event.event_id, known).is_none(), "an id is written once");
        }
    }
}

#[derive(Debug, Clone)]
struct Asked {
    request: AppendRequest,
    recorded_at: Option<i64>,
}

fn expectations() -> impl Strategy<Value = ExpectedVersion> + Clone {
    prop_oneof![
        3 => Just(ExpectedVersion::Any),
        1 => Just(ExpectedVersion::NoStream),
        1 => Just(ExpectedVersion::Exists),
        2 => (0_u64..6).prop_map(|version| ExpectedVersion::Exact(StreamVersion(version))),
    ]
}

/// Few streams, few ids and few contents, so that conflicts, replays and mismatches are frequent.
fn asked() -> impl Strategy<Value = Asked> {
    let part = (0_usize..3, expectations(), prop::collection::vec((0_u128..24, 0_u8..2), 0..4)).prop_map(
        |(number, expected, events)| StreamAppend {
            stream: stream(["a-1", "a-2", "b-1"][number]),
            expected,
            // Mostly the content that the id always has.
            events: events
                .into_iter()
                .map(|(id, other)| event(id, if other == 1 && id % 5 == 0 { 1 } else { 0 }))
                .collect(),
        },
    );
    let parts = prop_oneof![4 => prop::collection::vec(part.clone(), 1..2), 1 => prop::collection::vec(part, 0..3)];
    (parts, prop::option::weighted(0.3, 90_i64..130))
        .prop_map(|(parts, recorded_at)| Asked { request: AppendRequest { parts }, recorded_at })
}

fn timed(asked: &[Asked]) -> Vec<TimedRequest<'_>> {
    asked
        .iter()
        .map(|one| TimedRequest { request: &one.request, recorded_at: one.recorded_at.map(at), examined: None })
        .collect()
}

fn check_rows(before: &Stored, plan: &Plan<'_>) -> Result<(), TestCaseError> {
    let mut head = before.head;
    let mut versions: HashMap<&StreamName, u64> = HashMap::new();
    for row in &plan.rows {
        prop_assert_eq!(row.position, head.position.next(), "positions are dense");
        prop_assert!(row.recorded_at >= head.recorded_at, "time never goes back");
        let version = versions
            .entry(row.stream)
            .or_insert_with(|| before.streams.get(row.stream).map_or(0, |head| head.version.get()));
        *version += 1;
        prop_assert_eq!(row.version.get(), *version, "versions are dense");
        prop_assert_eq!(row.content_hash, content_hash(row.stream, row.event));
        let link = ChainLink {
            content_hash: row.content_hash,
            position: row.position,
            recorded_at: row.recorded_at,
            event_id: row.event.event_id,
            version: row.version,
        };
        prop_assert_eq!(row.chain_hash, chain_hash(head.chain_hash, &link), "the chain goes through every row");
        head = LogHead { position: row.position, chain_hash: row.chain_hash, recorded_at: row.recorded_at };
    }
    prop_assert_eq!(plan.head, head, "the new head is the last row");
    let heads: BTreeMap<_, _> = plan.streams.iter().map(|(stream, head)| (stream, head.version.get())).collect();
    prop_assert_eq!(
        heads,
        versions.into_iter().collect::<BTreeMap<_, _>>(),
        "exactly the streams with rows get new heads"
    );
    Ok(())
}

/// Rows of a plan, as what was answered says they are.
fn answered_rows(plan: &Plan<'_>) -> Vec<(Uuid, Position, StreamVersion)> {
    let written = plan.outcomes.iter().flatten().filter(|appended| !appended.replayed);
    written.flat_map(|appended| appended.events.iter().map(|one| (one.event_id, one.position, one.version))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_decides_as_if_each_request_had_come_alone(batches in prop::collection::vec(prop::collection::vec(asked(), 1..8), 1..5)) {
        let (mut together, mut alone) = (Stored::empty(), Stored::empty());
        for (round, batch) in batches.iter().enumerate() {
            let now = at(100 + round as i64 * 5);
            let requests = timed(batch);
            let plan = together.plan(&requests, now);
            check_rows(&together, &plan)?;
            let rows: Vec<_> = plan.rows.iter().map(|row| (row.event.event_id, row.position, row.version)).collect();
            prop_assert_eq!(rows, answered_rows(&plan), "rows and answers agree: nobody refused has written anything");
            prop_assert_eq!(plan.outcomes.len(), batch.len());
            for (index, outcome) in plan.outcomes.iter().enumerate() {
                let single = alone.plan(&requests[index..=index], now);
                prop_assert_eq!(&single.outcomes[0], outcome, "request {} of round {}", index, round);
                alone.write(&single);
            }
            together.write(&plan);
            prop_assert_eq!(&together, &alone);
        }
    }

    #[test]
    fn a_batch_sent_again_writes_nothing_and_returns_the_first_places(batch in prop::collection::vec(asked(), 1..8)) {
        let mut stored = Stored::empty();
        let requests = timed(&batch);
        let first = stored.plan(&requests, at(100));
        stored.write(&first);
        let again = stored.plan(&requests, at(200));
        for (index, (first, again)) in first.outcomes.iter().zip(&again.outcomes).enumerate() {
            if let Ok(first) = first {
                prop_assert_eq!(again, &Ok(Appended { replayed: true, ..first.clone() }), "request {}", index);
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_plan(batch in prop::collection::vec(asked(), 1..8)) {
        let requests = timed(&batch);
        let (one, other) = (Stored::empty().plan(&requests, at(1)), Stored::empty().plan(&requests, at(1)));
        prop_assert_eq!(one.rows, other.rows);
        prop_assert_eq!(one.outcomes, other.outcomes);
        prop_assert_eq!((one.head, one.streams), (other.head, other.streams));
    }

    #[test]
    fn what_was_found_out_beforehand_gives_the_same_plan(batch in prop::collection::vec(asked(), 1..8)) {
        let requests = timed(&batch);
        let found_out: Vec<_> = batch.iter().map(|one| Examined::of(&one.request, false).ok()).collect();
        let examined = requests.iter().zip(&found_out);
        let examined: Vec<_> = examined.map(|(one, found)| TimedRequest { examined: found.as_ref(), ..*one }).collect();
        let (one, other) = (Stored::empty().plan(&requests, at(1)), Stored::empty().plan(&examined, at(1)));
        prop_assert_eq!(one.rows, other.rows);
        prop_assert_eq!(one.outcomes, other.outcomes);
        prop_assert_eq!((one.head, one.streams), (other.head, other.streams));
    }

    #[test]
    fn an_expectation_decides_exactly_by_the_stream_as_it_stands(expected in expectations(), version in 0_u64..6, closed: bool) {
        let mut stored = Stored::empty();
        if version > 0 {
            stored.streams.insert(stream("a-1"), StreamHead { version: StreamVersion(version), closed });
        }
        let request = AppendRequest::to_stream(stream("a-1"), expected, vec![event(1, 0)]);
        let requests = [TimedRequest { request: &request, recorded_at: None, examined: None }];
        let plan = stored.plan(&requests, at(1));
        let fits = match expected {
            ExpectedVersion::Any => true,
            ExpectedVersion::NoStream => version == 0,
            ExpectedVersion::Exists => version > 0,
            ExpectedVersion::Exact(wanted) => wanted.get() == version,
        };
        match &plan.outcomes[0] {
            Ok(appended) => {
                prop_assert!(fits && !(closed && version > 0));
                prop_assert_eq!(appended.events[0].version.get(), version + 1);
            }
            Err(AppendError::StreamClosed { .. }) => prop_assert!(fits && closed && version > 0),
            Err(AppendError::WrongExpectedVersion { actual, expected: told, .. }) => {
                prop_assert!(!fits);
                prop_assert_eq!((actual.get(), *told), (version, expected));
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

fn decide(request: &AppendRequest) -> Result<Appended, AppendError> {
    let requests = [TimedRequest { request, recorded_at: None, examined: None }];
    let plan = Stored::empty().plan(&requests, at(1));
    assert!(plan.outcomes[0].is_ok() || plan.rows.is_empty(), "a refused request writes nothing");
    plan.outcomes.into_iter().next().expect("one outcome")
}

fn refused_as_invalid(what: &str, request: &AppendRequest, fits: fn(&InvalidAppend) -> bool) {
    match decide(request) {
        Err(AppendError::Invalid(invalid)) if fits(&invalid) => {}
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn malformed_requests_are_refused_each_for_its_reason() {
    use InvalidAppend::{BadType, BinaryPayload, Empty, NotJson, OverLimit};
    let one = |event: NewEvent| AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![event]);
    let sound = || event(1, 0);
    refused_as_invalid("no part", &AppendRequest { parts: Vec::new() }, |e| matches!(e, Empty));
    let mut empty_part = one(sound());
    empty_part.parts.push(StreamAppend { stream: stream("a-2"), expected: ExpectedVersion::Any, events: Vec::new() });
    refused_as_invalid("a part without events", &empty_part, |e| matches!(e, Empty));
    let many: Vec<_> = (0..=limits::EVENTS_PER_APPEND as u128).map(|id| event(id, 0)).collect();
    let many = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, many);
    refused_as_invalid("too many events", &many, |e| matches!(e, OverLimit { max: limits::EVENTS_PER_APPEND, .. }));
    let streams = (0..=limits::STREAMS_PER_APPEND as u128).map(|id| StreamAppend {
        stream: stream(&format!("a-{id}")),
        expected: ExpectedVersion::Any,
        events: vec![event(id, 0)],
    });
    let streams = AppendRequest { parts: streams.collect() };
    refused_as_invalid("too many streams", &streams, |e| {
        matches!(e, OverLimit { max: limits::STREAMS_PER_APPEND, .. })
    });
    let long = NewEvent { payload: Payload::json(format!("\"{}\"", "x".repeat(limits::PAYLOAD_BYTES))), ..sound() };
    refused_as_invalid("a long payload", &one(long), |e| matches!(e, OverLimit { max: limits::PAYLOAD_BYTES, .. }));
    let long = NewEvent { metadata: format!("\"{}\"", "x".repeat(limits::METADATA_BYTES)).into(), ..sound() };
    refused_as_invalid("long metadata", &one(long), |e| matches!(e, OverLimit { max: limits::METADATA_BYTES, .. }));
    for text in ["", "{", "{}{}", "nul", "{\"a\":1,}", "\u{feff}{}", "NaN"] {
        let payload = NewEvent { payload: Payload::json(text), ..sound() };
        refused_as_invalid(text, &one(payload), |e| matches!(e, NotJson { what: "payload", .. }));
        let metadata = NewEvent { metadata: text.into(), ..sound() };
        refused_as_invalid(text, &one(metadata), |e| matches!(e, NotJson { what: "metadata", .. }));
    }
    let binary = NewEvent { payload: Payload::Binary(Box::from(*b"{}")), ..sound() };
    refused_as_invalid("binary", &one(binary), |e| matches!(e, BinaryPayload { .. }));
    refused_as_invalid("no type", &one(NewEvent { event_type: "".into(), ..sound() }), |e| matches!(e, BadType { .. }));
    let zero_byte = NewEvent { event_type: "a\0b".into(), ..sound() };
    refused_as_invalid("a zero byte", &one(zero_byte), |e| matches!(e, BadType { .. }));
    let long = NewEvent { event_type: "x".repeat(limits::TYPE_NAME_BYTES + 1).into(), ..sound() };
    refused_as_invalid("a long type", &one(long), |e| matches!(e, BadType { .. }));
    let zero = NewEvent { schema_version: 0, ..sound() };
    refused_as_invalid("schema version 0", &one(zero), |e| matches!(e, BadType { .. }));
}

#[test]
fn limits_themselves_are_allowed() {
    let payload = Payload::json(format!("\"{}\"", "x".repeat(limits::PAYLOAD_BYTES - 2)));
    let event_type = "x".repeat(limits::TYPE_NAME_BYTES).into();
    let largest = NewEvent { payload, event_type, ..event(1, 0) };
    decide(&AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![largest])).expect("fits");
    let most: Vec<_> = (0..limits::EVENTS_PER_APPEND as u128).map(|id| event(id, 0)).collect();
    decide(&AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, most)).expect("fits");
}

/// Parts for two streams in turns, from version 0 on.
fn in_turns(expected: [ExpectedVersion; 4]) -> AppendRequest {
    let names = ["a-1", "b-1", "a-1", "b-1"];
    let parts = names.iter().zip(expected).enumerate().map(|(at, (name, expected))| StreamAppend {
        stream: stream(name),
        expected,
        events: (0..2).map(|event_at| event(at as u128 * 2 + event_at, 0)).collect(),
    });
    AppendRequest { parts: parts.collect() }
}

#[test]
fn a_stream_named_again_is_as_the_earlier_part_leaves_it() {
    use ExpectedVersion::{Any, Exact, Exists, NoStream};
    let exact = |version| Exact(StreamVersion(version));
    for expected in
        [[exact(0), exact(0), exact(2), exact(2)], [NoStream, Any, Exists, Exists], [Any, NoStream, exact(2), Any]]
    {
        let appended = decide(&in_turns(expected)).expect("every expectation holds in its turn");
        let places: Vec<_> = appended.events.iter().map(|e| (e.position.get(), e.version.get())).collect();
        let in_order = [(1, 1), (2, 2), (3, 1), (4, 2), (5, 3), (6, 4), (7, 3), (8, 4)];
        assert_eq!(places, in_order, "the log has the request's order: {expected:?}");
    }
    for (expected, part, actual) in [
        ([exact(0), exact(0), exact(0), exact(2)], "a-1", 2),
        ([exact(0), exact(0), exact(2), NoStream], "b-1", 2),
        ([exact(0), exact(0), exact(4), exact(2)], "a-1", 2),
    ] {
        match decide(&in_turns(expected)) {
            Err(AppendError::WrongExpectedVersion { stream, actual: found, .. }) => {
                assert_eq!((stream.as_str(), found.get()), (part, actual), "{expected:?}");
            }
            other => panic!("{expected:?}: {other:?}"),
        }
    }
}

#[test]
fn streams_in_turns_are_replayed_only_in_the_same_turns() {
    let request = in_turns([ExpectedVersion::Any; 4]);
    let mut stored = Stored::empty();
    let first = {
        let requests = [TimedRequest { request: &request, recorded_at: None, examined: None }];
        let plan = stored.plan(&requests, at(1));
        stored.write(&plan);
        plan.outcomes[0].clone().expect("written")
    };
    let answer = |request: &AppendRequest| {
        let requests = [TimedRequest { request, recorded_at: None, examined: None }];
        stored.plan(&requests, at(2)).outcomes.into_iter().next().expect("one outcome")
    };
    assert_eq!(answer(&request), Ok(Appended { replayed: true, ..first }), "the whole request is known");
    let mut swapped = request.clone();
    swapped.parts.swap(0, 2);
    assert!(
        matches!(answer(&swapped), Err(AppendError::IdempotencyMismatch { .. })),
        "the later part before the earlier one is another request"
    );
    let mut gap = request.clone();
    gap.parts[2].events.remove(0);
    assert!(matches!(answer(&gap), Err(AppendError::IdempotencyMismatch { .. })), "an event is left out in between");
}

#[test]
fn many_parts_for_few_streams_are_allowed() {
    let parts = (0..limits::STREAMS_PER_APPEND as u128 * 3).map(|id| StreamAppend {
        stream: stream(&format!("a-{}", id % limits::STREAMS_PER_APPEND as u128)),
        expected: ExpectedVersion::Exact(StreamVersion((id / limits::STREAMS_PER_APPEND as u128) as u64)),
        events: vec![event(id, 0)],
    });
    decide(&AppendRequest { parts: parts.collect() }).expect("streams are counted, not parts");
}

#[test]
fn an_id_twice_in_one_request_is_refused_even_with_equal_content() {
    let request = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![event(1, 0), event(1, 0)]);
    let error = decide(&request).expect_err("refused");
    assert_eq!(error, AppendError::DuplicateIdInRequest { event_id: Uuid::from_u128(1) });
}

#[test]
fn the_clock_set_back_does_not_turn_time_back() {
    let mut stored = Stored::empty();
    let first = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![event(1, 0)]);
    let requests = [TimedRequest { request: &first, recorded_at: None, examined: None }];
    let plan = stored.plan(&requests, at(500));
    stored.write(&plan);
    let second = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![event(2, 0)]);
    let requests = [TimedRequest { request: &second, recorded_at: None, examined: None }];
    assert_eq!(stored.plan(&requests, at(100)).rows[0].recorded_at, at(500));
    let import = [TimedRequest { request: &second, recorded_at: Some(at(499)), examined: None }];
    let outcome = stored.plan(&import, at(900)).outcomes.into_iter().next().expect("one outcome");
    assert_eq!(outcome, Err(AppendError::Invalid(InvalidAppend::TimeGoesBack { recorded_at: at(499), head: at(500) })));
}

#[test]
fn times_are_cut_to_whole_microseconds() {
    let request = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![event(1, 0)]);
    let requests = [TimedRequest { request: &request, recorded_at: None, examined: None }];
    let nanos = DateTime::from_timestamp(1, 123_456_789).expect("a time");
    assert_eq!(Stored::empty().plan(&requests, nanos).rows[0].recorded_at, at(1_123_456));
}

#[test]
fn what_is_as_deep_as_allowed_can_be_read_and_deeper_json_could_not() {
    let nested = |depth: usize| format!("{}\"[[\\\"[\"{}", "[".repeat(depth), "]".repeat(depth));
    for (depth, allowed) in [(limits::JSON_DEPTH, true), (limits::JSON_DEPTH + 1, false)] {
        let read = serde_json::from_str::<serde_json::Value>(&nested(depth));
        assert_eq!(read.is_ok(), allowed, "the limit is where readers give up: {depth} levels");
        let mut event = event(1, 1);
        event.payload = Payload::json(nested(depth));
        let request = AppendRequest::to_stream(stream("deep-1"), ExpectedVersion::Any, vec![event]);
        let expected =
            InvalidAppend::OverLimit { what: "depth of nested JSON", actual: depth, max: limits::JSON_DEPTH };
        let examined = Examined::of(&request, false);
        assert_eq!(examined.err(), (!allowed).then_some(expected), "{depth} levels");
    }
}
