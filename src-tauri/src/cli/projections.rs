//! `ledgerscope projections`.

use std::sync::Arc;

use es_runtime::{Engine, Progress, ProjectionState, ProjectionStatus, RebuildError, RebuildOptions};
use serde::Serialize;

use super::args::{ProjectionAction, Projections, QuarantineAction};
use super::desk::{Desk, domain};
use super::failure::{Exit, Failure};
use super::output::{Align, Output, Table};
use super::progress::{Meter, grouped};
use super::{command, doctor, rebuild, rows, upkeep};
use crate::composition::Store;
use crate::wire::AppError;

#[derive(Serialize)]
struct StatusJson {
    projections: Vec<ProjectionJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProjectionJson {
    name: &'static str,
    description: &'static str,
    /// Version of the code.
    code_version: u32,
    /// What a process keeps it in: `idle` if none does, since the command line itself keeps nothing running.
    state: String,
    /// Everything up to here is in it.
    position: String,
    head: String,
    lag_events: String,
    lag_seconds: f64,
    rows: String,
    /// The tables in use, those being built or kept from a build that was stopped, and those that can be rolled back to.
    tables: Option<String>,
    building: Option<String>,
    previous: Option<String>,
    /// Streams that are set aside.
    quarantined: String,
    /// The event that it is halted at.
    halted_at: Option<String>,
    problem: Option<String>,
}

impl ProjectionAction {
    /// Whether a read model, or what is recorded of one, may be another one afterwards.
    pub(super) fn changes_something(&self) -> bool {
        let looking = matches!(self, Self::Status | Self::Rows(_) | Self::Skips { .. } | Self::Doctor { .. })
            || matches!(self, Self::Quarantine { action: None, .. });
        !looking
    }
}

pub(super) async fn run(
    (desk, store): (&Desk, &Store),
    engine: &Engine,
    asked: Projections,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let telling = Arc::clone(meter);
    let sink = move |at: &Progress| telling.report(at.phase, at.done, at.total);
    match asked.action.unwrap_or(ProjectionAction::Status) {
        ProjectionAction::Status => status(engine, out).await?,
        ProjectionAction::Rows(asked) => rows::run(desk, asked, meter, out).await?,
        ProjectionAction::CatchUp => {
            engine.catch_up(None, &sink, &desk.stop).await.map_err(failed)?;
            meter.finish();
            status(engine, out).await?;
        }
        ProjectionAction::Rebuild { name, accept_differences, resume } => {
            // Kept in any case: who stops or loses a long build may want to go on with it.
            let options = RebuildOptions { accept_differences, resume, keep: true };
            let report = engine.rebuild_with(&name, options, &sink, &desk.stop).await.map_err(failed)?;
            meter.finish();
            return rebuild::told(&report, &*domain()?, out);
        }
        ProjectionAction::Reset { name, yes: false } => return Err(unconfirmed(&name)),
        ProjectionAction::Reset { name, yes: true } => {
            let report = engine.reset(&name, &sink, &desk.stop).await.map_err(upkeep::refused)?;
            meter.finish();
            return rebuild::told(&report, &*domain()?, out);
        }
        ProjectionAction::Rollback { name } => upkeep::roll_back(engine, &name, out).await?,
        ProjectionAction::Skip { name, position, reason, actor } => {
            store.writable().map_err(Failure::unavailable)?;
            let actor = actor.unwrap_or_else(command::user);
            upkeep::skip(engine, &name, position, (&actor, &reason), out).await?;
        }
        ProjectionAction::Skips { name } => upkeep::skips(engine, &name, out).await?,
        ProjectionAction::Quarantine { name, action: None } => upkeep::quarantine(engine, &name, out).await?,
        ProjectionAction::Quarantine { name, action: Some(QuarantineAction::Release { stream }) } => {
            upkeep::release(engine, &name, &stream, out).await?;
        }
        ProjectionAction::Doctor { name } => return doctor::run(desk, engine, &name, meter, out).await,
        ProjectionAction::Pause { name } => {
            engine.pause(&name).await.map_err(failed)?;
            status(engine, out).await?;
        }
        ProjectionAction::Resume { name } => {
            engine.resume(&name).await.map_err(failed)?;
            status(engine, out).await?;
        }
        ProjectionAction::Retry { name } => {
            engine.retry(&name).await.map_err(failed)?;
            status(engine, out).await?;
        }
    }
    Ok(Exit::Done)
}

fn unconfirmed(name: &str) -> Failure {
    let message =
        format!("A reset throws {name} away with what could be rolled back to, and builds it from the first event.");
    Failure::bad_input("unconfirmed", message, "Add --yes to do it; `rebuild` keeps what is in use until it has built.")
}

async fn status(engine: &Engine, out: &mut Output) -> Result<(), Failure> {
    let all = engine.projections().await?;
    if out.json {
        return out.object(&StatusJson { projections: all.into_iter().map(json).collect() });
    }
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("POSITION", Align::Right),
        ("LAG", Align::Right),
        ("ROWS", Align::Right),
        ("STATE", Align::Left),
        ("WHAT", Align::Left),
    ]);
    for status in all {
        table.row(vec![
            status.name.to_owned(),
            grouped(status.position.get()),
            grouped(status.lag_events),
            grouped(status.rows),
            state_name(status.state),
            what(&status),
        ]);
    }
    out.table(&table)
}

/// What is the matter with it, or what it is.
fn what(status: &ProjectionStatus) -> String {
    match (&status.problem, status.halted_at, status.quarantined.len()) {
        (Some(problem), Some(position), _) => format!("#{position} {problem}"),
        (Some(problem), None, _) => problem.clone(),
        (None, _, 0) => status.description.to_owned(),
        (None, _, set_aside) => format!("{set_aside} streams are set aside. {}", status.description),
    }
}

fn state_name(state: ProjectionState) -> String {
    let name = format!("{state:?}");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn json(status: ProjectionStatus) -> ProjectionJson {
    ProjectionJson {
        name: status.name,
        description: status.description,
        code_version: status.code_version,
        state: state_name(status.state),
        position: status.position.to_string(),
        head: status.head.to_string(),
        lag_events: status.lag_events.to_string(),
        lag_seconds: status.lag.as_secs_f64(),
        rows: status.rows.to_string(),
        tables: status.active.map(|tables| tables.to_string()),
        building: status.building.map(|tables| tables.to_string()),
        previous: status.previous.map(|tables| tables.to_string()),
        quarantined: status.quarantined.len().to_string(),
        halted_at: status.halted_at.map(|position| position.to_string()),
        problem: status.problem,
    }
}

pub(super) fn failed(error: RebuildError) -> Failure {
    let message = crate::errors::sentence(&error.to_string());
    match error {
        RebuildError::Store(error) => error.into(),
        RebuildError::UnknownProjection { .. } => {
            Failure::bad_input("unknown_projection", message, "`ledgerscope projections` lists them.")
        }
        RebuildError::Poison { .. } => {
            let hint = "Look at the event with `ledgerscope events`; the tables in use are as before.";
            Failure::new(Exit::Integrity, AppError::new("poison_event", message, hint))
        }
        RebuildError::SharedRow { .. } => {
            let hint = "Report this: the read model's code is wrong. The tables in use are as before.";
            Failure::new(Exit::Integrity, AppError::new("shared_row", message, hint))
        }
        _ => {
            let error = AppError::new("rebuild_refused", message, "Try again when it has ended.").retryable();
            Failure::new(Exit::Conflict, error)
        }
    }
}
