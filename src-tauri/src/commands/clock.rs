//! The clock, and read models at a moment.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{AppError, ClockView, FlightsPage, ModelAt, Progress};
use crate::workbench::Workbench;

/// What the clock shows at a position or a time; at the head, if neither is given.
#[tauri::command]
#[specta::specta]
pub async fn clock(
    bench: State<'_, Workbench>,
    at: Option<String>,
    time: Option<String>,
) -> Result<ClockView, AppError> {
    bench.session()?.clock(at.as_deref(), time.as_deref()).await.map(|answer| bench.told(answer))
}

/// Folds read models to a position, so that what is asked of them there is answered at once.
#[tauri::command]
#[specta::specta]
pub async fn as_of_prepare(
    bench: State<'_, Workbench>,
    models: Vec<String>,
    at: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Vec<ModelAt>, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.as_of_prepare(&models, &at, task).await.map(|answer| bench.told(answer))
}

/// The last version that a stream had at a position; 0 if it began later.
#[tauri::command]
#[specta::specta]
pub async fn version_at_position(bench: State<'_, Workbench>, stream: String, at: String) -> Result<String, AppError> {
    bench.session()?.version_at_position(&stream, &at).await
}

/// Transfers whose money has left the source and not arrived, longest under way first.
#[tauri::command]
#[specta::specta]
pub async fn transfers_in_flight(
    bench: State<'_, Workbench>,
    limit: u32,
    at: Option<String>,
) -> Result<FlightsPage, AppError> {
    bench.session()?.transfers_in_flight(limit, at.as_deref()).await
}
