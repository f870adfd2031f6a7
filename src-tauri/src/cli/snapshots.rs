//! `ledgerscope snapshots`.

use std::sync::Arc;

use es_core::{Snapshot, SnapshotStore, StoreError};
use es_runtime::{Engine, Progress, SnapshotAudit};
use serde::Serialize;

use super::args::{SnapshotAction, Snapshots};
use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::moment;
use super::output::{Align, Output, Table, exact_time, printable};
use super::progress::{Meter, grouped};

/// Snapshots read at once: each carries a whole state.
const PAGE: usize = 100;

#[derive(Serialize)]
struct StatusJson {
    kept: String,
}

#[derive(Serialize)]
struct ListJson {
    snapshots: Vec<SnapshotJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotJson {
    stream: String,
    version: String,
    /// Whether it is of this program's code; others are not used.
    usable: bool,
    fingerprint: String,
    bytes: String,
    taken_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditJson {
    intact: bool,
    kept: String,
    checked: String,
    of_other_code: String,
    /// From before what is left of their truncated streams.
    truncated: String,
    differing: Vec<DifferingJson>,
}

#[derive(Serialize)]
struct DifferingJson {
    stream: String,
    version: String,
    message: String,
}

#[derive(Serialize)]
struct DeletedJson {
    deleted: String,
}

pub(super) async fn run(
    desk: &Desk,
    snapshots: &dyn SnapshotStore,
    engine: &Engine,
    asked: Snapshots,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    match asked.action.unwrap_or(SnapshotAction::Status) {
        SnapshotAction::Status => status(snapshots.count_snapshots().await?, out)?,
        SnapshotAction::List { after, limit } => list(snapshots, engine, after, limit, out).await?,
        SnapshotAction::Verify { sample } => {
            let telling = Arc::clone(meter);
            let sink = move |at: &Progress| telling.report(at.phase, at.done, at.total);
            let audit = engine.verify_snapshots(sample, &sink, &desk.stop).await?;
            meter.finish();
            return audited(&audit, out);
        }
        SnapshotAction::Delete { stream } => {
            let stream = stream.as_deref().map(moment::stream_name).transpose()?;
            deleted(engine.delete_snapshots(stream.as_ref()).await?, out)?;
        }
    }
    Ok(Exit::Done)
}

fn status(kept: u64, out: &mut Output) -> Result<(), Failure> {
    if out.json {
        return out.object(&StatusJson { kept: kept.to_string() });
    }
    out.line(&format!("{} snapshot(s) kept.", grouped(kept)))
}

async fn list(
    snapshots: &dyn SnapshotStore,
    engine: &Engine,
    after: Option<String>,
    limit: usize,
    out: &mut Output,
) -> Result<(), Failure> {
    // Behind every fingerprint of that stream: none is as great as this one.
    let mut after =
        after.as_deref().map(moment::stream_name).transpose()?.map(|stream| (stream, char::MAX.to_string()));
    let mut found: Vec<SnapshotJson> = Vec::new();
    while found.len() < limit {
        let page = snapshots.snapshots_after(after, PAGE.min(limit - found.len())).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.stream.clone(), last.fingerprint.clone()));
        found.extend(page.into_iter().map(|snapshot| json(engine, &snapshot)));
    }
    if out.json {
        return out.object(&ListJson { snapshots: found });
    }
    let mut table = Table::new(&[
        ("STREAM", Align::Left),
        ("VERSION", Align::Right),
        ("BYTES", Align::Right),
        ("TAKEN", Align::Left),
        ("USABLE", Align::Left),
    ]);
    for snapshot in found {
        let usable = if snapshot.usable { "yes" } else { "no, of other code" };
        let SnapshotJson { stream, version, bytes, taken_at, .. } = snapshot;
        table.row(vec![stream, version, bytes, taken_at, usable.to_owned()]);
    }
    if table.is_empty() { out.line("There are no snapshots.") } else { out.table(&table) }
}

fn json(engine: &Engine, snapshot: &Snapshot) -> SnapshotJson {
    let domain = engine.domain();
    let aggregate = domain.aggregate(snapshot.stream.category());
    SnapshotJson {
        stream: snapshot.stream.to_string(),
        version: snapshot.version.to_string(),
        usable: aggregate.is_some_and(|found| domain.fingerprint(&**found) == snapshot.fingerprint),
        fingerprint: snapshot.fingerprint.clone(),
        bytes: snapshot.state.len().to_string(),
        taken_at: exact_time(snapshot.taken_at),
    }
}

fn audited(audit: &SnapshotAudit, out: &mut Output) -> Result<Exit, Failure> {
    if audit.cancelled {
        return Err(StoreError::Cancelled.into());
    }
    let intact = audit.differing.is_empty();
    if out.json {
        let differing = audit.differing.iter().map(|found| DifferingJson {
            stream: found.stream.to_string(),
            version: found.version.to_string(),
            message: crate::errors::sentence(&found.fault.to_string()),
        });
        out.object(&AuditJson {
            intact,
            kept: audit.kept.to_string(),
            checked: audit.checked.to_string(),
            of_other_code: audit.of_other_code.to_string(),
            truncated: audit.truncated.to_string(),
            differing: differing.collect(),
        })?;
    } else {
        let (checked, kept) = (grouped(audit.checked), grouped(audit.kept));
        let unused = |count: u64, which: &str| match count {
            0 => String::new(),
            count => format!("; {} {which} are not used", grouped(count)),
        };
        let others = unused(audit.of_other_code, "of other code");
        let truncated = unused(audit.truncated, "from before their streams were truncated");
        out.line(&format!("{checked} of {kept} snapshot(s) compared with a replay{others}{truncated}."))?;
        for found in &audit.differing {
            out.line(&printable(&format!("{} at version {}: {}", found.stream, found.version, found.fault)))?;
        }
        if !intact {
            out.line("Delete them with `ledgerscope snapshots delete`; they are made again.")?;
        }
    }
    Ok(if intact { Exit::Done } else { Exit::Integrity })
}

fn deleted(deleted: u64, out: &mut Output) -> Result<(), Failure> {
    if out.json {
        return out.object(&DeletedJson { deleted: deleted.to_string() });
    }
    out.line(&format!("{} snapshot(s) deleted.", grouped(deleted)))
}
