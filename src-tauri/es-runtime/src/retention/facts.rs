//! Gathers what a plan depends on: outlines of streams, checkpoints, and what processes have planned for their instances.

use es_core::retention::plan::{
    EventFacts, Folding, Grounds, ProcessFacts, ProjectionFacts, Purpose, RetentionPlan, StreamFacts, plan_stream,
};
use es_core::retention::record::RetentionLedger;
use es_core::{
    Direction, Position, Process, ProjectionTables, QuarantinedStream, ReadStream, StoreError, StreamInfo, StreamName,
    StreamVersion, limits,
};
use tokio_util::sync::CancellationToken;

use super::{Retention, RetentionError, Wanted};
use crate::processes;
use crate::progress::{Meter, ProgressSink};

/// A process with its checkpoint, read once for a whole plan.
struct Driven<'a> {
    process: &'a dyn Process,
    checkpoint: Position,
}

/// Every table set of a read model that is in use, being built, or kept so that it can become live again.
fn table_sets(tables: &ProjectionTables) -> impl Iterator<Item = (&'static str, u32)> {
    let kinds = [
        ("active", tables.active_version),
        ("building", tables.building_version),
        ("kept for rollback", tables.previous_version),
    ];
    kinds.into_iter().filter_map(|(kind, version)| Some((kind, version?)))
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
        let (projections, quarantined) = (self.projections().await?, self.quarantined().await?);
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
                    let own = quarantined.iter().filter(|(stream, _)| *stream == info.stream);
                    let mut seen = projections.clone();
                    seen.extend(own.map(|(_, facts)| facts.clone()));
                    let grounds = Grounds { projections: &seen, ..grounds };
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
        processes: &[Driven<'_>],
        plan: &mut RetentionPlan,
    ) -> Result<(), RetentionError> {
        let mut facts = self.stream_facts(grounds.purpose, &info).await?;
        let first = plan_stream(grounds, &facts);
        if first.before.is_none() && first.refusals.is_empty() {
            return Ok(());
        }
        // What an instance has planned takes a look at its whole state, so it is asked only where it matters.
        facts.processes = self.process_facts(&info, processes).await?;
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
            folding: aggregate.map_or(Folding::Nobody, |_| Folding::Aggregate { restarted_by }),
            processes: Vec::new(),
        })
    }

    /// Every table set of every read model.
    async fn projections(&self) -> Result<Vec<ProjectionFacts>, StoreError> {
        let mut all = Vec::new();
        for follower in &self.inner.followers {
            let name = follower.name();
            let tables = self.inner.read_models.projection(name).await?;
            let mut add = |tables, position| {
                all.push(ProjectionFacts { projection: name.to_owned(), tables, position });
            };
            for (kind, version) in table_sets(&tables) {
                let stored = self.inner.read_models.checkpoint(name, version).await?;
                add(kind, stored.map_or(Position::ZERO, |checkpoint| checkpoint.position));
            }
            if tables.active_version.is_none() {
                add("not built yet", Position::ZERO);
            }
        }
        Ok(all)
    }

    /// Streams that a read model has set aside, each with how far it had come there. Not those that nobody in the domain folds:
    /// their events are unknown here, so that no one could ever mend and release them.
    async fn quarantined(&self) -> Result<Vec<(StreamName, ProjectionFacts)>, StoreError> {
        let mut all = Vec::new();
        for follower in &self.inner.followers {
            let name = follower.name();
            let tables = self.inner.read_models.projection(name).await?;
            for (_, version) in table_sets(&tables) {
                let aside = self.inner.read_models.quarantined(name, version).await?.into_iter();
                let folded = |aside: &QuarantinedStream| self.inner.domain.aggregate(aside.stream.category()).is_some();
                for stream in aside.filter(folded) {
                    let (projection, position) = (name.to_owned(), stream.position.previous());
                    all.push((stream.stream, ProjectionFacts { projection, tables: "quarantined", position }));
                }
            }
        }
        Ok(all)
    }

    async fn processes(&self) -> Result<Vec<Driven<'_>>, StoreError> {
        let mut all = Vec::new();
        for dispatcher in &self.inner.dispatchers {
            let checkpoint = processes::status_of(self.inner, dispatcher).await?.position;
            all.push(Driven { process: &*dispatcher.process, checkpoint });
        }
        Ok(all)
    }

    /// What each process of the stream's category needs of it.
    async fn process_facts(
        &self,
        info: &StreamInfo,
        processes: &[Driven<'_>],
    ) -> Result<Vec<ProcessFacts>, RetentionError> {
        let own: Vec<_> = processes.iter().filter(|own| own.process.category() == info.stream.category()).collect();
        let Some(aggregate) = self.inner.domain.aggregate(info.stream.category()).filter(|_| !own.is_empty()) else {
            return Ok(Vec::new());
        };
        let loaded = self.inner.loader().load(&**aggregate, &info.stream).await?;
        let mut facts = Vec::new();
        for Driven { process, checkpoint } in own {
            let turn = process.turn(&info.stream, &loaded.state);
            facts.push(ProcessFacts {
                process: process.name().to_owned(),
                checkpoint: self.worked_on(*process, *checkpoint, info).await?,
                pending: turn.pending.len() as u64,
                timers: turn.timers.len() as u64,
            });
        }
        Ok(facts)
    }

    /// How far the process has come in a stream. Its checkpoint may stay behind events of no interest to it for long, so those
    /// count as worked on.
    async fn worked_on(
        &self,
        process: &dyn Process,
        checkpoint: Position,
        info: &StreamInfo,
    ) -> Result<Position, StoreError> {
        let wakes_on = process.wakes_on();
        let mut from = info.version.next();
        while checkpoint < info.last_position && !wakes_on.is_empty() {
            let (stream, direction, limit) = (info.stream.clone(), Direction::Backward, limits::PAGE_EVENTS);
            let page = self.inner.events.read_stream(ReadStream { stream, from, direction, limit }).await?;
            let unseen = page.events.iter().take_while(|event| event.position > checkpoint);
            if unseen.clone().any(|event| wakes_on.contains(&&*event.event_type)) {
                return Ok(checkpoint);
            }
            match page.events.last() {
                Some(first) if unseen.count() == page.events.len() && !page.end => from = first.version,
                _ => return Ok(info.last_position),
            }
        }
        Ok(checkpoint)
    }
}
