//! The customer aggregate.

pub mod events;

pub use events::*;
