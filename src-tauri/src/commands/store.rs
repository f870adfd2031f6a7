//! The open store: opening, choosing, filling, verifying.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{AppError, AppInfo, Progress, SpokenLanguage, StoreStatus, VerifyReport};
use crate::workbench::Workbench;

/// The program and the open store.
#[tauri::command]
#[specta::specta]
pub async fn app_info(bench: State<'_, Workbench>) -> Result<AppInfo, AppError> {
    bench.app_info().await.map(|answer| bench.told(answer))
}

/// Speaks a language from now on: events, rejections, forms and failures are told in it.
#[tauri::command]
#[specta::specta]
pub async fn set_language(bench: State<'_, Workbench>, language: SpokenLanguage) -> Result<(), AppError> {
    bench.set_language(language);
    Ok(())
}

/// Opens a store; without a path the default file in the user's data folder, created if missing.
#[tauri::command]
#[specta::specta]
pub async fn open_store(bench: State<'_, Workbench>, path: Option<String>) -> Result<StoreStatus, AppError> {
    bench.open(path.map(Into::into)).await.map(|answer| bench.told(answer))
}

/// Lets the user choose a file and opens it; nothing if the dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn choose_store(bench: State<'_, Workbench>) -> Result<Option<StoreStatus>, AppError> {
    bench.choose().await.map(|answer| bench.told(answer))
}

/// Fills the open, empty store with the demo bank.
#[tauri::command]
#[specta::specta]
pub async fn create_demo(
    bench: State<'_, Workbench>,
    seed: u32,
    events: u32,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<StoreStatus, AppError> {
    bench.writing("createDemo")?;
    let task = bench.tasks().start(task_id, progress);
    bench.create_demo(seed, events, task).await.map(|answer| bench.told(answer))
}

/// Where the open store stands.
#[tauri::command]
#[specta::specta]
pub async fn store_status(bench: State<'_, Workbench>) -> Result<StoreStatus, AppError> {
    bench.session()?.status().await.map(|answer| bench.told(answer))
}

/// Asks a long task to stop; false if there is none with this id (any more).
#[tauri::command]
#[specta::specta]
pub async fn cancel_task(bench: State<'_, Workbench>, task_id: String) -> Result<bool, AppError> {
    Ok(bench.cancel_task(&task_id))
}

/// Recomputes every hash of the open store.
#[tauri::command]
#[specta::specta]
pub async fn verify(
    bench: State<'_, Workbench>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<VerifyReport, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.verify(task).await.map(|answer| bench.told(answer))
}
