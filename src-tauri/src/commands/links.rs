//! Links to places.

use tauri::State;

use crate::wire::{AppError, OpenedLink};
use crate::workbench::Workbench;

/// The link that the program was asked to open, once.
#[tauri::command]
#[specta::specta]
pub async fn take_link(bench: State<'_, Workbench>) -> Result<Option<OpenedLink>, AppError> {
    Ok(bench.take_link().await)
}

/// What a pasted link leads to.
#[tauri::command]
#[specta::specta]
pub async fn read_link(bench: State<'_, Workbench>, text: String) -> Result<OpenedLink, AppError> {
    Ok(bench.read_link(&text).await)
}
