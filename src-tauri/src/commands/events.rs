//! Streams and events.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, CategoryRow, EventBlock, EventDetail, EventQuery, EventsOpened, Progress, StreamsPage, StreamsRequest,
};
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
pub async fn categories(bench: State<'_, Workbench>) -> Result<Vec<CategoryRow>, AppError> {
    bench.session()?.categories().await
}

/// Opens a grid of matching events; a filter is evaluated in the store.
#[tauri::command]
#[specta::specta]
pub async fn events_open(
    bench: State<'_, Workbench>,
    query: EventQuery,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<EventsOpened, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.events_open(query, task).await
}

/// A block of an opened grid.
#[tauri::command]
#[specta::specta]
pub async fn events_block(
    bench: State<'_, Workbench>,
    query_id: String,
    first_row: String,
    count: u32,
) -> Result<EventBlock, AppError> {
    bench.session()?.events_block(&query_id, &first_row, count).await
}

/// Forgets an opened grid.
#[tauri::command]
#[specta::specta]
pub async fn events_close(bench: State<'_, Workbench>, query_id: String) -> Result<(), AppError> {
    bench.session()?.events_close(&query_id);
    Ok(())
}

/// Event types that the domain knows, by name.
#[tauri::command]
#[specta::specta]
pub async fn event_types(bench: State<'_, Workbench>) -> Result<Vec<String>, AppError> {
    Ok(bench.session()?.event_types())
}

/// Everything about one event.
#[tauri::command]
#[specta::specta]
pub async fn event_detail(bench: State<'_, Workbench>, position: String) -> Result<EventDetail, AppError> {
    bench.session()?.event_detail(&position).await
}
