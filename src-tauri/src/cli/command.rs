//! `ledgerscope command`.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{
    Appended, Domain, EventFilter, Position, ReadAll, RecordedEvent, Rejection, ShapeViolation, StreamName,
    StreamVersion, limits,
};
use es_runtime::{CommandEnvelope, DryRun, Engine, ExecuteError, LoadError, Outcome};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::args::Execute;
use super::choose::Counter;
use super::desk::Desk;
use super::events::{self, EventJson};
use super::failure::{Exit, Failure};
use super::output::{Output, embedded, printable};
use super::state::{ChangeJson, changes, lines};
use crate::command_history::{CommandHistory, Ended, Issued, Recording};
use crate::connections::Chosen;
use crate::wire::{AppError, CommandOrigin, CommandOutcome};

/// Most events told that followed from a command.
const CONSEQUENCES: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
enum OutcomeJson {
    /// Its events are stored, now (`executed`) or since an earlier attempt (`alreadyDone`).
    Executed(DoneJson),
    AlreadyDone(DoneJson),
    /// A rule refused it; nothing was written. Exit code 3.
    #[serde(rename_all = "camelCase")]
    Rejected {
        command_id: Uuid,
        code: String,
        message: String,
        details: BTreeMap<String, String>,
    },
    /// Others kept winning; nothing was written. Exit code 4.
    #[serde(rename_all = "camelCase")]
    Conflict {
        command_id: Uuid,
        stream: String,
        expected: String,
        actual: String,
        attempts: u32,
    },
    /// The store cannot answer at present. Exit code 5.
    #[serde(rename_all = "camelCase")]
    Unavailable {
        command_id: Uuid,
        code: &'static str,
        message: String,
        hint: &'static str,
        retryable: bool,
        /// Whether it may have been carried out; sending it again under its id tells.
        outcome_unknown: bool,
    },
    /// It does not fit its schema; nothing was written. Exit code 2.
    #[serde(rename_all = "camelCase")]
    Invalid {
        command_id: Uuid,
        code: &'static str,
        message: String,
        violations: Vec<ShapeViolation>,
    },
    /// What a dry run found: these events would be written.
    #[serde(rename_all = "camelCase")]
    WouldExecute {
        stream: String,
        version: String,
        events: Vec<PlannedJson>,
        state: Box<RawValue>,
        changes: Vec<ChangeJson>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DoneJson {
    command_id: Uuid,
    stream: String,
    /// The command's own events; none if there was nothing to do.
    events: Vec<EventJson>,
    /// What processes did because of them, in order.
    consequences: Vec<EventJson>,
    /// Personal data that the command has recorded the actor to see, by field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    revealed: BTreeMap<String, String>,
    /// Instances of processes that cannot go on by themselves.
    stuck: Vec<StuckJson>,
    /// Another window or program works on the rest, and has not ended yet.
    goes_on_elsewhere: bool,
}

#[derive(Serialize)]
struct StuckJson {
    stream: String,
    reason: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedJson {
    event_type: &'static str,
    schema_version: u32,
    payload: Box<RawValue>,
}

/// Where it is kept that commands were issued.
pub(super) struct Records {
    /// Why there is no place for them, where there is none.
    history: Result<Arc<CommandHistory>, AppError>,
    store: String,
}

impl Records {
    /// The records of a store in the data folder.
    pub(super) fn new(counter: &Counter, chosen: &Chosen) -> Self {
        let history = counter.data_folder().map(|folder| Arc::new(CommandHistory::new(folder)));
        Self { history, store: chosen.kept_under() }
    }

    /// Keeps that a command is sent. Where that cannot be written, the command is sent all the same, and the person is told.
    async fn sent(&self, domain: &Domain, command: &CommandEnvelope) -> Option<Recording> {
        let history = self.history.as_ref().inspect_err(|error| not_kept(error)).ok()?;
        let issued = Issued {
            command_id: command.command_id.to_string(),
            command_type: command.command_type.clone(),
            payload: command.payload.clone(),
            actor: command.actor.clone(),
            reason: command.reason.clone(),
            expected_version: command.expected_version.map(|version| version.to_string()),
            origin: CommandOrigin::CommandLine,
        };
        let (recording, written) = Recording::begin(Arc::clone(history), self.store.clone(), domain, issued).await;
        written.inspect_err(not_kept).ok().map(|()| recording)
    }
}

fn not_kept(error: &AppError) {
    eprintln!("note: The history of commands does not have this one. {}", printable(&error.message));
}

/// What is kept of an answer.
fn ended(outcome: &Result<Outcome, ExecuteError>) -> Ended {
    let done = |kind, stream: &StreamName, appended: &Appended| Ended {
        stream: Some(stream.to_string()),
        events: u32::try_from(appended.events.len()).ok(),
        position: appended.events.first().map(|event| event.position.to_string()),
        ..Ended::of(kind)
    };
    match outcome {
        Ok(Outcome::Executed { stream, appended, .. }) => done(CommandOutcome::Executed, stream, appended),
        Ok(Outcome::AlreadyDone { stream, appended }) => done(CommandOutcome::AlreadyDone, stream, appended),
        Ok(Outcome::Rejected(Rejection { code, message, details })) => Ended {
            details: details.clone().into_iter().collect(),
            ..Ended::refused(CommandOutcome::Rejected, code, message)
        },
        Ok(Outcome::Conflict { stream, expected, actual, attempts }) => Ended {
            stream: Some(stream.to_string()),
            details: vec![
                ("expected".to_owned(), expected.to_string()),
                ("actual".to_owned(), actual.to_string()),
                ("attempts".to_owned(), attempts.to_string()),
            ],
            ..Ended::of(CommandOutcome::Conflict)
        },
        Ok(Outcome::Unavailable(unavailable)) => {
            let message = crate::errors::sentence(&unavailable.message());
            Ended::refused(CommandOutcome::Unavailable, unavailable.code(), &message)
        }
        // Only where it does not fit: what was typed there may be somebody's name.
        Ok(Outcome::Invalid(error)) => Ended {
            code: Some(error.code().to_owned()),
            details: violations(error).into_iter().map(|violation| ("field".to_owned(), violation.path)).collect(),
            ..Ended::of(CommandOutcome::Invalid)
        },
        Err(error) => {
            Ended::refused(CommandOutcome::Failed, error.code(), &crate::errors::sentence(&error.to_string()))
        }
    }
}

pub(super) async fn run(
    desk: &Desk,
    engine: &Engine,
    asked: Execute,
    records: &Records,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let mut command = CommandEnvelope::new(asked.command_type, payload(&asked.payload)?);
    command.command_id = asked.id.unwrap_or_else(Uuid::new_v4);
    command.actor = asked.actor.unwrap_or_else(user);
    "cli".clone_into(&mut command.channel);
    let reason = crate::session::arguments::reason(asked.reason.as_deref());
    command.reason = reason.map_err(|error| Failure::new(Exit::BadInput, error))?;
    command.expected_version = asked.expected_version.map(StreamVersion);
    if asked.dry_run {
        let answer = engine.dry_run(&command).await.map_err(failed)?;
        return told_dry(desk, command.command_id, answer, out);
    }
    let recording = records.sent(engine.domain(), &command).await;
    let outcome = engine.execute(&command).await;
    if let Some(recording) = recording {
        // What the command has done is told below; that its record ends with "unknown" is the lesser harm.
        let _ = recording.end(ended(&outcome)).await.inspect_err(not_kept);
    }
    let outcome = outcome.map_err(failed)?;
    let (appended, already) = match outcome {
        Outcome::Executed { stream, appended, .. } => ((stream, appended), false),
        Outcome::AlreadyDone { stream, appended } => ((stream, appended), true),
        refused => return told_refused(&command, refused, out),
    };
    // Also for a command that was carried out before: the earlier run may have ended before its processes did.
    let (stream, appended) = appended;
    let elsewhere = !settle(desk, engine, &stream).await?;
    let positions: Vec<_> = appended.events.iter().map(|event| event.position).collect();
    let own = desk.events.read_positions(&positions).await?;
    let followed = consequences(desk, command.command_id, &positions).await?;
    let revealed = revealed(engine, &own, &command.actor).await?;
    let stuck = engine.stuck();
    if out.json {
        let json = |events: &[RecordedEvent]| events.iter().map(|event| EventJson::of(desk, event)).collect();
        let stuck = stuck.into_iter().map(|(stream, reason)| StuckJson { stream: stream.to_string(), reason });
        let done = DoneJson {
            command_id: command.command_id,
            stream: stream.to_string(),
            events: json(&own),
            consequences: json(&followed),
            revealed,
            stuck: stuck.collect(),
            goes_on_elsewhere: elsewhere,
        };
        out.object(&if already { OutcomeJson::AlreadyDone(done) } else { OutcomeJson::Executed(done) })?;
        return Ok(Exit::Done);
    }
    let head = match (already, own.is_empty()) {
        (true, _) => "Already done earlier; nothing was written now.",
        (false, true) => "Nothing to do; nothing was written.",
        (false, false) => "Done.",
    };
    out.line(&format!("{head} Command {}", command.command_id))?;
    let mut table = events::table();
    own.iter().chain(&followed).for_each(|event| table.row(events::row(desk, event)));
    if !table.is_empty() {
        out.table(&table)?;
    }
    for (field, value) in revealed {
        out.line(&printable(&format!("{field}: {value}")))?;
    }
    for (stream, reason) in stuck {
        out.line(&printable(&format!("Stuck: {stream}: {reason}")))?;
    }
    if elsewhere {
        out.line("Another window or program works on the rest; look again with `ledgerscope events --correlation`.")?;
    }
    Ok(Exit::Done)
}

/// What the command has recorded the actor to see, if it is one that reveals.
async fn revealed(engine: &Engine, own: &[RecordedEvent], actor: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    for event in own {
        let aggregate = engine.domain().aggregate(event.stream.category());
        if aggregate.is_some_and(|aggregate| aggregate.revealed_by().contains(&&*event.event_type)) {
            all.extend(engine.reveal(event.position, actor).await?);
        }
    }
    Ok(all)
}

/// Drives the processes until none has anything left to do. Where another window or program drives them, waits until it has
/// ended with this stream, or takes over when it goes away; false if that takes long.
async fn settle(desk: &Desk, engine: &Engine, stream: &StreamName) -> Result<bool, Failure> {
    let started = Instant::now();
    loop {
        let driven = engine.drive_processes_until_idle(&desk.stop).await?;
        if !driven.held_elsewhere || nothing_pending(desk, engine.domain(), stream).await? {
            return Ok(true);
        }
        if started.elapsed() > limits::WAIT_UNTIL_TIMEOUT {
            return Ok(false);
        }
        // Stopping is noticed by the next round of driving.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn nothing_pending(desk: &Desk, domain: &Domain, stream: &StreamName) -> Result<bool, Failure> {
    let mut processes = domain.processes.iter().filter(|process| process.category() == stream.category()).peekable();
    let (Some(_), Some(aggregate)) = (processes.peek(), domain.aggregate(stream.category())) else { return Ok(true) };
    let last = desk.stream_exists(stream).await?.version;
    let state = desk.inspector.state_at(stream, last, None, &desk.stop).await?.state;
    let Some(state) = aggregate.restore(&state) else { return Ok(true) };
    Ok(processes.all(|process| process.turn(stream, &state).pending.is_empty()))
}

/// The payload as typed, from a file, or from standard input.
fn payload(text: &str) -> Result<String, Failure> {
    let unreadable = |what: &str, error: std::io::Error| {
        let message = format!("The payload cannot be read from {what}: {error}.");
        Failure::bad_input("payload_unreadable", message, "Check the name; the payload has to be UTF-8 text.")
    };
    if text == "-" {
        let mut payload = String::new();
        std::io::stdin().read_to_string(&mut payload).map_err(|error| unreadable("standard input", error))?;
        return Ok(payload);
    }
    match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| unreadable(file, error)),
        None => Ok(text.to_owned()),
    }
}

pub(super) fn user() -> String {
    let named = ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| "cli".to_owned())
}

/// Everything else with the command's correlation id.
async fn consequences(desk: &Desk, command_id: Uuid, own: &[Position]) -> Result<Vec<RecordedEvent>, Failure> {
    let Some(first) = own.first() else { return Ok(Vec::new()) };
    let filter = EventFilter { correlation_id: Some(command_id), ..EventFilter::default() };
    let (mut found, mut from) = (Vec::new(), first.previous());
    while found.len() < CONSEQUENCES {
        let read = ReadAll::forward(from, CONSEQUENCES).filtered(filter.clone());
        let page = desk.stoppable(desk.events.read_all(read)).await?;
        found.extend(page.events.into_iter().filter(|event| !own.contains(&event.position)));
        from = page.next;
        if page.end {
            break;
        }
    }
    Ok(found)
}

fn told_refused(command: &CommandEnvelope, outcome: Outcome, out: &mut Output) -> Result<Exit, Failure> {
    let command_id = command.command_id;
    match outcome {
        Outcome::Rejected(rejection) => rejected(command_id, rejection, out),
        Outcome::Invalid(error) => invalid(command_id, &error, out),
        Outcome::Conflict { stream, expected, actual, attempts } => {
            if out.json || command.expected_version.is_some() {
                return conflict(command_id, &stream, (expected, actual), attempts, out);
            }
            let message = format!(
                "Others kept writing to stream {stream}: after {attempts} attempts it stands at version {actual}, \
                 {expected} was expected. Nothing was written."
            );
            let error = AppError::new("conflict", message, "Try again.").retryable();
            Err(Failure::new(Exit::Conflict, error))
        }
        Outcome::Unavailable(unavailable) if out.json => {
            out.object(&OutcomeJson::Unavailable {
                command_id,
                code: unavailable.code(),
                message: crate::errors::sentence(&unavailable.message()),
                hint: unavailable.hint(),
                retryable: unavailable.retryable(),
                outcome_unknown: unavailable.outcome_unknown,
            })?;
            Ok(Exit::Unavailable)
        }
        Outcome::Unavailable(unavailable) => Err(unavailable.error.into()),
        Outcome::Executed { .. } | Outcome::AlreadyDone { .. } => Ok(Exit::Done),
    }
}

/// The stream has another version than the one that the command names.
fn conflict(
    command_id: Uuid,
    stream: &StreamName,
    (expected, actual): (StreamVersion, StreamVersion),
    attempts: u32,
    out: &mut Output,
) -> Result<Exit, Failure> {
    if out.json {
        let (expected, actual) = (expected.to_string(), actual.to_string());
        let stream = stream.to_string();
        out.object(&OutcomeJson::Conflict { command_id, stream, expected, actual, attempts })?;
        return Ok(Exit::Conflict);
    }
    let message = format!("Stream {stream} is at version {actual}; {expected} was expected. Nothing was written.");
    let hint = if actual > expected {
        format!("See what has happened since: ledgerscope events --stream {stream} --backward")
    } else {
        format!("The stream is not that far. Expect version {actual}, or name none.")
    };
    Err(Failure::new(Exit::Conflict, AppError::new("wrong_expected_version", message, hint)))
}

fn rejected(command_id: Uuid, rejection: Rejection, out: &mut Output) -> Result<Exit, Failure> {
    let Rejection { code, message, details } = rejection;
    if out.json {
        out.object(&OutcomeJson::Rejected { command_id, code, message, details })?;
        return Ok(Exit::Rejected);
    }
    let numbers: Vec<_> = details.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let hint = match numbers.join(", ") {
        none if none.is_empty() => "Rejected by a rule. Nothing was written.".to_owned(),
        numbers => format!("Rejected by a rule ({numbers}). Nothing was written."),
    };
    Err(Failure::new(Exit::Rejected, AppError::new(code, crate::errors::sentence(&message), hint)))
}

fn invalid(command_id: Uuid, error: &es_core::CommandError, out: &mut Output) -> Result<Exit, Failure> {
    if !out.json {
        return Err(error.clone().into());
    }
    let (code, message, violations) = (error.code(), error.to_string(), violations(error));
    out.object(&OutcomeJson::Invalid { command_id, code, message, violations })?;
    Ok(Exit::BadInput)
}

fn violations(error: &es_core::CommandError) -> Vec<ShapeViolation> {
    match error {
        es_core::CommandError::BadShape { violations, .. } => violations.clone(),
        _ => Vec::new(),
    }
}

fn told_dry(desk: &Desk, command_id: Uuid, answer: DryRun, out: &mut Output) -> Result<Exit, Failure> {
    let (stream, version, planned, before, after) = match answer {
        DryRun::Rejected(rejection) => return rejected(command_id, rejection, out),
        DryRun::Conflict { stream, expected, actual } => {
            return conflict(command_id, &stream, (expected, actual), 0, out);
        }
        DryRun::Invalid(error) => return invalid(command_id, &error, out),
        DryRun::Accepted { stream, version, events, before_json, after_json, .. } => {
            (stream, version, events, before_json, after_json)
        }
    };
    let tree = desk.inspector.view().diff(&before, &after);
    if out.json {
        let planned = planned.into_iter().map(|event| PlannedJson {
            event_type: event.event_type,
            schema_version: event.schema_version,
            payload: embedded(&event.payload),
        });
        out.object(&OutcomeJson::WouldExecute {
            stream: stream.to_string(),
            version: version.to_string(),
            events: planned.collect(),
            state: embedded(&after),
            changes: changes(&tree.nodes, &tree.changed_paths),
        })?;
        return Ok(Exit::Done);
    }
    out.line(&printable(&format!("Would write {} event(s) to {stream} after version {version}:", planned.len())))?;
    for event in &planned {
        let shown = inspector::pretty_event(event.event_type, event.schema_version, &event.payload);
        out.line(&format!("{} v{}", shown.event_type, shown.schema_version))?;
        shown.payload.lines().try_for_each(|line| out.line(&printable(line)))?;
    }
    out.line("")?;
    out.line("State then:")?;
    lines(&tree.nodes, out)?;
    Ok(Exit::Done)
}

pub(super) fn failed(error: ExecuteError) -> Failure {
    let exit = match error {
        ExecuteError::Append(error) => return error.into(),
        ExecuteError::Load(LoadError::Store(error)) => return error.into(),
        ExecuteError::Load(LoadError::Undecodable { .. }) => Exit::Integrity,
        ExecuteError::CommandIdReused { .. } => Exit::Conflict,
        ExecuteError::Seal(_) | ExecuteError::UnreadableDecision { .. } => Exit::Unavailable,
    };
    let told = AppError::of(error.code(), &error, error.hint());
    Failure::new(exit, told)
}
