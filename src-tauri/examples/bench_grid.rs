//! How long somebody waits for the grid of events, on a store that is there already:
//! `cargo run --release --example bench_grid -- FILE`. One JSON object a line.

#![allow(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::ChosenLanguage;
use ledgerscope_app::connections::Chosen;
use ledgerscope_app::session::Session;
use ledgerscope_app::wire::{EventQuery, EventsPhase};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const BLOCKS: u64 = 200;

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn tell(what: &str, query: &str, mut took: Vec<Duration>, more: &serde_json::Value) {
    took.sort_unstable();
    let at = |part: usize| millis(took[(took.len() - 1) * part / 100]);
    let line = json!({ "what": what, "query": query, "n": took.len(), "p50Ms": at(50), "p99Ms": at(99), "more": more });
    println!("{line}");
}

async fn grid(session: &Session, name: &str, query: EventQuery) {
    let begun = Instant::now();
    let opened = session.events_open(query, &CancellationToken::new()).await.expect("opened");
    let id = &opened.query_id;
    let mut progress = opened.progress;
    while progress.total == "0" && progress.phase == EventsPhase::Scanning {
        tokio::time::sleep(Duration::from_millis(1)).await;
        progress = session.events_progress(id).await.expect("answered");
    }
    let block = session.events_block(id, "0", 50, &[]).await.expect("answered");
    tell("first rows", name, vec![begun.elapsed()], &json!({ "rows": block.events.len() }));
    while progress.phase == EventsPhase::Scanning {
        tokio::time::sleep(Duration::from_millis(10)).await;
        progress = session.events_progress(id).await.expect("answered");
    }
    tell("whole search", name, vec![begun.elapsed()], &json!({ "total": progress.total, "of": progress.of }));
    let total: u64 = progress.total.parse().expect("a number");
    let (mut blocks, mut jumps, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..BLOCKS.min(total) {
        let row = number.wrapping_mul(2_654_435_761) % total;
        let begun = Instant::now();
        let block = session.events_block(id, &row.to_string(), 200, &[]).await.expect("answered");
        blocks.push(begun.elapsed());
        let Some(event) = block.events.first() else { continue };
        let begun = Instant::now();
        session.row_of_position(id, &event.position).await.expect("answered");
        jumps.push(begun.elapsed());
        let begun = Instant::now();
        session.row_at_time(id, &event.recorded_at).await.expect("answered");
        times.push(begun.elapsed());
    }
    if blocks.is_empty() {
        return;
    }
    tell("block of 200", name, blocks, &json!(null));
    tell("row of position", name, jumps, &json!(null));
    tell("row at time", name, times, &json!(null));
    for round in ["cold", "warm"] {
        let begun = Instant::now();
        let density = session.events_density(id, None, None, 200).await.expect("answered");
        tell("density of 200", name, vec![begun.elapsed()], &json!({ "round": round, "total": density.total }));
    }
    session.events_close(id);
}

#[tokio::main]
async fn main() {
    let path = std::env::args().nth(1).expect("the path of a store");
    let session = Session::open(Chosen::file(path), false, Arc::new(|_| {}), ChosenLanguage::default())
        .await
        .expect("the store opens");
    let queries = [
        ("everything", EventQuery::default()),
        ("one type", EventQuery { event_types: vec!["MoneyDeposited".to_owned()], ..EventQuery::default() }),
        ("text", EventQuery { contains: Some("Rent".to_owned()), ..EventQuery::default() }),
        ("actor", EventQuery { actor: Some("ada".to_owned()), ..EventQuery::default() }),
        ("condition", EventQuery { condition: Some("payload.amount > 1000000".to_owned()), ..EventQuery::default() }),
    ];
    for (name, query) in queries {
        grid(&session, name, query).await;
    }
    session.close().await;
}
