//! The shell: window, commands, command line; the place where stores, engine and domain are put together.

pub mod about;
pub mod bindings;
pub mod cli;
pub mod command_history;
pub mod commands;
pub mod composition;
pub mod connections;
pub mod copying;
pub mod demo;
pub(crate) mod errors;
pub mod files;
pub mod journal;
pub(crate) mod language;
pub mod link;
pub mod logging;
pub mod notebooks;
pub mod parity;
pub mod pinning;
pub mod saved_queries;
pub mod selection;
pub mod server;
pub mod session;
pub mod settings;
pub mod stage;
mod start;
pub mod tasks;
pub mod window;
pub mod wire;
pub mod workbench;

use std::process::ExitCode;

/// The program: a command of the command line, or the window.
#[must_use]
pub fn run() -> ExitCode {
    // Two libraries would choose differently. It can only have been done already, by a test in the same process.
    let _already_there = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match cli::run(std::env::args_os()) {
        cli::Launch::Window { store, link } => window::run(store, link),
        cli::Launch::Done(code) => code,
    }
}
