//! Grids of events: rows are there at once, searches go on by themselves, stop and go on; places, density, files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{
    AllPage, Capabilities, CategoryCount, EventFilter, EventReader, Position, PositionPage, ReadAll, ReadStream,
    RecordedEvent, StoreError, StreamListPage, StreamPage, StreamQuery,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::Session;
use super::super::grid::{Grid, OPEN_GRIDS, Phase};
use super::{Bench, done, euros, head, small_bank};
use crate::wire::{
    AppError, DensityCategories, EventQuery, EventRow, EventsOpened, EventsPhase, ExportFormat, ExportRequest,
    ImportRequest, SavedFolderDraft, SavedQueryDraft,
};

/// Opens a grid that nobody gives up.
async fn open(session: &Session, query: EventQuery) -> Result<EventsOpened, AppError> {
    session.events_open(query, &CancellationToken::new()).await
}

#[tokio::test]
async fn a_filtered_grid_shows_what_matches_and_grows_with_the_log() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let filter = || EventQuery { categories: vec!["account".to_owned()], ..EventQuery::default() };
    let all = open(&session, EventQuery::default()).await.expect("opened");
    let some = open(&session, filter()).await.expect("opened");
    let totals = (all.progress.total.clone(), some.progress.total.as_str());
    assert_eq!(totals, (head(&session).await.to_string(), "5"));
    done(&session, "Deposit", json!({ "accountId": "1002", "amount": euros(7) })).await;
    let block = session.events_block(&some.query_id, "1", 200, &[]).await.expect("answered");
    assert_eq!((block.total.as_str(), block.events.len()), ("6", 5), "the new event is counted and shown");
    assert!(block.events.iter().all(|event| event.stream.starts_with("account-")), "only what matches");
    assert!(block.events.iter().all(|event| event.sentence.is_some()), "each is told in a sentence");
    let dense = session.events_block(&all.query_id, "0", 3, &[]).await.expect("answered");
    let positions: Vec<_> = dense.events.iter().map(|event| event.position.as_str()).collect();
    assert_eq!(positions, ["1", "2", "3"], "row n is position n + 1");
    let beyond = session.events_block(&all.query_id, "5000", 10, &[]).await.expect("answered");
    assert!(beyond.events.is_empty(), "behind the end there is nothing, and that is no error");
    session.events_close(&some.query_id);
    let error = session.events_block(&some.query_id, "0", 1, &[]).await.expect_err("closed");
    assert_eq!((error.code.as_str(), error.retryable), ("unknown_query", true));
}

#[tokio::test]
async fn open_grids_are_bounded_and_the_least_used_one_goes_first() {
    let (_bench, session) = Bench::with_store().await;
    let first = open(&session, EventQuery::default()).await.expect("opened");
    for _ in 1..OPEN_GRIDS {
        open(&session, EventQuery::default()).await.expect("opened");
    }
    session.events_block(&first.query_id, "0", 1, &[]).await.expect("used, so it is not the oldest any more");
    open(&session, EventQuery::default()).await.expect("opened");
    session.events_block(&first.query_id, "0", 1, &[]).await.expect("still open");
    let error = session.events_block("2", "0", 1, &[]).await.expect_err("the second one had to go");
    assert_eq!(error.code, "unknown_query");
}

fn contains(text: &str) -> EventQuery {
    EventQuery { contains: Some(text.to_owned()), ..EventQuery::default() }
}

/// A bank with a past of some thousand events.
async fn demo() -> (Bench, Arc<Session>) {
    let (bench, _) = Bench::with_store().await;
    bench.bench.create_demo(7, 3000, bench.task().0).await.expect("made");
    let session = bench.bench.session().expect("open");
    // What processes have left to do in the bank that was made is done first: a test compares two looks at one log.
    session.engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("idle");
    (bench, session)
}

/// Everything that a grid's search has found at its end.
async fn whole(session: &Session, query_id: &str) -> Vec<EventRow> {
    let begun = Instant::now();
    while session.events_progress(query_id).await.expect("answered").phase != EventsPhase::Complete {
        assert!(begun.elapsed() < Duration::from_secs(30), "a search ends");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut rows: Vec<EventRow> = Vec::new();
    loop {
        let block = session.events_block(query_id, &rows.len().to_string(), 1000, &[]).await.expect("answered");
        if block.events.is_empty() {
            assert_eq!(block.total, rows.len().to_string(), "the total is what can be read");
            return rows;
        }
        rows.extend(block.events);
    }
}

async fn rows(session: &Session, query: EventQuery) -> Vec<EventRow> {
    let opened = open(session, query).await.expect("opened");
    let rows = whole(session, &opened.query_id).await;
    session.events_close(&opened.query_id);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_of_positions_and_times_need_no_search_and_are_exact() {
    let (_bench, session) = demo().await;
    let all = rows(&session, EventQuery::default()).await;
    let (first, last) = (&all[700], &all[1900]);
    let query = EventQuery {
        after: Some(all[100].position.clone()),
        recorded_from: Some(first.recorded_at.clone()),
        recorded_until: Some(last.recorded_at.clone()),
        ..EventQuery::default()
    };
    let opened = open(&session, query.clone()).await.expect("opened");
    assert_eq!(opened.progress.seconds, 0.0, "nothing was searched");
    let found = whole(&session, &opened.query_id).await;
    let within = |row: &&EventRow| row.recorded_at >= first.recorded_at && row.recorded_at < last.recorded_at;
    let wanted: Vec<_> = all.iter().filter(within).map(|row| row.position.clone()).collect();
    assert_eq!(found.iter().map(|row| row.position.clone()).collect::<Vec<_>>(), wanted);
    let searched = rows(&session, EventQuery { stream_prefix: Some("a".to_owned()), ..query }).await;
    let wanted: Vec<_> = all.iter().filter(within).filter(|row| row.stream.starts_with('a')).collect();
    assert_eq!(searched.len(), wanted.len(), "with a further condition it is searched, to the same end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_is_stopped_keeps_what_it_found_and_goes_on_to_the_same_end() {
    let (_bench, session) = demo().await;
    let reader = SlowPages::of(&session, 150);
    let filter = EventFilter { categories: vec!["account".to_owned()], ..EventFilter::default() };
    let begun = Instant::now();
    let grid = Grid::open(reader.clone(), filter, None, &CancellationToken::new()).await.expect("opened");
    assert!(begun.elapsed() < Duration::from_secs(1), "a grid is there before its search has ended");
    let progress = grid.progress().await.expect("answered");
    assert_eq!(progress.phase, Phase::Scanning, "it goes on by itself");
    grid.stop();
    let begun = Instant::now();
    while grid.progress().await.expect("answered").phase == Phase::Scanning {
        assert!(begun.elapsed() < Duration::from_secs(5), "a stop is heeded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopped = grid.progress().await.expect("answered");
    assert_eq!(stopped.phase, Phase::Stopped);
    assert!(stopped.examined < stopped.head && stopped.share() < 1.0, "it says how far it came: {stopped:?}");
    assert_eq!(grid.block(0, 1).await.expect("answered").total, stopped.total, "what was found stays, and no more");
    reader.hurry();
    grid.go_on();
    let begun = Instant::now();
    while grid.progress().await.expect("answered").phase != Phase::Complete {
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on to its end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let wanted = rows(&session, EventQuery { categories: vec!["account".to_owned()], ..EventQuery::default() }).await;
    let done = grid.progress().await.expect("answered");
    assert_eq!(
        (done.total, done.share()),
        (wanted.len() as u64, 1.0),
        "nothing is found twice and nothing is left out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_position_and_by_time() {
    let (_bench, session) = demo().await;
    for query in
        [EventQuery::default(), EventQuery { categories: vec!["transfer".to_owned()], ..EventQuery::default() }]
    {
        let opened = open(&session, query).await.expect("opened");
        let all = whole(&session, &opened.query_id).await;
        for index in [0, 1, all.len() / 2, all.len() - 1] {
            let found = session.row_of_position(&opened.query_id, &all[index].position).await.expect("answered");
            assert_eq!((found.row, found.exact, found.settled), (Some(index.to_string()), true, true));
            let time = &all[index].recorded_at;
            let first = all.iter().position(|row| row.recorded_at >= *time).expect("there");
            let found = session.row_at_time(&opened.query_id, time).await.expect("answered");
            assert_eq!((found.row, found.exact), (Some(first.to_string()), true), "the first of that time");
        }
        let next: u64 = all[0].position.parse::<u64>().expect("a number") + 1;
        let behind = session.row_of_position(&opened.query_id, &next.to_string()).await.expect("answered");
        assert_eq!(behind.row.as_deref(), Some("1"), "the first one behind");
        let beyond = session.row_of_position(&opened.query_id, "999999999").await.expect("answered");
        assert_eq!((beyond.row, beyond.exact), (None, false), "behind the end there is none");
        let never = session.row_at_time(&opened.query_id, "2999-01-01T00:00:00Z").await.expect("answered");
        assert_eq!(never.row, None);
        let before = session.row_at_time(&opened.query_id, "1999-01-01T00:00:00Z").await.expect("answered");
        assert_eq!((before.row.as_deref(), before.exact), (Some("0"), false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn density_counts_every_event_once_and_can_be_zoomed() {
    let (_bench, session) = demo().await;
    for query in [EventQuery::default(), EventQuery { categories: vec!["account".to_owned()], ..EventQuery::default() }]
    {
        let opened = open(&session, query).await.expect("opened");
        let all = whole(&session, &opened.query_id).await;
        let range = (all[500].recorded_at.clone(), all[900].recorded_at.clone());
        for (from, until) in [(None, None), (Some(range.0.as_str()), Some(range.1.as_str()))] {
            let density = session.events_density(&opened.query_id, from, until, 97).await.expect("answered");
            assert_eq!((density.bins.len(), density.complete), (97, true));
            let ends: Vec<&String> = density.bins.iter().skip(1).map(|bin| &bin.from).chain(&density.until).collect();
            for (bin, end) in density.bins.iter().zip(ends) {
                let wanted = all.iter().filter(|row| row.recorded_at >= bin.from && row.recorded_at < *end).count();
                assert_eq!(bin.events, wanted.to_string(), "from {} to {end}", bin.from);
            }
            let within = |row: &&EventRow| {
                from.is_none_or(|from| row.recorded_at.as_str() >= from)
                    && until.is_none_or(|until| row.recorded_at.as_str() < until)
            };
            assert_eq!(density.total, all.iter().filter(within).count().to_string(), "each once");
        }
    }
    let opened = open(&session, contains("nothing like this")).await.expect("opened");
    whole(&session, &opened.query_id).await;
    let density = session.events_density(&opened.query_id, None, None, 10).await.expect("answered");
    assert_eq!((density.bins.len(), density.total.as_str(), density.from), (0, "0", None), "nothing is nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn density_is_told_by_category_and_every_event_has_one() {
    let (_bench, session) = demo().await;
    let condition = EventQuery { condition: Some("event.version > 2".to_owned()), ..EventQuery::default() };
    let some = EventQuery { categories: vec!["account".to_owned(), "transfer".to_owned()], ..EventQuery::default() };
    for query in [EventQuery::default(), some, condition] {
        let opened = open(&session, query).await.expect("opened");
        let all = whole(&session, &opened.query_id).await;
        let begun = Instant::now();
        let (density, categories) = loop {
            let density = session.events_density(&opened.query_id, None, None, 50).await.expect("answered");
            match density.by_category.clone() {
                DensityCategories::Counted { categories } => break (density, categories),
                other => assert!(begun.elapsed() < Duration::from_secs(30), "categories are counted, not {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert!(categories.len() > 1 && categories.len() <= 7, "six are told apart: {categories:?}");
        let named: Vec<&str> = categories.iter().filter_map(|one| one.category.as_deref()).collect();
        let ends: Vec<&String> = density.bins.iter().skip(1).map(|bin| &bin.from).chain(&density.until).collect();
        for (number, (bin, end)) in density.bins.iter().zip(ends).enumerate() {
            for one in &categories {
                let of = |row: &&EventRow| {
                    let category = row.stream.split('-').next().unwrap_or_default();
                    row.recorded_at >= bin.from
                        && row.recorded_at < *end
                        && one.category.as_deref().map_or(!named.contains(&category), |wanted| wanted == category)
                };
                let wanted = all.iter().filter(of).count().to_string();
                assert_eq!(one.events[number], wanted, "{:?} from {} to {end}", one.category, bin.from);
            }
        }
        session.events_close(&opened.query_id);
    }
}

#[tokio::test]
async fn columns_tell_values_exactly_and_leave_a_gap_where_there_is_none() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    done(&session, "Deposit", json!({ "accountId": "1002", "amount": euros(12_345) })).await;
    let types =
        EventQuery { event_types: vec!["AccountOpened".into(), "MoneyDeposited".into()], ..EventQuery::default() };
    let opened = open(&session, types).await.expect("opened");
    let columns = ["amount.minor", "metadata.actor", "nothing.here"].map(str::to_owned);
    let block = session.events_block(&opened.query_id, "0", 100, &columns).await.expect("answered");
    assert_eq!(block.values.len(), block.events.len(), "each event has its own");
    let last = block.values.last().expect("the deposit");
    let texts: Vec<_> = last.iter().map(Option::as_deref).collect();
    assert_eq!(texts, [Some("12345"), Some("ada"), None], "as it is stored, and nothing where there is none");
    for (event, values) in block.events.iter().zip(&block.values) {
        assert_eq!(values[0].is_some(), event.event_type == "MoneyDeposited", "{}", event.event_type);
    }
    let refused = session.events_block(&opened.query_id, "0", 1, &["a..b".to_owned()]).await.expect_err("no path");
    assert_eq!(refused.code, "bad_argument");
    assert!(refused.message.contains("character 3"), "it says where: {}", refused.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_in_time_are_looked_up_once_however_the_log_grows() {
    let (_bench, session) = demo().await;
    let reader = SlowPages::of(&session, 150);
    let grid =
        Grid::open(reader.clone(), EventFilter::default(), None, &CancellationToken::new()).await.expect("opened");
    let first = grid.density(None, None, 100).await.expect("answered");
    let account = rows(&session, EventQuery { categories: vec!["account".to_owned()], ..EventQuery::default() }).await;
    let account = account.last().expect("there").stream.trim_start_matches("account-").to_owned();
    let deposit = || json!({ "accountId": account, "amount": euros(1) });
    done(&session, "Deposit", deposit()).await;
    let grown = grid.density(None, None, 100).await.expect("answered");
    assert!(grown.edges.last() > first.edges.last(), "the new event is within");
    for _ in 0..3 {
        reader.times.store(0, Ordering::SeqCst);
        done(&session, "Deposit", deposit()).await;
        let again = grid.density(None, None, 100).await.expect("answered");
        assert_eq!(again.edges, grown.edges, "there is room for what comes");
        assert!(again.counts.iter().sum::<u64>() > grown.counts.iter().sum::<u64>(), "and it is counted");
        let looked = reader.times.load(Ordering::SeqCst);
        assert!(looked <= 10, "only bounds behind the last event are looked up again, not {looked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_for_a_grid_ends_when_it_is_closed_and_an_opening_when_it_is_given_up() {
    let (_bench, session) = demo().await;
    let reader = SlowPages::of(&session, 150);
    let filter = || EventFilter { categories: vec!["account".to_owned()], ..EventFilter::default() };
    let grid = Grid::open(reader.clone(), filter(), None, &CancellationToken::new()).await.expect("opened");
    let query_id = session.grids.keep(Arc::clone(&grid));
    let endless = std::future::pending::<Result<(), StoreError>>();
    let reading = tokio::spawn(async move { grid.while_open(endless).await });
    session.events_close(&query_id);
    let ended = tokio::time::timeout(Duration::from_secs(5), reading).await.expect("nobody waits for it any more");
    assert_eq!(ended.expect("no panic").expect_err("closed").code, "cancelled");
    let scans = || reader.scans.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(120)).await;
    let before = scans();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scans(), before, "the store is not searched for nobody");

    let given_up = CancellationToken::new();
    given_up.cancel();
    let refused = session.events_open(contains("x"), &given_up).await.expect_err("nobody waits for it");
    assert_eq!(refused.code, "cancelled");
    let opening = Grid::open(reader.clone(), filter(), None, &session.end);
    assert!(tokio::time::timeout(Duration::from_millis(1), opening).await.is_err(), "a slow opening is given up");
    tokio::time::sleep(Duration::from_millis(120)).await;
    let before = scans();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scans(), before, "and what it has begun ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_holds_on_event_payload_and_state_and_counts_what_it_cannot_judge() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    for minor in [500, 20_000, 7] {
        done(&session, "Deposit", json!({ "accountId": "1002", "amount": euros(minor) })).await;
    }
    let all = rows(&session, EventQuery::default()).await;
    let of = |condition: &str| EventQuery { condition: Some(condition.to_owned()), ..EventQuery::default() };
    let versions = rows(&session, of("event.version == 1")).await;
    assert_eq!(versions.len(), all.iter().filter(|row| row.version == "1").count());
    let deposits = EventQuery { event_types: vec!["MoneyDeposited".to_owned()], ..of("payload.amount > 600") };
    assert_eq!(rows(&session, deposits).await.len(), 2, "10 000 and 20 000 minor units are more than 600");
    let rich = EventQuery { event_types: vec!["MoneyDeposited".to_owned()], ..of("state.settled > 20000") };
    let rich = rows(&session, rich).await;
    let told: Vec<_> = rich.iter().map(|row| (row.stream.as_str(), row.event_type.as_str())).collect();
    assert_eq!(told, [("account-1002", "MoneyDeposited"); 2], "the state is that after the event, with all before it");
    let opened = open(&session, of("payload.amount > 600")).await.expect("opened");
    let found = whole(&session, &opened.query_id).await;
    let progress = session.events_progress(&opened.query_id).await.expect("answered");
    assert_eq!(found.len(), 2);
    assert_eq!(progress.undecided, (all.len() - 4).to_string(), "events without an amount are no answer");
    let first = progress.first_undecided.expect("the first is named");
    assert_eq!(first.position, all[0].position);
    assert!(first.problem.contains("amount"), "{}", first.problem);
    let error = open(&session, of("event.version >")).await.expect_err("no condition");
    assert_eq!(error.code, "bad_condition");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_about_a_customer_is_found_by_what_events_name() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer = json!({
        "transferId": "T-1", "source": "1001", "target": "1002", "amount": euros(100), "reference": "x",
    });
    done(&session, "RequestTransfer", transfer).await;
    let about = |stream: &str| EventQuery { about: Some(stream.to_owned()), ..EventQuery::default() };
    let all = rows(&session, EventQuery::default()).await;
    let found = rows(&session, about("customer-C1")).await;
    let streams: BTreeSet<_> = found.iter().map(|row| row.stream.as_str()).collect();
    assert_eq!(streams, ["account-1001", "account-1002", "customer-C1", "transfer-T-1"].into());
    let whole = all.iter().filter(|row| streams.contains(row.stream.as_str())).count();
    assert_eq!(found.len(), whole, "whole streams");
    let of_one = rows(&session, about("transfer-T-1")).await;
    assert!(of_one.iter().all(|row| row.stream == "transfer-T-1"), "a transfer's accounts are not its own");
    let error = open(&session, about("customer-nobody")).await.expect_err("nobody");
    assert_eq!(error.code, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_journalled_and_imported_into_an_empty_store_it_is_the_same_bank() {
    let (bench, session) = demo().await;
    let path = bench.file("all.ndjson");
    let request = |path: &Path| ExportRequest {
        query: EventQuery::default(),
        format: ExportFormat::Ndjson,
        path: Some(path.display().to_string()),
    };
    let report =
        bench.bench.export_events(request(&path), bench.task().0).await.expect("exported").expect("not dismissed");
    assert_eq!(report.events, head(&session).await.to_string(), "the whole match");
    let text = fs::read_to_string(&path).expect("the file");
    assert_eq!(text.lines().count().to_string(), report.events);
    let journal = fs::read_to_string(bench.file("data").join("journal.ndjson")).expect("the journal");
    let line: serde_json::Value = serde_json::from_str(journal.lines().last().expect("a line")).expect("JSON");
    assert_eq!(
        (&line["what"], &line["sha256"], &line["events"]),
        (&json!("export"), &json!(report.sha256), &json!(report.events))
    );
    assert!(line["at"].is_string() && line["by"].is_string() && line["store"].is_string(), "{line}");
    let again = bench.bench.export_events(request(&path), bench.task().0).await.expect_err("there already");
    assert_eq!(again.code, "file_exists");
    let (task, _) = bench.task();
    task.token().cancel();
    let stopped = bench.file("stopped.ndjson");
    assert_eq!(bench.bench.export_events(request(&stopped), task).await.expect_err("stopped").code, "cancelled");
    let left = fs::read_dir(bench.folder.path()).expect("a folder").count();
    assert!(!stopped.exists() && left == 2, "a stopped export leaves nothing behind: {left}");

    let (other, _) = Bench::with_store().await;
    let import = || ImportRequest { path: Some(path.display().to_string()), renumber: false };
    let imported = other.bench.import_events(import(), other.task().0).await.expect("imported").expect("not dismissed");
    assert_eq!((imported.imported.as_str(), imported.identical), (report.events.as_str(), true), "{imported:?}");
    let session = other.bench.session().expect("open again");
    assert_eq!(head(&session).await.to_string(), report.events);
    let again =
        other.bench.import_events(import(), other.task().0).await.expect("nothing to do").expect("not dismissed");
    assert_eq!((again.imported.as_str(), again.already.as_str()), ("0", report.events.as_str()));
    let dismissed = ExportRequest { path: None, ..request(&path) };
    assert!(bench.bench.export_events(dismissed, bench.task().0).await.expect("no failure").is_none(), "dismissed");
}

#[tokio::test]
async fn queries_are_saved_for_a_store_and_a_broken_one_is_refused() {
    let (bench, _) = Bench::with_store().await;
    let folder = SavedFolderDraft { id: None, name: "Fraud".to_owned(), parent: None };
    let kept = bench.bench.save_query_folder(folder).await.expect("saved");
    let draft = |query| SavedQueryDraft {
        id: None,
        name: "Large".to_owned(),
        folder: kept.folders.first().map(|folder| folder.id.clone()),
        query,
    };
    let broken = EventQuery { condition: Some("payload.".to_owned()), ..EventQuery::default() };
    assert_eq!(bench.bench.save_query(draft(broken)).await.expect_err("refused").code, "bad_condition");
    bench.bench.save_query(draft(contains("x"))).await.expect("saved");
    let kept = bench.bench.saved_queries().await.expect("listed");
    assert_eq!((kept.queries.len(), kept.queries[0].query == contains("x")), (1, true));
    assert_eq!(kept.queries[0].problem, None);
    bench.bench.open(Some(bench.file("other.ledgerscope"))).await.expect_err("not there");
    let kept = bench.bench.remove_saved_query(&kept.folders[0].id).await.expect("removed");
    assert!(kept.queries.is_empty() && kept.folders.is_empty(), "with everything in it");
}

/// A log whose pages are small and slow, so that a search of it takes a while.
struct SlowPages {
    inner: Arc<dyn EventReader>,
    events: u64,
    hurried: AtomicBool,
    /// How often it was searched, and asked for a time.
    scans: AtomicUsize,
    times: AtomicUsize,
}

impl SlowPages {
    fn of(session: &Session, events: u64) -> Arc<Self> {
        let inner = Arc::clone(session.engine.queries().events());
        Arc::new(Self {
            inner,
            events,
            hurried: AtomicBool::new(false),
            scans: AtomicUsize::new(0),
            times: AtomicUsize::new(0),
        })
    }

    fn hurry(&self) {
        self.hurried.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl EventReader for SlowPages {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.inner.read_all(read).await
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.scans.fetch_add(1, Ordering::SeqCst);
        if !self.hurried.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let until = Position(after.get() + self.events);
        let within = EventFilter { through: Some(until), ..filter.clone() };
        let page = self.inner.scan_positions(after, &within).await?;
        Ok(PositionPage { next: until.min(page.head), end: until >= page.head, ..page })
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_positions(positions).await
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.inner.read_stream(read).await
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.inner.event_by_id(event_id).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.times.fetch_add(1, Ordering::SeqCst);
        self.inner.position_at(time).await
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.inner.streams(query).await
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(position, at_most).await
    }
}
