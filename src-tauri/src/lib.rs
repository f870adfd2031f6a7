//! The shell: window, commands, command line; the place where stores, engine and domain are put together.

pub mod bindings;
pub mod commands;
mod errors;
pub mod session;
pub mod tasks;
pub mod wire;
pub mod workbench;
