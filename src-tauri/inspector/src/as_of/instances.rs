//! Instances of processes as they were at a position: folded from their own streams, like everything that they do.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{Position, StoreError, StreamInfo, StreamOrder, StreamQuery, limits};
use es_runtime::{InstanceFilter, InstancePaging, PendingCommand, PendingTimer, ProcessError, ProcessInstance};
use tokio_util::sync::CancellationToken;

use super::AsOf;
use crate::fold::InspectError;
use crate::inspector::Inspector;

/// Which instances, and when.
#[derive(Debug, Clone, Copy)]
pub struct InstancesAt<'a> {
    /// The process.
    pub process: &'a str,
    /// Which of them. Whether one was stuck is not recorded anywhere: none is.
    pub filter: InstanceFilter,
    /// Which part of them.
    pub paging: InstancePaging,
    /// The position.
    pub position: Position,
    /// The time at that position; ages are told against it.
    pub time: DateTime<Utc>,
}

impl AsOf {
    /// Instances of a process at a position by their last change then, newest first.
    ///
    /// # Errors
    /// Unknown process, a store fails, too little memory, or cancelled. An instance that cannot be folded is listed as stuck.
    pub async fn instances(
        &self,
        inspector: &Inspector,
        asked: InstancesAt<'_>,
        cancel: &CancellationToken,
    ) -> Result<es_runtime::InstancePage, ProcessError> {
        let process = self.domain.processes.iter().find(|process| process.name() == asked.process);
        let process = process.ok_or_else(|| ProcessError::UnknownProcess { name: asked.process.to_owned() })?;
        let query = StreamQuery {
            category: Some(process.category().to_owned()),
            contains: None,
            system: false,
            order: StreamOrder::LastChange,
            offset: asked.paging.offset,
            limit: asked.paging.limit.clamp(1, limits::INSTANCES_PER_PAGE),
        };
        let page = self.streams(&query, asked.position, &|_, _| {}, cancel).await?;
        let next = asked.paging.offset + page.streams.len() as u64;
        let next = (!page.streams.is_empty() && next < page.total).then_some(next);
        let mut instances = Vec::new();
        for info in page.streams {
            let instance = look_at(inspector, &**process, info, asked.time, cancel).await?;
            let wanted = match asked.filter {
                InstanceFilter::All => true,
                InstanceFilter::Unfinished => !instance.finished || instance.awaits_person,
                InstanceFilter::Stuck => instance.stuck.is_some(),
            };
            if wanted {
                instances.push(instance);
            }
        }
        Ok(es_runtime::InstancePage { instances, next, total: page.total })
    }
}

async fn look_at(
    inspector: &Inspector,
    process: &dyn es_core::Process,
    info: StreamInfo,
    time: DateTime<Utc>,
    cancel: &CancellationToken,
) -> Result<ProcessInstance, StoreError> {
    let mut instance = ProcessInstance {
        process: process.name(),
        version: info.version,
        last_event_type: info.last_event_type,
        changed_at: info.last_recorded_at,
        age: (time - info.last_recorded_at).max(TimeDelta::zero()),
        pending: Vec::new(),
        timers: Vec::new(),
        finished: false,
        awaits_person: false,
        stuck: None,
        stream: info.stream,
    };
    let folded = match inspector.folded_at(&instance.stream, instance.version, cancel).await {
        Ok(folded) => folded,
        Err(InspectError::Store(error)) => return Err(error),
        Err(error) => {
            instance.stuck = Some(error.to_string());
            return Ok(instance);
        }
    };
    if let Some(problem) = folded.problem {
        instance.stuck = Some(problem.to_string());
        return Ok(instance);
    }
    let turn = process.turn(&instance.stream, &folded.state);
    instance.finished = turn.finished;
    instance.awaits_person = process.awaits_person(&folded.state);
    let pending = turn.pending.into_iter();
    instance.pending = pending
        .map(|draft| PendingCommand { command_id: draft.command_id, command_type: draft.command_type })
        .collect();
    let timers = turn.timers.into_iter().map(|timer| PendingTimer {
        name: timer.name.into_owned(),
        due_at: timer.due_at,
        command_type: timer.command.command_type,
    });
    instance.timers = timers.collect();
    Ok(instance)
}
