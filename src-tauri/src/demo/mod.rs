//! The demo bank: a simulated history, written into a new store that appears whole or not at all.

mod stuck;

use bank::language::Seamed;
use std::path::{Path, PathBuf};

use bank::simulator::{Simulator, SimulatorConfig};
use es_core::{HostedStore, ImportedAppend, Position, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::composition::{self, Access, views_path};
use crate::connections::Chosen;
use crate::wire::AppError;

pub use stuck::{StuckTransfer, TRANSFER, leave_a_transfer_stuck};

/// Events per commit: large enough that the disk's flush does not count, small enough that progress moves.
const BATCH_EVENTS: usize = 4000;
/// Batches made ahead while one is being written.
const BATCHES_AHEAD: usize = 2;

/// Makes a file with the simulated bank. Stopping or failing leaves nothing behind.
///
/// # Errors
/// The file cannot be written, or it was stopped.
pub async fn create(
    path: &Path,
    seed: u32,
    wanted: u32,
    stop: &CancellationToken,
    report: impl Fn(u64) + Send,
) -> Result<(), AppError> {
    remove(path);
    let events = composition::open_events(&Chosen::file(path), Access::Create).await?;
    let filled = fill(&*events, seed.into(), wanted.into(), stop, report).await;
    events.close().await;
    if filled.is_err() {
        remove(path);
    }
    filled
}

/// Fills an empty store in place, creating it if it is missing. Stopping or failing leaves what was written by then.
///
/// # Errors
/// The store cannot be opened or written, holds events, or it was stopped.
pub async fn fill_chosen(
    chosen: &Chosen,
    seed: u32,
    wanted: u32,
    stop: &CancellationToken,
    report: impl Fn(u64) + Send,
) -> Result<(), AppError> {
    let events = composition::open_events(chosen, Access::Create).await?;
    let ready = match refuse_unless_importing(chosen, &*events) {
        Ok(()) => refuse_unless_empty(chosen, &*events).await,
        refused => refused,
    };
    let filled = match ready {
        Ok(()) => fill(&*events, seed.into(), wanted.into(), stop, report).await,
        refused => refused,
    };
    events.close().await;
    filled
}

/// Refuses a store that holds events or cannot be written.
///
/// # Errors
/// `store_not_empty`, `read_only`, or the store does not answer.
pub async fn refuse_unless_empty(chosen: &Chosen, events: &dyn HostedStore) -> Result<(), AppError> {
    composition::writable(chosen, composition::read_only_reason(chosen, events).as_deref())?;
    match events.head().await? {
        Position::ZERO => Ok(()),
        head => Err(AppError::new(
            "store_not_empty",
            format_args!("The store {} already holds {head} events.", chosen.target),
            "Choose a new, empty store for the demo bank. Nothing was written.",
        )),
    }
}

/// Refuses a store whose events get the time at which they are written: a simulated year would be over in seconds.
fn refuse_unless_importing(chosen: &Chosen, events: &dyn HostedStore) -> Result<(), AppError> {
    if events.capabilities().import {
        return Ok(());
    }
    Err(AppError::new(
        "unsupported",
        format_args!("A simulated bank has events with times of their own, which {} does not take.", chosen.target),
        "Make it in a file (ledgerscope demo --into bank.ledgerscope) and copy that (ledgerscope copy --from bank.ledgerscope \
         --to STORE): the copy keeps the times in the metadata. Nothing was written.",
    ))
}

/// Puts a finished store in the place of another one that nobody has open.
///
/// # Errors
/// The file system refuses; the former store is then as it was, except for its read models.
pub fn put_in_place(fresh: &Path, path: &Path) -> Result<(), AppError> {
    remove(&views_path(path));
    for side in ["-wal", "-shm"] {
        // A closed store has none; one left behind by a crash would be taken for the new store's.
        let _ = std::fs::remove_file(with_suffix(path, side));
    }
    std::fs::rename(fresh, path).map_err(|error| {
        AppError::from(StoreError::Io { operation: format!("renaming {}", fresh.display()), reason: error.to_string() })
    })
}

/// The name under which a store is made before it takes its place.
#[must_use]
pub fn unfinished(path: &Path) -> PathBuf {
    with_suffix(path, ".new")
}

/// Removes a store's files; what is not there needs no removing.
pub fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(with_suffix(path, suffix));
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes the simulated bank into an open, empty store: simulates on one thread and writes on another.
///
/// # Errors
/// The store cannot be written, or it was stopped; what was written by then stays.
async fn fill(
    events: &dyn HostedStore,
    seed: u64,
    wanted: u64,
    stop: &CancellationToken,
    report: impl Fn(u64) + Send,
) -> Result<(), AppError> {
    let (made, mut batches) = mpsc::channel::<Vec<ImportedAppend>>(BATCHES_AHEAD);
    let simulating = tokio::task::spawn_blocking(move || simulate(seed, wanted, &made));
    loop {
        let batch = tokio::select! {
            batch = batches.recv() => batch,
            () = stop.cancelled() => return Err(StoreError::Cancelled.into()),
        };
        let Some(batch) = batch else { break };
        events.import(batch).await?;
        report(events.head().await?.get());
    }
    simulating.await.map_err(|error| broken(&error))?
}

/// Makes batches until all are made or nobody takes them any more.
fn simulate(seed: u64, wanted: u64, made: &mpsc::Sender<Vec<ImportedAppend>>) -> Result<(), AppError> {
    let simulator = Simulator::new(SimulatorConfig { seed, events: wanted }).map_err(|error| broken(&error))?;
    let (mut batch, mut count) = (Vec::new(), 0);
    for append in simulator {
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
        // Nobody takes it any more if it was stopped.
        let _ = made.blocking_send(batch);
    }
    Ok(())
}

fn broken(error: &dyn std::fmt::Display) -> AppError {
    tracing::error!(%error, "the simulation broke off");
    let message = Seamed::of(&format_args!("The bank cannot be simulated: {error}."));
    AppError::new("simulation_failed", message, "This is a fault in the program; report it.")
}
