//! The stage: scenes, and the one that is played.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{
    AppError, Progress, SceneList, SceneRow, SceneWords, StageEntered, StageStepChange, StageView, StoreStatus,
};
use crate::workbench::Workbench;

/// All scenes: those that come with the program, and one's own.
#[tauri::command]
#[specta::specta]
pub async fn scenes(bench: State<'_, Workbench>) -> Result<SceneList, AppError> {
    bench.scenes().await
}

/// The scene on the stage, if one is.
#[tauri::command]
#[specta::specta]
pub async fn stage(bench: State<'_, Workbench>) -> Result<Option<StageView>, AppError> {
    Ok(bench.told(bench.stage().await))
}

/// Puts a scene on the stage: its bank takes the place of the open store, which stays as it is.
#[tauri::command]
#[specta::specta]
pub async fn enter_stage(
    bench: State<'_, Workbench>,
    scene: String,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<StageEntered, AppError> {
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.enter_stage(&scene, task).await.map(|answer| bench.told(answer))
}

/// Goes back to the checkpoint.
#[tauri::command]
#[specta::specta]
pub async fn reset_stage(bench: State<'_, Workbench>) -> Result<StageEntered, AppError> {
    bench.reset_stage().await.map(|answer| bench.told(answer))
}

/// Leaves the stage: the store that was open before is opened again.
#[tauri::command]
#[specta::specta]
pub async fn leave_stage(bench: State<'_, Workbench>) -> Result<StoreStatus, AppError> {
    bench.leave_stage().await.map(|answer| bench.told(answer))
}

/// Does the next step of the scene.
#[tauri::command]
#[specta::specta]
pub async fn stage_step(
    bench: State<'_, Workbench>,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<StageView, AppError> {
    bench.writing("stageStep")?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.stage_step(task).await.map(|answer| bench.told(answer))
}

/// Goes to where so many steps are done, from the checkpoint if it lies behind.
#[tauri::command]
#[specta::specta]
pub async fn stage_go(
    bench: State<'_, Workbench>,
    done: u32,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<StageEntered, AppError> {
    bench.writing("stageGo")?;
    let task = bench.lasting_tasks().start(task_id, progress);
    bench.stage_go(done, task).await.map(|answer| bench.told(answer))
}

/// Begins or ends a recording.
#[tauri::command]
#[specta::specta]
pub async fn record_stage(bench: State<'_, Workbench>, on: bool) -> Result<StageView, AppError> {
    bench.record_stage(on).await.map(|answer| bench.told(answer))
}

/// Adds a place to the recording.
#[tauri::command]
#[specta::specta]
pub async fn record_place(
    bench: State<'_, Workbench>,
    address: String,
    title: SceneWords,
) -> Result<StageView, AppError> {
    bench.record_place(address, title).await.map(|answer| bench.told(answer))
}

/// Changes the words of a step.
#[tauri::command]
#[specta::specta]
pub async fn change_stage_step(
    bench: State<'_, Workbench>,
    index: u32,
    change: StageStepChange,
) -> Result<StageView, AppError> {
    bench.change_stage_step(index, change).await.map(|answer| bench.told(answer))
}

/// Takes a step that is not done out of the scene.
#[tauri::command]
#[specta::specta]
pub async fn remove_stage_step(bench: State<'_, Workbench>, index: u32) -> Result<StageView, AppError> {
    bench.remove_stage_step(index).await.map(|answer| bench.told(answer))
}

/// Keeps the scene that was recorded.
#[tauri::command]
#[specta::specta]
pub async fn save_stage(bench: State<'_, Workbench>, title: SceneWords) -> Result<StageView, AppError> {
    bench.save_stage(title).await.map(|answer| bench.told(answer))
}

/// Gives one's own scene another title.
#[tauri::command]
#[specta::specta]
pub async fn rename_scene(bench: State<'_, Workbench>, scene: String, title: SceneWords) -> Result<(), AppError> {
    bench.rename_scene(&scene, title).await
}

/// Deletes one's own scene.
#[tauri::command]
#[specta::specta]
pub async fn remove_scene(bench: State<'_, Workbench>, scene: String) -> Result<(), AppError> {
    bench.remove_scene(&scene).await
}

/// Saves a scene in a file, named or chosen in a dialog; its path. Nothing if the dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn export_scene(
    bench: State<'_, Workbench>,
    scene: String,
    path: Option<String>,
) -> Result<Option<String>, AppError> {
    bench.export_scene(&scene, path).await
}

/// Takes a scene from a file, named or chosen in a dialog, in among one's own. Nothing if the dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn import_scene(bench: State<'_, Workbench>, path: Option<String>) -> Result<Option<SceneRow>, AppError> {
    bench.import_scene(path).await
}
