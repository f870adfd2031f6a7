//! What people see of transfers: rates, fees, approvals, and which of them are stuck. And transfers from before there was any of
//! that, which go on as they were.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use std::sync::Arc;

use bank::projections::{TRANSFERS, TableRow, TransferLine, Transfers};
use bank::queries;
use bank::transfer::{APPROVAL_WINDOW, DEADLINE, TransferState};
use chrono::{DateTime, TimeDelta, Utc};
use es_core::memory::{MemoryReadModels, MemoryRows};
use es_core::{
    AnyState, CurrentEvent, Hash, Payload, Position, Process, ProjectedEvent, Projection, ReadModelCommit,
    ReadModelStore, RecordedEvent, Rows, StreamVersion,
};
use floor::{Floor, eur, stream};
use serde_json::{Value, json};

fn take(records: &[RecordedEvent], rows: &mut dyn Rows) {
    let domain = bank::domain().expect("the domain is sound");
    for record in records.iter().filter(|record| Transfers.filter().matches(record)) {
        let parts: Vec<CurrentEvent<'_>> = domain.upcasters.upcast(record).expect("upcasts");
        for current in &parts {
            Transfers.apply(&ProjectedEvent { recorded: record, current }, rows).expect("the event is taken");
        }
    }
}

/// The line of transfer T-1.
fn line(floor: &Floor) -> TransferLine {
    let mut rows = MemoryRows::new(Transfers.tables());
    take(&floor.records(), &mut rows);
    let row = rows.rows_of(&TRANSFERS).find(|row| row[0] == "T-1".into()).expect("a line").clone();
    TransferLine::from_row(&row).expect("a row of the table")
}

fn text(time: DateTime<Utc>) -> Option<String> {
    Some(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}

#[test]
fn a_line_tells_what_leaves_what_arrives_and_what_it_costs() {
    let mut floor = Floor::with_exchange();
    let requested = line(&floor);
    assert_eq!((requested.amount, &*requested.currency, requested.fee), (4_000, "EUR", 150));
    assert_eq!((requested.arriving, requested.rate), (None, None), "not known before the validation");
    assert_eq!((requested.quote_id.as_deref(), &*requested.requested_by), (Some("Q-1"), "maker"));
    assert_eq!(requested.due_at, text(floor.now + DEADLINE));
    floor.run();
    let completed = line(&floor);
    assert_eq!((completed.arriving, completed.arriving_currency.as_deref()), (Some(4_334), Some("USD")));
    assert_eq!((completed.rate.as_deref(), completed.due_at), (Some("10834/10000"), None), "and nothing is due");
    assert!(completed.finished);
    let mut plain = Floor::with_transfer_to("2");
    plain.run();
    let plain = line(&plain);
    let arrives = (plain.arriving, plain.arriving_currency.as_deref(), plain.rate);
    assert_eq!(arrives, (Some(4_000), Some("EUR"), None), "within one currency the same arrives");
}

#[test]
fn a_line_tells_who_may_approve_what_and_until_when() {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.request("2", 6_000_000);
    floor.step();
    let waiting = line(&floor);
    let content_hash = floor.transfer().approval.expect("an approval is needed").content_hash;
    assert_eq!((&*waiting.status, waiting.content_hash.as_ref()), ("awaitingApproval", Some(&content_hash)));
    assert_eq!((waiting.due_at, waiting.approved_by), (text(floor.now + APPROVAL_WINDOW), None));
    floor.pass(60);
    let payload = json!({"transferId": "T-1", "contentHash": content_hash});
    floor.command("ApproveTransfer", &payload, "checker").expect("approved");
    let approved = line(&floor);
    assert_eq!((&*approved.status, approved.approved_by.as_deref()), ("validated", Some("checker")));
    assert_eq!(approved.due_at, text(floor.now + DEADLINE), "with a deadline of its own");
    let mut refused = Floor::with_more_accounts();
    refused.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    refused.request("2", 6_000_000);
    refused.step();
    refused.command("RefuseTransfer", &json!({"transferId": "T-1", "reason": "no"}), "checker").expect("refused");
    let refused = line(&refused);
    assert_eq!((&*refused.status, refused.finished, refused.code.as_deref()), ("rejected", true, Some("refused")));
}

#[test]
fn a_parked_transfer_is_at_an_end_until_a_person_takes_it_out() {
    let mut floor = Floor::with_more_accounts();
    floor.request("2", 10_000);
    (0..3).for_each(|_| floor.step());
    for account in ["1", "2"] {
        floor.does("CloseAccount", json!({"accountId": account, "reason": "moved away"}));
    }
    floor.run();
    let parked = line(&floor);
    assert_eq!((&*parked.status, parked.finished, parked.due_at), ("parkedInSuspense", true, None));
    let payload = json!({"transferId": "T-1", "belongsTo": "source", "beneficiary": "5", "reason": "called"});
    floor.does("ResolveParkedTransfer", payload);
    let resolving = line(&floor);
    assert_eq!((&*resolving.status, resolving.finished), ("resolving", false));
    assert_eq!(resolving.due_at, text(floor.now + DEADLINE));
    floor.run();
    assert_eq!((&*line(&floor).status, line(&floor).finished), ("compensated", true));
    let state = floor.transfer();
    assert_eq!(line(&floor).status, state.status.as_str(), "as the aggregate has it");
}

#[test]
fn transfers_past_their_time_are_found_and_others_are_not() {
    es_testkit::run(async {
        let mut floor = Floor::with_transfer_to("2");
        (0..3).for_each(|_| floor.step());
        floor.pass(1_000);
        floor.fire_timers();
        assert!(line(&floor).overdue, "the process has noted it");
        // One that completes, and one that is asked for just now.
        for (id, steps) in [("T-2", 4), ("T-3", 0)] {
            floor.request_with("2", 100, json!({"transferId": id})).expect("requested");
            (0..steps).for_each(|_| floor.step_at(&stream(&format!("transfer-{id}"))));
        }
        let store = MemoryReadModels::new();
        let (name, version, tables) = (Transfers.name(), Transfers.version(), Transfers.tables());
        store.prepare(name, version, tables).await.expect("tables are made");
        let checkpoint = store.acquire(name, version, "test", floor.now).await.expect("the lease is free");
        let records = Arc::new(floor.records());
        let to = Position(records.len() as u64);
        let work = Box::new(move |rows: &mut dyn Rows| {
            take(&records, rows);
            Ok(())
        });
        let quarantine = Vec::new();
        let commit = ReadModelCommit { projection: name, tables, from: checkpoint, to, work, quarantine };
        store.commit(commit).await.expect("taken");
        store.activate(name, version).await.expect("the version is used");
        let stuck = |now| queries::transfers_past_due(&store, now, 0, 10);
        let ids =
            |page: queries::Page<TransferLine>| page.rows.into_iter().map(|row| row.transfer_id).collect::<Vec<_>>();
        assert_eq!(ids(stuck(floor.now).await.expect("an answer")), ["T-1"]);
        let later = floor.now + DEADLINE + TimeDelta::seconds(1);
        assert_eq!(ids(stuck(later).await.expect("an answer")), ["T-1", "T-3"], "the longest ago first");
    });
}

/// A v1 event of transfer T-1, as it was written before fees and rates.
fn before(version: u64, event_type: &str, payload: &Value) -> RecordedEvent {
    RecordedEvent {
        position: Position(version),
        stream: stream("transfer-T-1"),
        version: StreamVersion(version),
        event_id: uuid::Uuid::from_u128(u128::from(version)),
        event_type: event_type.into(),
        schema_version: 1,
        payload: Payload::json(payload.to_string()),
        metadata: json!({"actor": "customer:C-1"}).to_string().into(),
        correlation_id: None,
        causation_id: None,
        recorded_at: "2025-03-01T09:30:00Z".parse().expect("a time"),
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}

#[test]
fn a_transfer_that_was_under_way_before_goes_on_with_the_same_commands() {
    let domain = bank::domain().expect("the domain is sound");
    let requested = json!({
        "transferId": "T-1", "source": "1", "target": "2", "amount": eur(6_000_000), "reference": "machine",
        "requestedOn": "2025-03-01", "deadline": "2025-03-01T09:31:00Z",
    });
    let (id, held) = (json!({"transferId": "T-1"}), json!({"transferId": "T-1", "holdId": "T-1"}));
    let history = [
        before(1, "TransferRequested", &requested),
        before(2, "TransferValidated", &id),
        before(3, "SourceReserved", &held),
        before(4, "SourceDebited", &id),
    ];
    // As the program of that time sent them, to the byte: a repeated command is recognised by its content.
    let amount = r#"{"minor":"6000000","currency":"EUR"}"#;
    let planned = [
        r#"{"transferId":"T-1","source":"1","target":"2"}"#.to_owned(),
        format!(
            r#"{{"accountId":"1","holdId":"T-1","amount":{amount},"expiresAt":"2025-03-01T09:46:00Z","purpose":"Transfer T-1 to account 2"}}"#
        ),
        format!(r#"{{"accountId":"1","transferId":"T-1","amount":{amount},"holdId":"T-1"}}"#),
        format!(r#"{{"accountId":"2","transferId":"T-1","amount":{amount}}}"#),
    ];
    let aggregate = domain.aggregate("transfer").expect("an aggregate");
    let process: &dyn Process = &*domain.processes[0];
    let mut state: AnyState = aggregate.initial();
    for (record, payload) in history.iter().zip(planned) {
        for part in domain.upcasters.upcast(record).expect("upcasts") {
            aggregate.evolve(&mut state, &part.event_type, &part.payload).expect("decodes");
        }
        let turn = process.turn(&record.stream, &state);
        assert_eq!(turn.pending[0].payload, payload, "after {}", record.event_type);
    }
    let order = state.downcast_ref::<TransferState>().and_then(|state| state.order.clone()).expect("an order");
    assert_eq!((&*order.requested_by, order.fee, order.exchange), ("customer:C-1", None, None));
    let mut rows = MemoryRows::new(Transfers.tables());
    take(&history, &mut rows);
    let row = rows.rows_of(&TRANSFERS).next().expect("a line").clone();
    let line = TransferLine::from_row(&row).expect("a row of the table");
    assert_eq!((&*line.status, line.arriving, line.fee), ("sourceDebited", Some(6_000_000), 0), "and is read as ever");
}
