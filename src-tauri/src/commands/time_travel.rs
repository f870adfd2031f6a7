//! States at any version.

use tauri::State;

use crate::wire::{AppError, StateView, TimelineEntry};
use crate::workbench::Workbench;

/// Versions of a stream with type and time, after a version.
#[tauri::command]
#[specta::specta]
pub async fn timeline(
    bench: State<'_, Workbench>,
    stream: String,
    after_version: String,
    limit: u32,
) -> Result<Vec<TimelineEntry>, AppError> {
    bench.session()?.timeline(&stream, &after_version, limit).await
}

/// State at a version, compared with another (the previous one unless told).
#[tauri::command]
#[specta::specta]
pub async fn state_at(
    bench: State<'_, Workbench>,
    stream: String,
    version: String,
    compared_with: Option<String>,
) -> Result<StateView, AppError> {
    bench.session()?.state_at(&stream, &version, compared_with.as_deref()).await.map(|answer| bench.told(answer))
}

/// The last version that was recorded at or before a time; 0 if none.
#[tauri::command]
#[specta::specta]
pub async fn version_at(bench: State<'_, Workbench>, stream: String, time: String) -> Result<String, AppError> {
    bench.session()?.version_at(&stream, &time).await
}
