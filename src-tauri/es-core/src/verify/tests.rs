use std::collections::HashMap;

use super::*;
use crate::append::{AppendRequest, ExpectedVersion};
use crate::event::{NewEvent, Payload, event_id_of};
use crate::plan::{PlanInput, TimedRequest, plan_batch};

const EVERYTHING: Capabilities = Capabilities {
    dense_positions: true,
    multi_stream_append: true,
    binary_payloads: false,
    lookup_by_event_id: true,
    hash_chain: true,
    import: true,
    retention: true,
};

fn stream(name: &str) -> StreamName {
    StreamName::new(name).expect("a name")
}

/// Ten sound events in two streams, as the planner makes them.
fn log() -> Vec<RecordedEvent> {
    let requests: Vec<_> = (1..=10_u128)
        .map(|number| {
            let command = Uuid::from_u128(number);
            let event = NewEvent {
                event_id: event_id_of(command, 0),
                event_type: "Tested".into(),
                schema_version: 1,
                payload: Payload::json(format!("{{\"number\":{number}}}")),
                metadata: format!("{{\"$correlationId\":\"{command}\"}}").into(),
            };
            AppendRequest::to_stream(stream(&format!("a-{}", number % 2)), ExpectedVersion::Any, vec![event])
        })
        .collect();
    let timed: Vec<_> =
        requests.iter().map(|request| TimedRequest { request, recorded_at: None, examined: None }).collect();
    let plan = plan_batch(PlanInput {
        head: LogHead::EMPTY,
        streams: HashMap::new(),
        known: HashMap::new(),
        requests: &timed,
        now: DateTime::UNIX_EPOCH + chrono::Duration::days(20_000),
        binary_payloads: false,
    });
    plan.rows
        .iter()
        .map(|row| RecordedEvent {
            position: row.position,
            stream: row.stream.clone(),
            version: row.version,
            event_id: row.event.event_id,
            event_type: row.event.event_type.clone(),
            schema_version: row.event.schema_version,
            payload: row.event.payload.clone(),
            metadata: row.event.metadata.clone(),
            correlation_id: row.correlation_id,
            causation_id: row.causation_id,
            recorded_at: row.recorded_at,
            content_hash: row.content_hash,
            chain_hash: Some(row.chain_hash),
        })
        .collect()
}

fn heads(log: &[RecordedEvent]) -> (LogHead, HashMap<StreamName, (StreamVersion, Position)>) {
    let last = log.last().expect("events");
    let chain_hash = last.chain_hash.expect("a chain");
    let head = LogHead { position: last.position, chain_hash, recorded_at: last.recorded_at };
    (head, log.iter().map(|event| (event.stream.clone(), (event.version, event.position))).collect())
}

fn verified(log: &[RecordedEvent]) -> VerifyReport {
    let (head, streams) = heads(&self::log());
    let mut verifier = Verifier::new(EVERYTHING, true);
    log.iter().for_each(|event| verifier.event(event));
    for (stream, (version, position)) in &streams {
        verifier.stream_head(stream, *version, *position);
    }
    verifier.finish(Some(head), true)
}

fn places(report: &VerifyReport) -> Vec<(u64, FindingKind)> {
    report.findings.iter().map(|finding| (finding.position.get(), finding.kind)).collect()
}

#[test]
fn a_sound_log_is_intact() {
    let report = verified(&log());
    assert!(report.intact(), "{:?}", report.findings);
    assert_eq!((report.events, report.streams), (10, 2));
    assert_eq!(report.head, heads(&log()).0);
}

#[test]
fn an_empty_log_is_intact() {
    let report = Verifier::new(EVERYTHING, true).finish(Some(LogHead::EMPTY), true);
    assert!(report.intact(), "{:?}", report.findings);
}

#[test]
fn one_changed_field_is_one_place() {
    type Change = fn(&mut RecordedEvent);
    let changes: [(&str, Change, FindingKind); 8] = [
        ("payload", |e| e.payload = Payload::json("{\"number\":99}"), FindingKind::ContentHash),
        ("type", |e| e.event_type = "Tasted".into(), FindingKind::ContentHash),
        ("schema version", |e| e.schema_version = 2, FindingKind::ContentHash),
        ("content hash", |e| e.content_hash = Hash([7; 32]), FindingKind::ContentHash),
        ("chain hash", |e| e.chain_hash = Some(Hash([7; 32])), FindingKind::ChainHash),
        ("event id", |e| e.event_id = Uuid::from_u128(77), FindingKind::ChainHash),
        ("correlation", |e| e.correlation_id = None, FindingKind::MetadataIds),
        ("causation", |e| e.causation_id = Some(Uuid::from_u128(1)), FindingKind::MetadataIds),
    ];
    for (name, change, kind) in &changes {
        for index in 0..9 {
            let mut changed = log();
            change(&mut changed[index]);
            let report = verified(&changed);
            assert_eq!(places(&report), [(index as u64 + 1, *kind)], "{name} of event {}: {report:?}", index + 1);
        }
    }
}

#[test]
fn a_changed_version_or_time_is_found_where_it_is() {
    let mut changed = log();
    changed[4].version = StreamVersion(9);
    let found = places(&verified(&changed));
    assert_eq!(found, [(5, FindingKind::Version), (5, FindingKind::ChainHash)]);
    let mut changed = log();
    changed[4].recorded_at -= chrono::Duration::microseconds(1);
    let found = places(&verified(&changed));
    assert_eq!(found, [(5, FindingKind::Time), (5, FindingKind::ChainHash)]);
}

#[test]
fn a_removed_event_is_found_at_the_next_one() {
    let mut changed = log();
    changed.remove(4);
    let found = places(&verified(&changed));
    assert_eq!(found[0], (6, FindingKind::Position));
    assert!(found.contains(&(7, FindingKind::Version)), "the stream continues two positions later: {found:?}");
    assert!(found.iter().all(|(position, _)| *position <= 7), "and nothing after that: {found:?}");
}

#[test]
fn a_cut_end_is_found_through_the_heads() {
    let mut changed = log();
    changed.pop();
    let found = places(&verified(&changed));
    assert!(found.contains(&(9, FindingKind::LogHead)), "{found:?}");
    assert!(found.contains(&(8, FindingKind::StreamHead)), "{found:?}");
}

#[test]
fn an_id_that_stands_twice_is_found() {
    let mut changed = log();
    changed[6].event_id = changed[2].event_id;
    assert!(places(&verified(&changed)).contains(&(7, FindingKind::EventId)));
}

#[test]
fn an_unreadable_event_is_one_finding() {
    let sound = log();
    for stream in [Some(&sound[4].stream), None] {
        let mut verifier = Verifier::new(EVERYTHING, true);
        for event in &sound {
            if event.position == Position(5) {
                let chain_hash = event.chain_hash;
                verifier.unreadable(&UnreadableEvent { position: Position(5), stream, chain_hash, reason: "odd" });
            } else {
                verifier.event(event);
            }
        }
        let report = verifier.finish(Some(heads(&sound).0), false);
        assert_eq!(places(&report), [(5, FindingKind::Unreadable)], "stream legible: {}", stream.is_some());
    }
}

#[test]
fn a_list_of_findings_is_bounded_and_the_number_is_not() {
    let mut verifier = Verifier::new(EVERYTHING, false);
    for number in 0..limits::VERIFY_FINDINGS as u64 + 5 {
        verifier.find(Position(number), FindingKind::Structure, "odd".to_owned());
    }
    let report = verifier.cancel();
    assert_eq!(report.findings.len(), limits::VERIFY_FINDINGS);
    assert_eq!(report.total_findings, limits::VERIFY_FINDINGS as u64 + 5);
    assert!(!report.intact());
}
