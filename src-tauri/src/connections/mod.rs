//! Connections: the stores that somebody works with, how each is reached, and what has to be known before it is touched.

mod catalogue;
mod model;
mod parse;
mod secrets;
mod target;
mod url;

pub use catalogue::{Catalogue, ENVIRONMENT_CHARACTERS, NAME_CHARACTERS};
pub use model::*;
pub use parse::{Misread, Parsed, has_scheme, parse};
pub use secrets::*;
pub use target::*;
