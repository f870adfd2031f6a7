//! Measures the store beside a hand-written minimal program on the same tables, in one run, and prints the ratios.
//!
//! `cargo run --release -p es-sqlite --example bench_store -- [--quick] [--only append|bulk|stream] [--in FOLDER]`
//!
//! Each pair is measured in alternating rounds, because the disk's speed drifts by more than what is measured; the best round
//! of each counts. The baseline writes the same rows into the same tables with the same durability, but does no hashing, no
//! look-up of event ids, no checks and no threads.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod raw;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use es_core::{
    AppendRequest, Direction, EventReader, EventStore, ExpectedVersion, ImportedAppend, NewEvent, Payload, Position,
    ReadAll, ReadStream, StreamName, StreamVersion, event_id_of, limits,
};
use es_sqlite::{OpenOptions, SqliteEventStore};
use uuid::Uuid;

struct Sizes {
    rounds: usize,
    single: usize,
    concurrent: usize,
    batches: usize,
    stream: usize,
    pages: usize,
}

const FULL: Sizes = Sizes { rounds: 5, single: 400, concurrent: 12_000, batches: 60, stream: 100_000, pages: 3000 };
const QUICK: Sizes = Sizes { rounds: 2, single: 100, concurrent: 2_000, batches: 10, stream: 10_000, pages: 300 };
const IN_FLIGHT: usize = 64;
const BATCH: usize = 1000;

fn stream(number: usize) -> StreamName {
    StreamName::of("account", 100_000 + number).expect("a name")
}

/// About 200 bytes of payload and 150 of metadata, as a bank's events have.
fn event(command: u128, index: usize) -> NewEvent {
    let id = Uuid::from_u128(command);
    let payload = format!(
        concat!(
            r#"{{"accountId":"{}","amount":{{"minor":"{}","currency":"EUR"}},"entryId":"{}","bookingDate":"2026-11-23","#,
            r#""valueDate":"2026-11-23","text":"Standing order for the rent of November 2026"}}"#
        ),
        100_000 + index,
        command % 1_000_000,
        id
    );
    let metadata =
        format!(r#"{{"$correlationId":"{id}","$causationId":"{id}","commandType":"Deposit","actor":"anna"}}"#);
    NewEvent {
        event_id: event_id_of(id, index),
        event_type: ["MoneyDeposited", "MoneyWithdrawn", "HoldPlaced", "HoldReleased"][(command % 4) as usize].into(),
        schema_version: 2,
        payload: Payload::json(payload),
        metadata: metadata.into(),
    }
}

fn request(command: u128, to: usize, events: usize) -> AppendRequest {
    let events = (0..events).map(|index| event(command, index)).collect();
    AppendRequest::to_stream(stream(to), ExpectedVersion::Any, events)
}

/// Events per second.
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

struct Line {
    what: &'static str,
    ours: Vec<f64>,
    baseline: Vec<f64>,
    target: f64,
}

impl Line {
    fn new(what: &'static str, target: f64) -> Self {
        Self { what, ours: Vec::new(), baseline: Vec::new(), target }
    }

    fn best(values: &[f64]) -> f64 {
        values.iter().copied().fold(0.0, f64::max)
    }

    fn print(&self) {
        let (ours, baseline) = (Self::best(&self.ours), Self::best(&self.baseline));
        let ratio = ours / baseline;
        let verdict = if ratio >= self.target { "" } else { "  below target" };
        println!("{:<52} {ours:>12.0} {baseline:>12.0} {ratio:>7.2} {:>7.2}{verdict}", self.what, self.target);
    }
}

struct Bench {
    folder: PathBuf,
    sizes: Sizes,
    files: usize,
    commands: u128,
}

impl Bench {
    fn fresh_path(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("bench-{}.ledger", self.files))
    }

    fn fresh_store(&mut self) -> SqliteEventStore {
        SqliteEventStore::open(self.fresh_path(), OpenOptions { create: true, ..OpenOptions::default() })
            .expect("opens")
    }

    fn commands(&mut self, count: usize) -> std::ops::Range<u128> {
        let first = self.commands;
        self.commands += count as u128;
        first..self.commands
    }

    async fn single_appends(&mut self) -> Line {
        let mut line = Line::new("append, 1 in flight (events/s)", 0.9);
        let count = self.sizes.single;
        let (store, raw_path) = (self.fresh_store(), self.fresh_path());
        let raw = raw::open(&raw_path);
        for _ in 0..self.sizes.rounds {
            let requests: Vec<_> = self.commands(count).map(|n| request(n, (n % 100) as usize, 1)).collect();
            let events: Vec<_> = requests.clone();
            let started = Instant::now();
            for request in requests {
                store.append(request).await.expect("appended");
            }
            line.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for request in &events {
                raw::insert(&raw, std::slice::from_ref(request));
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        line
    }

    async fn concurrent_appends(&mut self) -> Line {
        let mut line = Line::new("append, 64 in flight (events/s)", 0.8);
        let count = self.sizes.concurrent;
        let (store, raw_path) = (self.fresh_store(), self.fresh_path());
        let raw = raw::open(&raw_path);
        let mut slowest: Vec<Duration> = Vec::new();
        for _ in 0..self.sizes.rounds {
            let requests: Vec<_> = self.commands(count).map(|n| request(n, (n % 1000) as usize, 1)).collect();
            let for_raw = requests.clone();
            let mut shares: Vec<Vec<_>> = (0..IN_FLIGHT).map(|_| Vec::new()).collect();
            requests.into_iter().enumerate().for_each(|(index, request)| shares[index % IN_FLIGHT].push(request));
            let started = Instant::now();
            let clients: Vec<_> = shares.into_iter().map(|share| tokio::spawn(client(store.clone(), share))).collect();
            for client in clients {
                slowest.extend(client.await.expect("a client"));
            }
            line.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for together in for_raw.chunks(IN_FLIGHT) {
                raw::insert(&raw, together);
            }
            line.baseline.push(rate(count, started.elapsed()));
        }
        slowest.sort();
        let counts = store.lane_statistics();
        println!(
            "  64 in flight: {:.1} requests per commit, median {:.1} ms, p99 {:.1} ms",
            counts.requests as f64 / counts.commits as f64,
            slowest[slowest.len() / 2].as_secs_f64() * 1e3,
            slowest[slowest.len() * 99 / 100].as_secs_f64() * 1e3,
        );
        line
    }

    /// Also leaves a long log behind for the reads.
    async fn bulk(&mut self) -> (Line, Line, PathBuf) {
        let mut appends = Line::new("bulk append, 1000 events a request (events/s)", 0.8);
        let mut imports = Line::new("bulk import, 1000 requests a commit (events/s)", 0.8);
        let count = self.sizes.batches * BATCH;
        let (ours_path, raw_path) = (self.fresh_path(), self.fresh_path());
        let open = OpenOptions { create: true, ..OpenOptions::default() };
        let store = SqliteEventStore::open(&ours_path, open).expect("opens");
        let raw = raw::open(&raw_path);
        for _ in 0..self.sizes.rounds {
            let batches = self.sizes.batches;
            let requests: Vec<_> = self.commands(batches).map(|n| request(n, (n % 100) as usize, BATCH)).collect();
            let for_raw = requests.clone();
            let started = Instant::now();
            for request in requests {
                store.append(request).await.expect("appended");
            }
            appends.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for_raw.iter().for_each(|request| raw::insert(&raw, std::slice::from_ref(request)));
            appends.baseline.push(rate(count, started.elapsed()));

            let requests: Vec<Vec<_>> = (0..batches)
                .map(|_| self.commands(BATCH).map(|n| request(n, (n % 1000) as usize, 1)).collect())
                .collect();
            let for_raw = requests.clone();
            let now = chrono::Utc::now();
            let started = Instant::now();
            for together in requests {
                let timed = together.into_iter().map(|request| ImportedAppend { request, recorded_at: now }).collect();
                store.import(timed).await.expect("imported");
            }
            imports.ours.push(rate(count, started.elapsed()));
            let started = Instant::now();
            for_raw.iter().for_each(|together| raw::insert(&raw, together));
            imports.baseline.push(rate(count, started.elapsed()));
        }
        (appends, imports, ours_path)
    }

    async fn scans(&mut self, path: &Path) -> Vec<Line> {
        let store = SqliteEventStore::open(path, OpenOptions::default()).expect("opens");
        let raw = raw::open_reader(path);
        let mut whole = Line::new("whole log, decoded (events/s)", 0.8);
        let mut pages = Line::new("page of 100 at a random position (pages/s)", 0.8);
        let head = store.head().await.expect("a head").get();
        for _ in 0..self.sizes.rounds {
            let started = Instant::now();
            whole.ours.push(rate(read_whole(&store).await, started.elapsed()));
            let started = Instant::now();
            whole.baseline.push(rate(raw::read_whole(&raw), started.elapsed()));
            let starts: Vec<u64> = (0..self.sizes.pages as u64).map(|n| n * 2_654_435_761 % head.max(200)).collect();
            let started = Instant::now();
            for from in &starts {
                store.read_all(ReadAll::forward(Position(*from), 100)).await.expect("a page");
            }
            pages.ours.push(rate(starts.len(), started.elapsed()));
            let started = Instant::now();
            for from in &starts {
                raw::read_page(&raw, *from, 100);
            }
            pages.baseline.push(rate(starts.len(), started.elapsed()));
        }
        vec![whole, pages]
    }

    async fn long_stream(&mut self) -> Line {
        let mut line = Line::new("one long stream, decoded (events/s)", 0.8);
        let path = self.fresh_path();
        let store =
            SqliteEventStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() }).expect("opens");
        for n in self.commands(self.sizes.stream / BATCH) {
            store.append(request(n, 1, BATCH)).await.expect("appended");
        }
        let raw = raw::open_reader(&path);
        for _ in 0..self.sizes.rounds {
            let started = Instant::now();
            line.ours.push(rate(read_stream(&store, &stream(1)).await, started.elapsed()));
            let started = Instant::now();
            line.baseline.push(rate(raw::read_stream(&raw, stream(1).as_str()), started.elapsed()));
        }
        line
    }
}

async fn client(store: SqliteEventStore, requests: Vec<AppendRequest>) -> Vec<Duration> {
    let mut took = Vec::with_capacity(requests.len());
    for request in requests {
        let started = Instant::now();
        store.append(request).await.expect("appended");
        took.push(started.elapsed());
    }
    took
}

async fn read_whole(store: &SqliteEventStore) -> usize {
    let (mut count, mut from) = (0, Position::ZERO);
    loop {
        let page = store.read_all(ReadAll::forward(from, limits::PAGE_EVENTS)).await.expect("a page");
        count += page.events.len();
        if page.end {
            return count;
        }
        from = page.next;
    }
}

async fn read_stream(store: &SqliteEventStore, stream: &StreamName) -> usize {
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

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let after = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let folder = match after("--in") {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder for the files");
    let sizes = if quick { QUICK } else { FULL };
    let sample = event(1, 0);
    println!(
        "SQLite {}, WAL, synchronous=FULL; {} cores; events of {} + {} bytes (payload + metadata); best of {} rounds{}",
        rusqlite::version(),
        std::thread::available_parallelism().map_or(0, usize::from),
        sample.payload.as_bytes().len(),
        sample.metadata.len(),
        sizes.rounds,
        if cfg!(debug_assertions) { "; NOT a release build" } else { "" },
    );
    let mut bench = Bench { folder: folder.path().to_path_buf(), sizes, files: 0, commands: 1 };
    let wanted = |part: &str| after("--only").is_none_or(|only| only == part);
    let mut lines = Vec::new();
    if wanted("append") {
        lines.extend([bench.single_appends().await, bench.concurrent_appends().await]);
    }
    if wanted("bulk") {
        let (appends, imports, log) = bench.bulk().await;
        lines.extend([appends, imports]);
        lines.extend(bench.scans(&log).await);
        let bytes = std::fs::metadata(&log).map_or(0, |meta| meta.len());
        let rows = bench.sizes.rounds * bench.sizes.batches * BATCH * 2;
        println!("  the log that is read: {rows} rows in {:.1} MB", bytes as f64 / 1e6);
    }
    if wanted("stream") {
        println!("  the long stream: {} rows", bench.sizes.stream);
        lines.push(bench.long_stream().await);
    }
    println!("\n{:<52} {:>12} {:>12} {:>7} {:>7}", "", "store", "raw SQLite", "ratio", "target");
    lines.iter().for_each(Line::print);
}
