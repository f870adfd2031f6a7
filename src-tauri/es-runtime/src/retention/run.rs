//! Carries out what a plan permits, and plans anew when somebody else changed what is kept meanwhile.

use es_core::retention::plan::{Purpose, RetentionPlan};
use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::retention::{BatchLimits, StorageFigures};
use es_core::{RetentionChange, ScavengeRequest, StreamCut, StreamVersion, limits};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Retention, RetentionError, Wanted};
use crate::progress::{Meter, ProgressSink};

/// How a truncation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TruncateReport {
    /// Streams that begin later now.
    pub streams: u64,
    /// Events hidden.
    pub events: u64,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// What it was done by; its refusals say what stays.
    pub plan: RetentionPlan,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

/// How a scavenge ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ScavengeReport {
    /// Events moved.
    pub events: u64,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// Batches, each durable by itself.
    pub batches: u64,
    /// What it was done by; its refusals say what stays.
    pub plan: RetentionPlan,
    /// Room taken afterwards.
    pub storage: StorageFigures,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
}

/// The identity of a part of a change: the same part always has the same.
fn part_of(by: &Authorship, part: &str) -> Authorship {
    Authorship { change_id: Uuid::new_v5(&by.change_id, part.as_bytes()), ..by.clone() }
}

/// A plan that may be carried out; with what was done before it, it is what the caller expects.
async fn permitted(
    retention: &Retention<'_>,
    purpose: Purpose,
    wanted: &Wanted,
    done: u64,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<(RetentionPlan, StreamVersion), RetentionError> {
    let ledger = retention.ledger().await?;
    let plan = retention.plan(purpose, wanted, &ledger, progress, cancel).await?;
    let found = done + plan.goes.events;
    match wanted.expect_events {
        _ if done == 0 && plan.is_refused() => Err(RetentionError::Refused { plan: Box::new(plan) }),
        Some(expected) if expected != found => Err(RetentionError::NotAsPreviewed { expected, found }),
        _ => Ok((plan, ledger.version)),
    }
}

pub(super) async fn truncate(
    retention: &Retention<'_>,
    wanted: &Wanted,
    by: &Authorship,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<TruncateReport, RetentionError> {
    let (plan, version) = permitted(retention, Purpose::Truncate, wanted, 0, progress, cancel).await?;
    let mut report = TruncateReport { streams: 0, events: 0, bytes: 0, plan, cancelled: false };
    let (mut decided_on, mut attempts) = (version, 1);
    let mut meter = Meter::new(progress);
    'planned: loop {
        let going: Vec<_> = report.plan.streams.iter().filter(|plan| plan.before.is_some()).cloned().collect();
        meter.phase("truncated", report.streams, Some(report.streams + going.len() as u64));
        for chunk in going.chunks(limits::RETENTION_STREAMS_PER_CHANGE) {
            if cancel.is_cancelled() {
                report.cancelled = true;
                return Ok(report);
            }
            let change = change_of(chunk, by, decided_on);
            match retention.store.retain(change).await {
                Ok(recorded) => {
                    decided_on = recorded.events.last().map_or(decided_on, |record| record.version);
                    report.streams += chunk.len() as u64;
                    report.events += chunk.iter().map(|plan| plan.goes.events).sum::<u64>();
                    report.bytes += chunk.iter().map(|plan| plan.goes.bytes).sum::<u64>();
                    meter.tell(report.streams, None);
                }
                Err(error) if error.is_conflict() && attempts < limits::RETENTION_ATTEMPTS => {
                    attempts += 1;
                    let done = report.events;
                    (report.plan, decided_on) =
                        permitted(retention, Purpose::Truncate, wanted, done, progress, cancel).await?;
                    continue 'planned;
                }
                Err(error) => return Err(error.into()),
            }
        }
        meter.finish();
        return Ok(report);
    }
}

fn change_of(
    plans: &[es_core::retention::plan::StreamPlan],
    by: &Authorship,
    decided_on: StreamVersion,
) -> RetentionChange {
    let cuts = plans.iter().filter_map(|plan| Some((plan, plan.before?)));
    let (mut truncate, mut record) = (Vec::new(), Vec::new());
    for (plan, before) in cuts {
        truncate.push(StreamCut { stream: plan.stream.clone(), before });
        let (stream, events, bytes) = (plan.stream.clone(), plan.goes.events, plan.goes.bytes);
        record.push(RetentionEvent::StreamTruncated { stream, before, events, bytes });
    }
    let part = truncate.first().map(|cut| format!("{}\n{}", cut.stream, cut.before)).unwrap_or_default();
    RetentionChange { truncate, close: Vec::new(), record, by: part_of(by, &part), decided_on }
}

pub(super) async fn scavenge(
    retention: &Retention<'_>,
    wanted: &Wanted,
    by: &Authorship,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<ScavengeReport, RetentionError> {
    let (plan, version) = permitted(retention, Purpose::Scavenge, wanted, 0, progress, cancel).await?;
    let storage = StorageFigures::default();
    let mut report = ScavengeReport { events: 0, bytes: 0, batches: 0, plan, storage, cancelled: false };
    let (mut decided_on, mut attempts) = (version, 1);
    let mut meter = Meter::new(progress);
    meter.phase("moved", 0, Some(report.plan.goes.events));
    loop {
        let total = report.events + report.plan.goes.events;
        let moved = Moving { retention, by, cancel, total };
        match moved.all(&mut decided_on, &mut report, &mut meter).await {
            Err(RetentionError::Retain(error)) if error.is_conflict() && attempts < limits::RETENTION_ATTEMPTS => {
                attempts += 1;
                let done = report.events;
                (report.plan, decided_on) =
                    permitted(retention, Purpose::Scavenge, wanted, done, progress, cancel).await?;
            }
            ended => {
                ended?;
                meter.finish();
                report.storage = retention.store.storage().await?;
                return Ok(report);
            }
        }
    }
}

/// A scavenge under way.
struct Moving<'a> {
    retention: &'a Retention<'a>,
    by: &'a Authorship,
    cancel: &'a CancellationToken,
    total: u64,
}

impl Moving<'_> {
    async fn all(
        &self,
        decided_on: &mut StreamVersion,
        report: &mut ScavengeReport,
        meter: &mut Meter<'_>,
    ) -> Result<(), RetentionError> {
        for cuts in report.plan.cuts().chunks(limits::RETENTION_STREAMS_PER_CHANGE) {
            loop {
                if self.cancel.is_cancelled() {
                    report.cancelled = true;
                    return Ok(());
                }
                let batch = self.batch(cuts, *decided_on).await?;
                *decided_on = batch.decided_on;
                report.events += batch.events;
                report.bytes += batch.bytes;
                report.batches += u64::from(batch.events > 0);
                meter.tell(report.events, Some(self.total));
                if !batch.more {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn batch(
        &self,
        cuts: &[StreamCut],
        decided_on: StreamVersion,
    ) -> Result<es_core::ScavengedBatch, RetentionError> {
        let request = ScavengeRequest {
            cuts: cuts.to_vec(),
            limits: BatchLimits::default(),
            by: self.by.clone(),
            decided_on,
            observer: None,
        };
        Ok(self.retention.store.scavenge(request).await?)
    }
}
