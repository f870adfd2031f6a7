//! One event of the first transfers became two: the request, and the check of the accounts.

use chrono::TimeDelta;
use es_core::{BadPayload, RecordedEvent, UpcastParts, Upcasted, Upcaster};
use serde_json::{Value, json};

use super::history::TransferAcceptedV1;
use super::read;

/// How long after its acceptance such a transfer had to be debited. A rule of that time: a later one does not change it.
pub(super) const TIME_TO_DEBIT: TimeDelta = TimeDelta::seconds(60);

pub(super) fn upcasters() -> Vec<Upcaster> {
    vec![Upcaster {
        event_type: "TransferAccepted",
        schema_version: 1,
        description: "split into the request and the check of its accounts; deadline from the record",
        targets: &[("TransferRequested", 1), ("TransferValidated", 1)],
        apply: |payload| Ok(Upcasted::WithRecord(payload, split)),
    }]
}

fn split(payload: Value, record: &RecordedEvent) -> Result<UpcastParts, BadPayload> {
    let old: TransferAcceptedV1 = read(payload)?;
    let deadline = record.recorded_at.checked_add_signed(TIME_TO_DEBIT);
    // Written out, not taken from today's types: version 1 keeps its shape when these get another.
    let requested = json!({
        "transferId": old.transfer_id,
        "source": old.from,
        "target": old.to,
        "amount": old.amount,
        "reference": old.reference,
        "requestedOn": old.accepted_on,
        "deadline": deadline.ok_or("its deadline is beyond the calendar")?,
    });
    let validated = json!({ "transferId": old.transfer_id });
    Ok(vec![("TransferRequested", 1, requested), ("TransferValidated", 1, validated)])
}
