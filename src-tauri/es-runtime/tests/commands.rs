//! Executing commands.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;

use common::counting::CountingStore;
use common::faults::{FaultyStore, How, When};
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;
use serde_json::json;

#[tokio::test]
async fn a_command_writes_its_events_with_all_its_metadata() {
    let world = World::new();
    let engine = world.engine();
    let mut envelope = open("a");
    envelope.reason = Some("because".to_owned());
    let appended = done(&engine, &envelope).await;
    assert_eq!(appended.last_position(), Position(1), "it is the first event");
    let events = world.events.read_positions(&[Position(1)]).await.expect("readable");
    let metadata: EventMetadata = serde_json::from_str(&events[0].metadata).expect("the engine's metadata");
    assert_eq!(metadata.command_id, envelope.command_id);
    assert_eq!((metadata.command_type.as_str(), metadata.actor.as_str()), ("Open", "tester"));
    assert_eq!((metadata.channel.as_str(), metadata.reason.as_deref()), ("test", Some("because")));
    assert_eq!(metadata.correlation_id, envelope.command_id, "an outside command correlates with itself");
    assert_eq!(events[0].event_id, event_id_of(envelope.command_id, 0), "event ids follow from the command id");
}

#[tokio::test]
async fn a_rejection_writes_nothing_and_says_the_numbers() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let outcome = engine.execute(&withdraw("a", 5)).await.expect("the store works");
    let Outcome::Rejected(rejection) = outcome else { panic!("should be rejected, got {outcome:?}") };
    assert_eq!(rejection.code, "insufficient_funds");
    assert!(rejection.message.contains("5 is asked for, 0 is there"), "{}", rejection.message);
    assert_eq!(world.events.head().await, Ok(Position(1)), "nothing was written");
}

#[tokio::test]
async fn what_is_no_command_is_told_apart_and_writes_nothing() {
    let world = World::new();
    let engine = world.engine();
    for (command_type, payload, code) in
        [("Nonsense", "{}", "unknown_command"), ("Open", "{", "malformed_json"), ("Open", "{}", "bad_shape")]
    {
        let outcome = engine.execute(&CommandEnvelope::new(command_type, payload)).await.expect("an answer");
        let Outcome::Invalid(error) = outcome else { panic!("{command_type} {payload} is invalid, got {outcome:?}") };
        assert_eq!(error.code(), code, "{command_type} {payload}");
    }
    assert_eq!(world.events.head().await, Ok(Position::ZERO), "nothing was written");
}

#[tokio::test]
async fn a_decision_without_events_is_executed_and_writes_nothing() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let appended = done(&engine, &open("a")).await;
    assert!(appended.events.is_empty(), "there was nothing left to do");
    assert_eq!(world.events.head().await, Ok(Position(1)));
}

#[tokio::test]
async fn a_conflict_is_retried_with_fresh_state() {
    let world = World::new();
    let (first, second) = (world.engine(), world.engine());
    done(&first, &open("a")).await;
    done(&first, &deposit("a", 10)).await;
    done(&second, &deposit("a", 1)).await;
    // The first engine's cached state is now behind; its append conflicts once and is decided again.
    let appended = done(&first, &deposit("a", 100)).await;
    assert_eq!(appended.events[0].version, StreamVersion(4), "it went after the other engine's event");
    let engines = [first, second];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let engine = engines[number % 2].clone();
        tasks.spawn(async move { engine.execute(&deposit("a", 1)).await });
    }
    let mut executed = 0;
    while let Some(outcome) = tasks.join_next().await {
        executed += u64::from(matches!(outcome.expect("no panic"), Ok(Outcome::Executed { .. })));
    }
    assert_eq!(world.events.head().await, Ok(Position(4 + executed)), "each executed deposit is one event");
    assert!(executed >= 30, "retries let nearly all through, got {executed}");
}

#[tokio::test]
async fn a_stale_cache_never_rejects_what_the_store_would_allow() {
    let world = World::new();
    let (first, second) = (world.engine(), world.engine());
    done(&first, &open("a")).await;
    done(&second, &deposit("a", 10)).await;
    done(&first, &withdraw("a", 10)).await;
}

#[tokio::test]
async fn endless_conflicts_end_as_a_conflict() {
    let world = World::new();
    let mut parts = world.parts_over(Arc::new(Rival::new(world.events.clone())));
    parts.config.conflict_retries = 3;
    let engine = Engine::new(parts);
    done(&world.engine(), &open("a")).await;
    let outcome = engine.execute(&deposit("a", 1)).await.expect("an answer");
    let Outcome::Conflict { stream, expected, actual, attempts } = outcome else { panic!("conflict, got {outcome:?}") };
    assert_eq!((stream.as_str(), attempts), ("wallet-a", 4), "one attempt and three retries");
    assert_eq!(actual.get(), expected.get() + 1, "the rival was one event ahead each time");
}

#[tokio::test]
async fn a_retried_command_returns_the_original_positions_after_a_restart_and_after_the_state_moved_on() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let twice = command("DepositTwice", json!({ "wallet": "a", "amount": 5 }));
    let original = done(&engine, &twice).await;
    let spend = withdraw("a", 10);
    let spent = done(&engine, &spend).await;
    for engine in [engine, world.engine()] {
        for (envelope, original) in [(&twice, &original), (&spend, &spent)] {
            let outcome = engine.execute(envelope).await.expect("an answer");
            // Deciding again would reject the withdrawal: nothing is left.
            let Outcome::AlreadyDone { appended, .. } = outcome else { panic!("already done, got {outcome:?}") };
            assert_eq!(appended.events, original.events, "the original events, all of them");
        }
    }
    assert_eq!(world.events.head().await, Ok(Position(4)), "nothing was written twice");
}

#[tokio::test]
async fn a_command_id_used_for_another_command_is_refused() {
    let world = World::new();
    let engine = world.engine();
    let first = open("a");
    done(&engine, &first).await;
    done(&engine, &open("b")).await;
    for other in [deposit("a", 1), open("c")] {
        let error = engine.execute(&other.with_id(first.command_id)).await.expect_err("the id is taken");
        assert_eq!(error.code(), "command_id_reused", "{error}");
        assert!(error.to_string().contains("Open on stream wallet-a (position 1)"), "{error}");
    }
    assert_eq!(world.events.head().await, Ok(Position(2)), "nothing was written");
}

#[tokio::test]
async fn a_command_id_with_other_content_is_refused_and_writes_nothing() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let first = deposit("a", 5);
    done(&engine, &first).await;
    let other = CommandEnvelope { payload: deposit("a", 6).payload, ..first.clone() };
    let error = engine.execute(&other).await.expect_err("an id cannot mean two things");
    assert_eq!(error.code(), "command_id_reused", "{error}");
    assert_eq!(world.events.head().await, Ok(Position(2)), "nothing was written");
    let again = CommandEnvelope { payload: format!(" {} ", first.payload), ..first };
    assert!(matches!(engine.execute(&again).await, Ok(Outcome::AlreadyDone { .. })), "white space means nothing");
}

#[tokio::test]
async fn a_command_that_expects_another_version_is_a_conflict_with_both_numbers_and_writes_nothing() {
    let world = World::new();
    let (engine, other) = (world.engine(), world.engine());
    done(&engine, &open("a")).await;
    // Somebody else writes, so that this engine's cache is behind.
    done(&other, &deposit("a", 5)).await;
    let expecting = |version| CommandEnvelope { expected_version: Some(StreamVersion(version)), ..deposit("a", 7) };
    for wrong in [0, 1, 3] {
        match engine.execute(&expecting(wrong)).await {
            Ok(Outcome::Conflict { stream, expected, actual, attempts: 1 }) => {
                assert_eq!((stream.as_str(), expected.get(), actual.get()), ("wallet-a", wrong, 2));
            }
            answer => panic!("{wrong} was expected, the stream is at 2: {answer:?}"),
        }
    }
    assert_eq!(world.events.head().await, Ok(Position(2)), "nothing was written");
    let right = expecting(2);
    done(&engine, &right).await;
    assert!(
        matches!(engine.execute(&right).await, Ok(Outcome::AlreadyDone { .. })),
        "a repeated command is answered from its receipt, though the stream has moved on"
    );
}

#[tokio::test]
async fn an_append_of_unknown_outcome_is_asked_for_by_id() {
    for (when, executed) in [(When::After, true), (When::Before, false)] {
        let world = World::new();
        let faulty = FaultyStore::new(world.events.clone(), 1, when, How::Fails);
        let engine = Engine::new(world.parts_over(Arc::new(faulty)));
        let envelope = open("a");
        let answer = engine.execute(&envelope).await.expect("an answer, not a fault");
        match &answer {
            Outcome::Executed { .. } => assert!(executed, "{when:?}: {answer:?}"),
            Outcome::Unavailable(unavailable) => {
                assert!(!executed && unavailable.outcome_unknown, "{when:?}: {answer:?}");
                assert_eq!((unavailable.code(), unavailable.retryable()), ("io", true), "{when:?}");
            }
            other => panic!("{when:?}: {other:?}"),
        }
        done(&engine, &envelope).await;
        assert_eq!(world.events.head().await, Ok(Position(1)), "{when:?}: carried out once");
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_an_outcome_and_every_other_fault_is_an_error() {
    let world = World::new();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    done(&engine, &open("a")).await;
    let path = || text("/bank");
    for (error, unavailable, retryable, unknown) in [
        (StoreError::Locked { path: path(), waited_ms: 5 }, true, true, false),
        (StoreError::Timeout { operation: text("appending"), waited_ms: 5 }, true, true, true),
        (StoreError::Io { operation: text("appending"), reason: text("the cable is out") }, true, true, true),
        (StoreError::DiskFull { path: path() }, true, false, false),
        (StoreError::Closed, true, false, true),
        (StoreError::ReadOnly { path: path(), reason: text("r") }, false, false, false),
        (StoreError::Damaged { path: path(), reason: text("r") }, false, false, false),
        (StoreError::Unsupported { what: "this" }, false, false, false),
    ] {
        for reading in [true, false] {
            let case = format!("{error}, reading: {reading}");
            store.reads_fail(reading.then(|| error.clone()));
            store.appends_fail((!reading).then(|| error.clone()));
            // Reading: another wallet, so that something has to be read.
            let answer = engine.execute(&if reading { open("b") } else { deposit("a", 1) }).await;
            match answer {
                Ok(Outcome::Unavailable(told)) => {
                    assert!(unavailable, "{case}");
                    let expected = (error.code(), error.to_string(), error.hint());
                    assert_eq!((told.code(), told.message(), told.hint()), expected, "{case}");
                    assert_eq!((told.retryable(), told.outcome_unknown), (retryable, unknown && !reading), "{case}");
                }
                Err(fault) => assert_eq!((unavailable, fault.code()), (false, error.code()), "{case}"),
                other => panic!("{case}: {other:?}"),
            }
        }
        store.reads_fail(None);
        store.appends_fail(None);
    }
    assert_eq!(world.events.head().await, Ok(Position(1)), "nothing was written");
    done(&engine, &deposit("a", 1)).await;
}

#[tokio::test]
async fn an_undecodable_history_is_named_and_nothing_is_decided_on_it() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let future = foreign("Deposited", 3, r#"{"amount":1}"#);
    let request = AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, vec![future]);
    world.events.append(request).await.expect("foreign programs may write");
    let error = world.engine().execute(&deposit("a", 1)).await.expect_err("the history has a hole");
    assert_eq!(error.code(), "undecodable_event");
    let text = error.to_string();
    assert!(text.contains("event 2 of stream wallet-a (position 2)") && text.contains("future"), "{text}");
    assert_eq!(world.events.head().await, Ok(Position(2)), "nothing was written");
}

#[tokio::test]
async fn old_events_are_upcast_before_they_are_folded() {
    let world = World::new();
    let events = vec![foreign("Opened", 1, "{}"), foreign("Deposited", 1, r#"{"sum":30}"#)];
    let request = AppendRequest::to_stream(stream("wallet-old"), ExpectedVersion::NoStream, events);
    world.events.append(request).await.expect("appended");
    done(&world.engine(), &withdraw("old", 30)).await;
}

#[tokio::test]
async fn references_show_the_present_state_of_other_streams() {
    let world = World::new();
    let engine = world.engine();
    let outcome = engine.execute(&payment("p", "a", "b", 5, true)).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Rejected(_)), "the source is unknown yet: {outcome:?}");
    done(&world.engine(), &open("a")).await;
    done(&engine, &payment("p", "a", "b", 5, true)).await;
}

#[tokio::test]
async fn a_dry_run_shows_what_would_happen_and_writes_nothing() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let DryRun::Accepted { version, events, before_json, after_json, .. } =
        engine.dry_run(&deposit("a", 7)).await.expect("an answer")
    else {
        panic!("a deposit is accepted")
    };
    assert_eq!((version, events.len(), events[0].event_type), (StreamVersion(1), 1, "Deposited"));
    assert!(
        before_json.contains(r#""balance":0"#) && after_json.contains(r#""balance":7"#),
        "{before_json} {after_json}"
    );
    assert!(matches!(engine.dry_run(&withdraw("a", 7)).await, Ok(DryRun::Rejected(_))), "still nothing is there");
    assert!(matches!(engine.dry_run(&CommandEnvelope::new("X", "")).await, Ok(DryRun::Invalid(_))));
    let late = CommandEnvelope { expected_version: Some(StreamVersion(3)), ..withdraw("a", 7) };
    let told = engine.dry_run(&late).await.expect("answered");
    let DryRun::Conflict { expected, actual, .. } = told else { panic!("the version is compared before any rule") };
    assert_eq!((expected, actual), (StreamVersion(3), StreamVersion(1)), "as executing would");
    assert_eq!(world.events.head().await, Ok(Position(1)), "nothing was written");
}

#[tokio::test]
async fn snapshots_change_nothing_but_the_reads() {
    let world = World::new();
    let mut parts = world.parts();
    parts.snapshots = Some(world.read_models.clone());
    parts.config.snapshots = SnapshotPolicy::EveryEvents(std::num::NonZeroU64::new(5).expect("not zero"));
    let engine = Engine::new(parts.clone());
    done(&engine, &open("a")).await;
    for _ in 0..12 {
        done(&engine, &deposit("a", 1)).await;
    }
    engine.shutdown().await;
    let kept = world.read_models.snapshots(10).await.expect("readable");
    assert_eq!(kept.iter().map(|s| s.version.get()).collect::<Vec<_>>(), [10], "every fifth event, newest kept");
    // A snapshot that is not what it says it is, is not used.
    let mut forged = kept[0].clone();
    forged.state = forged.state.replace("9", "900").into();
    for (snapshot, what) in [(kept[0].clone(), "intact"), (forged, "forged")] {
        world.read_models.delete_snapshots().await.expect("deleted");
        world.read_models.save_snapshot(snapshot).await.expect("saved");
        let fresh = Engine::new(EngineParts { owner: what.to_owned(), ..parts.clone() });
        let outcome = fresh.execute(&withdraw("a", 13)).await.expect("an answer");
        let Outcome::Rejected(rejection) = outcome else { panic!("{what}: 12 are there, got {outcome:?}") };
        assert!(rejection.message.contains("12 is there"), "{what}: {}", rejection.message);
    }
}

#[tokio::test]
async fn a_small_cache_forgets_and_loses_nothing() {
    let world = World::new();
    let mut parts = world.parts();
    parts.config.cached_aggregates = 3;
    let engine = Engine::new(parts);
    for round in 0..3 {
        for number in 0..10 {
            let name = format!("w{number}");
            let envelope = if round == 0 { open(&name) } else { deposit(&name, 1) };
            done(&engine, &envelope).await;
        }
    }
    assert_eq!(engine.cached_aggregates(), 3, "no more than asked");
    assert_eq!(world.events.head().await, Ok(Position(30)));
}

/// A store on which somebody else always writes first.
struct Rival {
    inner: Arc<dyn EventStore>,
}

impl Rival {
    fn new(inner: Arc<dyn EventStore>) -> Self {
        Self { inner }
    }
}

#[async_trait::async_trait]
impl EventReader for Rival {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.inner.read_all(read).await
    }
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.inner.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_positions(positions).await
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.inner.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: uuid::Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.inner.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }
    async fn position_at(&self, time: chrono::DateTime<chrono::Utc>) -> Result<Position, StoreError> {
        self.inner.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.inner.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: std::time::Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(position, at_most).await
    }
    fn retention(&self) -> Option<&dyn RetentionStore> {
        self.inner.retention()
    }
}

#[async_trait::async_trait]
impl EventStore for Rival {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let stream = request.parts[0].stream.clone();
        let first = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![foreign("Opened", 1, "{}")]);
        self.inner.append(first).await?;
        self.inner.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.inner.import(appends).await
    }
}

#[tokio::test]
async fn a_stream_of_several_pages_loads_whole_or_not_at_all() {
    let world = World::new();
    done(&world.engine(), &open("a")).await;
    let deposits = 3 * limits::PAGE_EVENTS as i64 - 1;
    let write = async |events: Vec<NewEvent>| {
        for chunk in events.chunks(1000) {
            let request = AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, chunk.to_vec());
            world.events.append(request).await.expect("appended");
        }
    };
    write((0..deposits).map(|_| foreign("Deposited", 2, r#"{"amount":1}"#)).collect()).await;
    // Exactly three full pages: the end comes with the last of them, or with an empty one after it.
    let refused = world.engine().execute(&withdraw("a", deposits + 1)).await.expect("the store works");
    assert!(matches!(refused, Outcome::Rejected(_)), "not a penny more than was paid in: {refused:?}");
    let withdrawn = done(&world.engine(), &withdraw("a", deposits)).await;
    assert_eq!(withdrawn.events[0].version, StreamVersion(deposits as u64 + 2), "and not a penny less");
    write(vec![foreign("Deposited", 9, "{}"), foreign("Deposited", 2, r#"{"amount":1}"#)]).await;
    let error = world.engine().execute(&deposit("a", 1)).await.expect_err("a version from the future");
    let ExecuteError::Load(LoadError::Undecodable { version, .. }) = error else { panic!("undecodable: {error}") };
    assert_eq!(version, StreamVersion(deposits as u64 + 3), "the event itself is named");
}
