//! Transfers before there were fees, rates between currencies and a second person: one currency, free, asked for by whoever the
//! record names. Nothing that was paid changes by reading it anew.

use es_core::upcast::UpcastParts;
use es_core::{BadPayload, RecordedEvent, Upcasted, Upcaster};
use serde_json::Value;

/// The steps of the transfers' events.
pub(super) fn upcasters() -> [Upcaster; 6] {
    [
        Upcaster {
            event_type: "TransferRequested",
            schema_version: 1,
            description: "who asked from the record; no fee and no rate",
            targets: &[("TransferRequested", 2)],
            apply: |payload| Ok(Upcasted::WithRecord(payload, requested_v1_to_v2)),
        },
        Upcaster {
            event_type: "TransferValidated",
            schema_version: 1,
            description: "one currency, so no pinned rate",
            targets: &[("TransferValidated", 2)],
            apply: |payload| Ok(unchanged("TransferValidated", payload)),
        },
        Upcaster {
            event_type: "TransferParked",
            schema_version: 1,
            description: "no fee was parked with it",
            targets: &[("TransferParked", 2)],
            apply: |payload| Ok(unchanged("TransferParked", payload)),
        },
        Upcaster {
            event_type: "TransferDebited",
            schema_version: 1,
            description: "no fee was charged with it",
            targets: &[("TransferDebited", 2)],
            apply: |payload| Ok(unchanged("TransferDebited", payload)),
        },
        Upcaster {
            event_type: "TransferDebitReturned",
            schema_version: 1,
            description: "no fee was returned with it",
            targets: &[("TransferDebitReturned", 2)],
            apply: |payload| Ok(unchanged("TransferDebitReturned", payload)),
        },
        Upcaster {
            event_type: "TransferCredited",
            schema_version: 1,
            description: "what arrived is what left transit",
            targets: &[("TransferCredited", 2)],
            apply: credited_v1_to_v2,
        },
    ]
}

/// The new version says more, where there is more to say; for what the old one could say it has the same shape.
fn unchanged(event_type: &'static str, payload: Value) -> Upcasted {
    Upcasted::To(vec![(event_type, 2, payload)])
}

fn requested_v1_to_v2(mut payload: Value, record: &RecordedEvent) -> Result<UpcastParts, BadPayload> {
    let object = payload.as_object_mut().ok_or("TransferRequested is not an object")?;
    object.insert("requestedBy".to_owned(), actor(record).into());
    Ok(vec![("TransferRequested", 2, payload)])
}

/// Who issued the command, as the engine wrote it beside the event. Of events that other programs wrote it may be unknown.
fn actor(record: &RecordedEvent) -> String {
    let metadata: Option<Value> = serde_json::from_str(&record.metadata).ok();
    let actor = metadata.as_ref().and_then(|metadata| metadata.get("actor")).and_then(Value::as_str);
    actor.unwrap_or("unknown").to_owned()
}

fn credited_v1_to_v2(mut payload: Value) -> Result<Upcasted, BadPayload> {
    let object = payload.as_object_mut().ok_or("TransferCredited is not an object")?;
    let amount = object.get("amount").cloned().ok_or("TransferCredited has no amount")?;
    object.insert("fromTransit".to_owned(), amount);
    Ok(Upcasted::To(vec![("TransferCredited", 2, payload)]))
}
