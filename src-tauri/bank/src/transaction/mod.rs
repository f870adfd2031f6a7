//! The transaction aggregate.

pub mod events;

pub use events::*;
