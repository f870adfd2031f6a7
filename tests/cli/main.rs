//! The command line, run as a program: exit codes, words, what is written and what is not.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod backends;
mod commands;
mod connections;
mod copy;
mod demo;
mod files;
mod history;
mod issued;
mod keyring;
mod notebook;
mod parity;
mod processes;
mod projections;
mod reading;
mod refusals;
mod retention;
mod scene;
#[path = "../shared/secured.rs"]
mod secured;
mod server;
mod servers;
#[path = "../shared/stuck_transfer.rs"]
mod stuck_transfer;
mod support;
mod verify;
mod what_if;
