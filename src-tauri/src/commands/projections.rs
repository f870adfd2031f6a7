//! Read models and their upkeep.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{AppError, Progress, ProjectionStatus, RebuildReport};
use crate::workbench::Workbench;

/// Health of every read model.
#[tauri::command]
#[specta::specta]
pub async fn projections(bench: State<'_, Workbench>) -> Result<Vec<ProjectionStatus>, AppError> {
    bench.session()?.projections().await
}

/// Builds a read model anew beside the present one and swaps it in at the end.
#[tauri::command]
#[specta::specta]
pub async fn rebuild_projection(
    bench: State<'_, Workbench>,
    name: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<RebuildReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.rebuild_projection(&name, task).await
}

/// Stops a read model where it is.
#[tauri::command]
#[specta::specta]
pub async fn pause_projection(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.session()?.pause_projection(&name).await
}

/// Lets a paused or halted read model go on.
#[tauri::command]
#[specta::specta]
pub async fn resume_projection(bench: State<'_, Workbench>, name: String) -> Result<(), AppError> {
    bench.session()?.resume_projection(&name).await
}
