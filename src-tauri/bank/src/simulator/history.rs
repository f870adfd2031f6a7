//! Old schema versions: what the bank's software of the first weeks wrote, so that the demo's history is a real one.

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use es_core::{Hash, NewEvent, Payload, Position, RecordedEvent, StreamName, StreamVersion};

use crate::ids::CaseId;
use crate::upcasters::older;

/// A day of the bank's first year.
type Day = (u32, u32);

/// Until a day an event was written in an older form. Of several forms of one type the older comes first.
struct Era {
    today: &'static str,
    then: (&'static str, u32),
    until: Day,
}

const ERAS: [Era; 17] = [
    Era { today: "CustomerRegistered", then: ("CustomerRegistered", 1), until: (1, 20) },
    Era { today: "CustomerRegistered", then: ("CustomerRegistered", 2), until: SEALED_SINCE },
    Era { today: "IdentificationSubmitted", then: ("IdentificationSubmitted", 1), until: SEALED_SINCE },
    Era { today: "ContactDetailsChanged", then: ("ContactDetailsChanged", 1), until: SEALED_SINCE },
    Era { today: "OnboardingApproved", then: ("OnboardingApproved", 1), until: DECISION_DAYS_SINCE },
    Era { today: "OnboardingRejected", then: ("OnboardingRejected", 1), until: DECISION_DAYS_SINCE },
    Era { today: "HoldPlaced", then: ("FundsReserved", 1), until: (1, 13) },
    Era { today: "HoldPlaced", then: ("FundsReserved", 2), until: (1, 23) },
    Era { today: "HoldPlaced", then: ("FundsReserved", 3), until: (2, 3) },
    Era { today: "AccountFrozen", then: ("AccountBlocked", 1), until: CASES_SINCE },
    Era { today: "MoneyDeposited", then: ("MoneyDeposited", 1), until: BANK_DAYS_SINCE },
    Era { today: "TransferRequested", then: ("TransferRequested", 1), until: RATES_AND_FEES_SINCE },
    Era { today: "TransferValidated", then: ("TransferValidated", 1), until: RATES_AND_FEES_SINCE },
    Era { today: "TransferDebited", then: ("TransferDebited", 1), until: RATES_AND_FEES_SINCE },
    Era { today: "TransferCredited", then: ("TransferCredited", 1), until: RATES_AND_FEES_SINCE },
    Era { today: "TransferDebitReturned", then: ("TransferDebitReturned", 1), until: RATES_AND_FEES_SINCE },
    Era { today: "TransferParked", then: ("TransferParked", 1), until: RATES_AND_FEES_SINCE },
];
/// Until then, personal data were written as they are. That is after the simulated year: a simulation has no keys, and its bytes
/// must be the same each time.
const SEALED_SINCE: Day = (13, 1);
/// Until then, decisions about new customers were written without their day.
const DECISION_DAYS_SINCE: Day = (2, 15);
/// Until then, an account was blocked or not.
const CASES_SINCE: Day = (1, 17);
/// Until then, the bank booked on the calendar's day, also on a weekend.
const BANK_DAYS_SINCE: Day = (2, 10);
/// Until then, transfers were checked while the customer waited.
const CHECKED_LATER_SINCE: Day = (1, 27);
/// Until then, transfers cost nothing, had one currency, and one person sent any amount that was allowed at all.
const RATES_AND_FEES_SINCE: Day = (2, 27);
/// Until then, the printer kept its log in the accounts' streams.
const PRINTED_UNTIL: Day = (2, 1);

fn before(now: DateTime<Utc>, day: Day) -> bool {
    (now.year(), now.month(), now.day()) < (super::first_day().year(), day.0, day.1)
}

/// The event as the software of that time would have written it; nothing if that is how it is written today.
pub(super) fn as_written_then(event: &NewEvent, now: DateTime<Utc>) -> Option<NewEvent> {
    let era = ERAS.iter().find(|era| *era.today == *event.event_type && before(now, era.until))?;
    let forms = older::older_forms(&event.event_type, event.payload.as_json()?, now);
    let form = forms.into_iter().find(|form| (form.event_type, form.schema_version) == era.then)?;
    Some(NewEvent {
        event_type: form.event_type.into(),
        schema_version: form.schema_version,
        payload: Payload::json(form.payload),
        ..event.clone()
    })
}

/// Whether a transfer is requested and checked in one step, and refused ones leave no trace.
pub(super) fn checks_at_once(now: DateTime<Utc>) -> bool {
    before(now, CHECKED_LATER_SINCE)
}

/// How many steps a transfer takes from its request to the debit: reserve and debit, and the check where it comes later.
pub(super) fn steps_to_debit(now: DateTime<Utc>) -> i64 {
    if checks_at_once(now) { 2 } else { 3 }
}

/// Whether there are fees, rates between currencies, second persons and orders given in advance.
pub(super) fn has_rates_and_fees(now: DateTime<Utc>) -> bool {
    !before(now, RATES_AND_FEES_SINCE)
}

/// Whether a printed statement leaves an event.
pub(super) fn records_prints(now: DateTime<Utc>) -> bool {
    before(now, PRINTED_UNTIL)
}

/// The only case that there was, as long as there were none.
pub(super) fn only_block(now: DateTime<Utc>) -> Option<CaseId> {
    older::only_block().filter(|_| before(now, CASES_SINCE))
}

/// The bank's day: on a weekend it is the coming Monday, once the bank had days of its own.
pub(super) fn bank_day(now: DateTime<Utc>) -> NaiveDate {
    let date = now.date_naive();
    let ahead = match date.weekday() {
        _ if before(now, BANK_DAYS_SINCE) => 0,
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        _ => 0,
    };
    date.checked_add_days(chrono::Days::new(ahead)).unwrap_or(date)
}

/// An event as it will stand in the store, as far as an upcaster may look at it.
pub(super) fn record(
    event: &NewEvent,
    stream: &StreamName,
    version: StreamVersion,
    position: Position,
    recorded_at: DateTime<Utc>,
) -> RecordedEvent {
    let (correlation_id, causation_id) = es_core::event::metadata_ids(&event.metadata);
    RecordedEvent {
        position,
        stream: stream.clone(),
        version,
        event_id: event.event_id,
        event_type: event.event_type.clone(),
        schema_version: event.schema_version,
        payload: event.payload.clone(),
        metadata: event.metadata.clone(),
        correlation_id,
        causation_id,
        recorded_at,
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}
