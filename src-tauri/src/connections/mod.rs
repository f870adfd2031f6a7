//! Connections: the stores that somebody works with, how each is reached, and what has to be known before it is touched.

mod book;
mod catalogue;
#[cfg(test)]
pub(crate) mod memory;
mod model;
mod parse;
pub(crate) mod present;
mod secrets;
mod target;
mod url;

pub use book::{Book, Draft, Named, PasswordChange, Saved};
pub use catalogue::{Catalogue, ENVIRONMENT_CHARACTERS, NAME_CHARACTERS};
pub use model::*;
pub use parse::{Misread, Parsed, has_scheme, parse};
pub use secrets::{Keyring, Login, SecretStore, SecretsError};
pub use target::*;
