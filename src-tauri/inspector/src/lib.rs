//! The fold core behind time travel, diff and detail views; knows neither Tauri nor a store.
