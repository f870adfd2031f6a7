//! Grids of events.

use tauri::State;

use crate::wire::{AppError, EventBlock, EventDensity, EventPlace, EventQuery, EventsOpened, EventsProgress};
use crate::workbench::Workbench;

/// Opens a grid of matching events and answers at once; a filter is evaluated in the store, in the background. Cancelling the
/// task gives the opening up.
#[tauri::command]
#[specta::specta]
pub async fn events_open(
    bench: State<'_, Workbench>,
    query: EventQuery,
    task_id: String,
) -> Result<EventsOpened, AppError> {
    let task = bench.tasks().begin(task_id, Box::new(|_| {}));
    bench.session()?.events_open(query, task.token()).await.map(|answer| bench.told(answer))
}

/// How far the search of an open grid is.
#[tauri::command]
#[specta::specta]
pub async fn events_progress(bench: State<'_, Workbench>, query_id: String) -> Result<EventsProgress, AppError> {
    bench.session()?.events_progress(&query_id).await.map(|answer| bench.told(answer))
}

/// Stops the search of an open grid; what was found stays.
#[tauri::command]
#[specta::specta]
pub async fn events_stop(bench: State<'_, Workbench>, query_id: String) -> Result<(), AppError> {
    bench.session()?.events_stop(&query_id)
}

/// Goes on with a search that was stopped or has failed.
#[tauri::command]
#[specta::specta]
pub async fn events_continue(bench: State<'_, Workbench>, query_id: String) -> Result<(), AppError> {
    bench.session()?.events_continue(&query_id)
}

/// A block of an opened grid, with the values of columns that are paths into the events.
#[tauri::command]
#[specta::specta]
pub async fn events_block(
    bench: State<'_, Workbench>,
    query_id: String,
    first_row: String,
    count: u32,
    columns: Vec<String>,
) -> Result<EventBlock, AppError> {
    bench.session()?.events_block(&query_id, &first_row, count, &columns).await.map(|answer| bench.told(answer))
}

/// Forgets an opened grid; what is being read for it ends.
#[tauri::command]
#[specta::specta]
pub async fn events_close(bench: State<'_, Workbench>, query_id: String) -> Result<(), AppError> {
    bench.session()?.events_close(&query_id);
    Ok(())
}

/// The row at a position, or the first one behind it.
#[tauri::command]
#[specta::specta]
pub async fn row_of_position(
    bench: State<'_, Workbench>,
    query_id: String,
    position: String,
) -> Result<EventPlace, AppError> {
    bench.session()?.row_of_position(&query_id, &position).await
}

/// The first row recorded at or after a time (RFC 3339).
#[tauri::command]
#[specta::specta]
pub async fn row_at_time(bench: State<'_, Workbench>, query_id: String, time: String) -> Result<EventPlace, AppError> {
    bench.session()?.row_at_time(&query_id, &time).await
}

/// How many rows were recorded when: exact counts of up to `bins` parts of a range, by default that of all rows.
#[tauri::command]
#[specta::specta]
pub async fn events_density(
    bench: State<'_, Workbench>,
    query_id: String,
    from: Option<String>,
    until: Option<String>,
    bins: u32,
) -> Result<EventDensity, AppError> {
    bench.session()?.events_density(&query_id, from.as_deref(), until.as_deref(), bins).await
}
