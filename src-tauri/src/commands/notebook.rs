//! Notebooks. They write nothing but their own files and the reports that are exported.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, NotebookEdit, NotebookRow, NotebookView, PinCheck, PinRequest, Pinned, Progress, ReportOpened,
    ReportRequest, ReportWritten,
};
use crate::workbench::Workbench;

/// All notebooks, the one that was changed last first.
#[tauri::command]
#[specta::specta]
pub async fn notebooks(bench: State<'_, Workbench>) -> Result<Vec<NotebookRow>, AppError> {
    bench.notebooks().await.map(|answer| bench.told(answer))
}

/// A notebook.
#[tauri::command]
#[specta::specta]
pub async fn notebook(bench: State<'_, Workbench>, id: String) -> Result<NotebookView, AppError> {
    bench.notebook(&id).await.map(|answer| bench.told(answer))
}

/// Begins a notebook.
#[tauri::command]
#[specta::specta]
pub async fn create_notebook(bench: State<'_, Workbench>, title: String) -> Result<NotebookView, AppError> {
    bench.create_notebook(title).await.map(|answer| bench.told(answer))
}

/// Changes a notebook.
#[tauri::command]
#[specta::specta]
pub async fn change_notebook(
    bench: State<'_, Workbench>,
    id: String,
    edit: NotebookEdit,
) -> Result<NotebookView, AppError> {
    bench.change_notebook(&id, edit).await.map(|answer| bench.told(answer))
}

/// Deletes a notebook for good.
#[tauri::command]
#[specta::specta]
pub async fn delete_notebook(bench: State<'_, Workbench>, id: String) -> Result<(), AppError> {
    bench.delete_notebook(&id).await
}

/// Pins something as the store has it.
#[tauri::command]
#[specta::specta]
pub async fn pin(
    bench: State<'_, Workbench>,
    request: PinRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Pinned, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.pin(request, task).await
}

/// Checks every pin of a notebook against the open store.
#[tauri::command]
#[specta::specta]
pub async fn check_notebook(
    bench: State<'_, Workbench>,
    id: String,
    language: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Vec<PinCheck>, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.check_notebook(&id, &language, task).await
}

/// Checks a notebook and writes it as a report; without a path, into a file that the user chooses. Nothing if the dialog was
/// dismissed.
#[tauri::command]
#[specta::specta]
pub async fn export_notebook(
    bench: State<'_, Workbench>,
    request: ReportRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Option<ReportWritten>, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.export_notebook(request, task).await
}

/// Reads a report back into a new notebook; without a path, one that the user chooses. Nothing if the dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn open_report(bench: State<'_, Workbench>, path: Option<String>) -> Result<Option<ReportOpened>, AppError> {
    bench.open_report(path).await.map(|answer| bench.told(answer))
}
