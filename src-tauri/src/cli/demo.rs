//! `ledgerscope demo`.

use std::path::{Path, PathBuf};

use es_core::{EventReader, Position, StoreError};
use es_sqlite::SqliteEventStore;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::args::Demo;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::progress::{Meter, grouped};
use crate::composition::Access;
use crate::demo;
use crate::wire::AppError;

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
    meter: &Meter,
    out: &mut Output,
) -> Result<(), Failure> {
    let path = asked.into.clone().unwrap_or(store);
    let started = std::time::Instant::now();
    let report = |done| meter.report("simulated", done, Some(asked.events.into()));
    if path.exists() {
        let events = SqliteEventStore::open(&path, Access::Create.options())?;
        refuse_filled(&path, &events).await?;
        demo::fill(&events, asked.seed.into(), asked.events.into(), stop, report).await.map_err(failed)?;
        events.close();
    } else {
        create(&path, &asked, stop, report).await.map_err(failed)?;
    }
    meter.finish();
    let (events, hash) = head(&path).await?;
    let location = path.display().to_string();
    let seconds = started.elapsed().as_secs_f64();
    if out.json {
        let (seed, events) = (asked.seed.to_string(), events.to_string());
        return out.object(&DemoJson { location, seed, events, chain_hash: hash, seconds });
    }
    out.line(&format!("{} events in {seconds:.1} s, seed {}: {location}", grouped(events.get()), asked.seed))?;
    out.line(&format!("Chain hash {}", hash.unwrap_or_default()))?;
    out.line(&format!("Look at it:  ledgerscope streams --store {location}"))
}

/// Makes a new store under another name and renames it when it is whole, so that a stop leaves nothing half done.
async fn create(
    path: &Path,
    asked: &Demo,
    stop: &CancellationToken,
    report: impl Fn(u64) + Send,
) -> Result<(), AppError> {
    let fresh = demo::unfinished(path);
    demo::create(&fresh, asked.seed, asked.events, stop, report).await?;
    demo::put_in_place(&fresh, path)
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

/// The last position and its chain hash.
async fn head(path: &Path) -> Result<(Position, Option<String>), Failure> {
    let events = SqliteEventStore::open(path, Access::Read.options())?;
    let head = events.head().await?;
    let last = events.read_positions(&[head]).await?;
    Ok((head, last.first().and_then(|event| event.chain_hash).map(es_core::Hash::to_hex)))
}

fn failed(error: AppError) -> Failure {
    let exit = if error.code == "cancelled" { Exit::Stopped } else { Exit::Unavailable };
    Failure::new(exit, error)
}
