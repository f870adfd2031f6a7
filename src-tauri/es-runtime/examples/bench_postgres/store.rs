//! The store alone: appends and reads.

use std::time::{Duration, Instant};

use es_core::{
    AppendRequest, Direction, EventReader, EventStore, ExpectedVersion, NewEvent, Payload, Position, ReadAll,
    ReadStream, StreamName, StreamVersion, event_id_of, limits,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use uuid::Uuid;

use crate::line::{Line, rate};
use crate::raw::{self, Next};
use crate::{Bench, IN_FLIGHT};

/// Events in a bulk append.
pub const BATCH: usize = 1000;

fn stream(number: usize) -> StreamName {
    StreamName::of("account", 100_000 + number).expect("a name")
}

/// About 200 bytes of payload and 150 of metadata, as a bank's events have.
fn event(index: usize) -> NewEvent {
    let id = Uuid::new_v4();
    let payload = format!(
        concat!(
            r#"{{"accountId":"{}","amount":{{"minor":"{}","currency":"EUR"}},"entryId":"{}","bookingDate":"2026-11-23","#,
            r#""valueDate":"2026-11-23","text":"Standing order for the rent of November 2026"}}"#
        ),
        100_000 + index,
        index * 7,
        id
    );
    let metadata =
        format!(r#"{{"$correlationId":"{id}","$causationId":"{id}","commandType":"Deposit","actor":"anna"}}"#);
    NewEvent {
        event_id: event_id_of(id, index),
        event_type: ["MoneyDeposited", "MoneyWithdrawn", "HoldPlaced", "HoldReleased"][index % 4].into(),
        schema_version: 2,
        payload: Payload::json(payload),
        metadata: metadata.into(),
    }
}

fn request(to: usize, events: usize) -> AppendRequest {
    AppendRequest::to_stream(stream(to), ExpectedVersion::Any, (0..events).map(event).collect())
}

/// Requests of one event each, to many streams.
fn requests(count: usize) -> Vec<AppendRequest> {
    (0..count).map(|number| request(number % 1000, 1)).collect()
}

/// Requests dealt out to clients.
pub fn dealt<T>(items: Vec<T>) -> Vec<Vec<T>> {
    let mut shares: Vec<Vec<T>> = (0..IN_FLIGHT).map(|_| Vec::new()).collect();
    items.into_iter().enumerate().for_each(|(index, item)| shares[index % IN_FLIGHT].push(item));
    shares
}

/// Median and 99th percentile, for people.
pub fn told(took: &mut [Duration]) -> String {
    took.sort_unstable();
    let millis = |at: usize| took[at].as_secs_f64() * 1e3;
    format!("median {:.1} ms, p99 {:.1} ms", millis(took.len() / 2), millis(took.len() * 99 / 100))
}

impl Bench {
    pub async fn single_appends(&self) -> Line {
        let mut line = Line::new("append, 1 in flight, beside INSERT+COMMIT (events/s)", Some(0.9));
        let (count, (store, _), by_hand) = (self.sizes.single, self.fresh_store().await, self.place());
        raw::make_tables(&by_hand).await;
        let (mut connection, mut next) = (raw::connect(&by_hand).await, Next::default());
        for _ in 0..self.sizes.rounds {
            let requests = requests(count);
            let same = requests.clone();
            let started = Instant::now();
            for request in requests {
                store.append(request).await.expect("appended");
            }
            line.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for request in &same {
                raw::insert_one(&mut connection, &mut next, request).await;
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        line
    }

    /// Beside as many connections that each insert and commit, and beside one that inserts as many rows with each statement.
    pub async fn concurrent_appends(&self) -> Vec<Line> {
        let mut alone = Line::new("append, 64 in flight, beside 64 connections (events/s)", Some(5.0));
        let mut ceiling = Line::new("... beside one INSERT of 64 rows after the other (events/s)", None);
        let (count, (store, _)) = (self.sizes.concurrent, self.fresh_store().await);
        let (by_hand, by_one_hand) = (self.place(), self.place());
        raw::make_tables(&by_hand).await;
        raw::make_tables(&by_one_hand).await;
        let mut took = Vec::new();
        let (mut together, mut next) = (raw::connect(&by_one_hand).await, Next::default());
        let mut writers = Vec::new();
        for number in 0..IN_FLIGHT {
            writers.push((raw::connect(&by_hand).await, Next::of_writer(number)));
        }
        for _ in 0..self.sizes.rounds {
            let requests = requests(count);
            let (for_writers, for_one) = (dealt(requests.clone()), requests.clone());
            let started = Instant::now();
            let clients: Vec<_> =
                dealt(requests).into_iter().map(|share| tokio::spawn(client(store.clone(), share))).collect();
            for client in clients {
                took.extend(client.await.expect("a client"));
            }
            alone.ours.push(rate(count, started.elapsed()));
            ceiling.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            let writing: Vec<_> = std::mem::take(&mut writers).into_iter().zip(for_writers).map(write_alone).collect();
            for writer in writing {
                writers.push(writer.await.expect("a writer"));
            }
            alone.baseline.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for rows in for_one.chunks(IN_FLIGHT) {
                raw::insert_many(&mut together, &mut next, rows).await;
            }
            ceiling.baseline.push(rate(count, started.elapsed()));
        }
        let counts = store.lane_statistics();
        let per_commit = counts.requests as f64 / counts.commits as f64;
        println!("  64 in flight: {per_commit:.1} requests per commit, {}", told(&mut took));
        vec![alone, ceiling]
    }

    /// Also leaves a long log behind for the pages.
    pub async fn bulk(&self) -> (Line, PostgresConfig) {
        let mut line = Line::new("bulk append, 1000 events a request (events/s)", Some(0.7));
        let (count, (store, place), by_hand) = (self.sizes.batches * BATCH, self.fresh_store().await, self.place());
        raw::make_tables(&by_hand).await;
        let (mut connection, mut next) = (raw::connect(&by_hand).await, Next::default());
        for _ in 0..self.sizes.rounds {
            let requests: Vec<_> = (0..self.sizes.batches).map(|number| request(number % 100, BATCH)).collect();
            let same = requests.clone();
            let started = Instant::now();
            for request in requests {
                store.append(request).await.expect("appended");
            }
            line.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for request in &same {
                raw::insert_many(&mut connection, &mut next, std::slice::from_ref(request)).await;
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        (line, place)
    }

    pub async fn pages(&self, log: &PostgresConfig) -> Line {
        let mut line = Line::new("page of 100 at a random position (pages/s)", Some(0.8));
        let store = PostgresEventStore::open(log.clone()).await.expect("opens");
        let mut connection = raw::connect(log).await;
        let head = store.head().await.expect("a head").get();
        let starts: Vec<u64> = (0..self.sizes.pages as u64).map(|n| n * 2_654_435_761 % head.max(200)).collect();
        for _ in 0..self.sizes.rounds {
            let started = Instant::now();
            for from in &starts {
                store.read_all(ReadAll::forward(Position(*from), 100)).await.expect("a page");
            }
            line.ours.push(rate(starts.len(), started.elapsed()));
            let started = Instant::now();
            for from in &starts {
                raw::read_page(&mut connection, *from, 100).await;
            }
            line.baseline.push(rate(starts.len(), started.elapsed()));
        }
        line
    }

    pub async fn long_stream(&self) -> Line {
        let events = self.sizes.stream;
        let mut line = Line::new(format!("one stream of {events} events, decoded (events/s)"), Some(0.8));
        let (store, place) = self.fresh_store().await;
        for _ in 0..events / BATCH {
            store.append(request(1, BATCH)).await.expect("appended");
        }
        let mut connection = raw::connect(&place).await;
        for _ in 0..self.sizes.rounds {
            let started = Instant::now();
            assert_eq!(read_stream(&store, &stream(1)).await, events, "the same rows");
            line.ours.push(rate(events, started.elapsed()));
            let started = Instant::now();
            assert_eq!(raw::read_stream(&mut connection, stream(1).as_str()).await, events, "the same rows");
            line.baseline.push(rate(events, started.elapsed()));
        }
        line
    }
}

type Writer = (sqlx::postgres::PgConnection, Next);

fn write_alone(((mut connection, mut next), share): (Writer, Vec<AppendRequest>)) -> tokio::task::JoinHandle<Writer> {
    tokio::spawn(async move {
        for request in &share {
            raw::insert_one(&mut connection, &mut next, request).await;
        }
        (connection, next)
    })
}

async fn client(store: PostgresEventStore, requests: Vec<AppendRequest>) -> Vec<Duration> {
    let mut took = Vec::with_capacity(requests.len());
    for request in requests {
        let started = Instant::now();
        store.append(request).await.expect("appended");
        took.push(started.elapsed());
    }
    took
}

async fn read_stream(store: &PostgresEventStore, stream: &StreamName) -> usize {
    let mut read = ReadStream {
        stream: stream.clone(),
        from: StreamVersion::ZERO,
        direction: Direction::Forward,
        limit: limits::PAGE_EVENTS,
    };
    let mut count = 0;
    loop {
        let page = store.read_stream(read.clone()).await.expect("a page");
        count += page.events.len();
        match page.events.last() {
            Some(last) if !page.end => read.from = last.version,
            _ => return count,
        }
    }
}
