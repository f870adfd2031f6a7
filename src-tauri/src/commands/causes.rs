//! What led to an event, and what it led to.

use tauri::State;

use crate::wire::{AppError, CauseGraph, CausesRequest, EventCauses, TransferStory};
use crate::workbench::Workbench;

/// What led to the event at a position, and what it led to.
#[tauri::command]
#[specta::specta]
pub async fn event_causes(bench: State<'_, Workbench>, position: String) -> Result<EventCauses, AppError> {
    bench.session()?.event_causes(&position).await.map(|answer| bench.told(answer))
}

/// Position of the event with an id; nothing if there is none.
#[tauri::command]
#[specta::specta]
pub async fn event_position(bench: State<'_, Workbench>, event_id: String) -> Result<Option<String>, AppError> {
    bench.session()?.event_position(&event_id).await
}

/// The causes of a story as a drawing.
#[tauri::command]
#[specta::specta]
pub async fn cause_graph(bench: State<'_, Workbench>, request: CausesRequest) -> Result<CauseGraph, AppError> {
    bench.session()?.cause_graph(request).await.map(|answer| bench.told(answer))
}

/// The story of one transfer.
#[tauri::command]
#[specta::specta]
pub async fn transfer_story(
    bench: State<'_, Workbench>,
    transfer_id: String,
    at: Option<String>,
) -> Result<TransferStory, AppError> {
    bench.session()?.transfer_story(&transfer_id, at.as_deref()).await.map(|answer| bench.told(answer))
}
