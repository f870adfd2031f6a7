//! Streams and events.

use tauri::State;

use crate::wire::{AppError, CategoryRow, EventDetail, EventExample, StreamsPage, StreamsRequest};
use crate::workbench::Workbench;

/// A page of streams.
#[tauri::command]
#[specta::specta]
pub async fn streams(bench: State<'_, Workbench>, request: StreamsRequest) -> Result<StreamsPage, AppError> {
    bench.session()?.streams(request).await
}

/// Categories with their sizes.
#[tauri::command]
#[specta::specta]
pub async fn categories(bench: State<'_, Workbench>, at: Option<String>) -> Result<Vec<CategoryRow>, AppError> {
    bench.session()?.categories(at.as_deref()).await
}

/// Event types that the domain knows, by name.
#[tauri::command]
#[specta::specta]
pub async fn event_types(bench: State<'_, Workbench>) -> Result<Vec<String>, AppError> {
    Ok(bench.session()?.event_types())
}

/// The newest version of an event type and a payload of it for a stream; nothing for a type that nobody knows.
#[tauri::command]
#[specta::specta]
pub async fn event_example(
    bench: State<'_, Workbench>,
    event_type: String,
    stream: String,
) -> Result<Option<EventExample>, AppError> {
    bench.session()?.event_example(&event_type, &stream).await
}

/// Everything about one event.
#[tauri::command]
#[specta::specta]
pub async fn event_detail(bench: State<'_, Workbench>, position: String) -> Result<EventDetail, AppError> {
    bench.session()?.event_detail(&position).await.map(|answer| bench.told(answer))
}
