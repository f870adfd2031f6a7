//! Between stores and beneath them: copies, parity runs, what a store stands on and what its server keeps.

use tauri::State;
use tauri::ipc::Channel;

use crate::copying::Purpose;
use crate::wire::{
    AppError, CopyRequest, CopyResult, CopyRun, IndexView, ParityAnswer, ParityRequest, ParityResult, ParityRun,
    Progress, ServerOverview, ServerProjections, ServerStreamReport, ServerStreams, SubscriptionRow,
};
use crate::workbench::Workbench;

/// What would be copied, and what the target could not keep.
#[tauri::command]
#[specta::specta]
pub async fn examine_copy(
    bench: State<'_, Workbench>,
    request: CopyRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<CopyResult, AppError> {
    let order = bench.copy_order(request).await?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.copy(order, Purpose::Plan, task).await.map(|answer| bench.told(answer))
}

/// Copies one store into another, or goes on with it, and compares both sides.
#[tauri::command]
#[specta::specta]
pub async fn copy_store(
    bench: State<'_, Workbench>,
    request: CopyRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<CopyResult, AppError> {
    let order = bench.copy_order(request).await?;
    bench.writing_to("copyStore", &[&order.to])?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.copy(order, Purpose::Copy, task).await.map(|answer| bench.told(answer))
}

/// Compares a target with what a copy of the source would be.
#[tauri::command]
#[specta::specta]
pub async fn compare_copy(
    bench: State<'_, Workbench>,
    request: CopyRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<CopyResult, AppError> {
    let order = bench.copy_order(request).await?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.copy(order, Purpose::Compare, task).await.map(|answer| bench.told(answer))
}

/// The copy that is under way, or how the last one ended.
#[tauri::command]
#[specta::specta]
pub async fn last_copy(bench: State<'_, Workbench>) -> Result<Option<CopyRun>, AppError> {
    Ok(bench.told(bench.last_copy()))
}

/// Runs the same bank on several empty stores, and compares what they answer and how fast.
#[tauri::command]
#[specta::specta]
pub async fn run_parity(
    bench: State<'_, Workbench>,
    request: ParityRequest,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<ParityResult, AppError> {
    let stores = bench.parity_stores(&request).await?;
    bench.writing_to("runParity", &stores.iter().collect::<Vec<_>>())?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.parity(stores, request.scratch_file, task).await.map(|answer| bench.told(answer))
}

/// The parity run that is under way, or how the last one ended.
#[tauri::command]
#[specta::specta]
pub async fn last_parity(bench: State<'_, Workbench>) -> Result<Option<ParityRun>, AppError> {
    Ok(bench.told(bench.last_parity()))
}

/// What each store answered to a step of the last parity run.
#[tauri::command]
#[specta::specta]
pub async fn parity_answers(bench: State<'_, Workbench>, step: u32) -> Result<Vec<ParityAnswer>, AppError> {
    bench.parity_answers(step).map(|answer| bench.told(answer))
}

/// What the open store stands on.
#[tauri::command]
#[specta::specta]
pub async fn server_overview(bench: State<'_, Workbench>) -> Result<ServerOverview, AppError> {
    bench.session()?.server_overview().await.map(|answer| bench.told(answer))
}

/// How far the index has come that the open store follows its log with; nothing where there is none.
#[tauri::command]
#[specta::specta]
pub async fn index_progress(bench: State<'_, Workbench>) -> Result<Option<IndexView>, AppError> {
    bench.session()?.index_progress().await
}

/// Streams as the server has them.
#[tauri::command]
#[specta::specta]
pub async fn server_streams(
    bench: State<'_, Workbench>,
    search: Option<String>,
    system: bool,
) -> Result<ServerStreams, AppError> {
    bench.session()?.server_streams(search, system).await.map(|answer| bench.told(answer))
}

/// Everything about one stream beside its events, also about one that is not there.
#[tauri::command]
#[specta::specta]
pub async fn server_stream(bench: State<'_, Workbench>, stream: String) -> Result<ServerStreamReport, AppError> {
    bench.session()?.server_stream(&stream).await.map(|answer| bench.told(answer))
}

/// The server's persistent subscriptions.
#[tauri::command]
#[specta::specta]
pub async fn server_subscriptions(bench: State<'_, Workbench>) -> Result<Vec<SubscriptionRow>, AppError> {
    bench.session()?.server_subscriptions().await.map(|answer| bench.told(answer))
}

/// The projections that run on the server.
#[tauri::command]
#[specta::specta]
pub async fn server_projections(bench: State<'_, Workbench>) -> Result<ServerProjections, AppError> {
    bench.session()?.server_projections().await
}
