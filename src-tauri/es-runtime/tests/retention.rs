//! Truncation and scavenge of a small domain whose periods begin with a whole state: what goes, what stays and why, and that
//! aggregates, read models and retried commands do not notice.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;
#[path = "tally/mod.rs"]
mod tally;

use std::sync::Arc;

use chrono::TimeDelta;
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::retention::plan::{Purpose, RefusalReason, RetentionPlan};
use es_core::retention::record::{Authorship, RetentionRule, Scope};
use es_core::*;
use es_runtime::*;
use serde_json::json;
use tally::*;
use uuid::Uuid;

fn by(actor: &str) -> Authorship {
    let (channel, reason) = ("test".to_owned(), "the period is over".to_owned());
    Authorship { change_id: Uuid::new_v4(), actor: actor.to_owned(), channel, reason }
}

fn keep(count: u64) -> Option<RetentionRule> {
    Some(RetentionRule { max_count: Some(count), ..RetentionRule::default() })
}

fn of(name: &str) -> Selection {
    Selection { stream: Some(stream(name)), category: None }
}

/// The first period of the stream is to go.
fn first_period(name: &str) -> Wanted {
    Wanted { selection: of(name), rule: keep(4), expect_events: None }
}

fn token() -> CancellationToken {
    CancellationToken::new()
}

async fn truncated(engine: &Engine, wanted: &Wanted) -> Result<TruncateReport, RetentionError> {
    engine.retention().expect("offered").truncate(wanted, &by("auditor"), &NoProgress, &token()).await
}

async fn scavenged(engine: &Engine, wanted: &Wanted) -> Result<ScavengeReport, RetentionError> {
    engine.retention().expect("offered").scavenge(wanted, &by("auditor"), &NoProgress, &token()).await
}

async fn previewed(engine: &Engine, purpose: Purpose, wanted: &Wanted) -> RetentionPlan {
    let retention = engine.retention().expect("offered");
    retention.preview(purpose, wanted, &NoProgress, &token()).await.expect("planned")
}

fn reasons_of(plan: &RetentionPlan) -> Vec<RefusalReason> {
    plan.streams.iter().flat_map(|stream| stream.refusals.iter().map(|refusal| refusal.reason.clone())).collect()
}

fn refused(answer: Result<TruncateReport, RetentionError>) -> Vec<RefusalReason> {
    match answer {
        Err(RetentionError::Refused { plan }) => reasons_of(&plan),
        other => panic!("refused by the guard, not {other:?}"),
    }
}

async fn versions(world: &World, name: &str) -> Vec<u64> {
    let read = ReadStream {
        stream: stream(name),
        from: StreamVersion::ZERO,
        direction: Direction::Forward,
        limit: limits::PAGE_EVENTS,
    };
    let page = world.events.read_stream(read).await.expect("readable");
    page.events.iter().map(|event| event.version.get()).collect()
}

/// A tally of two periods, read models and processes up to date.
async fn ready() -> (World, Engine) {
    let world = tally::world();
    let engine = world.engine();
    two_periods(&engine, "a").await;
    caught_up(&engine).await;
    (world, engine)
}

#[tokio::test]
async fn what_a_preview_says_is_what_is_done_and_a_preview_changes_nothing() {
    let (world, engine) = ready().await;
    let wanted = first_period("tally-a");
    let head = world.events.head().await;
    let plan = previewed(&engine, Purpose::Truncate, &wanted).await;
    assert_eq!((plan.goes.events, plan.cuts), (3, 1), "{plan:?}");
    assert_eq!(plan.goes.positions, Some((Position(1), Position(3))));
    assert_eq!((world.events.head().await, versions(&world, "tally-a").await.len()), (head, 7), "nothing was changed");
    let report = truncated(&engine, &Wanted { expect_events: Some(3), ..wanted.clone() }).await.expect("truncated");
    assert_eq!((report.events, report.bytes, report.streams), (3, plan.goes.bytes, 1), "as it was announced");
    assert_eq!(report.plan, plan, "by the same plan");
    assert_eq!(versions(&world, "tally-a").await, [4, 5, 6, 7]);
    assert_eq!(previewed(&engine, Purpose::Truncate, &wanted).await, RetentionPlan::default(), "now nothing is left");

    // The record of the truncation is no business of the tally's read model, but it has to be passed.
    caught_up(&engine).await;
    let hidden = previewed(&engine, Purpose::Scavenge, &Wanted::default()).await;
    assert_eq!(hidden.goes, plan.goes, "what is hidden is what may be moved");
    let report = scavenged(&engine, &Wanted { expect_events: Some(3), ..Wanted::default() }).await.expect("moved");
    assert_eq!((report.events, report.bytes, report.batches), (3, plan.goes.bytes, 1));
    assert_eq!(report.storage.stubs, 3);
    assert_eq!(previewed(&engine, Purpose::Scavenge, &Wanted::default()).await, RetentionPlan::default());
    assert_eq!(scavenged(&engine, &Wanted::default()).await.expect("nothing to do").events, 0);
}

#[tokio::test]
async fn numbers_that_are_not_those_of_the_preview_stop_everything() {
    let (world, engine) = ready().await;
    let wanted = Wanted { expect_events: Some(2), ..first_period("tally-a") };
    let answer = truncated(&engine, &wanted).await;
    assert_eq!(answer, Err(RetentionError::NotAsPreviewed { expected: 2, found: 3 }));
    assert_eq!(versions(&world, "tally-a").await.len(), 7, "nothing was hidden");
    truncated(&engine, &first_period("tally-a")).await.expect("truncated");
    caught_up(&engine).await;
    let answer = scavenged(&engine, &Wanted { expect_events: Some(4), ..Wanted::default() }).await;
    assert_eq!(answer, Err(RetentionError::NotAsPreviewed { expected: 4, found: 3 }));
}

#[tokio::test]
async fn an_aggregate_is_loaded_from_where_its_state_begins() {
    let (world, engine) = ready().await;
    truncated(&engine, &first_period("tally-a")).await.expect("truncated");
    for moved in [false, true] {
        if moved {
            caught_up(&engine).await;
            scavenged(&engine, &Wanted::default()).await.expect("moved");
        }
        let fresh = world.engine();
        done(&fresh, &open_period("a")).await;
        caught_up(&engine).await;
        let period: i64 = if moved { 3 } else { 2 };
        assert_eq!(totals(&world).await, [vec!["a".into(), TOTAL.into(), period.into()]], "scavenged: {moved}");
    }
}

#[tokio::test]
async fn a_state_that_is_kept_is_not_folded_across_a_cut() {
    let world = tally::world();
    let (early, late) = (world.engine(), world.engine());
    done(&early, &count("a", 1)).await;
    assert_eq!(early.cached_aggregates(), 1, "the first engine knows the state at version 1");
    for _ in 0..2 {
        done(&late, &count("a", 1)).await;
        done(&late, &open_period("a")).await;
    }
    caught_up(&late).await;
    truncated(&late, &Wanted { rule: keep(1), ..first_period("tally-a") }).await.expect("truncated");
    assert_eq!(versions(&world, "tally-a").await, [5], "the second period's beginning is all that is left");
    // Folded onto the state at version 1, that event would count twice.
    done(&early, &open_period("a")).await;
    late.catch_up(None, &NoProgress, &token()).await.expect("the stores work");
    assert_eq!(totals(&world).await, [vec!["a".into(), 3.into(), 3.into()]]);
}

#[tokio::test]
async fn a_stream_that_was_cut_elsewhere_inside_a_period_is_not_decided_on() {
    let (world, _engine) = ready().await;
    let store = world.events.retention().expect("offered");
    let cut = StreamCut { stream: stream("tally-a"), before: StreamVersion(6) };
    let event = retention::record::RetentionEvent::StreamClosed { stream: stream("tally-b") };
    let (truncate, record) = (vec![cut], vec![event]);
    let change = RetentionChange { truncate, close: vec![], record, by: by("x"), decided_on: StreamVersion::ZERO };
    store.retain(change).await.expect("the store itself does not know what a period is");
    let answer = world.engine().execute(&open_period("a")).await.expect_err("refused");
    assert_eq!(answer.code(), "undecodable_event");
    assert!(answer.to_string().contains("truncated"), "{answer}");
}

#[tokio::test]
async fn a_read_model_built_after_a_scavenge_equals_the_live_one() {
    let (world, engine) = ready().await;
    two_periods(&engine, "b").await;
    done(&engine, &open("w")).await;
    done(&engine, &deposit("w", 5)).await;
    caught_up(&engine).await;
    let live = totals(&world).await;
    let category = Selection { stream: None, category: Some("tally".to_owned()) };
    let wanted = Wanted { selection: category, rule: keep(1), expect_events: None };
    assert_eq!(truncated(&engine, &wanted).await.expect("truncated").streams, 2);
    caught_up(&engine).await;
    assert_eq!(scavenged(&engine, &Wanted::default()).await.expect("moved").events, 6);
    let report = engine.rebuild("totals", &NoProgress, &token()).await.expect("rebuilt");
    let compared = report.compared.expect("both stand at the same position");
    assert_eq!(compared.differing_rows, 0, "{:?}", compared.sample);
    assert_eq!(totals(&world).await, live, "row by row");
    assert_eq!(report.events, 8, "two periods of four events are left");
    let doctor = engine.doctor("totals", &NoProgress, &token()).await.expect("examined");
    assert!(doctor.is_clean(), "{doctor:?}");
    let folded = fold_at(&*world.events, &world.domain, "totals", Position(4), &NoProgress, &token()).await;
    let rows = folded.expect("folds over stubs").rows_of(&TOTALS).count();
    assert_eq!(rows, 1, "the fold stops where it was told, in the middle of what was scavenged");
}

#[tokio::test]
async fn nothing_stalls_where_thousands_of_events_were_scavenged() {
    let world = tally::world();
    let counted: Vec<NewEvent> = (0..3000).map(|_| foreign("Counted", 1, r#"{"amount":1}"#)).collect();
    for chunk in counted.chunks(1000) {
        let request = AppendRequest::to_stream(stream("tally-a"), ExpectedVersion::Any, chunk.to_vec());
        world.events.append(request).await.expect("appended");
    }
    let engine = world.engine();
    done(&engine, &open_period("a")).await;
    done(&engine, &count("a", 7)).await;
    caught_up(&engine).await;
    truncated(&engine, &Wanted { rule: keep(2), ..first_period("tally-a") }).await.expect("truncated");
    caught_up(&engine).await;
    let report = scavenged(&engine, &Wanted::default()).await.expect("moved");
    assert_eq!(report.events, 3000);
    assert!(report.batches >= 3, "in batches: {report:?}");
    engine.shutdown().await;
    let mut fresh = world.clone();
    fresh.forget_everything_derived();
    let engine = fresh.engine();
    caught_up(&engine).await;
    assert_eq!(totals(&fresh).await, [vec!["a".into(), 3007.into(), 1.into()]], "built from what is left");
    let until = fold_at(&*fresh.events, &fresh.domain, "totals", Position(1500), &NoProgress, &token()).await;
    assert_eq!(until.expect("ends").rows_of(&TOTALS).count(), 0, "there is nothing up to there any more");
    let filtered = fresh.events.scan_positions(Position::ZERO, &EventFilter::default()).await.expect("scanned");
    assert_eq!(filtered.scavenged, Some(ScavengedSpan { first: Position(1), last: Position(3000) }));
}

#[tokio::test]
async fn a_command_is_recognised_when_its_events_are_hidden_and_when_they_are_archived() {
    let world = tally::world();
    let engine = world.engine();
    let twice = command("CountTwice", json!({ "tally": "a", "amount": 1 }));
    let first = done(&engine, &twice).await;
    done(&engine, &open_period("a")).await;
    caught_up(&engine).await;
    truncated(&engine, &Wanted { rule: keep(1), ..first_period("tally-a") }).await.expect("truncated");
    for what in ["hidden", "archived"] {
        let fresh = world.engine();
        match fresh.execute(&twice).await.expect("the store works") {
            Outcome::AlreadyDone { appended, .. } => assert_eq!(appended.events, first.events, "{what}"),
            other => panic!("{what}: recognised, not {other:?}"),
        }
        let other = CommandEnvelope { payload: r#"{"tally":"a","amount":2}"#.to_owned(), ..twice.clone() };
        let error = fresh.execute(&other).await.expect_err("an id means one content");
        assert_eq!(error.code(), "command_id_reused", "{what}");
        if what == "hidden" {
            caught_up(&engine).await;
            scavenged(&engine, &Wanted::default()).await.expect("moved");
        }
    }
}

#[tokio::test]
async fn a_read_model_that_is_behind_is_waited_for() {
    let world = tally::world();
    let engine = world.engine();
    for _ in 0..3 {
        done(&engine, &count("a", 1)).await;
    }
    done(&engine, &open_period("a")).await;
    let wanted = Wanted { rule: keep(1), ..first_period("tally-a") };
    let behind = refused(truncated(&engine, &wanted).await);
    let never_built = |name: &str| {
        let of = |reason: &RefusalReason| matches!(reason, RefusalReason::ProjectionBehind { projection, at: Position(0), .. } if projection == name);
        behind.iter().any(of)
    };
    assert!(never_built("totals") && never_built("balances"), "{behind:?}");
    caught_up(&engine).await;
    engine.pause("totals").await.expect("paused");
    done(&engine, &count("a", 1)).await;
    done(&engine, &open_period("a")).await;
    let report = truncated(&engine, &wanted).await.expect("a part of it");
    assert_eq!(report.events, 3, "up to the last beginning of a period that both have seen");
    let at_four = |reason: &RefusalReason| {
        matches!(reason, RefusalReason::ProjectionBehind { projection, tables: "active", at: Position(4),
            needed: Position(5) } if projection == "totals")
    };
    assert!(reasons_of(&report.plan).iter().any(at_four), "the rest waits: {:?}", report.plan);
    engine.resume("totals").await.expect("resumed");
    caught_up(&engine).await;
    world.read_models.prepare("totals", 99, TALLY_TABLES).await.expect("prepared");
    world.read_models.set_building("totals", Some(99)).await.expect("as a rebuild does");
    let behind = refused(truncated(&engine, &wanted).await);
    let building =
        behind.iter().any(|reason| matches!(reason, RefusalReason::ProjectionBehind { tables: "building", .. }));
    assert!(building, "tables that are being built need the events, too: {behind:?}");
}

#[tokio::test]
async fn a_process_keeps_what_it_has_not_finished() {
    let (world, engine) = ready().await;
    for wallet in ["x", "y"] {
        done(&engine, &open(wallet)).await;
    }
    done(&engine, &payment("p", "x", "y", 5, true)).await;
    let wanted = Wanted { rule: keep(1), ..first_period("payment-p") };
    done(&engine, &command("ReleasePayment", json!({ "payment": "p" }))).await;
    engine.catch_up(None, &NoProgress, &token()).await.expect("the stores work");
    let reasons = refused(truncated(&engine, &wanted).await);
    assert!(
        reasons.iter().any(|r| matches!(r, RefusalReason::ProcessBehind { process, .. } if process == "payment")),
        "{reasons:?}"
    );
    assert!(reasons.iter().any(|r| matches!(r, RefusalReason::ProcessPending { .. })), "{reasons:?}");
    caught_up(&engine).await;
    engine.catch_up(None, &NoProgress, &token()).await.expect("the stores work");
    let reasons = refused(truncated(&engine, &wanted).await);
    let finished = |reason: &RefusalReason| matches!(reason, RefusalReason::NotRestarted { restarted_by: [], .. });
    assert!(reasons.iter().all(finished), "the process is done; only the aggregate needs its events: {reasons:?}");

    done(&engine, &payment("q", "x", "y", 5, true)).await;
    caught_up(&engine).await;
    let timer = world.read_models.timers(10).await.expect("readable");
    assert_eq!(timer.len(), 1, "the payment is held and waits for its timer");
    let all = RetentionRule { max_age_seconds: Some(0), ..RetentionRule::default() };
    world.clock.advance(TimeDelta::seconds(1));
    let wanted = Wanted { rule: Some(all), ..first_period("payment-q") };
    let reasons = refused(truncated(&engine, &wanted).await);
    let process = |reason: &&RefusalReason| {
        matches!(reason, RefusalReason::ProcessPending { .. } | RefusalReason::ProcessBehind { .. })
    };
    assert_eq!(reasons.iter().find(process), None, "a timer alone keeps nothing: {reasons:?}");
    let plan = previewed(&engine, Purpose::Truncate, &wanted).await;
    assert_eq!(plan.streams[0].timers, 1, "but it is told");
}

#[tokio::test]
async fn tables_that_are_kept_for_a_rollback_are_waited_for() {
    let (world, engine) = ready().await;
    engine.rebuild("totals", &NoProgress, &token()).await.expect("rebuilt");
    done(&engine, &count("a", 1)).await;
    done(&engine, &open_period("a")).await;
    caught_up(&engine).await;
    let wanted = Wanted { rule: keep(1), ..first_period("tally-a") };
    let report = truncated(&engine, &wanted).await.expect("a part of it");
    assert_eq!(report.events, 3, "what the former tables have seen");
    let kept = |reason: &RefusalReason| {
        matches!(reason, RefusalReason::ProjectionBehind { projection, tables: "kept for rollback", at: Position(7), .. }
            if projection == "totals")
    };
    assert!(reasons_of(&report.plan).iter().any(kept), "the rest is what a rollback would catch up: {:?}", report.plan);
    engine.rebuild("totals", &NoProgress, &token()).await.expect("rebuilt");
    let report = truncated(&engine, &wanted).await.expect("all of it");
    assert_eq!(report.events, 5, "another build keeps tables that have seen it");
    let back = engine.rollback("totals").await.expect("rolled back");
    caught_up(&engine).await;
    assert_eq!(
        totals(&world).await,
        [vec!["a".into(), (TOTAL + 1).into(), 2.into()]],
        "and the way back is open: {back:?}"
    );
}

#[tokio::test]
async fn a_stream_that_a_read_model_has_set_aside_is_waited_for() {
    let (world, engine) = ready().await;
    two_periods(&engine, "b").await;
    caught_up(&engine).await;
    let tables = world.read_models.projection("totals").await.expect("readable");
    let active = tables.active_version.expect("built");
    let aside = QuarantinedStream {
        stream: stream("tally-a"),
        position: Position(2),
        event_type: "Counted".to_owned(),
        reason: "the event at 2 cannot be applied".to_owned(),
    };
    let from = world.read_models.checkpoint("totals", active).await.expect("readable").expect("kept");
    let (to, quarantine, work) =
        (from.position, vec![QuarantineChange::SetAside(aside)], Box::new(|_: &mut dyn Rows| Ok(())));
    let commit = ReadModelCommit { projection: "totals", tables: TALLY_TABLES, from, to, quarantine, work };
    world.read_models.commit(commit).await.expect("set aside");
    let reasons = refused(truncated(&engine, &first_period("tally-a")).await);
    let behind = |reason: &RefusalReason| {
        matches!(reason, RefusalReason::ProjectionBehind { projection, tables: "quarantined", at: Position(1), .. }
            if projection == "totals")
    };
    assert!(reasons.iter().any(behind), "the events that were left out are still to be applied: {reasons:?}");
    let other = truncated(&engine, &first_period("tally-b")).await.expect("nothing was set aside there");
    assert_eq!(other.events, 3);
}

#[tokio::test]
async fn a_snapshot_from_before_a_truncation_is_neither_used_nor_found_wrong() {
    let world = tally::world();
    let mut parts = world.parts();
    parts.snapshots = Some(world.read_models.clone());
    parts.config.snapshots = SnapshotPolicy::LoadReplayed(0);
    let engine = world.engine();
    for _ in 0..3 {
        done(&engine, &count("a", 1)).await;
    }
    // Loads three events, and leaves a snapshot of them.
    let loading = Engine::new(EngineParts { owner: "loads".to_owned(), ..parts.clone() });
    done(&loading, &count("a", 1)).await;
    loading.shutdown().await;
    let kept = world.read_models.snapshots(10).await.expect("readable");
    assert_eq!(kept.iter().map(|kept| kept.version.get()).collect::<Vec<_>>(), [3]);
    done(&engine, &open_period("a")).await;
    caught_up(&engine).await;
    truncated(&engine, &Wanted { rule: keep(1), ..first_period("tally-a") }).await.expect("truncated");
    parts.config.snapshots = SnapshotPolicy::Never;
    let fresh = Engine::new(EngineParts { owner: "audits".to_owned(), ..parts });
    let audit = fresh.verify_snapshots(None, &NoProgress, &token()).await.expect("audited");
    assert_eq!((audit.kept, audit.truncated, audit.checked), (1, 1, 0), "{audit:?}");
    assert_eq!(audit.differing, [], "there is nothing to compare it with");
    done(&fresh, &count("a", 7)).await;
    caught_up(&engine).await;
    assert_eq!(totals(&world).await, [vec!["a".into(), 11.into(), 1.into()]], "the tally goes on from its period");
}

#[tokio::test]
async fn a_legal_hold_beats_everything_until_it_is_lifted() {
    let (world, engine) = ready().await;
    let retention = engine.retention().expect("offered");
    let scope = Scope::Category("tally".to_owned());
    retention.place_hold("case 7", scope.clone(), &by("counsel")).await.expect("placed");
    let taken = retention.place_hold("case 7", scope, &by("counsel")).await.expect_err("taken");
    assert_eq!(taken.code(), "hold_exists");
    caught_up(&engine).await;
    let reasons = refused(truncated(&engine, &first_period("tally-a")).await);
    let held = reasons.iter().any(|reason| {
        matches!(reason, RefusalReason::LegalHold { hold } if hold.hold == "case 7" && hold.actor == "counsel")
    });
    assert!(held, "{reasons:?}");
    assert_eq!(versions(&world, "tally-a").await.len(), 7);
    assert_eq!(retention.lift_hold("case 8", &by("counsel")).await.expect_err("unknown").code(), "unknown_hold");
    retention.lift_hold("case 7", &by("counsel")).await.expect("lifted");
    caught_up(&engine).await;
    truncated(&engine, &first_period("tally-a")).await.expect("truncated");

    // A hold on what is hidden already keeps it from being moved.
    retention.place_hold("case 9", Scope::Prefix("tally-".to_owned()), &by("counsel")).await.expect("placed");
    caught_up(&engine).await;
    match scavenged(&engine, &Wanted::default()).await {
        Err(RetentionError::Refused { plan }) => {
            assert!(matches!(reasons_of(&plan)[..], [RefusalReason::LegalHold { .. }]))
        }
        other => panic!("refused, not {other:?}"),
    }
    let status = retention.status().await.expect("a status");
    assert_eq!(status.ledger.holds.keys().collect::<Vec<_>>(), ["case 9"]);
    assert_eq!(status.streams.len(), 1);
    assert_eq!(status.streams[0].hidden, 3, "what waits to be moved");
}

#[tokio::test]
async fn rules_are_recorded_for_categories_and_streams_and_keep_young_events() {
    let (world, engine) = ready().await;
    two_periods(&engine, "b").await;
    caught_up(&engine).await;
    let retention = engine.retention().expect("offered");
    let general = RetentionRule { max_count: Some(1), min_age_seconds: Some(60), ..RetentionRule::default() };
    retention.set_rule(Scope::Category("tally".to_owned()), general, &by("officer")).await.expect("set");
    let own = RetentionRule { max_count: Some(100), ..RetentionRule::default() };
    retention.set_rule(Scope::Stream(stream("tally-b")), own, &by("officer")).await.expect("set");
    let bad = retention.set_rule(Scope::Prefix("t".to_owned()), own, &by("officer")).await.expect_err("refused");
    assert_eq!(bad.code(), "bad_rule");
    caught_up(&engine).await;
    let young = refused(truncated(&engine, &Wanted::default()).await);
    assert!(
        young.iter().any(|reason| matches!(reason, RefusalReason::TooYoung { min_age_seconds: 60, .. })),
        "{young:?}"
    );
    world.clock.advance(TimeDelta::seconds(61));
    let report = truncated(&engine, &Wanted::default()).await.expect("old enough");
    assert_eq!(report.streams, 1, "the other stream has its own rule: {report:?}");
    assert_eq!((versions(&world, "tally-a").await[0], versions(&world, "tally-b").await[0]), (4, 1));
    retention.remove_rule(&Scope::Stream(stream("tally-b")), &by("officer")).await.expect("removed");
    let gone = retention.remove_rule(&Scope::Stream(stream("tally-b")), &by("officer")).await.expect_err("gone");
    assert_eq!(gone.code(), "unknown_rule");
    assert_eq!(retention.status().await.expect("a status").ledger.rules.len(), 1);
    assert_eq!(truncated(&engine, &Wanted::default()).await.expect("the category's rule").streams, 1);
}

#[tokio::test]
async fn a_closed_stream_refuses_commands() {
    let (world, engine) = ready().await;
    let retention = engine.retention().expect("offered");
    retention.close(&stream("tally-a"), &by("auditor")).await.expect("closed");
    let error = engine.execute(&count("a", 1)).await.expect_err("refused");
    assert_eq!(error.code(), "stream_closed");
    assert_eq!(versions(&world, "tally-a").await.len(), 7);
    let missing = retention.close(&stream("tally-z"), &by("auditor")).await.expect_err("missing");
    assert_eq!(missing.code(), "no_such_stream");
}

#[tokio::test]
async fn who_changes_what_is_kept_says_who_and_why() {
    let (_world, engine) = ready().await;
    let retention = engine.retention().expect("offered");
    let nameless = by(" ");
    let speechless = Authorship { reason: String::new(), ..by("auditor") };
    for unsigned in [nameless, speechless] {
        let wanted = first_period("tally-a");
        let answers = [
            retention.truncate(&wanted, &unsigned, &NoProgress, &token()).await.map(drop),
            retention.scavenge(&wanted, &unsigned, &NoProgress, &token()).await.map(drop),
            retention.place_hold("h", Scope::Prefix(String::new()), &unsigned).await,
            retention.close(&stream("tally-a"), &unsigned).await,
        ];
        for answer in answers {
            assert_eq!(answer.expect_err("refused").code(), "unsigned");
        }
    }
}

#[tokio::test]
async fn a_cancelled_scavenge_goes_on_when_it_is_run_again() {
    let world = tally::world();
    let counted: Vec<NewEvent> = (0..2500).map(|_| foreign("Counted", 1, r#"{"amount":1}"#)).collect();
    let request = AppendRequest::to_stream(stream("tally-a"), ExpectedVersion::Any, counted);
    world.events.append(request).await.expect("appended");
    let engine = world.engine();
    done(&engine, &open_period("a")).await;
    caught_up(&engine).await;
    truncated(&engine, &Wanted { rule: keep(1), ..first_period("tally-a") }).await.expect("truncated");
    caught_up(&engine).await;
    let stop = token();
    let sink = {
        let stop = stop.clone();
        move |progress: &Progress| {
            if progress.phase == "moved" {
                stop.cancel();
            }
        }
    };
    let retention = engine.retention().expect("offered");
    let report = retention.scavenge(&Wanted::default(), &by("auditor"), &sink, &stop).await.expect("stopped");
    assert!(report.cancelled && report.events < 2500, "{report:?}");
    let until = fold_at(&*world.events, &world.domain, "totals", Position(2500), &NoProgress, &token()).await;
    assert_eq!(until.expect("folds").rows_of(&TOTALS).count(), 0, "nothing is built from the rest of what is hidden");
    let rest = scavenged(&engine, &Wanted::default()).await.expect("moved");
    assert_eq!(report.events + rest.events, 2500, "together everything");
    let archive = world.events.retention().expect("offered").verify_archive(Box::new(|_| true)).await;
    assert!(archive.expect("verified").intact());
}

#[tokio::test]
async fn a_hold_that_comes_while_streams_are_truncated_wins() {
    let (world, engine) = ready().await;
    // The hold is placed after the plan was made: the record has moved, so the plan is made anew.
    let placing = Arc::new(world.clone());
    let placed = std::sync::atomic::AtomicBool::new(false);
    let sink = move |progress: &Progress| {
        if progress.finished && !placed.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let world = placing.clone();
            let place = async move {
                let engine = world.engine();
                let hold = engine
                    .retention()
                    .expect("offered")
                    .place_hold("sudden", Scope::Stream(stream("tally-a")), &by("counsel"))
                    .await;
                hold.expect("placed");
            };
            let handle = std::thread::spawn(|| tokio::runtime::Runtime::new().expect("a runtime").block_on(place));
            handle.join().expect("placed");
        }
    };
    let retention = engine.retention().expect("offered");
    let answer = retention.truncate(&first_period("tally-a"), &by("auditor"), &sink, &token()).await;
    let reasons = refused(answer);
    assert!(matches!(reasons[..], [RefusalReason::LegalHold { .. }]), "{reasons:?}");
    assert_eq!(versions(&world, "tally-a").await.len(), 7, "nothing was hidden");
}
