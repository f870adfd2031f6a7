//! PostgreSQL dies or hangs under an engine at work: every wait has an end, every error names its cause, readers keep the read model
//! they had, nothing that was acknowledged is lost, and the engine goes on by itself once the server is back.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;
#[path = "common/postgres.rs"]
#[allow(dead_code, reason = "used by `common`; these tests have servers of their own")]
mod stores;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::*;
use es_core::*;
use es_postgres::{PostgresConfig, PostgresEventStore, PostgresReadModels};
use es_runtime::*;
use es_testkit::postgres::{Cluster, ClusterOptions, fresh_schema};
use uuid::Uuid;

/// Longest time until an operation on a server that is gone has failed: several of the time-outs below, one after the other.
const SOON: Duration = Duration::from_secs(20);
/// Longest time until an engine has caught up on a busy machine.
const AT_LAST: Duration = Duration::from_secs(60);
/// Events of the log: several pages of a fold, several segments, several commits of a follower.
const HISTORY: usize = 9000;
const SEGMENT: u64 = 2500;

/// What befalls the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Killed,
    Frozen,
}

/// What a server that dies loses of the commits that nobody waited for, and those are the commits of rows.
#[derive(Debug, Clone, Copy)]
enum Writer {
    /// Nothing that is older than a moment.
    Quick,
    /// All that no append has taken along.
    Lazy,
}

/// Stores on a server of their own.
struct Bench {
    cluster: Cluster,
    events: Arc<PostgresEventStore>,
    read_models: Arc<PostgresReadModels>,
}

impl Bench {
    async fn on_a_server(writer: Writer) -> Self {
        let settings: &[(&str, &str)] = match writer {
            Writer::Quick => &[("wal_writer_delay", "10ms")],
            Writer::Lazy => &[("wal_writer_delay", "10s"), ("wal_writer_flush_after", "1GB"), ("wal_buffers", "64MB")],
        };
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let cluster = Cluster::start(ClusterOptions { settings, ..ClusterOptions::default() });
        let config = PostgresConfig {
            connect_timeout: Duration::from_secs(2),
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(2),
            lock_timeout: Duration::from_millis(500),
            recovery_timeout: Duration::from_secs(2),
            schema: fresh_schema(),
            create: true,
            ..PostgresConfig::from_url(&cluster.url()).expect("a connection string")
        };
        let events = PostgresEventStore::open(config).await.expect("the store opens");
        let read_models = PostgresReadModels::over(events.connections().clone()).await.expect("the views open");
        Self { cluster, events: Arc::new(events), read_models: Arc::new(read_models) }
    }

    fn parts(&self, code_version: u32) -> EngineParts {
        let domain = domain_with(Arc::new(Balances::new(code_version)));
        let mut parts = EngineParts::new(self.events.clone(), self.read_models.clone(), domain);
        parts.config.poll_interval = Duration::from_millis(20);
        parts.config.first_pause = Duration::from_millis(20);
        parts.config.longest_pause = Duration::from_millis(500);
        parts.config.rebuild_segment_events = SEGMENT;
        parts.config.run_processes = false;
        parts
    }

    /// Straight to the store, so that thousands of events take no time.
    async fn write(&self, deposits: usize) {
        for number in 0..deposits.div_ceil(1000) {
            let events = (0..1000).map(|_| foreign("Deposited", 2, r#"{"amount":1}"#)).collect();
            let name = stream(&format!("wallet-w{number}"));
            let request = AppendRequest::to_stream(name, ExpectedVersion::Any, events);
            self.events.append(request).await.expect("appended");
        }
    }

    /// A log and a read model that has all of it.
    async fn with_a_history() -> Self {
        let bench = Self::on_a_server(Writer::Quick).await;
        bench.write(HISTORY).await;
        let engine = Engine::new(bench.parts(1));
        bench.caught_up(&engine).await;
        engine.shutdown().await;
        bench
    }

    /// The read model has everything, on the disk: an append, here of an event that it does not care about, takes along what was
    /// committed before.
    async fn caught_up(&self, engine: &Engine) {
        let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
        assert_eq!(behind, [], "nothing holds it up");
        let note = AppendRequest::to_stream(stream("note-1"), ExpectedVersion::Any, vec![foreign("Noted", 1, "{}")]);
        self.events.append(note).await.expect("appended");
    }

    async fn follows_to_the_end(&self, engine: &Engine) {
        let head = self.events.head().await.expect("readable");
        engine.wait_until(head, AT_LAST).await.expect("the read model gets to the end by itself");
    }

    fn strike(&self, fate: Fate) {
        match fate {
            Fate::Killed => self.cluster.kill(),
            Fate::Frozen => self.cluster.freeze(),
        }
    }

    fn bring_back(&self, fate: Fate) {
        match fate {
            Fate::Killed => self.cluster.restart(),
            Fate::Frozen => self.cluster.thaw(),
        }
    }

    async fn rows(&self) -> (Vec<Row>, Vec<Row>) {
        let balances = self.read_models.query("balances", RowQuery::all(&BALANCES)).await.expect("built");
        let movements = self.read_models.query("balances", RowQuery::all(&MOVEMENTS)).await.expect("built");
        (balances.rows, movements.rows)
    }

    /// What readers see is a fresh replay of the whole log, in every row.
    async fn equals_a_fresh_replay(&self, engine: &Engine) {
        let head = self.events.head().await.expect("readable");
        let never = CancellationToken::new();
        let fresh = fold_at(&*self.events, engine.domain(), "balances", head, &NoProgress, &never).await;
        let fresh = fresh.expect("folded");
        let active = self.tables().await.active_version.expect("built");
        for table in [&BALANCES, &MOVEMENTS] {
            let (mut stored, mut after) = (Vec::new(), None);
            loop {
                let page = self.read_models.scan(table, active, after, limits::QUERY_ROWS).await.expect("readable");
                let Some(last) = page.last() else { break };
                after = Some(last[..table.key_columns].to_vec());
                stored.extend(page);
            }
            let replayed: Vec<_> = fresh.rows_of(table).cloned().collect();
            assert_eq!(stored.len(), replayed.len(), "as many rows in {}", table.name);
            assert!(stored == replayed, "the same rows in {}", table.name);
        }
    }

    /// Id and position of every event.
    async fn places_of_events(&self) -> HashMap<Uuid, Position> {
        let (mut stored, mut from) = (HashMap::new(), Position::ZERO);
        loop {
            let page = self.events.read_all(ReadAll::forward(from, limits::PAGE_EVENTS)).await.expect("readable");
            stored.extend(page.events.iter().map(|event| (event.event_id, event.position)));
            if page.end {
                return stored;
            }
            from = page.next;
        }
    }

    async fn tables(&self) -> ProjectionTables {
        self.read_models.projection("balances").await.expect("readable")
    }
}

/// Whether an error says that the server is gone, or does not answer, and which.
#[track_caller]
fn assert_names_the_cause(error: &StoreError, bench: &Bench, fate: Fate) {
    let server = format!("127.0.0.1:{}", bench.cluster.port());
    let named = match error {
        StoreError::Unreachable { server: named, .. } | StoreError::ConnectionLost { server: named, .. } => {
            *named == server
        }
        StoreError::Timeout { operation, .. } => fate == Fate::Frozen && !operation.is_empty(),
        _ => false,
    };
    assert!(named, "{fate:?}: it names the server {server}: {error:?}");
    assert!(error.retryable() && error.hint().len() > 20, "{fate:?}: it says what to do: {error:?}");
}

/// A rebuild during which the server is struck as soon as it has come to each of these phases, one after the other.
async fn struck_rebuild(bench: &Bench, engine: &Engine, fate: Fate, phases: &[&str]) {
    let reached = AtomicUsize::new(0);
    let sink = |progress: &Progress| {
        let next = reached.load(Ordering::SeqCst);
        if phases.get(next) == Some(&progress.phase) {
            reached.store(next + 1, Ordering::SeqCst);
            if next + 1 == phases.len() {
                // What was committed before is on the disk by then.
                std::thread::sleep(Duration::from_millis(100));
                bench.strike(fate);
            }
        }
    };
    let begun = Instant::now();
    let options = RebuildOptions { keep: true, ..RebuildOptions::default() };
    let ended = engine.rebuild_with("balances", options, &sink, &CancellationToken::new()).await;
    assert_eq!(reached.into_inner(), phases.len(), "it comes to all of {phases:?}: {ended:?}");
    assert!(begun.elapsed() < SOON, "{fate:?} in {phases:?}: it ends soon, not after {:?}", begun.elapsed());
    let Err(RebuildError::Store(error)) = ended else { panic!("{fate:?} in {phases:?}: the store failed: {ended:?}") };
    assert_names_the_cause(&error, bench, fate);
}

async fn whatever_the_phase(fate: Fate, phases: &[&str]) {
    let bench = Bench::with_a_history().await;
    let engine = Engine::new(bench.parts(1));
    for phase in phases {
        let (rows, tables) = (bench.rows().await, bench.tables().await);
        let head = bench.events.head().await.expect("readable");
        struck_rebuild(&bench, &engine, fate, &[phase]).await;
        bench.bring_back(fate);
        let after = bench.tables().await;
        assert_eq!(
            (after.active_version, after.previous_version),
            (tables.active_version, tables.previous_version),
            "{fate:?} while {phase}: nothing was switched to"
        );
        assert!(bench.rows().await == rows, "{fate:?} while {phase}: readers see what they saw");
        assert_eq!(bench.events.head().await, Ok(head), "{fate:?} while {phase}: and all events are there");
        let report = engine.rebuild("balances", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
        assert!(report.is_swapped(), "{fate:?} while {phase}: the next one succeeds: {report:?}");
        assert_eq!(report.compared.map(|compared| compared.differing_rows), Some(0), "{fate:?} while {phase}");
        bench.caught_up(&engine).await;
        bench.equals_a_fresh_replay(&engine).await;
    }
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_whose_server_is_killed_fails_soon_says_why_and_changes_nothing_for_readers() {
    whatever_the_phase(Fate::Killed, &["folding", "writing", "catching up", "comparing", "switching"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_whose_server_hangs_fails_soon_says_why_and_changes_nothing_for_readers() {
    whatever_the_phase(Fate::Frozen, &["folding", "switching"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_whose_server_was_killed_is_resumed_where_it_was_stored() {
    let bench = Bench::with_a_history().await;
    let engine = Engine::new(bench.parts(1));
    struck_rebuild(&bench, &engine, Fate::Killed, &["folding", "writing", "folding"]).await;
    bench.cluster.restart();
    let half_built = bench.tables().await.building_version.expect("it stays");
    let options = RebuildOptions { resume: true, ..RebuildOptions::default() };
    let never = CancellationToken::new();
    let report = engine.rebuild_with("balances", options, &NoProgress, &never).await.expect("rebuilt");
    assert!(report.is_swapped() && report.to.number() == half_built, "{report:?}");
    let resumed_at = report.resumed_at.expect("something was stored");
    assert!(resumed_at >= Position(SEGMENT), "whole segments are not folded again: {report:?}");
    assert!(report.events < HISTORY as u64, "{report:?}");
    bench.equals_a_fresh_replay(&engine).await;
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_model_of_new_code_is_built_by_itself_although_its_server_is_killed_meanwhile() {
    let bench = Bench::with_a_history().await;
    let before = bench.rows().await;
    let engine = Engine::start(bench.parts(2));
    let until = Instant::now() + AT_LAST;
    loop {
        let building = bench.tables().await.building_version;
        let stored = match building {
            Some(version) => bench.read_models.checkpoint("balances", version).await.expect("readable"),
            None => None,
        };
        match stored.map(|checkpoint| checkpoint.position) {
            Some(position) if position > Position::ZERO => break,
            _ => assert!(Instant::now() < until, "it is never half built"),
        }
    }
    bench.cluster.kill();
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.cluster.restart();
    let tables = bench.tables().await;
    assert_eq!(tables.active_version, Some(1000), "the kill came in the middle: {tables:?}");
    assert!(bench.rows().await == before, "until it is built readers see what they saw");
    let until = Instant::now() + AT_LAST;
    while bench.tables().await.active_version.map(TablesVersion::of).is_none_or(|active| active.code != 2) {
        assert!(Instant::now() < until, "it is not built: {:?}", engine.projections().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.follows_to_the_end(&engine).await;
    bench.equals_a_fresh_replay(&engine).await;
    engine.shutdown().await;
}

/// Deposits until told to stop, each sent again until it is acknowledged; where each one's event was said to be.
async fn deposits(engine: Engine, wallet: String, stop: Arc<AtomicBool>) -> (Vec<(Uuid, Position)>, Vec<StoreError>) {
    let (mut acknowledged, mut errors) = (Vec::new(), Vec::new());
    while !stop.load(Ordering::SeqCst) {
        let envelope = deposit(&wallet, 1);
        loop {
            match engine.execute(&envelope).await {
                Ok(Outcome::Executed { appended, .. } | Outcome::AlreadyDone { appended, .. }) => {
                    acknowledged.extend(appended.events.iter().map(|event| (event.event_id, event.position)));
                    break;
                }
                Ok(Outcome::Unavailable(Unavailable { error, .. })) => errors.push(error),
                other => panic!("carried out or unavailable, not {other:?}"),
            }
        }
    }
    (acknowledged, errors)
}

/// Kills the server once the read model has moved on by one commit or more, and says where it stood.
async fn killed_while_it_catches_up(bench: &Bench) -> Position {
    let version = bench.tables().await.active_version.expect("built");
    let stored = async || bench.read_models.checkpoint("balances", version).await.expect("readable").expect("there");
    let (begun, until) = (stored().await.position, Instant::now() + AT_LAST);
    loop {
        let position = stored().await.position;
        if position > begun {
            bench.cluster.kill();
            return position;
        }
        assert!(Instant::now() < until, "it does not move");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_and_a_read_model_that_catches_up_survive_the_death_of_their_server() {
    let bench = Bench::on_a_server(Writer::Quick).await;
    let engine = Engine::start(bench.parts(1));
    for number in 0..3 {
        done(&engine, &open(&format!("busy{number}"))).await;
    }
    engine.wait_until(Position(3), AT_LAST).await.expect("built");
    bench.write(HISTORY).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> =
        (0..3).map(|number| tokio::spawn(deposits(engine.clone(), format!("busy{number}"), stop.clone()))).collect();
    let stood = killed_while_it_catches_up(&bench).await;
    let begun = Instant::now();
    let error = bench.events.head().await.expect_err("nobody is there");
    assert_names_the_cause(&error, &bench, Fate::Killed);
    match engine.wait_until(Position(1_000_000), Duration::from_millis(500)).await.expect_err("not reached") {
        WaitError::Store(error) => assert_names_the_cause(&error, &bench, Fate::Killed),
        WaitError::Behind { waited, .. } => assert!(waited < SOON, "{waited:?}"),
    }
    // Longer than commands look for a server that has gone.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(begun.elapsed() < SOON, "every wait has an end: {:?}", begun.elapsed());
    bench.cluster.restart();
    let head = bench.events.head().await.expect("it can be read again");
    assert!(stood < head, "it was catching up: {stood} of {head}");
    bench.follows_to_the_end(&engine).await;
    stop.store(true, Ordering::SeqCst);
    let (mut acknowledged, mut errors) = (Vec::new(), Vec::new());
    for writer in writers {
        let (theirs, failed) = writer.await.expect("no panic");
        acknowledged.extend(theirs);
        errors.extend(failed);
    }
    errors.iter().for_each(|error| assert_names_the_cause(error, &bench, Fate::Killed));
    assert!(!errors.is_empty() && !acknowledged.is_empty(), "commands failed meanwhile, others were carried out");
    let stored = bench.places_of_events().await;
    for (id, position) in &acknowledged {
        assert_eq!(stored.get(id), Some(position), "what was acknowledged is there");
    }
    assert_eq!(stored.len(), 3 + HISTORY + acknowledged.len(), "and no command was carried out twice");
    bench.follows_to_the_end(&engine).await;
    bench.equals_a_fresh_replay(&engine).await;
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_a_killed_server_has_forgotten_are_made_again() {
    let bench = Bench::on_a_server(Writer::Lazy).await;
    let engine = Engine::start(bench.parts(1));
    done(&engine, &open("w0")).await;
    bench.follows_to_the_end(&engine).await;
    for _ in 0..3 {
        // While it rests nothing of its rows is taken to the disk by the appends.
        engine.pause("balances").await.expect("paused");
        bench.write(HISTORY).await;
        engine.resume("balances").await.expect("resumed");
        killed_while_it_catches_up(&bench).await;
        bench.cluster.restart();
        bench.follows_to_the_end(&engine).await;
        bench.equals_a_fresh_replay(&engine).await;
    }
    let report = engine.doctor("balances", &NoProgress, &CancellationToken::new()).await.expect("examined");
    assert!(report.is_clean(), "{report:?}");
    engine.shutdown().await;
}
