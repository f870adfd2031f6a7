//! Gathers what a plan depends on: outlines of streams, checkpoints, timers and unfinished instances.

use es_core::retention::plan::{
    EventFacts, Folding, Grounds, ProcessFacts, ProjectionFacts, Purpose, RetentionPlan, StreamFacts, plan_stream,
};
use es_core::retention::record::RetentionLedger;
use es_core::{Position, StoreError, StreamInfo, StreamName, StreamVersion, limits};
use tokio_util::sync::CancellationToken;

use super::{Retention, RetentionError, Wanted};
use crate::processes;
use crate::progress::{Meter, ProgressSink};

/// Most timers looked at: one that is missed would let a stream be truncated that still waits for something.
const TIMERS_READ: usize = 1_000_000;

/// What processes need, read once for a whole plan.
struct Processes {
    /// Name and checkpoint of each, by the category of its streams.
    checkpoints: Vec<(&'static str, &'static str, Position)>,
    /// Process and stream of each timer that is set.
    timers: Vec<(String, String)>,
}

impl Retention<'_> {
    /// Plans stream by stream, so that no more than one stream's outline is in memory.
    pub(super) async fn plan(
        &self,
        purpose: Purpose,
        wanted: &Wanted,
        ledger: &RetentionLedger,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<RetentionPlan, RetentionError> {
        let projections = self.projections().await?;
        let processes = self.processes().await?;
        let asked = if purpose == Purpose::Truncate { wanted.rule } else { None };
        let now = self.inner.clock.now();
        let grounds = Grounds { purpose, ledger, asked, projections: &projections, now };
        let mut plan = RetentionPlan::default();
        let mut meter = Meter::new(progress);
        meter.phase("planned", 0, None);
        let mut offset = 0;
        loop {
            let page = self.stream_page(&wanted.selection, offset).await?;
            if page.is_empty() {
                break;
            }
            for info in page {
                if cancel.is_cancelled() {
                    return Err(StoreError::Cancelled.into());
                }
                offset += 1;
                meter.tell(offset, None);
                let lets_go = asked.unwrap_or_else(|| ledger.rule_for(&info.stream)).lets_go();
                let concerned = match purpose {
                    Purpose::Truncate => lets_go,
                    Purpose::Scavenge => info.truncated_before.get() > 1,
                };
                if concerned {
                    self.plan_one(&grounds, info, &processes, &mut plan).await?;
                }
            }
        }
        meter.finish();
        Ok(plan)
    }

    async fn plan_one(
        &self,
        grounds: &Grounds<'_>,
        info: StreamInfo,
        processes: &Processes,
        plan: &mut RetentionPlan,
    ) -> Result<(), RetentionError> {
        let mut facts = self.stream_facts(grounds.purpose, &info).await?;
        let first = plan_stream(grounds, &facts);
        if first.before.is_none() && first.refusals.is_empty() {
            return Ok(());
        }
        // Whether an instance is finished takes a look at its whole state, so it is asked only where it matters.
        facts.processes = self.process_facts(&info.stream, processes).await?;
        plan.add(if facts.processes.is_empty() { first } else { plan_stream(grounds, &facts) });
        Ok(())
    }

    async fn stream_facts(&self, purpose: Purpose, info: &StreamInfo) -> Result<StreamFacts, RetentionError> {
        let aggregate = self.inner.domain.aggregate(info.stream.category());
        let restarted_by = aggregate.map_or(&[][..], |aggregate| aggregate.restarted_by());
        let (mut after, until) = match purpose {
            Purpose::Truncate => (info.truncated_before.previous(), StreamVersion::MAX),
            Purpose::Scavenge => (StreamVersion::ZERO, info.truncated_before),
        };
        let mut events: Vec<EventFacts> = Vec::new();
        loop {
            let page = self.store.outline(&info.stream, after).await?;
            let Some(last) = page.last().map(|event| event.version) else { break };
            let full = page.len() == limits::PAGE_EVENTS;
            events.extend(page.into_iter().filter(|event| event.version <= until).map(|event| EventFacts {
                version: event.version,
                position: event.position,
                recorded_at: event.recorded_at,
                bytes: event.bytes,
                restarts: restarted_by.contains(&&*event.event_type),
            }));
            after = last;
            if !full || last >= until {
                break;
            }
        }
        Ok(StreamFacts {
            stream: info.stream.clone(),
            version: info.version,
            truncated_before: info.truncated_before,
            last_position: info.last_position,
            events,
            folding: if aggregate.is_some() { Folding::Aggregate } else { Folding::Nobody },
            processes: Vec::new(),
        })
    }

    /// Every table set of every read model that is in use or being built.
    async fn projections(&self) -> Result<Vec<ProjectionFacts>, StoreError> {
        let mut all = Vec::new();
        for follower in &self.inner.followers {
            let name = follower.name();
            let tables = self.inner.read_models.projection(name).await?;
            let mut add = |tables, position| {
                all.push(ProjectionFacts { projection: name.to_owned(), tables, position });
            };
            for (kind, version) in [("active", tables.active_version), ("building", tables.building_version)] {
                let Some(version) = version else { continue };
                let stored = self.inner.read_models.checkpoint(name, version).await?;
                add(kind, stored.map_or(Position::ZERO, |checkpoint| checkpoint.position));
            }
            if tables.active_version.is_none() {
                add("not built yet", Position::ZERO);
            }
        }
        Ok(all)
    }

    async fn processes(&self) -> Result<Processes, StoreError> {
        let mut checkpoints = Vec::new();
        for dispatcher in &self.inner.dispatchers {
            let status = processes::status_of(self.inner, dispatcher).await?;
            checkpoints.push((status.category, status.name, status.position));
        }
        let timers = self.inner.read_models.timers(TIMERS_READ).await?;
        Ok(Processes { checkpoints, timers: timers.into_iter().map(|timer| (timer.process, timer.stream)).collect() })
    }

    /// What each process of the stream's category needs of it.
    async fn process_facts(
        &self,
        stream: &StreamName,
        processes: &Processes,
    ) -> Result<Vec<ProcessFacts>, RetentionError> {
        let own = processes.checkpoints.iter().filter(|(category, ..)| *category == stream.category());
        let mut facts = Vec::new();
        for (_, name, checkpoint) in own {
            let timers = processes.timers.iter().filter(|(process, of)| process == name && of == stream.as_str());
            facts.push(ProcessFacts {
                process: (*name).to_owned(),
                checkpoint: *checkpoint,
                unfinished: self.is_unfinished(name, stream).await?,
                timers: timers.count() as u64,
            });
        }
        Ok(facts)
    }

    async fn is_unfinished(&self, process: &str, stream: &StreamName) -> Result<bool, RetentionError> {
        let domain = &self.inner.domain;
        let process = domain.processes.iter().find(|candidate| candidate.name() == process);
        let (Some(process), Some(aggregate)) = (process, domain.aggregate(stream.category())) else {
            return Ok(true);
        };
        let loaded = self.inner.loader().load(&**aggregate, stream).await?;
        let turn = process.turn(stream, &loaded.state);
        Ok(!turn.finished || !turn.pending.is_empty() || !turn.timers.is_empty())
    }
}
