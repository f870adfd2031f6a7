//! `ledgerscope server`.

use clap::Subcommand;
use es_core::StreamName;
use serde::Serialize;

use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::output::{Align, Output, Table, printable};
use crate::connections::Chosen;
use crate::server::{self, StreamsWanted};
use crate::wire::{
    ServerOverview, ServerProjections, ServerStreamReport, ServerStreams, StandingCode, SubscriptionRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// What the store stands on, what it can do, and how far its local index has come
    Status,
    /// List streams as the server has them
    Streams {
        /// Only names that contain this
        #[arg(long, value_name = "TEXT")]
        contains: Option<String>,
        /// Also those that the store or its server keeps for itself
        #[arg(long)]
        system: bool,
        /// Most streams of applications
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Everything about one stream beside its events: whether and why it cannot be read, metadata, rights, links
    Stream {
        /// Its name; `$ce-account` and the like, too
        name: String,
        /// Most entries, newest first
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// List the server's persistent subscriptions
    Subscriptions,
    /// List the server's projections
    Projections,
}

#[derive(Serialize)]
struct SubscriptionsJson<'a> {
    subscriptions: &'a [SubscriptionRow],
}

pub(super) async fn run(
    desk: &Desk,
    chosen: &Chosen,
    action: Option<Action>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let store = &*desk.events;
    match action.unwrap_or(Action::Status) {
        Action::Status => {
            let overview = desk.stoppable(server::overview(store, chosen)).await?;
            told(out, &overview, status)?;
        }
        Action::Streams { contains, system, limit } => {
            let wanted = StreamsWanted { contains, system, limit };
            let streams = desk.stoppable(server::streams(store, &wanted)).await?;
            told(out, &streams, list)?;
        }
        Action::Stream { name, limit } => {
            let stream = StreamName::new(&name).map_err(|error| {
                let message = crate::errors::sentence(&error.to_string());
                Failure::bad_input("bad_argument", message, "`ledgerscope server streams` lists the streams.")
            })?;
            let report = desk.stoppable(server::stream(store, &stream, limit)).await?;
            told(out, &report, one)?;
            // The answer is complete either way; a program need not read it to know that there is nothing to read.
            return Ok(if report.standing == StandingCode::Present { Exit::Done } else { Exit::BadInput });
        }
        Action::Subscriptions => {
            let found = desk.stoppable(server::subscriptions(store)).await?;
            told(out, &SubscriptionsJson { subscriptions: &found }, subscriptions)?;
        }
        Action::Projections => {
            let found = desk.stoppable(server::projections(store)).await?;
            told(out, &found, projections)?;
        }
    }
    Ok(Exit::Done)
}

fn told<T: Serialize>(
    out: &mut Output,
    answer: &T,
    for_people: impl FnOnce(&T, &mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if out.json { out.object(answer) } else { for_people(answer, out) }
}

fn status(overview: &ServerOverview, out: &mut Output) -> Result<(), Failure> {
    out.line(&overview.backend)?;
    let mut facts = Table::new(&[("ABOUT", Align::Left), ("WHAT THERE IS", Align::Left)]);
    for fact in &overview.facts {
        facts.row(vec![fact.name.clone(), fact.value.clone()]);
    }
    out.table(&facts)?;
    let mut can = Table::new(&[("CAN", Align::Left), ("WHAT", Align::Left)]);
    for row in &overview.capabilities {
        can.row(vec![if row.offered { "yes" } else { "no" }.to_owned(), row.told.clone()]);
    }
    out.table(&can)?;
    if let Some(index) = &overview.index {
        let how_far = match index.complete {
            true => "the whole log".to_owned(),
            false => format!("up to position {} of {}", index.position, index.head),
        };
        out.line(&format!("The local index holds {how_far}: {} events.", index.events))?;
    }
    overview.why_none.as_ref().map_or(Ok(()), |why| out.line(why))
}

fn list(found: &ServerStreams, out: &mut Output) -> Result<(), Failure> {
    if found.streams.is_empty() {
        return out.line("No stream matches.");
    }
    let mut table =
        Table::new(&[("STREAM", Align::Left), ("LAST VERSION", Align::Right), ("WHAT IS TO BE KNOWN", Align::Left)]);
    for row in &found.streams {
        table.row(vec![row.stream.clone(), row.version.clone().unwrap_or_else(|| "?".to_owned()), row.told.clone()]);
    }
    out.table(&table)
}

fn one(report: &ServerStreamReport, out: &mut Output) -> Result<(), Failure> {
    out.line(&printable(&format!("{}: {}", report.stream, report.told)))?;
    if !report.similar.is_empty() {
        out.line(&printable(&format!("Similar names: {}.", report.similar.join(", "))))?;
    }
    if let (Some(metadata), Some(version)) = (&report.metadata, &report.metadata_version) {
        out.line(&printable(&format!("Metadata, written {version} times: {metadata}")))?;
    }
    if !report.rights.is_empty() {
        let mut rights = Table::new(&[("MAY", Align::Left), ("WHO", Align::Left), ("SAID BY", Align::Left)]);
        for right in &report.rights {
            rights.row(vec![right.action.clone(), right.roles.join(", "), right.source.clone()]);
        }
        out.table(&rights)?;
    }
    let mut entries = Table::new(&[
        ("VERSION", Align::Right),
        ("TYPE", Align::Left),
        ("RECORDED (UTC)", Align::Left),
        ("STANDS FOR", Align::Left),
    ]);
    for entry in &report.entries {
        let link = entry.link.as_ref().map(|link| {
            let names = match (&link.stream, &link.version) {
                (Some(stream), Some(version)) => format!("version {version} of {stream}"),
                _ => "an event that it does not name".to_owned(),
            };
            let is = link.event_type.as_ref().map(|event_type| format!(", {event_type}")).unwrap_or_default();
            let why = link.unresolved.as_ref().map(|why| format!(". {why}")).unwrap_or_default();
            format!("{names}{is}{why}")
        });
        let at = entry.recorded_at.clone();
        entries.row(vec![entry.version.clone(), entry.event_type.clone(), at, link.unwrap_or_default()]);
    }
    if entries.is_empty() { Ok(()) } else { out.table(&entries) }
}

fn subscriptions(found: &SubscriptionsJson<'_>, out: &mut Output) -> Result<(), Failure> {
    if found.subscriptions.is_empty() {
        return out.line("The server has no persistent subscriptions.");
    }
    let mut table = Table::new(&[
        ("STREAM", Align::Left),
        ("GROUP", Align::Left),
        ("STATUS", Align::Left),
        ("CONSUMERS", Align::Right),
        ("IN FLIGHT", Align::Right),
        ("PARKED", Align::Right),
        ("BEGINS AT", Align::Left),
    ]);
    for row in found.subscriptions {
        table.row(vec![
            row.stream.clone(),
            row.group.clone(),
            row.status.clone(),
            row.consumers.clone(),
            row.in_flight.clone(),
            row.parked.clone(),
            row.begins.clone(),
        ]);
    }
    out.table(&table)
}

fn projections(found: &ServerProjections, out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("PROJECTION", Align::Left),
        ("STATUS", Align::Left),
        ("PROGRESS", Align::Right),
        ("WHAT IS TO BE KNOWN", Align::Left),
    ]);
    for row in &found.listed {
        let progress = format!("{:.1} %", row.progress);
        table.row(vec![row.name.clone(), row.status.clone(), progress, row.reason.clone()]);
    }
    for row in &found.system {
        let has = if row.has_written { "has written" } else { "has written nothing" };
        table.row(vec![row.name.clone(), has.to_owned(), String::new(), format!("writes {}", row.writes)]);
    }
    out.table(&table)?;
    match &found.problem {
        Some(problem) => {
            out.line(&printable(&format!("The server does not list them. {} {}", problem.message, problem.hint)))
        }
        None if found.listed.is_empty() => out.line("The server lists no projections."),
        None => Ok(()),
    }
}
