//! A copy is the source as far as the target can keep it, and says what it cannot.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]
#![allow(clippy::unimplemented, reason = "what a copy never asks")]

mod copy {
    pub mod hindered;
    pub mod histories;
    pub mod stores;
}

use std::sync::Arc;

use copy::hindered::Hindered;
use copy::histories::{Range, hide, numbered, random, write};
use copy::stores::{ForeignStore, Given, Ground, Kind, log};
use es_core::memory::MemoryEventStore;
use es_core::*;
use es_runtime::*;
use es_testkit::{Dice, ManualClock, new_event, stream, time};
use uuid::Uuid;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(time(100_000)))
}

async fn filled(kind: Kind, seed: u64) -> Ground {
    let ground = Ground::new(kind, clock()).await;
    let binary = ground.store.capabilities().binary_payloads;
    write(&*ground.store, &random(&mut Dice::new(seed), Range { requests: 60, binary })).await;
    ground
}

/// Copies on a task of its own, as the window does.
async fn copied(copy: StoreCopy) -> Result<CopyReport, CopyError> {
    tokio::spawn(async move { copy.run(&NoProgress, &CancellationToken::new()).await }).await.expect("the task ends")
}

async fn copy(from: &Ground, to: &Ground) -> CopyReport {
    copied(StoreCopy::new(from.store.clone(), to.store.clone())).await.expect("copied")
}

async fn compared(from: Arc<dyn EventReader>, to: Arc<dyn EventStore>) -> CopyComparison {
    let report = StoreCopy::new(from, to).verify(&NoProgress, &CancellationToken::new()).await.expect("compared");
    report.comparison.expect("that is what was asked")
}

fn kinds(report: &CopyReport) -> Vec<(CopyNoteKind, u64)> {
    report.notes.iter().map(|(kind, note)| (kind, note.count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_between_stores_that_keep_times_is_the_same_log() {
    for (from, to) in [
        (Kind::Memory, Kind::Postgres),
        (Kind::Sqlite, Kind::Memory),
        (Kind::Sqlite, Kind::Sqlite),
        (Kind::Sqlite, Kind::Postgres),
        (Kind::Postgres, Kind::Postgres),
    ] {
        for seed in 0..4 {
            let (source, target) = (filled(from, seed).await, Ground::new(to, clock()).await);
            let report = copy(&source, &target).await;
            let log = source.log().await;
            assert_eq!(target.log().await, log, "{from:?} to {to:?}, seed {seed}: every field of every event");
            assert_eq!(kinds(&report), [], "{from:?} to {to:?}: nothing is to be said");
            assert_eq!((report.events, report.copied, report.already), (log.len() as u64, log.len() as u64, 0));
            let comparison = report.comparison.expect("made");
            assert!(comparison.identical(), "{from:?} to {to:?}: {comparison:?}");
            assert_eq!((comparison.events, comparison.streams), (report.events, report.streams));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_payloads_become_json_where_they_must_and_come_back() {
    let (source, files) = (filled(Kind::Memory, 3).await, Ground::new(Kind::Sqlite, clock()).await);
    let is_binary = |event: &&RecordedEvent| event.payload.as_json().is_none();
    let log = source.log().await;
    let binary = log.iter().filter(is_binary).count() as u64;
    assert!(binary > 0, "the history has some");
    let report = copy(&source, &files).await;
    assert_eq!(kinds(&report), [(CopyNoteKind::BinaryAsJson, binary)]);
    assert!(report.comparison.expect("made").equal());
    let back = Ground::new(Kind::Memory, clock()).await;
    assert_eq!(kinds(&copy(&files, &back).await), [(CopyNoteKind::Restored, binary)]);
    assert_eq!(back.log().await, log, "bytes, hashes and all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_tells_its_own_time_carries_the_original_one_and_gives_it_back() {
    let foreign = (0..4).map(|seed| (seed, Kind::Foreign));
    for (seed, kind) in foreign.chain([(0, Kind::EventStoreDb)]) {
        let (source, foreign) = (filled(Kind::Sqlite, seed).await, Ground::new(kind, clock()).await);
        let report = copy(&source, &foreign).await;
        let log = source.log().await;
        let no_object = |event: &&RecordedEvent| !event.metadata.contains('{') || event.metadata.contains("copiedFrom");
        let wrapped = log.iter().filter(no_object).count() as u64;
        let expected = [(CopyNoteKind::TimeCarried, log.len() as u64), (CopyNoteKind::MetadataWrapped, wrapped)];
        assert_eq!(kinds(&report), expected, "seed {seed}");
        assert!(report.comparison.as_ref().is_some_and(|comparison| comparison.equal() && !comparison.identical()));
        let example = &report.notes.iter().next().expect("one").1.examples[0];
        assert_eq!((example.position, example.version), (Some(Position(1)), StreamVersion(1)));
        for (event, original) in foreign.log().await.iter().zip(&log) {
            assert_eq!(
                (event.event_id, &event.stream, event.version),
                (original.event_id, &original.stream, original.version)
            );
            let metadata: serde_json::Value = serde_json::from_str(&event.metadata).expect("JSON");
            assert_eq!(metadata[COPIED_FROM_KEY]["position"], original.position.to_string());
            assert_eq!(event.correlation_id, original.correlation_id, "what was there is there");
        }
        let back = Ground::new(Kind::Memory, clock()).await;
        assert_eq!(kinds(&copy(&foreign, &back).await), [(CopyNoteKind::Restored, log.len() as u64)], "seed {seed}");
        assert_eq!(back.log().await, log, "seed {seed}: the way there and back is the same log");
        let again = Ground::new(kind, clock()).await;
        copy(&foreign, &again).await;
        assert_eq!(again.log().await[0].metadata, foreign.log().await[0].metadata, "a second way does not nest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_behind_what_the_target_has() {
    let into = Kind::ALL.map(|to| (Kind::Memory, to));
    for (from, to) in into.into_iter().chain([(Kind::Sqlite, Kind::Postgres), (Kind::Postgres, Kind::Sqlite)]) {
        let (source, target) = (Ground::new(from, clock()).await, Ground::new(to, clock()).await);
        let history = random(&mut Dice::new(9), Range { requests: 30, binary: false });
        let mut before = 0;
        for part in history.chunks(11) {
            write(&*source.store, part).await;
            let report = copy(&source, &target).await;
            let events = source.log().await.len() as u64;
            let told = (report.already, report.copied, report.events);
            assert_eq!(told, (before, events - before, events), "{from:?} to {to:?}");
            assert!(report.comparison.expect("made").equal());
            before = events;
        }
        let report = copy(&source, &target).await;
        assert_eq!((report.already, report.copied), (before, 0), "{from:?} to {to:?}: nothing is left to do");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_something_else_is_refused_before_anything_is_written() {
    for to in Kind::ALL {
        let source = filled(Kind::Memory, 5).await;
        let first = source.log().await.remove(0);
        let other = Ground::new(to, clock()).await;
        numbered(&*other.store, "account-1", 2).await;
        let longer = Ground::new(to, clock()).await;
        copy(&source, &longer).await;
        numbered(&*longer.store, "zoo-1", 1).await;
        for (target, wanted) in [(other, Some(first.event_id)), (longer, None)] {
            let before = target.log().await;
            let refused = copied(StoreCopy::new(source.store.clone(), target.store.clone())).await;
            let Err(CopyError::Conflict(conflict)) = refused else { panic!("{to:?}: {refused:?}") };
            let there = before.iter().find(|event| event.event_id == conflict.event_id).expect("the target's own");
            assert_eq!(
                (&conflict.stream, conflict.version, conflict.position),
                (&there.stream, there.version, there.position)
            );
            assert_eq!(conflict.wanted, wanted, "{to:?}: {conflict}");
            assert_eq!(target.log().await, before, "{to:?}: nothing was written");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_the_same_and_writes_nothing() {
    let (source, target) = (filled(Kind::Memory, 6).await, Ground::new(Kind::Sqlite, clock()).await);
    let plan = StoreCopy::new(source.store.clone(), target.store.clone());
    let plan = plan.plan(&NoProgress, &CancellationToken::new()).await.expect("planned");
    assert_eq!(target.log().await, [], "nothing was written");
    let report = copy(&source, &target).await;
    assert_eq!((plan.events, plan.bytes, plan.streams), (report.events, report.bytes, report.streams));
    assert_eq!(plan.notes, report.notes);
    assert_eq!((plan.copied, plan.comparison), (0, None));
}

/// An event as a server might give it.
fn given(position: u64, name: &str, version: u64) -> RecordedEvent {
    let new = new_event("Given", "{}");
    RecordedEvent {
        position: Position(position),
        stream: stream(name),
        version: StreamVersion(version),
        event_id: new.event_id,
        event_type: new.event_type,
        schema_version: 1,
        payload: new.payload,
        metadata: new.metadata,
        correlation_id: None,
        causation_id: None,
        recorded_at: time(i64::try_from(position).expect("small")),
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_foreign_server_holds_is_kept_or_named() {
    let mut events = vec![
        given(10, "a-1", 3),
        given(20, "$stats-127.0.0.1", 1),
        RecordedEvent { payload: Payload::Binary([0, 1].into()), ..given(30, "a-1", 4) },
        RecordedEvent { payload: Payload::json("{nonsense"), ..given(40, "a-1", 5) },
        RecordedEvent { metadata: "".into(), ..given(50, "b-1", 1) },
        RecordedEvent { metadata: "not JSON".into(), recorded_at: time(45), ..given(60, "b-1", 2) },
        RecordedEvent { recorded_at: time(45), ..given(70, "b-1", 3) },
        RecordedEvent {
            payload: Payload::json(format!("\"{}\"", "x".repeat(limits::PAYLOAD_BYTES))),
            ..given(80, "b-1", 4)
        },
        RecordedEvent { payload: Payload::Binary(vec![7; limits::PAYLOAD_BYTES / 2].into()), ..given(90, "b-1", 5) },
        RecordedEvent { event_type: "T".repeat(limits::TYPE_NAME_BYTES + 1).into(), ..given(100, "b-1", 6) },
        RecordedEvent {
            metadata: format!("\"{}\"", "m".repeat(limits::METADATA_BYTES)).into(),
            ..given(110, "b-1", 7)
        },
        given(120, "b-1", 8),
        RecordedEvent { event_type: "EventSkipped".into(), ..given(130, "$projection-accounts", 1) },
        given(140, "$retention", 1),
        given(150, "b-1", StreamVersion::MAX.get()),
    ];
    events[0].recorded_at = time(11);
    let source: Arc<dyn EventReader> = Arc::new(Given::foreign(events.clone()));
    let target = Ground::new(Kind::Sqlite, clock()).await;
    let refused = copied(StoreCopy::new(source.clone(), target.store.clone())).await;
    let Err(CopyError::WouldLeaveOut(report)) = refused else { panic!("{refused:?}") };
    assert_eq!((report.notes.losses(), target.log().await.len()), (4, 0), "nothing is left out without a word");
    let report = copied(StoreCopy::new(source, target.store.clone()).leaving_out()).await.expect("copied");
    let expected = [
        (CopyNoteKind::PayloadTooLarge, 2),
        (CopyNoteKind::MetadataTooLarge, 1),
        (CopyNoteKind::UnusableType, 1),
        (CopyNoteKind::ServersOwn, 1),
        (CopyNoteKind::DecisionElsewhere, 1),
        (CopyNoteKind::NotInSource, 2),
        (CopyNoteKind::VersionMoved, 4),
        (CopyNoteKind::PositionMoved, 8),
        (CopyNoteKind::TimeRaised, 2),
        (CopyNoteKind::BinaryAsJson, 2),
        (CopyNoteKind::MetadataWrapped, 2),
        (CopyNoteKind::StreamDeleted, 1),
    ];
    assert_eq!(kinds(&report), expected);
    assert!(report.comparison.as_ref().is_some_and(CopyComparison::equal), "{report:?}");
    assert_eq!((report.events, report.copied, report.streams), (8, 8, 3));
    let log = target.log().await;
    let places: Vec<_> = log.iter().map(|event| (event.stream.as_str(), event.version.get())).collect();
    let wanted =
        [("a-1", 1), ("a-1", 2), ("a-1", 3), ("b-1", 1), ("b-1", 2), ("b-1", 3), ("b-1", 4), ("$retention", 1)];
    assert_eq!(places, wanted);
    let payload = |index: usize| log[index].payload.as_json().expect("JSON").to_owned();
    assert_eq!(payload(1), format!(r#"{{"{COPIED_BINARY_KEY}":"0001"}}"#), "bytes");
    assert_eq!(
        payload(2),
        format!(r#"{{"{COPIED_BINARY_KEY}":"{}"}}"#, hex::encode("{nonsense")),
        "what is not JSON after all"
    );
    assert_eq!(log[5].recorded_at, time(50), "raised to the time before");
    let wrapped: serde_json::Value = serde_json::from_str(&log[4].metadata).expect("JSON");
    assert_eq!(wrapped[COPIED_FROM_KEY]["metadata"], "not JSON");
    assert!(
        wrapped[COPIED_FROM_KEY]["recordedAt"].as_str().is_some_and(|text| text.starts_with("2025-06-15T15:07:25"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_a_server_has_twice_is_named_and_nothing_behind_it_is_copied() {
    let mut events = vec![given(10, "a-1", 1), given(20, "b-1", 1), given(30, "c-1", 1)];
    events[1].event_id = events[0].event_id;
    let target = Ground::new(Kind::Memory, clock()).await;
    let refused = copied(StoreCopy::new(Arc::new(Given::foreign(events)), target.store.clone())).await;
    let Err(CopyError::Refused { position, stream: of, error }) = refused else { panic!("{refused:?}") };
    assert_eq!((position, of), (Position(20), stream("b-1")));
    assert!(matches!(error, AppendError::IdempotencyMismatch { .. }), "{error}");
    assert_eq!(target.log().await, [], "its batch is not written");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_archived_is_copied_from_the_archive_and_named_without_it() {
    for from in Kind::EXACT {
        let source = filled(from, 8).await;
        numbered(&*source.store, "old-1", 6).await;
        let whole = source.log().await;
        hide(&*source.store, "old-1", 4, true).await;
        let target = Ground::new(Kind::Sqlite, clock()).await;
        let report = copy(&source, &target).await;
        let binary = report.notes.count(CopyNoteKind::BinaryAsJson);
        assert_eq!(report.notes.count(CopyNoteKind::FromArchive), 3, "{from:?}");
        assert_eq!(
            report.notes.count(CopyNoteKind::StreamWhole),
            1,
            "{from:?}: its reads begin at the first event again"
        );
        assert_eq!(report.notes.iter().count(), if binary > 0 { 3 } else { 2 }, "{from:?}: {:?}", report.notes);
        if binary == 0 {
            assert_eq!(target.log().await[..whole.len()], whole, "{from:?}: positions and hashes as before");
            assert!(report.comparison.expect("made").identical(), "{from:?}");
        }
        let Some(folder) = &source.folder else { continue };
        std::fs::remove_file(folder.path().join("events.archive")).expect("there was one");
        let target = Ground::new(Kind::Memory, clock()).await;
        let refused = copied(StoreCopy::new(source.store.clone(), target.store.clone())).await;
        assert!(matches!(&refused, Err(CopyError::WouldLeaveOut(_))), "{refused:?}");
        let left_out = StoreCopy::new(source.store.clone(), target.store.clone()).leaving_out();
        let report = copied(left_out).await.expect("copied");
        assert_eq!(report.notes.count(CopyNoteKind::Scavenged), 3);
        assert_eq!(report.notes.count(CopyNoteKind::VersionMoved), 3, "what is left of the stream begins at 1");
        assert!(report.comparison.expect("made").equal());
        let again = StoreCopy::new(source.store.clone(), target.store.clone()).leaving_out();
        assert_eq!(copied(again).await.expect("copied").copied, 0, "and it goes on from there, too");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_streams_are_named() {
    let (source, target) = (Ground::new(Kind::Sqlite, clock()).await, Ground::new(Kind::Memory, clock()).await);
    numbered(&*source.store, "a-1", 2).await;
    let record = retention::record::RetentionEvent::StreamClosed { stream: stream("a-1") };
    let change = RetentionChange {
        truncate: Vec::new(),
        close: vec![stream("a-1")],
        record: vec![record],
        by: copy::histories::by(1),
        decided_on: StreamVersion::ZERO,
    };
    source.store.retention().expect("offered").retain(change).await.expect("closed");
    let report = copy(&source, &target).await;
    assert_eq!(kinds(&report), [(CopyNoteKind::StreamOpen, 1)]);
    assert!(report.comparison.expect("made").identical(), "the record of it is copied");
    numbered(&*target.store, "a-1", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_copied_only_if_asked_for_and_never_to_where_they_lie_open() {
    let source = Ground::new(Kind::Memory, clock()).await;
    let (one, two) = (stream("customer-1"), stream("customer-2"));
    for subject in [&one, &two] {
        let mut event = new_event("Registered", r#"{"name":{"mask":"A.","sealed":"00"}}"#);
        event.event_id = Uuid::new_v4();
        let request = AppendRequest::to_stream(subject.clone(), ExpectedVersion::NoStream, vec![event]);
        source.store.append(request).await.expect("appended");
    }
    let keys = source.store.subject_keys().expect("kept");
    let key = keys.get_or_create(&one).await.expect("made");
    let target = Ground::new(Kind::Sqlite, clock()).await;
    let there = target.store.subject_keys().expect("kept");
    let report = copy(&source, &target).await;
    assert_eq!(kinds(&report), [(CopyNoteKind::SealedWithoutKey, 2)]);
    assert_eq!((report.keys, there.get(&one).await), (None, Ok(None)), "not asked for");

    let with_keys = || StoreCopy::new(source.store.clone(), target.store.clone()).with_keys(Some(keys.clone()));
    let lacking = with_keys().verify(&NoProgress, &CancellationToken::new()).await.expect("compared");
    let differences = lacking.comparison.expect("made").differences;
    assert_eq!(differences.iter().map(|d| (d.kind, &d.stream)).collect::<Vec<_>>(), [(CopyDifferenceKind::Key, &one)]);
    let report = copied(with_keys()).await.expect("copied");
    let expected = CopiedKeys { subjects: 2, copied: 1, erased: 1, ..CopiedKeys::default() };
    assert_eq!((report.keys, kinds(&report)), (Some(expected), vec![]));
    assert_eq!(there.get(&one).await, Ok(Some(key)));
    assert_eq!(there.get(&two).await, Ok(None), "what was erased stays so");
    let again = copied(with_keys()).await.expect("copied");
    assert_eq!(again.keys, Some(CopiedKeys { copied: 0, already: 1, ..expected }));
    assert!(again.comparison.is_some_and(|comparison| comparison.equal() && comparison.keys == 2));

    let foreign = Ground::new(Kind::Foreign, clock()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let master = Some(MasterKey::new([7; 32]));
    let options = es_sqlite::OpenOptions { create: true, master_key: master, ..es_sqlite::OpenOptions::default() };
    let wrapped = es_sqlite::SqliteEventStore::open(folder.path().join("events"), options).expect("opens");
    let to_foreign = StoreCopy::new(source.store.clone(), foreign.store.clone()).with_keys(Some(keys.clone()));
    let from_none = StoreCopy::new(source.store.clone(), target.store.clone()).with_keys(None);
    let unwrapping = StoreCopy::new(Arc::new(wrapped.clone()), target.store.clone()).with_keys(wrapped.subject_keys());
    for refused in [to_foreign, from_none, unwrapping] {
        let refused = copied(refused).await.expect_err("refused");
        assert_eq!(refused.code(), "keys_not_copied", "{refused}");
    }
    assert_eq!(foreign.log().await, [], "before anything is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_do_not_open_are_found_before_anything_is_written() {
    let (folder, target) = (tempfile::tempdir().expect("a folder"), Ground::new(Kind::Memory, clock()).await);
    let open = |master_key| {
        let options = es_sqlite::OpenOptions { create: true, master_key, ..es_sqlite::OpenOptions::default() };
        es_sqlite::SqliteEventStore::open(folder.path().join("events"), options).expect("opens")
    };
    let (subject, own) = (stream("customer-1"), open(Some(MasterKey::new([7; 32]))));
    let event = new_event("Registered", r#"{"name":{"mask":"A.","sealed":"00"}}"#);
    own.append(AppendRequest::to_stream(subject.clone(), ExpectedVersion::NoStream, vec![event]))
        .await
        .expect("written");
    own.subject_keys().expect("kept").get_or_create(&subject).await.expect("made");
    let locked = open(None);
    let copy = StoreCopy::new(Arc::new(locked.clone()), target.store.clone()).with_keys(locked.subject_keys());
    let refused = copied(copy).await.expect_err("locked");
    assert_eq!(refused.code(), "key_locked", "{refused}");
    assert_eq!(target.log().await, [], "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_end_nobody_knows_is_sent_again_and_changes_nothing() {
    for to in Kind::ALL {
        let (source, target) = (filled(Kind::Sqlite, 2).await, Ground::new(to, clock()).await);
        let lost = || {
            let (server, operation) = ("here".to_owned(), "writing".to_owned());
            Some(StoreError::ConnectionLost { server, operation, reason: "the cable is out".to_owned() })
        };
        let hindered = Hindered::new(target.store.clone()).before(1, lost).after(1, lost);
        let report = copied(StoreCopy::new(source.store.clone(), Arc::new(hindered))).await.expect("copied");
        assert_eq!(target.log().await.len(), source.log().await.len(), "{to:?}");
        assert!(report.comparison.expect("made").equal(), "{to:?}");
        let other = Ground::new(to, clock()).await;
        let closed = Hindered::new(other.store.clone()).before(1, || Some(StoreError::Closed));
        let ended = copied(StoreCopy::new(source.store.clone(), Arc::new(closed))).await;
        assert_eq!(ended, Err(CopyError::Store { side: CopySide::Target, error: StoreError::Closed }), "{to:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_who_writes_to_the_target_is_noticed() {
    for (name, code) in [("zoo-1", "copy_interleaved"), ("account-1", "copy_refused")] {
        let (source, target) = (Ground::new(Kind::Memory, clock()).await, Arc::new(MemoryEventStore::new(clock())));
        numbered(&*source.store, "account-1", 3).await;
        let rival = target.clone();
        let write = move || {
            let request = AppendRequest::to_stream(stream(name), ExpectedVersion::Any, vec![new_event("Other", "{}")]);
            let appended = futures_now(rival.append(request));
            appended.expect("written");
            None
        };
        let hindered = Hindered::new(target).before(1, write);
        let refused = copied(StoreCopy::new(source.store.clone(), Arc::new(hindered))).await.expect_err("noticed");
        assert_eq!(refused.code(), code, "{refused}");
    }
}

/// The outcome of a future that never waits.
fn futures_now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_copy_says_so_and_is_gone_on_with() {
    let source = Ground::new(Kind::Memory, clock()).await;
    for _ in 0..20 {
        numbered(&*source.store, "a-1", 300).await;
        numbered(&*source.store, "b-1", 1).await;
    }
    for to in [Kind::Foreign, Kind::EventStoreDb, Kind::Memory, Kind::Postgres] {
        let target = Ground::new(to, clock()).await;
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let hindered = Hindered::new(target.store.clone()).before(1, move || {
            stop.cancel();
            None
        });
        let report = StoreCopy::new(source.store.clone(), Arc::new(hindered)).run(&NoProgress, &cancel).await;
        let report = report.expect("no failure");
        let written = target.log().await.len() as u64;
        assert!(report.cancelled && report.copied == written && report.comparison.is_none(), "{to:?}: {report:?}");
        assert!(written < report.events, "{to:?}: it was stopped in time");
        let rest = copy(&source, &target).await;
        assert_eq!((rest.already, rest.copied), (written, report.events - written), "{to:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_with_its_phases_and_totals() {
    let (source, target) = (filled(Kind::Memory, 1).await, Ground::new(Kind::Memory, clock()).await);
    let seen = std::sync::Mutex::new(Vec::new());
    let sink = |progress: &Progress| {
        seen.lock().expect("sound").push((progress.phase, progress.done, progress.total, progress.finished))
    };
    let copy = StoreCopy::new(source.store.clone(), target.store.clone());
    let report = copy.run(&sink, &CancellationToken::new()).await.expect("copied");
    let seen = seen.into_inner().expect("sound");
    let total = Some(report.events);
    for phase in ["examined", "copied", "compared"] {
        assert!(seen.contains(&(phase, 0, total, false)), "{phase} begins: {seen:?}");
    }
    assert_eq!(seen.last(), Some(&("compared", report.events, total, true)));
}

/// Every way in which two logs may differ, and the only differences that are to be named.
#[tokio::test(flavor = "multi_thread")]
async fn every_difference_is_named_once() {
    use CopyDifferenceKind::*;
    let source = Ground::new(Kind::Memory, clock()).await;
    for name in ["a-1", "b-1", "a-1", "c-1"] {
        numbered(&*source.store, name, 2).await;
    }
    let log = source.log().await;
    type Change = Box<dyn Fn(&mut Vec<RecordedEvent>)>;
    let at = |index: usize, change: fn(&mut RecordedEvent)| -> Change { Box::new(move |log| change(&mut log[index])) };
    let cases: Vec<(&str, Change, Vec<CopyDifferenceKind>)> = vec![
        ("nothing", Box::new(|_| ()), vec![]),
        ("payload", at(3, |event| event.payload = es_core::Payload::json("[]")), vec![Payload]),
        ("kind of payload", at(3, |event| event.payload = es_core::Payload::Binary(b"{}"[..].into())), vec![Payload]),
        ("metadata", at(3, |event| event.metadata = "{ }".into()), vec![Metadata]),
        ("type", at(3, |event| event.event_type = "Other".into()), vec![EventType]),
        ("schema version", at(3, |event| event.schema_version = 2), vec![SchemaVersion]),
        ("time", at(3, |event| event.recorded_at = time(7)), vec![Time]),
        ("version", at(3, |event| event.version = StreamVersion(9)), vec![Version, StreamLength]),
        ("stream", at(3, |event| event.stream = stream("z-1")), vec![Stream, StreamLength, StreamLength]),
        ("missing", Box::new(|log| drop(log.remove(1))), vec![Missing]),
        ("missing at the end", Box::new(|log| drop(log.pop())), vec![Missing, StreamLength]),
        ("extra", Box::new(|log| log.insert(1, given(1, "z-1", 1))), vec![Extra, StreamLength]),
        ("extra at the end", Box::new(|log| log.push(given(1, "z-1", 1))), vec![Extra, StreamLength]),
        ("order", Box::new(|log| log.swap(1, 2)), vec![Order]),
        (
            "order, far",
            Box::new(|log| {
                let event = log.remove(0);
                log.insert(5, event);
            }),
            vec![Order],
        ),
        ("another id", at(7, |event| event.event_id = Uuid::from_u128(1)), vec![Missing, Extra]),
    ];
    for (what, change, expected) in cases {
        for capabilities in [Given::own(Vec::new()).capabilities, Given::foreign(Vec::new()).capabilities] {
            let mut events = log.clone();
            change(&mut events);
            for (index, event) in events.iter_mut().enumerate() {
                event.position = Position(index as u64 + 1);
            }
            // The foreign one has no look-up by id, but keeps times for this.
            let target =
                Given { events, capabilities: Capabilities { import: true, dense_positions: true, ..capabilities } };
            let comparison = compared(source.store.clone(), Arc::new(target)).await;
            let found: Vec<_> = comparison.differences.iter().map(|difference| difference.kind).collect();
            assert_eq!(found, expected, "{what}: {:?}", comparison.differences);
            assert_eq!((comparison.equal(), comparison.total), (expected.is_empty(), expected.len() as u64), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_logs_that_have_nothing_in_common_not_everything_is_told() {
    let (source, target) = (Ground::new(Kind::Memory, clock()).await, Ground::new(Kind::Memory, clock()).await);
    numbered(&*source.store, "a-1", limits::VERIFY_FINDINGS as u64 + 50).await;
    numbered(&*target.store, "b-1", 5).await;
    let comparison = compared(source.store.clone(), target.store.clone()).await;
    assert!(comparison.ended_early && !comparison.equal(), "{}", comparison.total);
    assert_eq!(comparison.differences.len(), limits::VERIFY_FINDINGS);
}

/// Random histories, random beginnings, every pair of kinds.
#[tokio::test(flavor = "multi_thread")]
async fn any_history_is_copied_and_any_beginning_gone_on_with() {
    let seeds = std::env::var("LEDGERSCOPE_PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    for seed in 0..seeds {
        let mut dice = Dice::new(seed);
        let [from, to] = [dice.pick(&Kind::ALL), dice.pick(&Kind::ALL)];
        let (source, target) = (Ground::new(from, clock()).await, Ground::new(to, clock()).await);
        let binary = source.store.capabilities().binary_payloads;
        let requests = 1 + dice.below(60);
        let history = random(&mut dice, Range { requests, binary });
        let cut = usize::try_from(dice.below(requests)).expect("small");
        write(&*source.store, &history[..cut]).await;
        copy(&source, &target).await;
        write(&*source.store, &history[cut..]).await;
        let report = copy(&source, &target).await;
        let case = format!("seed {seed}, {from:?} to {to:?}: {report:?}");
        assert!(report.comparison.as_ref().is_some_and(CopyComparison::equal), "{case}");
        let (one, other) = (source.log().await, target.log().await);
        let places = |log: &[RecordedEvent]| {
            log.iter().map(|event| (event.event_id, event.stream.clone(), event.version)).collect::<Vec<_>>()
        };
        assert_eq!(places(&one), places(&other), "{case}");
        if report.notes.iter().count() == 0 && Kind::EXACT.contains(&to) && Kind::EXACT.contains(&from) {
            assert_eq!(one, other, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_a_server_in_the_target_are_looked_past() {
    let foreign = Arc::new(ForeignStore::new(clock()));
    numbered(&foreign.inner, "$stats-0", 2).await;
    let source = filled(Kind::Sqlite, 4).await;
    let copied_now = copied(StoreCopy::new(source.store.clone(), foreign.clone())).await.expect("copied");
    numbered(&foreign.inner, "$stats-0", 2).await;
    assert!(copied_now.comparison.expect("made").equal());
    let again = copied(StoreCopy::new(source.store.clone(), foreign.clone())).await.expect("copied");
    assert_eq!((again.already, again.copied), (copied_now.events, 0));
    assert_eq!(log(&*foreign).await.len() as u64, copied_now.events + 4);
}
