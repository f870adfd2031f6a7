//! The account aggregate.

pub mod events;

pub use events::*;
