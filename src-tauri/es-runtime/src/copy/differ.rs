//! How what stands in the target differs from what a copy puts there.

use es_core::hash::content_hash;
use es_core::{Payload, RecordedEvent};

use super::report::CopyDifferenceKind;
use super::translate::Outgoing;
use super::walk::Entry;

/// Every difference of an event, in words with both values. Positions are not looked at: they follow from the order.
pub(super) fn differences(wanted: &Outgoing, found: &Entry) -> Vec<(CopyDifferenceKind, String)> {
    let event = match found {
        Entry::Event(event) | Entry::Archived(event) => event,
        Entry::Stub(stub) => {
            let same = stub.event_id == wanted.event.event_id
                && (&stub.stream, stub.version) == (&wanted.stream, wanted.version)
                && stub.content_hash == content_hash(&wanted.stream, &wanted.event);
            let message = format!("the stub of event {}, another one than {}", stub.event_id, wanted.event.event_id);
            return if same { Vec::new() } else { vec![(CopyDifferenceKind::EventId, message)] };
        }
    };
    let mut differences = Vec::new();
    let mut differ = |kind, what: &str, wanted: &dyn std::fmt::Display, found: &dyn std::fmt::Display| {
        differences.push((kind, format!("{what} {found}, not {wanted}")));
    };
    if event.event_id != wanted.event.event_id {
        differ(CopyDifferenceKind::EventId, "event", &wanted.event.event_id, &event.event_id);
    }
    if event.stream != wanted.stream {
        differ(CopyDifferenceKind::Stream, "stream", &wanted.stream, &event.stream);
    }
    if event.version != wanted.version {
        differ(CopyDifferenceKind::Version, "version", &wanted.version, &event.version);
    }
    if event.event_type != wanted.event.event_type {
        differ(CopyDifferenceKind::EventType, "type", &wanted.event.event_type, &event.event_type);
    }
    if event.schema_version != wanted.event.schema_version {
        differ(
            CopyDifferenceKind::SchemaVersion,
            "schema version",
            &wanted.event.schema_version,
            &event.schema_version,
        );
    }
    if let Some(recorded_at) = wanted.recorded_at.filter(|time| *time != event.recorded_at) {
        differ(CopyDifferenceKind::Time, "recorded at", &recorded_at, &event.recorded_at);
    }
    differences.extend(of_bytes(wanted, event));
    differences
}

/// Of payload and metadata only the place is told: they may hold anything.
fn of_bytes(wanted: &Outgoing, event: &RecordedEvent) -> Vec<(CopyDifferenceKind, String)> {
    let mut differences = Vec::new();
    let told = |what: &str, wanted: &[u8], found: &[u8]| {
        let at = wanted.iter().zip(found).take_while(|(wanted, found)| wanted == found).count();
        format!("{what} differs at byte {at}: {} bytes, not {}", found.len(), wanted.len())
    };
    let binary = |payload: &Payload| matches!(payload, Payload::Binary(_));
    let (payload, found) = (&wanted.event.payload, &event.payload);
    if payload.as_bytes() != found.as_bytes() {
        differences.push((CopyDifferenceKind::Payload, told("the payload", payload.as_bytes(), found.as_bytes())));
    } else if binary(payload) != binary(found) {
        let (one, other) = if binary(found) { ("bytes", "JSON") } else { ("JSON", "bytes") };
        differences.push((CopyDifferenceKind::Payload, format!("the payload is {one}, not {other}")));
    }
    if wanted.event.metadata != event.metadata {
        let (wanted, found) = (wanted.event.metadata.as_bytes(), event.metadata.as_bytes());
        differences.push((CopyDifferenceKind::Metadata, told("the metadata", wanted, found)));
    }
    differences
}
