//! `ledgerscope demo`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{EventReader, EventStore, ImportedAppend, Position, StoreError};
use es_sqlite::SqliteEventStore;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::args::Demo;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::progress::{Meter, grouped};
use crate::composition::{Access, views_path};
use crate::wire::AppError;

/// Events per commit: large enough that the disk's flush does not count, small enough that progress moves.
const BATCH_EVENTS: usize = 5000;
/// Batches made ahead while one is being written.
const BATCHES_AHEAD: usize = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DemoJson {
    location: String,
    seed: String,
    events: String,
    /// Hash of the whole chain: equal for equal seeds and numbers.
    chain_hash: Option<String>,
    seconds: f64,
}

pub(super) async fn run(
    store: PathBuf,
    asked: Demo,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<(), Failure> {
    let path = asked.into.clone().unwrap_or(store);
    let started = std::time::Instant::now();
    let last = if path.exists() {
        let events = SqliteEventStore::open(&path, Access::Create.options())?;
        refuse_filled(&path, &events).await?;
        fill(&events, &asked, stop, meter).await?
    } else {
        create(&path, &asked, stop, meter).await?
    };
    meter.finish();
    let location = path.display().to_string();
    let seconds = started.elapsed().as_secs_f64();
    let (events, hash) = last;
    if out.json {
        let (seed, events) = (asked.seed.to_string(), events.to_string());
        return out.object(&DemoJson { location, seed, events, chain_hash: hash, seconds });
    }
    out.line(&format!("{} events in {seconds:.1} s, seed {}: {location}", grouped(events.get()), asked.seed))?;
    out.line(&format!("Chain hash {}", hash.unwrap_or_default()))?;
    out.line(&format!("Look at it:  ledgerscope streams --store {location}"))
}

type Filled = (Position, Option<String>);

/// Makes a new store under another name and renames it when it is whole, so that a stop leaves nothing half done.
async fn create(
    path: &Path,
    asked: &Demo,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
) -> Result<Filled, Failure> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    remove_store(&unfinished);
    let events = SqliteEventStore::open(&unfinished, Access::Create.options())?;
    let filled = fill(&events, asked, stop, meter).await;
    events.close();
    drop(events);
    let filled = match filled {
        Ok(filled) => filled,
        Err(failure) => {
            remove_store(&unfinished);
            return Err(failure);
        }
    };
    // Views of a store that lay here before would be taken for this one's.
    remove_store(&views_path(path));
    std::fs::rename(&unfinished, path).map_err(|error| {
        let message = format!("The finished store cannot be renamed to {}: {error}.", path.display());
        let hint = format!("It lies whole at {}.", unfinished.display());
        Failure::new(Exit::Unavailable, AppError::new("io", message, hint))
    })?;
    Ok(filled)
}

fn remove_store(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        // One that is not there needs no removing; one that stays is found when the store is opened.
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

async fn refuse_filled(path: &Path, events: &SqliteEventStore) -> Result<(), Failure> {
    if let Some(reason) = events.read_only_reason() {
        let path = path.display().to_string();
        return Err(StoreError::ReadOnly { path, reason: reason.to_owned() }.into());
    }
    let head = events.head().await?;
    if head == Position::ZERO {
        return Ok(());
    }
    let message = format!("The store {} already has {} events.", path.display(), grouped(head.get()));
    Err(Failure::bad_input("store_not_empty", message, "Name a new file with --into. Nothing was written."))
}

/// Simulates on one thread and writes on another.
async fn fill(
    events: &SqliteEventStore,
    asked: &Demo,
    stop: &CancellationToken,
    meter: &Arc<Meter>,
) -> Result<Filled, Failure> {
    let (made, mut batches) = mpsc::channel::<Vec<ImportedAppend>>(BATCHES_AHEAD);
    let (seed, wanted) = (asked.seed, asked.events);
    let simulating = tokio::task::spawn_blocking(move || simulate(seed, wanted, &made));
    let mut done = 0_u64;
    loop {
        let batch = tokio::select! {
            batch = batches.recv() => batch,
            () = stop.cancelled() => return Err(StoreError::Cancelled.into()),
        };
        let Some(batch) = batch else { break };
        done += batch.iter().map(|append| append.request.event_count() as u64).sum::<u64>();
        events.import(batch).await?;
        meter.report("simulated", done, Some(wanted));
    }
    simulating.await.map_err(|error| {
        let message = format!("The simulation broke off: {error}.");
        Failure::new(Exit::Unavailable, AppError::new("internal", message, "This is a fault in the program; report it."))
    })??;
    let head = events.head().await?;
    let last = events.read_positions(&[head]).await?;
    Ok((head, last.first().and_then(|event| event.chain_hash).map(es_core::Hash::to_hex)))
}

/// Makes batches until all are made or nobody takes them any more.
fn simulate(seed: u64, wanted: u64, made: &mpsc::Sender<Vec<ImportedAppend>>) -> Result<(), Failure> {
    let mut batch = Vec::new();
    let mut count = 0;
    for append in bank::simulator::Simulator::new(seed, wanted).map_err(unsound)? {
        count += append.request.event_count();
        batch.push(append);
        if count >= BATCH_EVENTS {
            count = 0;
            if made.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
    }
    if !batch.is_empty() {
        // Nobody takes it any more: stopped.
        let _ = made.blocking_send(batch);
    }
    Ok(())
}

fn unsound(error: impl std::fmt::Display) -> Failure {
    let message = format!("The bank cannot be simulated: {error}.");
    Failure::new(Exit::Unavailable, AppError::new("bad_registry", message, "This is a fault in the program; report it."))
}
