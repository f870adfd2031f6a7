//! Upkeep as the window sees it: read models, processes, snapshots, retention.

use es_core::{AppendRequest, ExpectedVersion, NewEvent, Payload, StreamName};

use super::*;
use crate::wire::{
    CommandResult, InstanceFilter, OperatorAction, OperatorDecision, ProjectionStatus, ProjectionTaskKind, RetentionBy,
    RetentionPreview, RetentionPurpose, RetentionRefusal, RetentionRule, RetentionScope, RowDifferenceKind,
    SkipRequest,
};

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

async fn caught_up(session: &Session) {
    let end = head(session).await.to_string();
    assert!(session.wait_until(&end).await.expect("answered"), "read models catch up");
}

async fn one(session: &Session, name: &str) -> ProjectionStatus {
    let all = session.projections().await.expect("answered");
    all.into_iter().find(|status| status.name == name).unwrap_or_else(|| panic!("there is a read model {name}"))
}

/// Changes a stored row behind the back of the read model of accounts.
fn spoil(session: &Session, change: &str) {
    let path = crate::composition::views_path(session.chosen().target.path().expect("a file"));
    let views = rusqlite::Connection::open(path).expect("the views");
    views.busy_timeout(PATIENCE).expect("set");
    let active = "SELECT 'accounts__v' || active_version FROM es_projection WHERE name = 'accounts'";
    let table: String = views.query_row(active, [], |row| row.get(0)).expect("the table of accounts");
    let changed = views.execute(&format!("UPDATE {table} SET {change} WHERE account_id = '1001'"), []);
    assert_eq!(changed.expect("a changed row"), 1);
}

/// Appends an event that no read model can apply, as another program would.
pub(super) async fn append_unknown(session: &Session, stream: &str) -> String {
    let event = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "Mystery".into(),
        schema_version: 1,
        payload: Payload::json("{}"),
        metadata: "{}".into(),
    };
    let stream = StreamName::new(stream).expect("a name");
    let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event]);
    session.events.append(request).await.expect("appended").last_position().to_string()
}

fn keep(accept_differences: bool, resume: bool) -> RebuildOptions {
    RebuildOptions { accept_differences, resume, keep: true }
}

fn by(reason: &str) -> RetentionBy {
    RetentionBy { actor: "ada".to_owned(), reason: reason.to_owned() }
}

#[tokio::test]
async fn a_rebuild_that_differs_is_refused_cell_by_cell_until_the_differences_are_accepted() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    spoil(&session, "balance = 10001, available = 10001");
    let before = one(&session, "accounts").await;
    let report = session.rebuild_projection("accounts", keep(false, false), bench.task().0).await.expect("answered");
    assert_eq!((report.outcome, report.kept), (RebuildOutcome::Refused, true), "{report:?}");
    let difference = &report.differences[0];
    assert_eq!((difference.key.as_str(), difference.kind), ("1001", RowDifferenceKind::Changed), "{difference:?}");
    let balance = difference.cells.iter().find(|cell| cell.column == "balance").expect("the balance differs");
    assert_eq!((balance.before.as_deref(), balance.after.as_deref()), (Some("10001"), Some("10000")));
    assert_eq!(difference.cells.len(), 2, "cells that are the same are left out: {difference:?}");
    assert_ne!(report.tables[0].checksum_before.as_ref(), Some(&report.tables[0].checksum_after), "{report:?}");

    let status = one(&session, "accounts").await;
    assert_eq!(status.active_tables, before.active_tables, "what was in use still is");
    assert_eq!(status.half_built_tables.as_ref(), Some(&report.to), "what was built can be gone on with");
    let last = status.last_rebuild.and_then(|end| end.report).expect("how it ended is told to whoever looks later");
    assert_eq!(last.outcome, RebuildOutcome::Refused);

    let swapped = session.rebuild_projection("accounts", keep(true, true), bench.task().0).await.expect("answered");
    assert_eq!((swapped.outcome, swapped.events.as_str()), (RebuildOutcome::Swapped, "0"), "nothing is folded twice");
    session.dismiss_rebuild("accounts");
    assert!(one(&session, "accounts").await.last_rebuild.is_none(), "it is dismissed");

    let back = session.roll_back_projection("accounts").await.expect("rolled back");
    let status = one(&session, "accounts").await;
    assert_eq!((Some(&back), status.active_tables.as_ref()), (before.active_tables.as_ref(), Some(&back)));
    assert_eq!(status.previous_tables, Some(swapped.to), "the way back is open");
}

#[tokio::test]
async fn an_examination_names_the_cells_that_drift_and_the_event_where_they_part() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    let report = session.examine_projection("accounts", bench.task().0).await.expect("examined");
    assert!(report.clean && report.faults.is_empty(), "{report:?}");
    spoil(&session, "balance = 0, available = 0");
    let report = session.examine_projection("accounts", bench.task().0).await.expect("examined");
    assert!(!report.clean && report.differing_rows == "1", "{report:?}");
    let fault = &report.faults[0];
    let balance = fault.difference.cells.iter().find(|cell| cell.column == "balance").expect("the balance drifts");
    assert_eq!((balance.before.as_deref(), balance.after.as_deref()), (Some("0"), Some("10000")), "stored, replayed");
    let parting = fault.parting.as_ref().expect("the events tell where");
    assert_eq!(parting.stream, "account-1001");
    let reset = session.reset_projection("accounts", bench.task().0).await.expect("reset");
    assert_eq!((reset.outcome, reset.from), (RebuildOutcome::Swapped, None), "built as if there had never been any");
    assert!(session.examine_projection("accounts", bench.task().0).await.expect("examined").clean, "made anew");
    let error = session.examine_projection("nobody", bench.task().0).await.expect_err("unknown");
    assert_eq!(error.code, "unknown_projection");
}

#[tokio::test]
async fn a_halted_read_model_names_its_event_and_a_skip_is_recorded_with_actor_and_reason() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    let position = append_unknown(&session, "account-1002").await;
    let begun = Instant::now();
    let halted = loop {
        let status = one(&session, "accounts").await;
        if status.state == ProjectionState::Halted {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "it must halt: {status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(halted.halted_at.as_ref(), Some(&position));
    assert!(halted.problem.as_ref().is_some_and(|problem| problem.contains("Mystery")), "{halted:?}");
    let skip = |position: &str, actor: &str, reason: &str| SkipRequest {
        name: "accounts".to_owned(),
        position: position.to_owned(),
        actor: actor.to_owned(),
        reason: reason.to_owned(),
    };
    for (request, code) in [
        (skip("1", "ada", "no such halt"), "not_halted"),
        (skip(&position, "ada", "  "), "bad_reason"),
        (skip(&position, "process:transfer", "not a person"), "bad_argument"),
    ] {
        assert_eq!(session.skip_event(request.clone()).await.expect_err("refused").code, code, "{request:?}");
    }
    let skipped = session.skip_event(skip(&position, "ada", "written by a test")).await.expect("skipped");
    assert_eq!((skipped.position.as_str(), skipped.actor.as_str()), (position.as_str(), "ada"));
    let status = one(&session, "accounts").await;
    assert_eq!(status.skipped, [skipped], "the decision is listed");
    assert_ne!(status.state, ProjectionState::Halted, "it goes on");
    let decision = session.event_detail(&status.skipped[0].decision).await.expect("it is an event of the log");
    assert_eq!(decision.row.event_type, "EventSkipped");
}

#[tokio::test]
async fn a_process_is_listed_with_its_instances_timers_and_position() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer =
        json!({ "transferId": "T1", "source": "1001", "target": "1002", "amount": euros(500), "reference": "rent" });
    done(&session, "RequestTransfer", transfer).await;
    let begun = Instant::now();
    let instance = loop {
        let page = session.process_instances("transfer", InstanceFilter::All, 0, 50, None).await.expect("answered");
        if let Some(instance) = page.instances.into_iter().find(|one| one.finished) {
            break instance;
        }
        assert!(begun.elapsed() < PATIENCE, "the transfer must finish");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((instance.stream.as_str(), instance.stuck), ("transfer-T1", None));
    assert_eq!(instance.last_event_type, "TransferCompleted");
    let open = session.process_instances("transfer", InstanceFilter::Unfinished, 0, 50, None).await.expect("answered");
    assert_eq!((open.instances.len(), open.next, open.total.as_str()), (0, None, "1"), "nothing is under way");
    let all = session.processes().await.expect("answered");
    let process = all.iter().find(|process| process.name == "transfer").expect("it is listed");
    assert_eq!((process.category.as_str(), process.stuck.len()), ("transfer", 0));
    let timers = session.process_timers(None, 100, None).await.expect("answered");
    let told: u32 = all.iter().map(|process| process.timers).sum();
    assert_eq!(timers.len(), told as usize, "each process counts its own timers: {timers:?}");
    assert!(timers.iter().all(|timer| !timer.name.contains('/')), "a timer's name is its own: {timers:?}");
    let decide = |stream: &str, action, reason: &str| {
        let (stream, reason) = (stream.to_owned(), reason.to_owned());
        session.decide_instance(OperatorDecision { stream, action, actor: "olga".to_owned(), reason })
    };
    let retry = OperatorAction::Retry;
    let written = decide("transfer-T1", retry, "to see").await.expect("looked at again");
    let CommandResult::Executed { stream, events, .. } = written else { panic!("{written:?}") };
    assert_eq!((stream.as_str(), events.len()), ("transfer-T1", 1), "the decision is an event");
    assert_eq!((events[0].event_type.as_str(), events[0].actor.as_deref()), ("InstanceRetried", Some("olga")));
    assert!(decide("account-1001", retry, "to see").await.is_ok(), "holds expire there");
    assert_eq!(decide("transfer-T9", retry, "to see").await.expect_err("none").code, "no_process_instance");
    assert_eq!(decide("transfer-T1", retry, " ").await.expect_err("no reason").code, "bad_reason");
    let offers = session.process_offers("transfer-T1").await.expect("answered");
    let allowed: Vec<_> = offers.iter().filter(|offer| offer.refusal.is_none()).map(|offer| offer.action).collect();
    assert_eq!(allowed, [retry], "at its end nothing is left to decide: {offers:?}");
    let refused = decide("transfer-T1", OperatorAction::Compensate, "to see").await.expect("answered");
    assert!(matches!(refused, CommandResult::Rejected { ref code, .. } if code == "not_compensable"), "{refused:?}");
    assert_eq!(session.process_timers(Some("nobody"), 1, None).await.expect_err("none").code, "unknown_process");
}

#[tokio::test]
async fn snapshots_are_listed_with_what_they_save_verified_and_deleted() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    // The policy says when; until then there is none.
    let empty = session.snapshots(None, 10).await.expect("answered");
    assert!(empty.snapshots.is_empty() && !empty.policy.is_empty(), "{empty:?}");
    for _ in 0..600 {
        done(&session, "Deposit", json!({ "accountId": "1001", "amount": euros(1) })).await;
    }
    let begun = Instant::now();
    let row = loop {
        let page = session.snapshots(None, 10).await.expect("answered");
        if let Some(row) = page.snapshots.into_iter().next() {
            break row;
        }
        assert!(begun.elapsed() < PATIENCE, "a long stream gets a snapshot");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(row.usable && row.stream == "account-1001", "{row:?}");
    let (saves, behind) = (row.saves_events.parse::<u64>(), row.behind.as_deref().map(str::parse::<u64>));
    let last = session.timeline("account-1001", "0", 1000).await.expect("answered").len() as u64;
    assert_eq!(saves.expect("a number") + behind.expect("the stream is there").expect("a number"), last, "{row:?}");
    let (task, seen) = bench.task();
    let audit = session.verify_snapshots(task).await.expect("audited");
    assert!(audit.differing.is_empty() && audit.checked != "0", "{audit:?}");
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "its progress ends");
    let deleted = session.delete_snapshots(None).await.expect("deleted");
    assert_ne!(deleted, "0");
    assert_eq!(session.snapshots(None, 10).await.expect("answered").total, "0");
    let state = session.state_at("account-1001", &last.to_string(), None).await.expect("nothing else changes");
    assert!(state.problem.is_none());
}

#[tokio::test]
async fn retention_previews_with_reasons_and_acts_only_on_the_confirmed_number() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    caught_up(&session).await;
    let nothing = session.preview_retention(RetentionPurpose::Truncate, bench.task().0).await.expect("previewed");
    assert_eq!((nothing.events.as_str(), nothing.streams.len()), ("0", 0), "no rule lets anything go");

    let customers = RetentionScope::Stream("customer-C1".to_owned());
    let rule = RetentionRule { before_version: Some("3".to_owned()), ..RetentionRule::default() };
    session.set_retention_rule(customers.clone(), Some(rule.clone()), by("a test")).await.expect("set");
    let overview = session.retention().await.expect("answered");
    assert_eq!((overview.rules[0].scope.clone(), overview.rules[0].rule.clone()), (customers.clone(), rule));
    let refused = session.preview_retention(RetentionPurpose::Truncate, bench.task().0).await.expect("previewed");
    let row = refused.streams.iter().find(|row| row.stream == "customer-C1").expect("something was to go");
    assert_eq!(row.events, "0", "a customer is looked after by processes, and begins with its first event: {row:?}");
    assert!(!row.refusals.is_empty() && row.refusals.iter().all(|refusal| refusal.message.ends_with('.')), "{row:?}");

    session.place_legal_hold("CASE-7".to_owned(), customers.clone(), by("court order")).await.expect("placed");
    let held = session.preview_retention(RetentionPurpose::Truncate, bench.task().0).await.expect("previewed");
    let codes: Vec<_> =
        held.streams.iter().flat_map(|row| &row.refusals).map(|refusal| refusal.code.as_str()).collect();
    assert!(codes.contains(&"legal_hold"), "{held:?}");
    let again = session.place_legal_hold("CASE-7".to_owned(), customers.clone(), by("twice")).await;
    assert_eq!(again.expect_err("taken").code, "hold_exists");
    let unsigned = session.lift_legal_hold("CASE-7".to_owned(), by("")).await;
    assert_eq!(unsigned.expect_err("no reason").code, "unsigned");
    session.lift_legal_hold("CASE-7".to_owned(), by("case closed")).await.expect("lifted");
    assert!(session.retention().await.expect("answered").holds.is_empty());

    let other = session.apply_retention(RetentionPurpose::Truncate, "5", by("wrong number"), bench.task().0).await;
    assert!(matches!(other.expect_err("refused").code.as_str(), "not_as_previewed" | "retention_refused"));
    session.set_retention_rule(customers, None, by("over")).await.expect("removed");
    assert!(session.retention().await.expect("answered").rules.is_empty());
}

/// What would go, once read models and processes have seen everything.
async fn settled_preview(bench: &Bench, session: &Session, purpose: RetentionPurpose) -> RetentionPreview {
    let begun = Instant::now();
    loop {
        let plan = session.preview_retention(purpose, bench.task().0).await.expect("previewed");
        let behind = |refusal: &RetentionRefusal| refusal.code.ends_with("_behind");
        if !plan.streams.iter().flat_map(|row| &row.refusals).any(behind) {
            return plan;
        }
        assert!(begun.elapsed() < PATIENCE, "they must catch up: {plan:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_a_period_has_carried_forward_is_hidden_archived_and_the_archive_verifies() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let example = session.commands().into_iter().find(|one| one.command_type == "OpenPeriod").expect("for people");
    let mut payload: serde_json::Value = serde_json::from_str(&example.example).expect("JSON");
    payload["accountId"] = json!("1001");
    payload["periodFrom"] = json!(chrono::Utc::now().date_naive().to_string());
    done(&session, "OpenPeriod", payload).await;
    let before = session.timeline("account-1001", "0", 100).await.expect("answered").len() - 1;
    let rule = RetentionRule { max_count: Some("1".to_owned()), ..RetentionRule::default() };
    let account = RetentionScope::Stream("account-1001".to_owned());
    session.set_retention_rule(account, Some(rule), by("carried forward")).await.expect("set");
    caught_up(&session).await;
    // A process notes at the latest when it lets go that it has passed what does not concern it.
    bench.bench.close().await;
    bench.bench.open(None).await.expect("opened again");
    let session = bench.bench.session().expect("open");
    for purpose in [RetentionPurpose::Truncate, RetentionPurpose::Scavenge] {
        let plan = settled_preview(&bench, &session, purpose).await;
        assert_eq!(plan.events, before.to_string(), "{plan:?}");
        let other = session.apply_retention(purpose, "99", by("misread"), bench.task().0).await;
        assert_eq!(other.expect_err("another number").code, "not_as_previewed");
        let task = bench.task().0;
        let done = session.apply_retention(purpose, &plan.events, by("as previewed"), task).await.expect("done");
        assert_eq!((done.events, done.cancelled), (before.to_string(), false));
    }
    let overview = session.retention().await.expect("answered");
    assert_eq!(overview.stubs, before.to_string());
    assert!(overview.archive_bytes.is_some(), "{overview:?}");
    let report = session.verify_archive(bench.task().0).await.expect("verified");
    assert!(report.intact && report.events == before.to_string(), "{report:?}");
    assert!(session.verify(bench.task().0).await.expect("verified").intact, "the chain goes on through the stubs");
    let accounts = session.accounts(Some("1001"), 0, 1, None).await.expect("answered");
    assert_eq!(accounts.accounts[0].balance.text, "100.00", "the balance is what it was");
}

#[tokio::test]
async fn long_work_is_shown_to_a_window_that_was_elsewhere() {
    let (bench, session) = Bench::with_store().await;
    let (task, _) = bench.task();
    let id = task.id().to_owned();
    let job = session.upkeep.begin("accounts", ProjectionTaskKind::Rebuild, true, task);
    let progress =
        es_runtime::Progress { phase: "folding", done: 5, total: Some(10), rate: None, eta: None, finished: false };
    job.report(&progress);
    let shown = one(&session, "accounts").await.task.expect("it is under way");
    assert_eq!((shown.task_id.as_str(), shown.kind, shown.keeps), (id.as_str(), ProjectionTaskKind::Rebuild, true));
    assert_eq!((shown.progress.phase.as_str(), shown.progress.done.as_str()), ("Folding", "5"));
    assert!(bench.bench.tasks().cancel(&id) && job.token().is_cancelled(), "and can be stopped from there");
    drop(job);
    assert!(one(&session, "accounts").await.task.is_none(), "it has ended, however");
}
