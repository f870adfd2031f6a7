//! Measures how fast the causes of a long story are drawn, beside a plain scan of the same events in the same run.
//!
//! `cargo run --release -p inspector --example bench_causes -- [EVENTS]`
//!
//! The baseline reads the same pages of the same store and drops them. Ours keeps them, draws the graph and words the events of
//! its nodes, as the window asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{domain, put};
use es_core::{
    AppendRequest, EventFilter, EventReader, EventStore, ExpectedVersion, NewEvent, ReadAll, RecordedEvent, StreamName,
    limits,
};
use es_sqlite::{OpenOptions, SqliteEventStore};
use inspector::{CauseView, Caused, Inspector, View, cause_graph};
use uuid::Uuid;

/// From the number of an event to that of its cause.
type Shape = fn(u64) -> u64;

const CORRELATION: Uuid = Uuid::from_u128(0xC0);

/// An event of the story; `cause` is the number of the event that led to it.
fn nth(number: u64, cause: u64) -> NewEvent {
    let mut event = put(number, number, 1000);
    event.event_id = Uuid::from_u128(u128::from(number));
    let causation = if cause == 0 { CORRELATION } else { Uuid::from_u128(u128::from(cause)) };
    event.metadata = format!(r#"{{"$correlationId":"{CORRELATION}","$causationId":"{causation}"}}"#).into();
    event
}

async fn filled(folder: &std::path::Path, name: &str, count: u64, cause: Shape) -> Arc<SqliteEventStore> {
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = SqliteEventStore::open(folder.join(name), options).expect("a store");
    let stream = StreamName::new("shelf-1").expect("a name");
    let numbers: Vec<u64> = (1..=count).collect();
    for part in numbers.chunks(limits::EVENTS_PER_APPEND) {
        let events = part.iter().map(|number| nth(*number, cause(*number))).collect();
        store.append(AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, events)).await.expect("appended");
    }
    Arc::new(store)
}

async fn scan(store: &SqliteEventStore, mut keep: impl FnMut(RecordedEvent)) {
    let filter = EventFilter { correlation_id: Some(CORRELATION), ..EventFilter::default() };
    let mut read = ReadAll::forward(es_core::Position::ZERO, limits::PAGE_EVENTS).filtered(filter);
    loop {
        let page = store.read_all(read.clone()).await.expect("a page");
        page.events.into_iter().for_each(&mut keep);
        if page.end {
            return;
        }
        read.from = page.next;
    }
}

async fn drawn(store: &SqliteEventStore, inspector: &Inspector) -> (usize, Duration) {
    let mut events = Vec::new();
    scan(store, |event| events.push(event)).await;
    let began = Instant::now();
    let caused: Vec<Caused> = events.iter().map(Into::into).collect();
    let (focus, unfolded) = (caused.get(caused.len() / 2).map(|event| event.position), BTreeSet::new());
    let view = CauseView { focus, unfolded: &unfolded, most_nodes: inspector::limits::CAUSE_NODES };
    let graph = cause_graph(&caused, view);
    let alone = began.elapsed();
    for node in &graph.nodes {
        if let Some(first) = node.events.first() {
            std::hint::black_box(inspector.summary(&events[*first]));
        }
    }
    (graph.nodes.len(), alone)
}

#[tokio::main]
async fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let folder = std::env::temp_dir().join(format!("bench-causes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    println!("{count} events of one story; milliseconds, best of five");
    println!("{:<28} {:>7} {:>10} {:>10} {:>10} {:>7}", "shape", "nodes", "graph", "opened", "raw scan", "ratio");
    let shapes: [(&str, Shape); 3] = [
        ("each led to three", |number| (number + 1) / 3),
        ("one chain", |number| number - 1),
        ("all of one command", |_| 0),
    ];
    for (name, cause) in shapes {
        let store = filled(&folder, name, count, cause).await;
        let inspector = Inspector::new(store.clone(), Arc::new(domain()), View { display: None });
        let (mut best, mut raw, mut alone, mut nodes) = (Duration::MAX, Duration::MAX, Duration::MAX, 0);
        for _ in 0..5 {
            let began = Instant::now();
            scan(&store, drop).await;
            raw = raw.min(began.elapsed());
            let began = Instant::now();
            let (count, graph) = drawn(&store, &inspector).await;
            best = best.min(began.elapsed());
            (alone, nodes) = (alone.min(graph), count);
        }
        let ms = |took: Duration| took.as_secs_f64() * 1000.0;
        let ratio = best.as_secs_f64() / raw.as_secs_f64();
        let (graph, opened, scanned) = (ms(alone), ms(best), ms(raw));
        println!("{name:<28} {nodes:>7} {graph:>10.2} {opened:>10.2} {scanned:>10.2} {ratio:>7.2}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
