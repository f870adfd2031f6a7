//! `ledgerscope processes`.

use chrono::TimeDelta;
use es_core::{Intervention, Rejection, StreamName, Timer};
use es_runtime::{
    DriveReport, Engine, InstanceFilter, InstancePage, InstancePaging, Operator, Outcome, ProcessError,
    ProcessInstance, ProcessState, ProcessStatus, StuckInstance, Unavailable,
};
use serde::Serialize;

use super::args::{Decision, Instances, ProcessAction, Processes};
use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::moment;
use super::output::{Align, Output, Table, exact_time, printable, short_time};
use super::progress::grouped;
use crate::wire::AppError;

#[derive(Serialize)]
struct StatusJson {
    processes: Vec<ProcessJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessJson {
    name: &'static str,
    category: &'static str,
    /// What drives it does; `idle` if nothing does, since the command line itself keeps nothing running.
    state: String,
    /// Every instance touched up to here was worked on until nothing was pending.
    position: String,
    head: String,
    timers: String,
    next_timer: Option<String>,
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstancesJson {
    instances: Vec<InstanceJson>,
    /// Offset of the next part, where a process has more instances than were looked at.
    next: Vec<NextJson>,
}

#[derive(Serialize)]
struct NextJson {
    process: String,
    offset: String,
    total: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceJson {
    process: &'static str,
    stream: String,
    version: String,
    last_event_type: String,
    changed_at: String,
    age_seconds: f64,
    finished: bool,
    awaits_person: bool,
    pending: Vec<PendingJson>,
    timers: Vec<InstanceTimerJson>,
    stuck: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PendingJson {
    command_id: uuid::Uuid,
    command_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceTimerJson {
    name: String,
    due_at: String,
    command_type: String,
}

#[derive(Serialize)]
struct TimersJson {
    timers: Vec<TimerJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimerJson {
    process: String,
    stream: String,
    timer_id: String,
    due_at: String,
    command_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DrivenJson {
    /// Commands that were sent.
    commands: String,
    /// Another window or program drives one of the processes.
    held_elsewhere: bool,
    stuck: Vec<StuckJson>,
    problem: Option<String>,
}

#[derive(Serialize)]
struct StuckJson {
    process: &'static str,
    stream: String,
    reason: String,
    /// Position of the event that cannot be read, if that is why.
    event: Option<String>,
    since: String,
}

impl Processes {
    /// Whether it appends events or moves checkpoints.
    pub(super) fn changes_something(&self) -> bool {
        use ProcessAction::{Cancel, Compensate, Drive, Park, Retry};
        matches!(self.action, Some(Retry(_) | Cancel(_) | Compensate(_) | Park(_) | Drive))
    }
}

pub(super) async fn run(desk: &Desk, engine: &Engine, asked: Processes, out: &mut Output) -> Result<Exit, Failure> {
    match asked.action.unwrap_or(ProcessAction::Status) {
        ProcessAction::Status => status(engine.processes().await?, out),
        ProcessAction::Instances { process, filter, offset, limit } => {
            let known = engine.domain().processes.iter().map(|process| process.name().to_owned());
            let names = process.map_or_else(|| known.collect(), |name| vec![name]);
            let filter = match filter {
                Instances::All => InstanceFilter::All,
                Instances::Unfinished => InstanceFilter::Unfinished,
            };
            let mut pages = Vec::new();
            for name in names {
                let page = engine.instances(&name, filter, InstancePaging { offset, limit });
                let page = desk.stoppable(async { Ok(page.await) }).await?.map_err(failed)?;
                pages.push((name, page));
            }
            instances(pages, out)
        }
        ProcessAction::Timers { process, limit } => {
            timers(engine.timers(process.as_deref(), limit).await.map_err(failed)?, out)
        }
        ProcessAction::Retry(decision) => {
            let (stream, by) = decided(decision)?;
            engine.retry_instance(&stream, &by).await.map_err(failed)?;
            driven(engine.drive_processes_until_idle(&desk.stop).await?, out)
        }
        ProcessAction::Cancel(decision) => intervene(desk, engine, Intervention::Cancel, decision, out).await,
        ProcessAction::Compensate(decision) => intervene(desk, engine, Intervention::Compensate, decision, out).await,
        ProcessAction::Park(decision) => intervene(desk, engine, Intervention::Park, decision, out).await,
        ProcessAction::Drive => driven(engine.drive_processes_until_idle(&desk.stop).await?, out),
    }
}

fn decided(decision: Decision) -> Result<(StreamName, Operator), Failure> {
    let Decision { stream, reason, actor } = decision;
    let actor = actor.unwrap_or_else(super::command::user);
    Ok((moment::stream_name(&stream)?, Operator { actor, channel: "cli".to_owned(), reason }))
}

/// Carries an operator's decision out, and lets the processes go on from it.
async fn intervene(
    desk: &Desk,
    engine: &Engine,
    intervention: Intervention,
    decision: Decision,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let (stream, by) = decided(decision)?;
    match engine.intervene(&stream, intervention, &by).await.map_err(failed)? {
        Outcome::Executed { .. } | Outcome::AlreadyDone { .. } => {}
        Outcome::Rejected(Rejection { code, message, .. }) => {
            let hint = "Nothing was written. `processes instances` tells where it stands.";
            return Err(Failure::new(Exit::Rejected, AppError::new(code, message, hint)));
        }
        Outcome::Conflict { stream, attempts, .. } => {
            let message = format!("{stream} was changed by others {attempts} times in a row. Nothing was written.");
            let hint = "Look at it again, then decide.";
            return Err(Failure::new(Exit::Conflict, AppError::new("conflict", message, hint).retryable()));
        }
        Outcome::Unavailable(Unavailable { error, .. }) => return Err(error.into()),
        Outcome::Invalid(error) => {
            let message = crate::errors::sentence(&error.to_string());
            return Err(Failure::bad_input(error.code(), message, "Give a shorter reason."));
        }
    }
    driven(engine.drive_processes_until_idle(&desk.stop).await?, out)
}

fn state_name(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Idle => "idle",
        ProcessState::Waiting => "waiting",
        ProcessState::Working => "working",
        ProcessState::HeldElsewhere => "heldElsewhere",
        ProcessState::Retrying => "retrying",
    }
}

fn status(all: Vec<ProcessStatus>, out: &mut Output) -> Result<Exit, Failure> {
    if out.json {
        let json = |status: ProcessStatus| ProcessJson {
            name: status.name,
            category: status.category,
            state: state_name(status.state).to_owned(),
            position: status.position.to_string(),
            head: status.head.to_string(),
            timers: status.timers.to_string(),
            next_timer: status.next_timer.map(exact_time),
            problem: status.problem,
        };
        out.object(&StatusJson { processes: all.into_iter().map(json).collect() })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("CATEGORY", Align::Left),
        ("POSITION", Align::Right),
        ("HEAD", Align::Right),
        ("TIMERS", Align::Right),
        ("NEXT", Align::Left),
        ("STATE", Align::Left),
    ]);
    for status in all {
        table.row(vec![
            status.name.to_owned(),
            status.category.to_owned(),
            grouped(status.position.get()),
            grouped(status.head.get()),
            grouped(status.timers as u64),
            status.next_timer.map_or_else(|| "-".to_owned(), short_time),
            status.problem.unwrap_or_else(|| state_name(status.state).to_owned()),
        ]);
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

fn instances(pages: Vec<(String, InstancePage)>, out: &mut Output) -> Result<Exit, Failure> {
    if out.json {
        let next = pages.iter().filter_map(|(process, page)| {
            let (offset, total) = (page.next?.to_string(), page.total.to_string());
            Some(NextJson { process: process.clone(), offset, total })
        });
        let next = next.collect();
        let instances = pages.into_iter().flat_map(|(_, page)| page.instances).map(json).collect();
        out.object(&InstancesJson { instances, next })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[
        ("STREAM", Align::Left),
        ("PROCESS", Align::Left),
        ("VERSION", Align::Right),
        ("AGE", Align::Right),
        ("LAST EVENT", Align::Left),
        ("WAITS FOR", Align::Left),
    ]);
    for instance in pages.iter().flat_map(|(_, page)| &page.instances) {
        table.row(vec![
            instance.stream.to_string(),
            instance.process.to_owned(),
            grouped(instance.version.get()),
            age(instance.age),
            instance.last_event_type.to_string(),
            waits_for(instance),
        ]);
    }
    if table.is_empty() {
        out.line("There are no such instances.")?;
    } else {
        out.table(&table)?;
    }
    for (process, page) in &pages {
        if let Some(next) = page.next {
            let total = grouped(page.total);
            out.line(&format!("{process} has {total} instances; go on with --process {process} --offset {next}"))?;
        }
    }
    Ok(Exit::Done)
}

fn waits_for(instance: &ProcessInstance) -> String {
    if let Some(reason) = &instance.stuck {
        return format!("stuck: {reason}");
    }
    if instance.awaits_person {
        return "a person to decide".to_owned();
    }
    if instance.finished {
        return "nothing; it is finished".to_owned();
    }
    let pending = instance.pending.iter().map(|pending| pending.command_type.clone());
    let timers = instance.timers.iter().map(|timer| format!("{} at {}", timer.name, short_time(timer.due_at)));
    let all: Vec<_> = pending.chain(timers).collect();
    if all.is_empty() { "an input".to_owned() } else { all.join(", ") }
}

/// Days, hours, minutes or seconds: the largest unit that fits.
fn age(age: TimeDelta) -> String {
    match (age.num_days(), age.num_hours(), age.num_minutes(), age.num_seconds()) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, _) => format!("{minutes} min"),
        (0, hours, ..) => format!("{hours} h"),
        (days, ..) => format!("{days} d"),
    }
}

fn json(instance: ProcessInstance) -> InstanceJson {
    let pending = instance.pending.into_iter();
    let timers = instance.timers.into_iter().map(|timer| InstanceTimerJson {
        name: timer.name,
        due_at: exact_time(timer.due_at),
        command_type: timer.command_type,
    });
    InstanceJson {
        process: instance.process,
        stream: instance.stream.to_string(),
        version: instance.version.to_string(),
        last_event_type: instance.last_event_type.into(),
        changed_at: exact_time(instance.changed_at),
        age_seconds: instance.age.to_std().map_or(0.0, |age| age.as_secs_f64()),
        finished: instance.finished,
        awaits_person: instance.awaits_person,
        pending: pending
            .map(|pending| PendingJson { command_id: pending.command_id, command_type: pending.command_type })
            .collect(),
        timers: timers.collect(),
        stuck: instance.stuck,
    }
}

fn timers(timers: Vec<Timer>, out: &mut Output) -> Result<Exit, Failure> {
    if out.json {
        let json = |timer: Timer| TimerJson {
            process: timer.process,
            stream: timer.stream,
            timer_id: timer.timer_id,
            due_at: exact_time(timer.due_at),
            command_type: timer.command.command_type,
        };
        out.object(&TimersJson { timers: timers.into_iter().map(json).collect() })?;
        return Ok(Exit::Done);
    }
    if timers.is_empty() {
        out.line("No timer is set.")?;
        return Ok(Exit::Done);
    }
    let mut table =
        Table::new(&[("DUE", Align::Left), ("PROCESS", Align::Left), ("STREAM", Align::Left), ("SENDS", Align::Left)]);
    for timer in timers {
        table.row(vec![short_time(timer.due_at), timer.process, timer.stream, timer.command.command_type]);
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

fn driven(report: DriveReport, out: &mut Output) -> Result<Exit, Failure> {
    let DriveReport { commands, held_elsewhere, stuck, problem, .. } = report;
    if out.json {
        let json = |stuck: StuckInstance| StuckJson {
            process: stuck.process,
            stream: stuck.stream.to_string(),
            reason: stuck.reason,
            event: stuck.event.map(|position| position.to_string()),
            since: exact_time(stuck.since),
        };
        let (commands, stuck) = (commands.to_string(), stuck.into_iter().map(json).collect());
        out.object(&DrivenJson { commands, held_elsewhere, stuck, problem: problem.clone() })?;
    } else {
        out.line(&match commands {
            0 => "Nothing was left to do.".to_owned(),
            commands => format!("{} command(s) sent.", grouped(commands)),
        })?;
        for StuckInstance { stream, reason, .. } in &stuck {
            out.line(&printable(&format!("Stuck: {stream}: {reason}")))?;
        }
        if held_elsewhere {
            out.line("Another window or program drives a process; it goes on there.")?;
        }
        if let Some(problem) = &problem {
            out.line(&printable(&format!("To be tried again: {problem}")))?;
        }
    }
    Ok(if problem.is_some() { Exit::Unavailable } else { Exit::Done })
}

fn failed(error: ProcessError) -> Failure {
    let message = crate::errors::sentence(&error.to_string());
    let (code, hint) = (error.code(), error.hint());
    match error {
        ProcessError::Store(error) => error.into(),
        ProcessError::UnknownProcess { .. } | ProcessError::NoInstance { .. } | ProcessError::BadReason { .. } => {
            Failure::bad_input(code, message, hint)
        }
        ProcessError::Undecided(error) => super::command::failed(*error),
        ProcessError::HeldElsewhere { .. } | ProcessError::CarriedOut { .. } => {
            Failure::new(Exit::Conflict, AppError::new(code, message, hint).retryable())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (86_399, "23 h"), (172_800, "2 d")]
        {
            assert_eq!(age(TimeDelta::seconds(seconds)), told);
        }
    }
}
