//! Read models and their upkeep.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, DoctorReport, Progress, ProjectionStatus, RebuildOptions, RebuildReport, SkipRequest, SkippedEvent,
};
use crate::workbench::Workbench;

/// Health of every read model.
#[tauri::command]
#[specta::specta]
pub async fn projections(bench: State<'_, Workbench>) -> Result<Vec<ProjectionStatus>, AppError> {
    bench.session()?.projections().await.map(|answer| bench.told(answer))
}

/// Builds a read model anew beside the present one, verifies it, and swaps it in at the end.
#[tauri::command]
#[specta::specta]
pub async fn rebuild_projection(
    bench: State<'_, Workbench>,
    name: String,
    options: RebuildOptions,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<RebuildReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.writing("rebuildProjection")?.rebuild_projection(&name, options, task).await.map(|answer| bench.told(answer))
}

/// Throws a read model's tables away and builds them from the first event.
#[tauri::command]
#[specta::specta]
pub async fn reset_projection(
    bench: State<'_, Workbench>,
    name: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<RebuildReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.writing("resetProjection")?.reset_projection(&name, task).await.map(|answer| bench.told(answer))
}

/// Forgets how the last rebuild ended.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_rebuild(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.writing("dismissRebuild")?.dismiss_rebuild(&name);
    Ok(())
}

/// Makes the tables that the last swap has kept the ones in use again; answers with their version.
#[tauri::command]
#[specta::specta]
pub async fn roll_back_projection(bench: State<'_, Workbench>, name: String) -> Result<String, AppError> {
    bench.writing("rollBackProjection")?.roll_back_projection(&name).await
}

/// Compares a read model's rows with a fresh replay.
#[tauri::command]
#[specta::specta]
pub async fn examine_projection(
    bench: State<'_, Workbench>,
    name: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<DoctorReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.examine_projection(&name, task).await.map(|answer| bench.told(answer))
}

/// Stops a read model where it is.
#[tauri::command]
#[specta::specta]
pub async fn pause_projection(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.writing("pauseProjection")?.pause_projection(&name).await
}

/// Lets a paused read model go on.
#[tauri::command]
#[specta::specta]
pub async fn resume_projection(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.writing("resumeProjection")?.resume_projection(&name).await
}

/// Lets a halted read model try its event again.
#[tauri::command]
#[specta::specta]
pub async fn retry_projection(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.writing("retryProjection")?.retry_projection(&name).await
}

/// Records that a read model leaves out the event that it is halted at.
#[tauri::command]
#[specta::specta]
pub async fn skip_event(bench: State<'_, Workbench>, request: SkipRequest) -> Result<SkippedEvent, AppError> {
    bench.writing("skipEvent")?.skip_event(request).await.map(|answer| bench.told(answer))
}

/// Applies a stream that was set aside again; answers with the number of events that were caught up.
#[tauri::command]
#[specta::specta]
pub async fn release_stream(bench: State<'_, Workbench>, name: String, stream: String) -> Result<String, AppError> {
    bench.writing("releaseStream")?.release_stream(&name, &stream).await
}
