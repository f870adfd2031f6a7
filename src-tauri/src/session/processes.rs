//! Processes, their instances and timers, told to the window.

use chrono::{DateTime, Utc};
use es_core::Position;
use es_runtime::{InstancePaging, ProcessError, ProcessInstance};
use inspector::as_of::InstancesAt;

use super::present::time;
use super::{Session, arguments};
use crate::wire::{
    AppError, InstanceFilter, InstanceRow, InstanceTimer, InstancesPage, ProcessRow, ProcessState, StuckInstance,
    TimerRow,
};

/// Most instances of one page: the state of each is loaded.
const PAGE_INSTANCES: u32 = 200;
/// Instances that are looked at for one page of unfinished ones, before the window is told how far that came.
const LOOKED_AT: u64 = 1000;
/// Most timers of one list.
const TIMERS: u32 = 1000;

impl Session {
    /// How every process fares.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn processes(&self) -> Result<Vec<ProcessRow>, AppError> {
        Ok(self.engine.processes().await?.into_iter().map(Into::into).collect())
    }

    /// Instances of a process by their last change, newest first. A page of unfinished ones looks at a bounded number of
    /// instances, so it may hold fewer than asked for and still have a next one.
    ///
    /// # Errors
    /// Unknown name, or a store does not answer. An instance that cannot be read is listed as stuck.
    pub async fn process_instances(
        &self,
        process: &str,
        filter: InstanceFilter,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<InstancesPage, AppError> {
        let moment = self.moment_of_processes(at).await?;
        let limit = limit.clamp(1, PAGE_INSTANCES) as usize;
        let wanted = match filter {
            InstanceFilter::All => es_runtime::InstanceFilter::All,
            InstanceFilter::Unfinished => es_runtime::InstanceFilter::Unfinished,
        };
        let first = u64::from(offset);
        let mut paging = InstancePaging { offset: first, limit };
        let mut found: Vec<InstanceRow> = Vec::new();
        loop {
            let page = self.instances_at(process, wanted, paging, moment).await?;
            found.extend(page.instances.into_iter().map(Into::into));
            let enough = found.len() >= limit || paging.offset - first >= LOOKED_AT || filter == InstanceFilter::All;
            match page.next.filter(|_| !enough) {
                Some(next) => paging.offset = next,
                None => {
                    let next = page.next.map(|next| u32::try_from(next).unwrap_or(u32::MAX));
                    return Ok(InstancesPage { instances: found, next, total: page.total.to_string() });
                }
            }
        }
    }

    /// The moment that a question is about, with its time; nothing for now.
    async fn moment_of_processes(&self, at: Option<&str>) -> Result<Option<(Position, DateTime<Utc>)>, AppError> {
        let Some(position) = at.map(arguments::position).transpose()? else { return Ok(None) };
        Ok(Some((position, self.time_at(Some(position)).await?)))
    }

    async fn instances_at(
        &self,
        process: &str,
        filter: es_runtime::InstanceFilter,
        paging: InstancePaging,
        moment: Option<(Position, DateTime<Utc>)>,
    ) -> Result<es_runtime::InstancePage, AppError> {
        let Some((position, time)) = moment else { return Ok(self.engine.instances(process, filter, paging).await?) };
        let asked = InstancesAt { process, filter, paging, position, time };
        Ok(self.as_of.instances(&self.inspector, asked, &self.stop()).await?)
    }

    /// Timers at a moment: those that the instances wanted then, as far as they are looked at for one list.
    async fn timers_at(
        &self,
        process: Option<&str>,
        limit: usize,
        moment: (Position, DateTime<Utc>),
    ) -> Result<Vec<TimerRow>, AppError> {
        if let Some(name) = process.filter(|name| self.domain.processes.iter().all(|known| known.name() != *name)) {
            return Err(ProcessError::UnknownProcess { name: name.to_owned() }.into());
        }
        let mut timers = Vec::new();
        for found in self.domain.processes.iter().filter(|found| process.is_none_or(|name| name == found.name())) {
            let mut paging = InstancePaging { offset: 0, limit: PAGE_INSTANCES as usize };
            while paging.offset < LOOKED_AT {
                let wanted = es_runtime::InstanceFilter::Unfinished;
                let page = self.instances_at(found.name(), wanted, paging, Some(moment)).await?;
                for instance in page.instances {
                    let (process, stream) = (instance.process, instance.stream.to_string());
                    timers.extend(instance.timers.into_iter().map(|timer| TimerRow {
                        process: process.to_owned(),
                        stream: stream.clone(),
                        name: timer.name,
                        due_at: time(timer.due_at),
                    }));
                }
                match page.next {
                    Some(next) => paging.offset = next,
                    None => break,
                }
            }
        }
        // Times are written alike, so their texts compare as they do.
        timers.sort_by(|one, other| one.due_at.cmp(&other.due_at));
        timers.truncate(limit);
        Ok(timers)
    }

    /// Timers that are set, of one process or all, earliest first. At an earlier moment those of the instances that changed
    /// last.
    ///
    /// # Errors
    /// Unknown name, or the store does not answer.
    pub async fn process_timers(
        &self,
        process: Option<&str>,
        limit: u32,
        at: Option<&str>,
    ) -> Result<Vec<TimerRow>, AppError> {
        if let Some(moment) = self.moment_of_processes(at).await? {
            return self.timers_at(process, limit.clamp(1, TIMERS) as usize, moment).await;
        }
        let timers = self.engine.timers(process, limit.clamp(1, TIMERS) as usize).await?;
        Ok(timers.into_iter().map(Into::into).collect())
    }
}

impl From<es_runtime::ProcessStatus> for ProcessRow {
    fn from(status: es_runtime::ProcessStatus) -> Self {
        use es_runtime::ProcessState as Engine;
        let mut stuck: Vec<StuckInstance> = status.stuck.into_iter().map(Into::into).collect();
        stuck.sort_by(|one, other| one.since.cmp(&other.since));
        Self {
            name: status.name.to_owned(),
            category: status.category.to_owned(),
            state: match status.state {
                Engine::Idle => ProcessState::Idle,
                Engine::Waiting => ProcessState::Waiting,
                Engine::Working => ProcessState::Working,
                Engine::HeldElsewhere => ProcessState::HeldElsewhere,
                Engine::Retrying => ProcessState::Retrying,
            },
            position: status.position.to_string(),
            head: status.head.to_string(),
            lag_events: status.head.get().saturating_sub(status.position.get()).to_string(),
            unfinished: count(status.unfinished),
            timers: count(status.timers),
            next_timer: status.next_timer.map(time),
            stuck,
            commands: status.commands.to_string(),
            problem: status.problem.map(|problem| crate::errors::sentence(&problem)),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<es_core::Timer> for TimerRow {
    fn from(timer: es_core::Timer) -> Self {
        let name = timer.timer_id.strip_prefix(&format!("{}/{}/", timer.process, timer.stream));
        Self {
            name: name.unwrap_or(&timer.timer_id).to_owned(),
            process: timer.process,
            stream: timer.stream,
            due_at: time(timer.due_at),
        }
    }
}

impl From<es_runtime::StuckInstance> for StuckInstance {
    fn from(stuck: es_runtime::StuckInstance) -> Self {
        Self {
            process: stuck.process.to_owned(),
            stream: stuck.stream.to_string(),
            reason: crate::errors::sentence(&stuck.reason),
            event: stuck.event.map(|position| position.to_string()),
            since: time(stuck.since),
        }
    }
}

impl From<ProcessInstance> for InstanceRow {
    fn from(instance: ProcessInstance) -> Self {
        let timer = |timer: es_runtime::PendingTimer| InstanceTimer {
            name: timer.name,
            due_at: time(timer.due_at),
            command_type: timer.command_type,
        };
        Self {
            process: instance.process.to_owned(),
            stream: instance.stream.to_string(),
            version: instance.version.to_string(),
            last_event_type: instance.last_event_type.into(),
            changed_at: time(instance.changed_at),
            age_seconds: instance.age.to_std().unwrap_or_default().as_secs_f64(),
            pending: instance.pending.into_iter().map(|pending| pending.command_type).collect(),
            timers: instance.timers.into_iter().map(timer).collect(),
            finished: instance.finished,
            awaits_person: instance.awaits_person,
            stuck: instance.stuck.map(|reason| crate::errors::sentence(&reason)),
        }
    }
}

impl From<ProcessError> for AppError {
    fn from(error: ProcessError) -> Self {
        let (code, hint) = (error.code(), error.hint());
        if let ProcessError::Store(store) = error {
            return store.into();
        }
        tracing::info!(code, %error, "a process cannot be asked");
        Self::of(code, &error, hint)
    }
}
