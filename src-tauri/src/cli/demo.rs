//! `ledgerscope demo`.

use std::path::Path;

use es_core::Position;
use es_runtime::Progress;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::args::Demo;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::progress::{Meter, grouped};
use crate::composition::{self, Access};
use crate::connections::Chosen;
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
    /// The transfer that cannot go on, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck_transfer: Option<&'static str>,
}

pub(super) async fn run(
    chosen: &Chosen,
    asked: Demo,
    stop: &CancellationToken,
    meter: &Meter,
    out: &mut Output,
) -> Result<(), Failure> {
    let started = std::time::Instant::now();
    let report = |done| meter.report("simulated", done, Some(asked.events.into()));
    match chosen.target.path() {
        Some(path) if !path.exists() => create(path, &asked, stop, report).await,
        _ => demo::fill_chosen(chosen, asked.seed, asked.events, stop, report).await,
    }
    .map_err(failed)?;
    let stuck = match asked.stuck_transfer {
        true => Some(demo::leave_a_transfer_stuck(chosen, &telling(meter), stop).await.map_err(failed)?),
        false => None,
    };
    meter.finish();
    let (events, hash) = head(chosen).await?;
    let location = chosen.target.to_string();
    let seconds = started.elapsed().as_secs_f64();
    if out.json {
        let (seed, events) = (asked.seed.to_string(), events.to_string());
        let stuck_transfer = stuck.map(|_| demo::TRANSFER);
        return out.object(&DemoJson { location, seed, events, chain_hash: hash, seconds, stuck_transfer });
    }
    out.line(&format!("{} events in {seconds:.1} s, seed {}: {location}", grouped(events.get()), asked.seed))?;
    out.line(&format!("Chain hash {}", hash.unwrap_or_default()))?;
    if let Some(demo::StuckTransfer { source, target }) = stuck {
        let transfer = demo::TRANSFER;
        out.line(&format!("Transfer {transfer} is stuck: debited from {source}, and account {target} cannot be read"))?;
    }
    out.line(&format!("Look at it:  ledgerscope streams --store {}", chosen.name()))
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

fn telling(meter: &Meter) -> impl Fn(&Progress) + Send + Sync + '_ {
    |at: &Progress| meter.report(at.phase, at.done, at.total)
}

/// The last position and its chain hash.
async fn head(chosen: &Chosen) -> Result<(Position, Option<String>), Failure> {
    let events = composition::open_events(chosen, Access::Read).await?;
    let head = events.head().await?;
    let last = events.read_positions(&[head]).await?;
    Ok((head, last.first().and_then(|event| event.chain_hash).map(es_core::Hash::to_hex)))
}

fn failed(error: AppError) -> Failure {
    let exit = match error.code.as_str() {
        "cancelled" => Exit::Stopped,
        "store_not_empty" => Exit::BadInput,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, error)
}
