//! Measures the engine over the bank and SQLite beside hand-written minimal programs on the same tables, in one run, and prints
//! the ratios.
//!
//! `cargo run --release -p es-runtime --example bench_engine -- [--quick] [--only commands|load|rebuild] [--events N] [--in FOLDER]`
//!
//! Each pair is measured in alternating rounds, because the disk's speed drifts by more than what is measured; the best round
//! of each counts. The engine runs without background tasks here, so that nothing but the command or rebuild is measured.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod balance;
mod commands;
mod line;
mod load;
#[path = "../../../es-sqlite/examples/bench_store/raw.rs"]
#[allow(dead_code, reason = "shared with the store's benchmark; each uses its part")]
mod raw;
mod rebuild;

use std::path::PathBuf;

use es_sqlite::{OpenOptions, SqliteEventStore};
use line::{Line, rate};

/// How much is measured.
struct Sizes {
    rounds: usize,
    /// Commands a round: 1, 8 and 64 in flight.
    commands: [(usize, usize); 3],
    /// Events of the long account streams.
    streams: [usize; 2],
    /// Events of the simulated bank.
    events: u64,
}

const FULL: Sizes =
    Sizes { rounds: 5, commands: [(1, 400), (8, 3_000), (64, 12_000)], streams: [10_000, 100_000], events: 1_000_000 };
const QUICK: Sizes =
    Sizes { rounds: 2, commands: [(1, 100), (8, 500), (64, 2_000)], streams: [1_000, 10_000], events: 20_000 };

/// Makes files in a folder that goes away with the run.
struct Bench {
    folder: PathBuf,
    sizes: Sizes,
    files: usize,
}

impl Bench {
    fn fresh_path(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("bench-{}.ledger", self.files))
    }

    fn fresh_store(&mut self) -> (SqliteEventStore, PathBuf) {
        let path = self.fresh_path();
        let open = OpenOptions { create: true, ..OpenOptions::default() };
        (SqliteEventStore::open(&path, open).expect("opens"), path)
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
    let folder = match after("--in") {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder for the files");
    println!(
        "engine over the bank and SQLite {}, WAL, synchronous=FULL; {} cores; best of {} rounds{}",
        rusqlite::version(),
        std::thread::available_parallelism().map_or(0, usize::from),
        sizes.rounds,
        if cfg!(debug_assertions) { "; NOT a release build" } else { "" },
    );
    let mut bench = Bench { folder: folder.path().to_path_buf(), sizes, files: 0 };
    let wanted = |part: &str| after("--only").is_none_or(|only| only == part);
    let mut lines = Vec::new();
    if wanted("commands") {
        lines.extend(bench.commands().await);
    }
    if wanted("load") {
        lines.extend(bench.loads().await);
    }
    if wanted("rebuild") {
        lines.extend(bench.rebuilds().await);
    }
    println!("\n{:<60} {:>12} {:>12} {:>7} {:>7}", "", "engine", "raw SQLite", "ratio", "target");
    lines.iter().for_each(Line::print);
}
