//! The stage: scenes that are shipped or recorded, and the bank that each is played on. That bank is a store of its own in the
//! user's data folder: nothing that happens on a stage reaches any other store.

mod checkpoint;
mod own;
mod shipped;

pub use checkpoint::{Checkpoint, Run, Stages, stage_of};
pub use own::{OwnScenes, read_file};
pub use shipped::{SHIPPED, shipped};
