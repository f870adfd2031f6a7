//! Files of events: what is exported comes back as the same events, from and into any store.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]
#![allow(clippy::unimplemented, reason = "what a copy never asks")]

#[allow(dead_code, reason = "shared with the tests of copies")]
mod copy {
    pub mod histories;
    pub mod stores;
}
#[allow(dead_code, reason = "shared with the contract suite's own tests")]
#[path = "../../es-testkit/tests/sparse/mod.rs"]
mod sparse;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copy::histories::{Range, random, write};
use copy::stores::{Ground, Kind, log};
use es_core::memory::MemoryEventStore;
use es_core::*;
use es_runtime::*;
use es_testkit::{Dice, ManualClock, new_event, stream, time};
use sparse::SparseStore;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(time(100_000)))
}

async fn filled(kind: Kind, seed: u64) -> Ground {
    let ground = Ground::new(kind, clock()).await;
    let binary = ground.store.capabilities().binary_payloads;
    write(&*ground.store, &random(&mut Dice::new(seed), Range { requests: 60, binary })).await;
    ground
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn exported(reader: Arc<dyn EventReader>, filter: EventFilter, format: FileFormat, path: &Path) -> ExportReport {
    let out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let export = Export { reader, filter, sieve: None, format };
    let (report, out) = export.run(out, &NoProgress, &CancellationToken::new()).await.expect("exported");
    out.into_inner().expect("flushed");
    report
}

async fn opened(path: &Path) -> Result<EventFile, FileError> {
    EventFile::open(path.to_owned(), Arc::new(NoProgress), CancellationToken::new()).await
}

async fn imported(path: &Path, target: Arc<dyn EventStore>) -> Result<CopyReport, ImportError> {
    FileImport::new(opened(path).await?).run(target, &NoProgress, &CancellationToken::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_log_comes_back_as_the_same_log_in_both_formats() {
    let folder = Folder::new();
    for (format, to) in [(FileFormat::Ndjson, Kind::Sqlite), (FileFormat::Csv, Kind::Memory)] {
        let source = filled(Kind::Sqlite, 1).await;
        let path = folder.file(format.extension());
        let report = exported(source.store.clone(), EventFilter::default(), format, &path).await;
        let events = log(&*source.store).await;
        assert_eq!((report.events, report.partial_streams), (events.len() as u64, 0));
        let bytes = std::fs::read(&path).expect("the file");
        assert_eq!(report.bytes, bytes.len() as u64, "the size that was told is the file's");
        let target = Ground::new(to, clock()).await;
        let copied = imported(&path, target.store.clone()).await.expect("imported");
        assert_eq!((copied.copied, copied.already), (report.events, 0), "{format:?}");
        assert!(copied.comparison.as_ref().is_some_and(CopyComparison::identical), "{format:?}: {copied:?}");
        assert_eq!(log(&*target.store).await, events, "{format:?}: every field, times and hashes among them");
        let again = imported(&path, target.store.clone()).await.expect("imported again");
        assert_eq!((again.copied, again.already), (0, report.events), "a second time changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_and_money_beyond_what_a_float_holds_survive() {
    let folder = Folder::new();
    let source = Arc::new(SparseStore::new(MemoryEventStore::default(), false));
    let amounts = [(1_u64 << 53) + 1, u64::MAX, 9_007_199_254_740_993];
    for (number, minor) in amounts.into_iter().enumerate() {
        let payload = format!(r#"{{"amount":{{"minor":"{minor}","currency":"EUR"}},"bare":{minor}}}"#);
        let event = new_event("MoneyDeposited", payload);
        let request =
            AppendRequest::to_stream(stream(&format!("account-{number}")), ExpectedVersion::NoStream, vec![event]);
        source.append(request).await.expect("appended");
    }
    let events = source.read_all(ReadAll::forward(Position::ZERO, 10)).await.expect("read").events;
    assert!(events.iter().all(|event| event.position.get() > 1 << 53), "the positions are as large as they should be");
    for format in [FileFormat::Ndjson, FileFormat::Csv] {
        let path = folder.file(&format!("big.{}", format.extension()));
        exported(source.clone(), EventFilter::default(), format, &path).await;
        let file = opened(&path).await.expect("a file of events");
        let read = file.read_all(ReadAll::forward(Position::ZERO, 10)).await.expect("read").events;
        assert_eq!(read, events, "{format:?}: every digit of position and money, on the way out and back");
        let target = Ground::new(Kind::Sqlite, clock()).await;
        let copied = imported(&path, target.store.clone()).await.expect("imported");
        assert!(copied.comparison.as_ref().is_some_and(CopyComparison::equal), "{copied:?}");
        let there = log(&*target.store).await;
        let content = |event: &RecordedEvent| (event.event_id, event.version, event.content_hash, event.recorded_at);
        assert_eq!(
            there.iter().map(content).collect::<Vec<_>>(),
            events.iter().map(content).collect::<Vec<_>>(),
            "ids, versions, times and contents are the same in a store with positions of its own"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_export_holds_the_whole_match_and_only_whole_streams_are_imported_unasked() {
    let folder = Folder::new();
    let source = filled(Kind::Sqlite, 3).await;
    let all = log(&*source.store).await;
    let whole = EventFilter { streams: vec![stream("account-1"), stream("größe-É")], ..EventFilter::default() };
    let path = folder.file("whole");
    let report = exported(source.store.clone(), whole.clone(), FileFormat::Ndjson, &path).await;
    let wanted: Vec<_> = all.iter().filter(|event| whole.matches(event)).cloned().collect();
    assert_eq!((report.events, report.partial_streams), (wanted.len() as u64, 0));
    let target = Ground::new(Kind::Sqlite, clock()).await;
    imported(&path, target.store.clone()).await.expect("whole streams");
    let there = log(&*target.store).await;
    let same = |event: &RecordedEvent| {
        (event.stream.clone(), event.version, event.event_id, event.content_hash, event.recorded_at)
    };
    assert_eq!(there.iter().map(same).collect::<Vec<_>>(), wanted.iter().map(same).collect::<Vec<_>>());

    let partly = EventFilter { event_types: vec!["Moved".to_owned()], ..EventFilter::default() };
    let path = folder.file("partly");
    let report = exported(source.store.clone(), partly, FileFormat::Csv, &path).await;
    assert!(report.partial_streams > 0, "streams of several types are there in part: {report:?}");
    let target = Ground::new(Kind::Sqlite, clock()).await;
    let refused = imported(&path, target.store.clone()).await.expect_err("refused");
    assert!(matches!(&refused, ImportError::PartialStreams { streams, .. } if *streams == report.partial_streams));
    assert_eq!(target.store.head().await.expect("a head"), Position::ZERO, "nothing was written");
    let import = FileImport::new(opened(&path).await.expect("a file")).renumbering();
    let copied = import.run(target.store.clone(), &NoProgress, &CancellationToken::new()).await.expect("renumbered");
    assert_eq!(copied.copied, report.events);
    assert!(copied.notes.count(CopyNoteKind::VersionMoved) > 0, "that versions are others is said");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_behind_a_beginning_and_never_over_something_else() {
    let folder = Folder::new();
    let source = filled(Kind::Sqlite, 4).await;
    let events = log(&*source.store).await;
    let path = folder.file("all");
    exported(source.store.clone(), EventFilter::default(), FileFormat::Ndjson, &path).await;
    let half = events[events.len() / 2].position;
    let part = folder.file("part");
    let beginning = EventFilter { through: Some(half), ..EventFilter::default() };
    exported(source.store.clone(), beginning, FileFormat::Ndjson, &part).await;
    let target = Ground::new(Kind::Sqlite, clock()).await;
    imported(&part, target.store.clone()).await.expect("a beginning");
    let report = imported(&path, target.store.clone()).await.expect("the rest");
    assert_eq!((report.already, report.copied), (half.get(), events.len() as u64 - half.get()));
    assert_eq!(log(&*target.store).await, events);
    let other = filled(Kind::Sqlite, 5).await;
    let before = log(&*other.store).await;
    let refused = imported(&path, other.store.clone()).await.expect_err("another log");
    assert_eq!(refused.code(), "copy_conflict");
    assert_eq!(log(&*other.store).await, before, "what is there stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_export_is_none_and_a_changed_file_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    let source = filled(Kind::Memory, 6).await;
    let stop = CancellationToken::new();
    stop.cancel();
    let export =
        Export { reader: source.store.clone(), filter: EventFilter::default(), sieve: None, format: FileFormat::Csv };
    let ended = export.run(Vec::new(), &NoProgress, &stop).await;
    assert!(matches!(ended, Err(ExportError::Store(StoreError::Cancelled))), "{:?}", ended.map(|(report, _)| report));
    let path = folder.file("changed");
    exported(source.store.clone(), EventFilter::default(), FileFormat::Ndjson, &path).await;
    let text = std::fs::read_to_string(&path).expect("text");
    std::fs::write(&path, text.replacen("\"eventType\":\"Opened\"", "\"eventType\":\"Closed\"", 1)).expect("written");
    let target = Ground::new(Kind::Memory, clock()).await;
    let refused = imported(&path, target.store.clone()).await.expect_err("changed");
    assert_eq!(refused.code(), "bad_export_file");
    assert_eq!(target.store.head().await.expect("a head"), Position::ZERO, "nothing was written");
}
