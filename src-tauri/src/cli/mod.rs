//! The command line: everything that the window can do, for terminals and programs.

mod args;
mod choose;
mod command;
mod connections;
mod copy;
mod demo;
mod desk;
mod doctor;
mod events;
mod failure;
mod files;
mod history;
mod moment;
mod notebook;
mod output;
mod parity;
mod processes;
mod progress;
mod projections;
mod rebuild;
mod retention;
mod rows;
mod scene;
mod schema;
mod server;
mod snapshots;
mod state;
mod streams;
mod upkeep;
mod verify;
mod what_if;

use std::ffi::OsString;
use std::future::poll_fn;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use es_core::Language;
use tokio_util::sync::CancellationToken;

use self::args::{Command, Common, Line, ProjectionAction, SnapshotAction};
use self::choose::Counter;
use self::desk::{Desk, domain};
use self::failure::{Exit, Failure, Told};
use self::output::Output;
use self::progress::Meter;
use crate::start::Start;
use crate::wire::AppError;

/// What the command line asks for.
pub enum Launch {
    /// No command: the window, with the store that was named.
    Window {
        /// What `--store` names.
        store: Option<String>,
        /// The link to a place that it was given.
        link: Option<String>,
    },
    /// A command has run.
    Done(ExitCode),
}

/// Reads the arguments (the program's name first) and runs the command, if there is one.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Launch {
    let Start { link, arguments } = Start::of(arguments);
    let line = match Line::try_parse_from(&arguments) {
        Ok(line) => line,
        Err(error) => return Launch::Done(usage(&error, arguments.iter().any(|argument| argument == "--json"))),
    };
    let Some(command) = line.command else { return Launch::Window { store: line.common.store, link } };
    let mut out = Output::new(line.common.json, line.common.language);
    if link.is_some() {
        let message = "A link opens the window; it does not go together with a command.";
        return Launch::Done(tell(Failure::bad_input("bad_argument", message, "Leave out one of them."), &mut out));
    }
    let ended = with_runtime(line.common, command, &mut out).and_then(|exit| out.flush().map(|()| exit));
    Launch::Done(match ended {
        Ok(exit) => exit.into(),
        Err(failure) => tell(failure, &mut out),
    })
}

/// Help and version go to standard output and are no failure; everything else is bad input.
fn usage(error: &clap::Error, json: bool) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if json && !asked {
        let message = error.render().to_string();
        let message = message.trim().trim_start_matches("error: ");
        let failure = Failure::bad_input("bad_argument", message, "`ledgerscope --help` names what can be typed.");
        return tell(failure, &mut Output::new(true, Language::English));
    }
    // If nobody reads the help any more there is nobody to tell.
    let _ = error.print();
    if asked { Exit::Done.into() } else { Exit::BadInput.into() }
}

fn tell(failure: Failure, out: &mut Output) -> ExitCode {
    match failure {
        Failure::PipeClosed => Exit::Done.into(),
        Failure::Told { exit, error } => {
            if out.json {
                // The exit code stands even if the words cannot be written.
                let _ = out.object(&Told::of(&error)).and_then(|()| out.flush());
            } else {
                let _ = out.flush();
            }
            let AppError { code, message, hint, german, .. } = &error;
            let (message, hint) = match german {
                Some(german) if out.language == Language::German => (&german.message, &german.hint),
                _ => (message, hint),
            };
            eprintln!("error: {}\n       {}\n       [{code}]", output::printable(message), output::printable(hint));
            exit.into()
        }
    }
}

fn with_runtime(common: Common, command: Command, out: &mut Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        let message = format!("The program's threads cannot be started: {error}.");
        Failure::new(Exit::Unavailable, AppError::new("io", message, "Free some resources, then try again."))
    })?;
    let ended = runtime.block_on(async {
        let stop = CancellationToken::new();
        let mut stopping = Box::pin(stop_on_ctrl_c(stop.clone()));
        // Looked at once here, so that a signal is caught before any work begins.
        poll_fn(|context| {
            let _ = stopping.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        tokio::spawn(stopping);
        dispatch(common, command, stop, out).await
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// The first Ctrl-C stops the work cleanly, the second one at once.
async fn stop_on_ctrl_c(stop: CancellationToken) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if stop.is_cancelled() {
            std::process::exit(130);
        }
        stop.cancel();
    }
}

async fn dispatch(
    common: Common,
    command: Command,
    stop: CancellationToken,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let meter = Arc::new(Meter::new(common.progress));
    if let Command::Schema(asked) = &command {
        return schema::run(&*domain()?, asked, out).map(|()| Exit::Done);
    }
    if let Command::Scenes(asked) = command {
        return scene::run(asked.action, &stop, &meter, out).await;
    }
    let counter = Counter::open(&common, &stop);
    if let Command::Connections(asked) = command {
        return connections::run(&counter, common.store.as_deref(), asked.action, &stop, out).await;
    }
    if let Command::Copy(asked) = command {
        return copy::run(&counter, common.store.as_deref(), asked, stop, &meter, out).await;
    }
    if let Command::Parity(asked) = &command {
        return parity::run(&counter, asked, &stop, &meter, out).await;
    }
    let into = match &command {
        Command::Demo(asked) => asked.into.as_deref(),
        Command::Import(asked) => asked.into.as_deref(),
        _ => None,
    };
    let chosen = counter.choose(into.or(common.store.as_deref())).await?;
    if command.writes() {
        counter.confirm_writing(&chosen).await?;
    }
    match command {
        Command::Schema(_) | Command::Scenes(_) => {}
        Command::Connections(_) | Command::Copy(_) | Command::Parity(_) => {}
        Command::Demo(asked) => demo::run(&chosen, asked, &stop, &meter, out).await?,
        Command::Streams(asked) => streams::run(&Desk::look(&chosen, stop).await?, asked, out).await?,
        Command::Export(asked) => {
            return files::export((&chosen, counter.journal()?), asked, stop, &meter, out).await;
        }
        Command::Import(asked) => {
            return files::import((&chosen, counter.journal()?), asked, &stop, &meter, out).await;
        }
        Command::Events(asked) => {
            events::run(&Desk::look(&chosen, stop).await?.speaking(common.language), asked, &meter, out).await?;
        }
        Command::State(asked) => state::run(&Desk::look(&chosen, stop).await?, asked, out).await?,
        Command::Server(asked) => {
            return server::run(&Desk::look(&chosen, stop).await?, &chosen, asked.action, out).await;
        }
        Command::Diff(asked) => history::diff(&Desk::look(&chosen, stop).await?, asked, out).await?,
        Command::Blame(asked) => history::blame(&Desk::look(&chosen, stop).await?, asked, &meter, out).await?,
        Command::Watch(asked) => history::watch(&Desk::look(&chosen, stop).await?, asked, &meter, out).await?,
        Command::Bisect(asked) => history::bisect(&Desk::look(&chosen, stop).await?, asked, &meter, out).await?,
        Command::Lanes(asked) => history::lanes(&Desk::look(&chosen, stop).await?, asked, &meter, out).await?,
        Command::WhatIf(asked) => {
            let journal = counter.journal()?;
            return what_if::run(&Desk::look(&chosen, stop).await?, (&chosen, journal), asked, &meter, out).await;
        }
        Command::Notebook(asked) => {
            let folder = counter.folder()?;
            let shelf = notebook::Shelf::new(&folder, &chosen);
            if !asked.action.looks_at_a_store() {
                notebook::list(&shelf, out)?;
                return Ok(Exit::Done);
            }
            let desk = Desk::look(&chosen, stop).await?;
            return notebook::run((&desk, &shelf), asked.action, &meter, out).await;
        }
        Command::Verify => return verify::run(&Desk::look(&chosen, stop).await?, &meter, out).await,
        Command::Retention(asked) => return retention::run(chosen, stop, asked.action, &meter, out).await,
        Command::Execute(asked) => {
            let records = command::Records::new(&counter, &chosen);
            let (desk, store, engine) = Desk::work(chosen, stop).await?;
            if !asked.dry_run {
                store.writable().map_err(Failure::unavailable)?;
            }
            let ended = command::run(&desk.speaking(common.language), &engine, asked, &records, out).await;
            engine.shutdown().await;
            return ended;
        }
        Command::Processes(asked) => {
            let (desk, store, engine) = Desk::work(chosen, stop).await?;
            if asked.changes_something() {
                store.writable().map_err(Failure::unavailable)?;
            }
            let ended = processes::run(&desk, &engine, asked, out).await;
            engine.shutdown().await;
            return ended;
        }
        Command::Snapshots(asked) => {
            let (desk, store, engine) = Desk::work(chosen, stop).await?;
            let ended = snapshots::run(&desk, &*store.views, &engine, asked, &meter, out).await;
            engine.shutdown().await;
            return ended;
        }
        Command::Projections(asked) => {
            let (desk, store, engine) = Desk::work(chosen, stop).await?;
            let ended = projections::run((&desk, &store), &engine, asked, &meter, out).await;
            engine.shutdown().await;
            return ended;
        }
    }
    Ok(Exit::Done)
}

impl Command {
    /// Whether something may be different afterwards: events, or what people have set up or kept beside them.
    fn writes(&self) -> bool {
        match self {
            Self::Streams(_) | Self::Events(_) | Self::Export(_) | Self::State(_) => false,
            Self::Server(_) | Self::Verify => false,
            Self::Diff(_) | Self::Blame(_) | Self::Watch(_) | Self::Bisect(_) | Self::Lanes(_) => false,
            Self::WhatIf(_) => false,
            // A notebook is nothing of the store.
            Self::Notebook(_) => false,
            // A scene has a store of its own.
            Self::Scenes(_) => false,
            // Those that are given several stores ask for each.
            Self::Schema(_) | Self::Connections(_) | Self::Copy(_) | Self::Parity(_) => false,
            Self::Demo(_) | Self::Import(_) => true,
            Self::Execute(asked) => !asked.dry_run,
            Self::Processes(asked) => asked.changes_something(),
            Self::Snapshots(asked) => matches!(asked.action, Some(SnapshotAction::Delete { .. })),
            Self::Projections(asked) => asked.action.as_ref().is_some_and(ProjectionAction::changes_something),
            Self::Retention(asked) => asked.action.changes_something(),
        }
    }
}
