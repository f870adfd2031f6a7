//! Everything in memory: the event store for tests and what-if, read models, and rows for folds that touch no database.

mod events;
mod read_models;
mod retention;
mod rows;
mod shared_rows;
mod undo;

pub use events::MemoryEventStore;
pub use read_models::MemoryReadModels;
pub use rows::{MemoryRows, RowChange, SharedKey};
pub use shared_rows::SharedRows;
pub use undo::UndoableRows;
