//! Rates of the store on PostgreSQL beside hand-written statements that do the same work in the same run.
//!
//! `cargo run --release -p es-postgres --example bench_postgres -- [URL]`. Without a URL on a cluster of its own, with the durability
//! that PostgreSQL has by default. Read the ratios: the rates are the machine's.

#![allow(clippy::expect_used, reason = "a measurement that cannot go on ends")]

use std::time::{Duration, Instant};

use es_core::{
    AppendRequest, EventReader, EventStore, ExpectedVersion, HostedStore, NewEvent, Payload, Position, ReadAll,
    StreamName,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::postgres::{Cluster, ClusterOptions, fresh_schema};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

const ROUND: Duration = Duration::from_secs(4);
const BULK_EVENTS: usize = 1000;

fn event() -> NewEvent {
    let id = Uuid::new_v4();
    let text = "x".repeat(90);
    NewEvent {
        event_id: id,
        event_type: "MoneyDeposited".into(),
        schema_version: 1,
        payload: Payload::json(format!(
            r#"{{"accountId":"100234","amount":{{"minor":"12550","currency":"EUR"}},"reference":"{text}","postings":[1,2]}}"#
        )),
        metadata: format!(r#"{{"$correlationId":"{id}","$causationId":"{id}","actor":"bench","channel":"cli"}}"#)
            .into(),
    }
}

fn request(stream: u64, events: usize) -> AppendRequest {
    let stream = StreamName::of("account", stream).expect("a name");
    AppendRequest::to_stream(stream, ExpectedVersion::Any, (0..events).map(|_| event()).collect())
}

/// Events a second of so many writers that each wait for their answer.
async fn appending(store: &PostgresEventStore, writers: u64, events: usize) -> f64 {
    let begun = Instant::now();
    let working: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut count = 0;
                while begun.elapsed() < ROUND {
                    store.append(request(writer * 1000 + count as u64 % 50, events)).await.expect("appended");
                    count += events;
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for writer in working {
        count += writer.await.expect("no panic");
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// One plain INSERT and its commit after the other, into a table without further indexes.
async fn inserting(url: &str, schema: &str) -> f64 {
    let mut raw = PgConnection::connect(url).await.expect("connects");
    let table = format!(
        "CREATE TABLE \"{schema}\".raw (position bigint PRIMARY KEY, payload json, metadata json); SET search_path = \"{schema}\""
    );
    sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut raw).await.expect("made");
    let (begun, mut count) = (Instant::now(), 0_i64);
    while begun.elapsed() < ROUND {
        let event = event();
        sqlx::query("INSERT INTO raw VALUES ($1, $2::text::json, $3::text::json)")
            .bind(count)
            .bind(event.payload.as_json())
            .bind(&*event.metadata)
            .execute(&mut raw)
            .await
            .expect("inserted");
        count += 1;
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Statements of 1 000 rows, each its own commit, into a table with the store's columns and indexes. Nothing is hashed or looked up.
async fn inserting_many(url: &str, schema: &str) -> f64 {
    let mut raw = PgConnection::connect(url).await.expect("connects");
    let table = format!("SET search_path = \"{schema}\"; CREATE TABLE raw_event (LIKE es_event INCLUDING ALL)");
    sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut raw).await.expect("made");
    let (begun, mut count) = (Instant::now(), 0_i64);
    while begun.elapsed() < ROUND {
        let events: Vec<NewEvent> = (0..BULK_EVENTS).map(|_| event()).collect();
        let ids: Vec<Uuid> = events.iter().map(|event| event.event_id).collect();
        let payloads: Vec<_> = events.iter().map(|event| event.payload.as_json()).collect();
        let metadatas: Vec<_> = events.iter().map(|event| &*event.metadata).collect();
        sqlx::query(
            "INSERT INTO raw_event SELECT $1 + n, 'account-' || (($1 + n) % 5000), $1 + n, id, 'MoneyDeposited', 1, \
             payload::json, NULL, metadata::json, id, id, now(), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex') \
             FROM unnest($2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS r (id, payload, metadata, n)",
        )
        .bind(count)
        .bind(ids)
        .bind(payloads)
        .bind(metadatas)
        .execute(&mut raw)
        .await
        .expect("inserted");
        count += BULK_EVENTS as i64;
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

async fn reading(store: &PostgresEventStore) -> f64 {
    let (begun, mut count, mut from) = (Instant::now(), 0, Position::ZERO);
    loop {
        let page = store.read_all(ReadAll::forward(from, 4096)).await.expect("a page");
        count += page.events.len();
        if page.end {
            return count as f64 / begun.elapsed().as_secs_f64();
        }
        from = page.next;
    }
}

async fn paging(store: &PostgresEventStore) -> f64 {
    let head = store.head().await.expect("a head").get();
    let (begun, mut count) = (Instant::now(), 0_u64);
    while begun.elapsed() < ROUND {
        let from = Position(count.wrapping_mul(0x9E37_79B9_7F4A_7C15) % head);
        store.read_all(ReadAll::forward(from, 100)).await.expect("a page");
        count += 1;
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let own = std::env::args().nth(1).is_none();
    let cluster = own.then(|| Cluster::start(ClusterOptions { durable: true, ..ClusterOptions::default() }));
    let url = cluster.as_ref().map_or_else(|| std::env::args().nth(1).unwrap_or_default(), Cluster::url);
    let config = PostgresConfig::from_url(&url).expect("a connection string");
    let config = PostgresConfig { schema: fresh_schema(), create: true, ..config };
    let store = PostgresEventStore::open(config.clone()).await.expect("opens");
    let raw = inserting(&url, &config.schema).await;
    println!("insert and commit, by hand      {raw:>10.0} events/s");
    for writers in [1, 64] {
        let before = store.lane_statistics();
        let rate = appending(&store, writers, 1).await;
        let after = store.lane_statistics();
        let joined = (after.requests - before.requests) as f64 / (after.commits - before.commits).max(1) as f64;
        println!(
            "append, {writers:>2} in flight            {rate:>10.0} events/s   {:.2} of it, {joined:.1} a commit",
            rate / raw
        );
    }
    let raw = inserting_many(&url, &config.schema).await;
    println!("insert 1 000 and commit, by hand{raw:>10.0} events/s");
    let rate = appending(&store, 4, BULK_EVENTS).await;
    println!("append 1 000, 4 in flight       {rate:>10.0} events/s   {:.2} of it", rate / raw);
    println!("read the whole log, decoded     {:>10.0} events/s", reading(&store).await);
    println!("page of 100 at a random place   {:>10.0} pages/s", paging(&store).await);
    store.close().await;
}
