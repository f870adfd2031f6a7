//! Measures the PostgreSQL store, and the engine over the bank and it, beside hand-written minimal programs on the same tables, in
//! one run, and prints the ratios. Starts a cluster of its own from the installed programs, with the durability of a default one.
//!
//! `cargo run --release -p es-runtime --example bench_postgres -- [--quick] [--only append|bulk|stream|commands|rebuild|follow] [--events N]`
//!
//! Each pair is measured in alternating rounds, because the disk's speed drifts by more than what is measured; the best round
//! of each counts. The cluster lies in the system's folder for temporary files (`TMPDIR`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../bench_engine/accounts.rs"]
mod accounts;
#[path = "../bench_engine/balance.rs"]
mod balance;
mod engine;
#[path = "../bench_engine/line.rs"]
mod line;
mod raw;
mod store;

use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::postgres::{Cluster, ClusterOptions, fresh_schema};

/// How much is measured.
struct Sizes {
    rounds: usize,
    /// Appends a round, one at a time.
    single: usize,
    /// Appends and commands a round, many at a time.
    concurrent: usize,
    /// Appends of [`store::BATCH`] events a round.
    batches: usize,
    /// Events of the long stream.
    stream: usize,
    /// Pages a round.
    pages: usize,
    /// Events of the simulated bank.
    events: u64,
}

const FULL: Sizes =
    Sizes { rounds: 5, single: 400, concurrent: 12_000, batches: 60, stream: 100_000, pages: 2000, events: 500_000 };
const QUICK: Sizes =
    Sizes { rounds: 2, single: 100, concurrent: 2_000, batches: 10, stream: 10_000, pages: 300, events: 20_000 };
/// How many appends or commands are under way at once.
const IN_FLIGHT: usize = 64;

struct Bench {
    cluster: Cluster,
    sizes: Sizes,
}

impl Bench {
    /// A place for a store that does not exist yet.
    fn place(&self) -> PostgresConfig {
        let config = PostgresConfig::from_url(&self.cluster.url()).expect("a connection string");
        PostgresConfig { schema: fresh_schema(), create: true, ..config }
    }

    async fn fresh_store(&self) -> (PostgresEventStore, PostgresConfig) {
        let place = self.place();
        (PostgresEventStore::open(place.clone()).await.expect("opens"), place)
    }
}

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let mut sizes = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    if let Some(events) = after("--events") {
        sizes.events = events.parse().expect("--events takes a number");
    }
    let cluster = Cluster::start(ClusterOptions { durable: true, ..ClusterOptions::default() });
    let bench = Bench { cluster, sizes };
    println!(
        "PostgreSQL {}, fsync on, synchronous_commit on; {} cores; best of {} rounds{}",
        raw::version(&bench.place()).await,
        std::thread::available_parallelism().map_or(0, usize::from),
        bench.sizes.rounds,
        if cfg!(debug_assertions) { "; NOT a release build" } else { "" },
    );
    let wanted = |part: &str| after("--only").is_none_or(|only| only == part);
    let mut lines = Vec::new();
    if wanted("append") {
        lines.push(bench.single_appends().await);
        lines.extend(bench.concurrent_appends().await);
    }
    if wanted("bulk") {
        let (appends, log) = bench.bulk().await;
        lines.push(appends);
        lines.push(bench.pages(&log).await);
    }
    if wanted("stream") {
        lines.push(bench.long_stream().await);
    }
    if wanted("commands") {
        lines.extend(bench.commands().await);
    }
    if wanted("rebuild") {
        lines.extend(bench.rebuilds().await);
    }
    if wanted("follow") {
        lines.push(bench.follow().await);
    }
    println!("\n{:<60} {:>12} {:>12} {:>7} {:>7}", "", "ours", "by hand", "ratio", "target");
    lines.iter().for_each(line::Line::print);
}
