//! Questions about the history of streams.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, BisectSearch, Bisected, Blame, ExpressionAbout, ExpressionCheck, FieldHistory, LanePage, LanesRequest,
    Progress, Watched,
};
use crate::workbench::Workbench;

/// Whether a text is an expression, and what is wrong with it where.
#[tauri::command]
#[specta::specta]
pub async fn check_expression(
    bench: State<'_, Workbench>,
    text: String,
    about: ExpressionAbout,
) -> Result<ExpressionCheck, AppError> {
    Ok(bench.told(bench.session()?.check_expression(&text, about)))
}

/// Which event last set each value of a state.
#[tauri::command]
#[specta::specta]
pub async fn blame(
    bench: State<'_, Workbench>,
    stream: String,
    version: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Blame, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.blame(&stream, &version, task).await.map(|answer| bench.told(answer))
}

/// Every change of the field that has this path (a JSON pointer) in the state at a version.
#[tauri::command]
#[specta::specta]
pub async fn field_history(
    bench: State<'_, Workbench>,
    stream: String,
    path: String,
    version: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<FieldHistory, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.field_history(&stream, &path, &version, task).await.map(|answer| bench.told(answer))
}

/// An expression over every version of a stream up to one, or its last one.
#[tauri::command]
#[specta::specta]
pub async fn watch(
    bench: State<'_, Workbench>,
    stream: String,
    expression: String,
    until: Option<String>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Watched, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.watch(&stream, &expression, until.as_deref(), task).await.map(|answer| bench.told(answer))
}

/// The first version of a stream, up to one or its last one, on which a condition holds.
#[tauri::command]
#[specta::specta]
pub async fn bisect(
    bench: State<'_, Workbench>,
    stream: String,
    condition: String,
    search: BisectSearch,
    until: Option<String>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<Bisected, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.bisect(&stream, &condition, search, until.as_deref(), task).await.map(|answer| bench.told(answer))
}

/// Events of several streams in one order, after a place and up to a position.
#[tauri::command]
#[specta::specta]
pub async fn lanes(
    bench: State<'_, Workbench>,
    request: LanesRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<LanePage, AppError> {
    let task = bench.tasks().start(task_id, progress);
    let LanesRequest { streams, order, after, at, limit } = request;
    bench.session()?.lanes(&streams, order, after, at.as_deref(), limit, task).await.map(|answer| bench.told(answer))
}
