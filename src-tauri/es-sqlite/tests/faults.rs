//! Disks that are full, files that may not grow, and locks that other processes hold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::*;
use es_core::{AppendError, EventReader, EventStore, Position, StoreError};
use es_sqlite::{OpenOptions, SqliteEventStore};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

/// Names the store that a copy of this test program works on as another process.
const CHILD_STORE: &str = "ES_SQLITE_TEST_CHILD_STORE";
/// Names the file that a child removes when its file system is full, so that there is room again.
const BALLAST: &str = "ES_SQLITE_TEST_BALLAST";
/// How the foreign process holds its lock.
const FOREIGN_LOCK: &str = "ES_SQLITE_TEST_FOREIGN_LOCK";
/// Events of each append, about 8 KiB.
const EVENTS: usize = 20;

/// A copy of this program that runs one test of it, started through a shell line that ends in `exec "$@"`.
fn child(shell: &str, test: &str, store: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", shell, "sh"]).arg(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD_STORE, store);
    command
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Appends until the store refuses; how many appends were acknowledged, and the refusal.
async fn append_until_refused(store: &SqliteEventStore) -> (u128, AppendError) {
    for acknowledged in 0..5000 {
        if let Err(error) = store.append(append_to("account-1", acknowledged + 1, EVENTS)).await {
            return (acknowledged, error);
        }
    }
    panic!("the file never reaches its bound");
}

/// All that was acknowledged is there, whole and nothing else, except perhaps the append whose outcome is unknown.
async fn assert_kept(store: &SqliteEventStore, acknowledged: u128, unknown: u128) {
    let all = read_everything(store).await;
    assert_dense(&all);
    let appends = all.len() as u128 / EVENTS as u128;
    assert_eq!(all.len() % EVENTS, 0, "no append is there in part");
    assert!((acknowledged..=acknowledged + unknown).contains(&appends), "{acknowledged} acknowledged, {appends} there");
    for (index, event) in all.iter().enumerate() {
        let command = (index / EVENTS) as u128 + 1;
        assert_eq!(event.event_id, events(command, EVENTS)[index % EVENTS].event_id, "in the order of the appends");
    }
    let report = store.verify(CancellationToken::new(), |_| {}).await.expect("verified");
    assert!(report.intact(), "{:?}", report.findings);
}

/// Not a test of its own: what a child does on a file system of its own that is about to be full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process_fills_the_disk() {
    let (Ok(path), Ok(ballast)) = (std::env::var(CHILD_STORE), std::env::var(BALLAST)) else { return };
    let store = open(Path::new(&path));
    let (acknowledged, error) = append_until_refused(&store).await;
    assert_eq!(error.code(), "disk_full", "{error}");
    let AppendError::Store(full) = &error else { panic!("{error}") };
    assert!(error.to_string().contains(&path) && full.hint().contains("Free some space"), "{error}: {}", full.hint());
    assert!(!full.outcome_unknown(), "nothing of it was written");
    assert_kept(&store, acknowledged, 0).await;
    let again = store.append(append_to("account-1", acknowledged + 1, EVENTS)).await.expect_err("still full");
    assert_eq!(again.code(), "disk_full", "{again}");
    std::fs::remove_file(ballast).expect("removed");
    let later = store.append(append_to("account-1", acknowledged + 1, EVENTS)).await;
    assert!(!later.expect("with room again, the same store goes on").replayed, "the refused append had left nothing");
    store.close();
    assert_kept(&open(Path::new(&path)), acknowledged + 1, 0).await;
    println!("\nfilled after {acknowledged} appends");
}

#[test]
fn a_full_file_system_is_told_and_with_room_again_the_store_goes_on() {
    let place = place();
    let folder = place.folder.path();
    let (store, ballast) = (place.path.clone(), folder.join("ballast"));
    // A file system in memory, seen by the child alone. The second file takes the room that is given back later.
    let shell = r#"mount -t tmpfs -o size=4m tmpfs "$FOLDER" && head -c 2000000 /dev/zero >"$ES_SQLITE_TEST_BALLAST" && exec "$@""#;
    let allowed = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        // Without the right to mount, the bound that SQLite itself keeps gives the same error; `opening.rs` has it, too.
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let options = OpenOptions { max_bytes: Some(512 * 1024), ..creating() };
            let bounded = SqliteEventStore::open(&store, options).expect("opens");
            let (acknowledged, error) = append_until_refused(&bounded).await;
            assert_eq!(error.code(), "disk_full", "{error}");
            assert_kept(&bounded, acknowledged, 0).await;
        });
        return;
    }
    let program = child(shell, "child_process_fills_the_disk", &store);
    let mut unshared = Command::new("unshare");
    unshared.args(["--user", "--map-root-user", "--mount"]).arg(program.get_program()).args(program.get_args());
    unshared.env(CHILD_STORE, &store).env(BALLAST, &ballast).env("FOLDER", folder);
    let output = unshared.output().expect("the child runs");
    let told = told(&output);
    assert!(output.status.success() && told.contains("filled after"), "{told}");
}

/// Not a test of its own: what a child does whose files may not grow beyond a bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process_reaches_the_largest_file() {
    let Ok(path) = std::env::var(CHILD_STORE) else { return };
    let store = open(Path::new(&path));
    let (acknowledged, error) = append_until_refused(&store).await;
    let AppendError::Store(error) = error else { panic!("{error}") };
    println!("\nrefused {acknowledged} {} {}", error.code(), error.outcome_unknown());
    let read = store.head().await;
    assert_eq!(read, Ok(Position((acknowledged * EVENTS as u128) as u64)), "what was acknowledged is read");
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_told_and_loses_nothing_that_was_acknowledged() {
    let place = place();
    // The signal that comes with the refused write would end the process; ignored, the write fails.
    let shell = r#"trap '' XFSZ; ulimit -f 1000; exec "$@""#;
    let output = child(shell, "child_process_reaches_the_largest_file", &place.path).output().expect("the child runs");
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    let refused = told.lines().find_map(|line| line.strip_prefix("refused ")).unwrap_or_else(|| panic!("{told}"));
    let words: Vec<_> = refused.split(' ').collect();
    let acknowledged: u128 = words[0].parse().expect("a number");
    assert!(acknowledged > 10, "there was something to lose: {refused}");
    assert!(["io", "disk_full"].contains(&words[1]), "a fault of the disk, by its name: {refused}");
    let store = open(&place.path);
    assert_kept(&store, acknowledged, u128::from(words[2] == "true")).await;
    store.append(append_to("account-1", acknowledged + 1, EVENTS)).await.expect("the refused append is taken now");
    assert_kept(&store, acknowledged + 1, 0).await;
}

/// Not a test of its own: takes a lock, says so, and keeps it until it is killed.
#[test]
fn child_process_holds_the_lock() {
    let (Ok(path), Ok(lock)) = (std::env::var(CHILD_STORE), std::env::var(FOREIGN_LOCK)) else { return };
    let connection = Connection::open(path).expect("opened");
    connection.execute_batch(&lock).expect("locked");
    println!("\nlocked");
    std::io::stdout().flush().expect("told");
    std::thread::sleep(Duration::from_secs(600));
}

/// A process that holds a lock and dies with the test.
struct Foreign(Child);

impl Foreign {
    fn hold(store: &Path, lock: &str) -> Self {
        let mut command = child(r#"exec "$@""#, "child_process_holds_the_lock", store);
        let mut started = command.env(FOREIGN_LOCK, lock).stdout(Stdio::piped()).spawn().expect("the child starts");
        let mut lines = BufReader::new(started.stdout.take().expect("piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "locked"), "the child has the lock");
        Self(started)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_lock_of_another_process_is_waited_for_within_bounds_and_told() {
    let place = place();
    open(&place.path).close();
    let foreign = Foreign::hold(&place.path, "BEGIN IMMEDIATE");
    let patience = Duration::from_millis(300);
    let options = OpenOptions { lock_timeout: patience, ..creating() };
    let store = SqliteEventStore::open(&place.path, options).expect("a locked store opens");
    let started = Instant::now();
    let appends: Vec<_> = (1..=40_u128)
        .map(|command| {
            let store = store.clone();
            tokio::spawn(async move { store.append(append_to("account-1", command, EVENTS)).await })
        })
        .collect();
    assert_eq!(store.head().await, Ok(Position(0)), "readers do not wait");
    for append in appends {
        let error = append.await.expect("no panic").expect_err("locked");
        let AppendError::Store(locked) = error else { panic!("{error}") };
        let StoreError::Locked { waited_ms, .. } = &locked else { panic!("{locked}") };
        assert!(*waited_ms >= 250, "waited {waited_ms} ms");
        assert!(locked.to_string().contains("another program has kept the store"), "{locked}");
        assert!(locked.hint().contains("other program") && locked.retryable(), "{}", locked.hint());
        assert!(!locked.outcome_unknown(), "nothing was written");
    }
    // Requests that wait for the same lock are refused together, not each after a wait of its own.
    assert!(started.elapsed() < patience * 10, "forty appends were kept for {:?}", started.elapsed());
    assert_eq!(store.head().await, Ok(Position(0)), "nothing was written");
    drop(foreign);
    let appended = store.append(append_to("account-1", 1, EVENTS)).await.expect("its lock has died with the process");
    assert!(!appended.replayed, "the refused append had left nothing");
    assert_kept(&store, 1, 0).await;
}

#[test]
fn a_store_that_another_process_keeps_for_itself_is_told_within_bounds() {
    let place = place();
    open(&place.path).close();
    let foreign = Foreign::hold(&place.path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");
    let options = OpenOptions { lock_timeout: Duration::from_millis(200), ..creating() };
    let started = Instant::now();
    let error = SqliteEventStore::open(&place.path, options).expect_err("nobody else may even read it");
    assert_eq!(error.code(), "store_locked", "{error}");
    assert!(started.elapsed() < Duration::from_secs(10), "told after {:?}", started.elapsed());
    drop(foreign);
    open(&place.path).close();
}
