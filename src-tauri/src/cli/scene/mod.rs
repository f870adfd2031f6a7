//! `ledgerscope scene`.

pub(super) mod args;
mod told;

use std::path::Path;

use es_runtime::Engine;
use inspector::scene::{Player, Scene, SceneError, StepReport};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::desk::domain;
use super::failure::{Exit, Failure};
use super::output::{Align, Output, Table, printable, short_time};
use super::progress::Meter;
use crate::composition::{Access, Store};
use crate::settings::DataFolder;
use crate::stage::{OwnScenes, SHIPPED, Stages, read_file, shipped, stage_of};
use crate::wire::AppError;
use args::SceneAction;
use told::{ListJson, PlayedJson, RowJson};

pub(super) async fn run(
    action: SceneAction,
    stop: &CancellationToken,
    meter: &Meter,
    out: &mut Output,
) -> Result<Exit, Failure> {
    match action {
        SceneAction::List => list(out).map(|()| Exit::Done),
        SceneAction::Check(which) => check(&which.scene, out).map(|()| Exit::Done),
        SceneAction::Play(which) => play(&which.scene, stop, meter, out).await,
    }
}

fn own() -> Result<OwnScenes, Failure> {
    DataFolder::find().map(|folder| OwnScenes::new(&folder)).map_err(Failure::unavailable)
}

fn list(out: &mut Output) -> Result<(), Failure> {
    let mut told = ListJson { scenes: Vec::new(), problems: Vec::new() };
    for (id, _) in SHIPPED {
        told.scenes.push(RowJson::of(id, true, &named(id)?));
    }
    for found in own()?.list().map_err(Failure::unavailable)? {
        let id = found.id.to_string();
        match found.scene {
            Ok(scene) => told.scenes.push(RowJson::of(&id, false, &scene)),
            Err(error) => told.problems.push(error),
        }
    }
    if out.json {
        return out.object(&told);
    }
    let mut table = Table::new(&[("SCENE", Align::Left), ("STEPS", Align::Right), ("TITLE", Align::Left)]);
    for row in &told.scenes {
        table.row(vec![row.id.clone(), row.steps.to_string(), row.title.clone()]);
    }
    out.table(&table)?;
    told.problems.iter().try_for_each(|problem| out.line(&printable(&problem.message)))
}

fn check(name: &str, out: &mut Output) -> Result<(), Failure> {
    let scene = named(name)?;
    if out.json {
        return out.object(&RowJson::of(name, shipped(name).is_some(), &scene));
    }
    let steps = scene.steps.len();
    out.line(&printable(&format!("{} can be played: {steps} steps.", scene.title.plain())))
}

async fn play(name: &str, stop: &CancellationToken, meter: &Meter, out: &mut Output) -> Result<Exit, Failure> {
    let scene = named(name)?;
    let folder = tempfile::Builder::new().prefix("ledgerscope-stage-").tempdir().map_err(|error| {
        let message = format!("There is no place for the scene's store: {error}.");
        Failure::unavailable(AppError::new("stage_unwritable", message, "Free some space, then try again."))
    })?;
    let stages = Stages::at(folder.path().to_owned());
    let report = |phase: &str, done, total| meter.report(phase, done, total);
    let run = stages.checkpoint(&scene, stop, report).await.map_err(failed)?.run().map_err(failed)?;
    let store = Store::open_by(stage_of(&run, name, scene.title.plain()), Access::Write, run.clock.clone()).await?;
    let mut parts = store.engine_parts(domain()?);
    parts.config.process_concurrency = 1;
    let engine = Engine::new(parts);
    let player = Player::new(engine.clone(), run.clock.clone());
    let mut reports = Vec::with_capacity(scene.steps.len());
    for step in scene.steps.iter().enumerate() {
        meter.report("steps done", step.0 as u64, Some(scene.steps.len() as u64));
        reports.push(player.perform(step, stop).await.map_err(not_played)?);
    }
    meter.finish();
    engine.shutdown().await;
    store.events.close().await;
    tell(&scene, &reports, out)
}

fn tell(scene: &Scene, reports: &[StepReport], out: &mut Output) -> Result<Exit, Failure> {
    let played = PlayedJson::of(scene, reports);
    let kept = played.kept;
    if out.json {
        out.object(&played)?;
    } else {
        out.line(&printable(scene.title.plain()))?;
        for (step, told) in reports.iter().zip(&played.steps) {
            let broken = if told.kept == Some(false) { "  OTHER THAN PROMISED" } else { "" };
            let clock = short_time(step.clock);
            out.line(&printable(&format!(
                "{}. {clock} UTC  {}: {}{broken}",
                told.number,
                told.title,
                told.in_words()
            )))?;
        }
    }
    // A scene that breaks its promises must not look well to a program.
    Ok(if kept { Exit::Done } else { Exit::Rejected })
}

/// A scene by its id, or from a file; one whose commands are none is refused.
fn named(name: &str) -> Result<Scene, Failure> {
    let scene = match (shipped(name), Uuid::try_parse(name)) {
        (Some(scene), _) => scene.map_err(AppError::from),
        (None, Ok(id)) => own()?.read(id),
        (None, Err(_)) => read_file(Path::new(name)),
    };
    let scene = scene.map_err(failed)?;
    scene.check_commands(&*domain()?).map_err(not_played)?;
    Ok(scene)
}

fn not_played(error: SceneError) -> Failure {
    match error {
        SceneError::Store(error) => error.into(),
        other => failed(other.into()),
    }
}

fn failed(error: AppError) -> Failure {
    let exit = match error.code.as_str() {
        "cancelled" => Exit::Stopped,
        "stage_unwritable" | "stage_unprepared" | "io" => Exit::Unavailable,
        "scene_set_up_refused" => Exit::Rejected,
        _ => Exit::BadInput,
    };
    Failure::new(exit, error)
}
