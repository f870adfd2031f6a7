//! What-ifs: they write nothing but the files that people save them in.

use tauri::State;
use tauri::ipc::Channel;

use crate::wire::{AppError, Progress, WhatIf, WhatIfFile, WhatIfScenario, WhatIfTest};
use crate::workbench::Workbench;

/// Carries a scenario out in memory, beside what happened.
#[tauri::command]
#[specta::specta]
pub async fn run_what_if(
    bench: State<'_, Workbench>,
    scenario: WhatIfScenario,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<WhatIf, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.what_if(scenario, task).await.map(|answer| bench.told(answer))
}

/// Makes a Given-When-Then test of a scenario; anonymous: with other names and numbers.
#[tauri::command]
#[specta::specta]
pub async fn what_if_test(
    bench: State<'_, Workbench>,
    scenario: WhatIfScenario,
    name: Option<String>,
    anonymous: bool,
    task_id: String,
    progress: Channel<Progress>,
) -> Result<WhatIfTest, AppError> {
    let task = bench.tasks().start(task_id, progress);
    bench.session()?.what_if_test(scenario, name, anonymous, task).await.map(|answer| bench.told(answer))
}

/// Opens a scenario from the file named, or one that the user chooses. Nothing if the dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn open_what_if(bench: State<'_, Workbench>, path: Option<String>) -> Result<Option<WhatIfFile>, AppError> {
    bench.open_what_if(path).await
}

/// Saves a scenario in the file named, which must not be there yet, or one that the user chooses; its path. Nothing if the
/// dialog was dismissed.
#[tauri::command]
#[specta::specta]
pub async fn save_what_if(
    bench: State<'_, Workbench>,
    scenario: WhatIfScenario,
    path: Option<String>,
) -> Result<Option<String>, AppError> {
    bench.save_what_if(scenario, path).await
}

/// Saves the text of a test, as scenarios are saved.
#[tauri::command]
#[specta::specta]
pub async fn save_what_if_test(
    bench: State<'_, Workbench>,
    name: String,
    source: String,
    path: Option<String>,
) -> Result<Option<String>, AppError> {
    bench.save_what_if_test(name, source, path).await
}
