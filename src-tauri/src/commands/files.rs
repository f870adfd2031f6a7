//! Files of events.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{AppError, ExportReport, ExportRequest, ImportReport, ImportRequest, Progress};
use crate::workbench::Workbench;

/// Exports everything that matches into a file; without a path, into one that the user chooses. Nothing if the dialog was
/// dismissed.
#[tauri::command]
#[specta::specta]
pub async fn export_events(
    bench: State<'_, Workbench>,
    request: ExportRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Option<ExportReport>, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.export_events(request, task).await
}

/// Imports a file of events into the open store, which has to be empty or hold a beginning of it. Nothing if the dialog was
/// dismissed.
#[tauri::command]
#[specta::specta]
pub async fn import_events(
    bench: State<'_, Workbench>,
    request: ImportRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Option<ImportReport>, AppError> {
    bench.writing("importEvents")?;
    let task = bench.tasks().start(task_id, progress);
    bench.import_events(request, task).await.map(|answer| bench.told(answer))
}
