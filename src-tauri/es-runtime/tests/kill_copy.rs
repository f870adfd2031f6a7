//! A copy that is killed around any of its writes and run again ends as if it had not been.
//!
//! This test program starts itself as a child that copies one file into another and aborts at a chosen write.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod copy {
    pub mod hindered;
}

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use copy::hindered::Hindered;
use es_core::*;
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore};
use es_testkit::{Dice, new_event, stream, time};

/// What a child is to do: folder, point and number of the write, one a line.
const CHILD: &str = "LEDGERSCOPE_KILL_COPY_CHILD";
/// Events of the source: three batches.
const EVENTS: u64 = 2 * limits::LANE_BATCH_EVENTS as u64 + 500;

fn open(folder: &Path, name: &str) -> SqliteEventStore {
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    SqliteEventStore::open(folder.join(name), options).expect("opens")
}

/// Not a test of its own: what a child does until it dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_copies_until_it_dies() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let task: Vec<&str> = task.lines().collect();
    let [folder, point, write] = task[..] else { panic!("three lines, not {task:?}") };
    let (source, target) = (open(Path::new(folder), "source"), open(Path::new(folder), "target"));
    let write = write.parse().expect("a number");
    let die = || std::process::abort();
    let target = Hindered::new(Arc::new(target));
    let target = if point == "before" { target.before(write, die) } else { target.after(write, die) };
    let copy = StoreCopy::new(Arc::new(source.clone()), Arc::new(target)).with_keys(source.subject_keys());
    copy.run(&NoProgress, &CancellationToken::new()).await.expect("it dies before");
}

async fn fill(source: &SqliteEventStore) {
    let mut dice = Dice::new(11);
    let streams: Vec<_> = (0..50).map(|number| stream(&format!("account-{number}"))).collect();
    for second in 0..3 {
        let import = |_| {
            let mut event = new_event("Counted", "{\"a\":1}");
            if dice.below(100) == 0 {
                event.payload = Payload::json(r#"{"name":{"mask":"A.","sealed":"00"}}"#);
            }
            let request = AppendRequest::to_stream(dice.pick(&streams), ExpectedVersion::Any, vec![event]);
            ImportedAppend { request, recorded_at: time(second) }
        };
        source.import((0..EVENTS / 3 + 1).map(import).collect()).await.expect("imported");
    }
    let keys = source.subject_keys().expect("kept");
    for stream in streams.iter().step_by(2) {
        keys.get_or_create(stream).await.expect("made");
    }
}

async fn log(store: &SqliteEventStore) -> Vec<RecordedEvent> {
    let (mut events, mut from) = (Vec::new(), Position::ZERO);
    loop {
        let page = store.read_all(ReadAll::forward(from, 4000)).await.expect("readable");
        events.extend(page.events);
        from = page.next;
        if page.end {
            return events;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_killed_and_run_again_ends_equal() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = open(folder.path(), "source");
    fill(&source).await;
    let wanted = log(&source).await;
    for (points, batches) in
        [([("before", 1), ("after", 1)], 1), ([("after", 2), ("before", 1)], 2), ([("before", 3), ("after", 1)], 3)]
    {
        for name in ["target", "target-wal", "target-shm"] {
            // One that is not there needs no removing.
            let _ = std::fs::remove_file(folder.path().join(name));
        }
        for (point, write) in points {
            let status = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "child_copies_until_it_dies", "--nocapture", "--test-threads=1"])
                .env(CHILD, format!("{}\n{point}\n{write}", folder.path().display()))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("the child runs");
            assert!(status.code().is_none(), "{points:?}: the child was killed {point} write {write}, not {status}");
        }
        let target = open(folder.path(), "target");
        let before = log(&target).await.len();
        let full = limits::LANE_BATCH_EVENTS;
        assert_eq!(before, (batches * full).min(wanted.len()), "{points:?}: whole batches, each of them once");
        let copy = StoreCopy::new(Arc::new(source.clone()), Arc::new(target.clone())).with_keys(source.subject_keys());
        let report = copy.run(&NoProgress, &CancellationToken::new()).await.expect("copied");
        assert_eq!((report.already, report.copied), (before as u64, (wanted.len() - before) as u64), "{points:?}");
        assert!(report.comparison.expect("made").identical(), "{points:?}");
        assert_eq!(log(&target).await, wanted, "{points:?}: every field of every event");
        assert!(report.keys.expect("asked for").copied > 0, "{points:?}: keys come last");
        let verified = target.verify(CancellationToken::new(), |_| ()).await.expect("readable");
        assert!(verified.intact(), "{points:?}: {:?}", verified.findings);
        target.close();
    }
}
