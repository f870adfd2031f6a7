//! `ledgerscope projections`.

use std::sync::Arc;

use es_runtime::{Engine, Progress, ProjectionState, ProjectionStatus, RebuildError, RebuildReport};
use serde::Serialize;

use super::args::{ProjectionAction, Projections};
use super::desk::Desk;
use super::doctor;
use super::failure::{Exit, Failure};
use super::output::{Align, Output, Table};
use super::progress::{Meter, grouped};
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
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RebuildJson {
    name: &'static str,
    events: String,
    rows: String,
    position: String,
    seconds: f64,
    /// Rows that differ from the former tables; nothing if there was nothing to compare with.
    differing_rows: Option<String>,
}

pub(super) async fn run(
    desk: &Desk,
    engine: &Engine,
    asked: Projections,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let telling = Arc::clone(meter);
    let sink = move |at: &Progress| telling.report(at.phase, at.done, at.total);
    match asked.action.unwrap_or(ProjectionAction::Status) {
        ProjectionAction::Status => status(engine, out).await?,
        ProjectionAction::CatchUp => {
            engine.catch_up(None, &sink, &desk.stop).await.map_err(failed)?;
            meter.finish();
            status(engine, out).await?;
        }
        ProjectionAction::Rebuild { name } => {
            let report = engine.rebuild(&name, &sink, &desk.stop).await.map_err(failed)?;
            meter.finish();
            rebuilt(&report, out)?;
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
    }
    Ok(Exit::Done)
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
            status.problem.unwrap_or_else(|| status.description.to_owned()),
        ]);
    }
    out.table(&table)
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
        problem: status.problem,
    }
}

fn rebuilt(report: &RebuildReport, out: &mut Output) -> Result<(), Failure> {
    if report.is_cancelled() {
        return Err(es_core::StoreError::Cancelled.into());
    }
    let differing = report.compared.as_ref().map(|compared| compared.differing_rows);
    if out.json {
        return out.object(&RebuildJson {
            name: report.projection,
            events: report.events.to_string(),
            rows: report.rows.to_string(),
            position: report.position.to_string(),
            seconds: report.elapsed.as_secs_f64(),
            differing_rows: differing.map(|rows| rows.to_string()),
        });
    }
    let (events, rows) = (grouped(report.events), grouped(report.rows));
    let seconds = report.elapsed.as_secs_f64();
    out.line(&format!(
        "{}: {events} events, {rows} rows, {seconds:.1} s, up to {}",
        report.projection, report.position
    ))?;
    out.line(&match differing {
        None => "There were no former tables to compare with.".to_owned(),
        Some(0) => "Every row is equal to the former tables.".to_owned(),
        Some(rows) => format!("{} rows differ from the former tables.", grouped(rows)),
    })
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
        _ => {
            let error = AppError::new("rebuild_refused", message, "Try again when it has ended.").retryable();
            Failure::new(Exit::Conflict, error)
        }
    }
}
