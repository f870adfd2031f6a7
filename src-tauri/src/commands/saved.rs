//! Saved queries.

use tauri::State;

use crate::wire::{AppError, SavedFolderDraft, SavedQueries, SavedQueryDraft};
use crate::workbench::Workbench;

/// The saved queries of the open store.
#[tauri::command]
#[specta::specta]
pub async fn saved_queries(bench: State<'_, Workbench>) -> Result<SavedQueries, AppError> {
    bench.saved_queries().await.map(|answer| bench.told(answer))
}

/// Saves a query, a new one or one that is there already under another name, place or content.
#[tauri::command]
#[specta::specta]
pub async fn save_query(bench: State<'_, Workbench>, draft: SavedQueryDraft) -> Result<SavedQueries, AppError> {
    bench.save_query(draft).await.map(|answer| bench.told(answer))
}

/// Saves a folder of queries likewise.
#[tauri::command]
#[specta::specta]
pub async fn save_query_folder(bench: State<'_, Workbench>, draft: SavedFolderDraft) -> Result<SavedQueries, AppError> {
    bench.save_query_folder(draft).await.map(|answer| bench.told(answer))
}

/// Removes a saved query, or a folder with everything in it.
#[tauri::command]
#[specta::specta]
pub async fn remove_saved_query(bench: State<'_, Workbench>, id: String) -> Result<SavedQueries, AppError> {
    bench.remove_saved_query(&id).await.map(|answer| bench.told(answer))
}
