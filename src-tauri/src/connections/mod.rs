//! Connections: the stores that somebody works with, how each is reached, and what has to be known before it is touched.

mod model;
mod target;

pub use model::*;
pub use target::*;
