//! Measures how fast any version of a long stream opens, beside a hand-written fold of the same events in the same run.
//!
//! `cargo run --release -p inspector --example bench_fold -- [--quick] [--events N] [--in FOLDER]`
//!
//! The baseline reads the same pages of the same store and evolves the same state in place; it keeps nothing, catches nothing
//! and tells nobody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{ShelfDecider, domain, event, put};
use es_core::{
    Aggregate, AppendRequest, Direction, Erased, EventReader, EventStore, ExpectedVersion, NewEvent, ReadStream,
    StreamName, StreamVersion, limits,
};
use es_sqlite::{OpenOptions, SqliteEventStore};
use inspector::{Expression, Inspector, Pace, View};
use tokio_util::sync::CancellationToken;

/// Longest time in which any version may open after the first pass.
const TARGET: Duration = Duration::from_millis(100);
/// Versions that are opened.
const LOOKS: u64 = 200;
/// Boxes on the shelf: a state of some 2 KiB.
const BOXES: u64 = 50;

/// Boxes come and go: the state stays as large as a busy account's.
fn nth(number: u64) -> NewEvent {
    let id = number / 2;
    if number % 2 == 1 || id < BOXES {
        put(number, id, 1000 + number)
    } else {
        event(number, "Taken", 1, &format!("\"b{}\"", id - BOXES))
    }
}

async fn filled(folder: &std::path::Path, stream: &StreamName, count: u64) -> Arc<SqliteEventStore> {
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = Arc::new(SqliteEventStore::open(folder.join("fold.ledgerscope"), options).expect("a store"));
    let mut next = 1;
    while next <= count {
        let end = (next + limits::EVENTS_PER_APPEND as u64).min(count + 1);
        let events = (next..end).map(nth).collect();
        let request = AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, events);
        store.append(request).await.expect("appended");
        next = end;
    }
    store
}

/// The hand-written fold up to a version.
async fn plain(store: &SqliteEventStore, stream: &StreamName, until: u64) -> String {
    let shelf = Erased::<ShelfDecider>::new();
    let (mut state, mut at) = (shelf.initial(), StreamVersion::ZERO);
    while at.get() < until {
        let limit = usize::try_from(until - at.get()).unwrap().min(limits::FOLDED_PAGE_EVENTS);
        let read = ReadStream { stream: stream.clone(), from: at, direction: Direction::Forward, limit };
        for event in store.read_stream(read).await.expect("a page").events {
            shelf.evolve(&mut state, &event.event_type, event.payload.as_json().unwrap()).expect("sound");
            at = event.version;
        }
    }
    shelf.state_json(&state)
}

fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn line(what: &str, count: u64, ours: Duration, baseline: Duration) {
    let (ours, baseline) = (rate(count, ours), rate(count, baseline));
    println!("{what:<52} {ours:>12.0} {baseline:>12.0} {:>7.2}", ours / baseline);
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let count: u64 =
        value("--events").map_or(if quick { 100_000 } else { 1_000_000 }, |text| text.parse().expect("--events N"));
    let within = value("--in").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(within).expect("a folder");
    let stream = StreamName::new("shelf-1").unwrap();
    println!("Filling one stream with {count} events");
    let store = filled(folder.path(), &stream, count).await;
    let inspector = Inspector::new(store.clone(), Arc::new(domain()), View { display: None });
    let cancel = CancellationToken::new();

    let started = Instant::now();
    let expected = plain(&store, &stream, count).await;
    let plain_took = started.elapsed();
    let started = Instant::now();
    let state = inspector.state_text(&stream, StreamVersion(count), &cancel).await.expect("a state");
    let first_pass = started.elapsed();
    assert_eq!(state, expected, "the same state");
    println!("{:<52} {:>12} {:>12} {:>7}", "", "inspector", "baseline", "ratio");
    line("first pass, which keeps checkpoints (events/s)", count, first_pass, plain_took);

    let mut looks: Vec<(Duration, u64)> = Vec::new();
    for look in 0..LOOKS {
        // Spread over the stream without a pattern that checkpoints could suit.
        let version = (look * 7_919_777 + 13) % count + 1;
        let started = Instant::now();
        inspector.state_at(&stream, StreamVersion(version), None, &cancel).await.expect("a state");
        looks.push((started.elapsed(), version));
    }
    looks.sort();
    let (median, (slowest, version)) = (looks[looks.len() / 2].0, looks[looks.len() - 1]);
    let started = Instant::now();
    let expected = plain(&store, &stream, version).await;
    let from_the_beginning = started.elapsed();
    let again = inspector.state_text(&stream, StreamVersion(version), &cancel).await.expect("a state");
    assert_eq!(again, expected, "the same state");
    println!("\nOpening any of {count} versions, with what changed there ({LOOKS} looks):");
    let verdict = if slowest <= TARGET { "" } else { "  above target" };
    println!("  median {median:.2?}, slowest {slowest:.2?} (version {version}); target {TARGET:?}{verdict}");
    println!("  the baseline folds {from_the_beginning:.2?} to that version");

    println!();
    let pace = Pace::quiet(&cancel);
    for text in ["event.version % 1000 == 0", "weight"] {
        let expression = Expression::parse_on_state(text).expect("sound");
        let started = Instant::now();
        inspector.watch(&stream, &expression, None, pace).await.expect("watched");
        line(&format!("watch {text:?} (events/s)"), count, started.elapsed(), plain_took);
    }
    let started = Instant::now();
    inspector.blame(&stream, StreamVersion(count), pace).await.expect("blamed");
    line("blame of the last version (events/s)", count, started.elapsed(), plain_took);
    let started = Instant::now();
    inspector.blame(&stream, StreamVersion(count - 1), pace).await.expect("blamed");
    println!("blame of the version before it: {:.2?}", started.elapsed());
}
