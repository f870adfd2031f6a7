//! `ledgerscope connections`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use es_core::{ProbeOutcome, ProbeStep};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::choose::{Counter, unchosen};
use super::failure::{Exit, Failure, exit_of};
use super::output::{Align, Output, Table, printable};
use crate::composition::{self, Access, Store};
use crate::connections::{
    Chosen, Colour, Connection, Draft, EventStoreDbTarget, Marks, Parsed, PasswordChange, PasswordRule, Passwords,
    Saved, Side, Target, parse,
};
use crate::errors::sentence;
use crate::wire::AppError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// All connections, and whether passwords can be kept
    List,
    /// Add a connection
    Add {
        /// What it is called
        name: String,
        /// A file, or postgres://user@host/database, esdb://host, esdb+discover://host, kurrentdb://host, sqlite:path
        #[arg(value_name = "STORE")]
        to: Text,
        #[command(flatten)]
        marking: Marking,
        #[command(flatten)]
        asking: Asking,
    },
    /// Everything about a connection but its password
    Show {
        /// Its name
        name: String,
    },
    /// Change a connection
    Edit {
        /// Its name
        name: String,
        /// A new name
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
        /// Where it leads from now on
        #[arg(long, value_name = "STORE")]
        to: Option<Text>,
        #[command(flatten)]
        marking: Marking,
        /// Ask for a new password, or take it from LEDGERSCOPE_PASSWORD
        #[arg(long, conflicts_with_all = ["ask_each_time", "no_password"])]
        password: bool,
        #[command(flatten)]
        asking: Asking,
    },
    /// Remove a connection; the store that it leads to stays
    Remove {
        /// Its name
        name: String,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
    /// Create an empty store where a connection leads
    Create {
        /// Its name
        name: String,
    },
    /// Try a connection step by step: name, network, encryption, login, rights, schema
    Test {
        /// A connection, a connection string or a file [default: that of --store]
        #[arg(value_name = "STORE")]
        name: Option<Text>,
    },
}

/// What may hold a password, and is therefore not printed.
#[derive(Clone)]
pub(super) struct Text(String);

impl std::str::FromStr for Text {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Text(…)")
    }
}

#[derive(Debug, Args)]
pub(super) struct Marking {
    /// What its environment is called, for example "test"
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The colour of its band in the window
    #[arg(long, value_parser = PossibleValuesParser::new(Colour::ALL.map(Colour::name)))]
    colour: Option<String>,
    /// Whether real money is in it: each write has to be confirmed with the connection's name
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    production: Option<bool>,
    /// Whether nothing is ever written
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "true|false")]
    read_only: Option<bool>,
    /// EventStoreDB: where views, snapshots and keys are kept: a file or a postgres:// string [default: in the data folder]
    #[arg(long, value_name = "STORE")]
    beside: Option<Text>,
}

#[derive(Debug, Args)]
pub(super) struct Asking {
    /// Do not keep a password, ask for it each time
    #[arg(long, conflicts_with = "no_password")]
    ask_each_time: bool,
    /// The server asks for none
    #[arg(long)]
    no_password: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson<'a> {
    connections: Vec<ConnectionJson<'a>>,
    keyring: KeyringJson,
}

#[derive(Serialize)]
struct KeyringJson {
    available: bool,
    /// Why passwords have to be typed each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionJson<'a> {
    /// Where it is, for people.
    location: String,
    /// What is not as safe as it could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    insecurity: Option<&'static str>,
    #[serde(flatten)]
    connection: &'a Connection,
}

#[derive(Serialize)]
struct SavedJson<'a> {
    outcome: &'static str,
    connection: ConnectionJson<'a>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct TestJson {
    outcome: &'static str,
    location: String,
    steps: Vec<StepJson>,
    /// Of the step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AppError>,
}

#[derive(Serialize)]
struct StepJson {
    stage: es_core::ProbeStage,
    outcome: &'static str,
    message: String,
    milliseconds: String,
}

impl<'a> ConnectionJson<'a> {
    fn of(connection: &'a Connection) -> Self {
        let (location, insecurity) = (connection.target.to_string(), connection.target.insecurity());
        Self { location, insecurity, connection }
    }
}

pub(super) async fn run(
    counter: &Counter,
    named: Option<&str>,
    action: Option<Action>,
    stop: &CancellationToken,
    out: &mut Output,
) -> Result<Exit, Failure> {
    match action.unwrap_or(Action::List) {
        Action::List => list(counter, out)?,
        Action::Show { name } => show(&listed(counter, &name)?, out)?,
        Action::Add { name, to, marking, asking } => {
            let parsed = parse(&to.0).map_err(|error| unchosen(error.into()))?;
            let (target, passwords, mut notes) = beside(parsed, marking.beside.as_ref())?;
            let password = match asking.change() {
                Some(change) => change,
                None if target.user().is_none() && target.side_user().is_none() => PasswordChange::None,
                None => kept(counter.passwords_for(&target, passwords).await?),
            };
            if password == PasswordChange::None && target.user().is_some() && !asking.no_password {
                notes.push("No password was given: the server is expected to ask for none.".to_owned());
            }
            let marks = marking.over(Marks::default());
            save(counter, Draft { id: None, name, target, marks, password }, "added", notes, out)?;
        }
        Action::Edit { name, rename, to, marking, password, asking } => {
            let former = listed(counter, &name)?;
            let unchanged =
                || Parsed { target: former.target.clone(), passwords: Passwords::default(), ignored: vec![] };
            let parsed =
                to.map_or_else(|| Ok(unchanged()), |to| parse(&to.0).map_err(|error| unchosen(error.into())))?;
            let (target, passwords, notes) = beside(parsed, marking.beside.as_ref())?;
            let password = match asking.change() {
                Some(change) => change,
                None if password || passwords != Passwords::default() => {
                    kept(counter.passwords_for(&target, passwords).await?)
                }
                None => PasswordChange::Leave,
            };
            let (id, name, marks) = (Some(former.id), rename.unwrap_or(former.name), marking.over(former.marks));
            save(counter, Draft { id, name, target, marks, password }, "changed", notes, out)?;
        }
        Action::Remove { name, yes } => {
            let connection = listed(counter, &name)?;
            if !yes {
                let message = format!("The connection {} to {} would be removed.", connection.name, connection.target);
                return Err(Failure::bad_input("unconfirmed", message, "Add --yes to do it. The store itself stays."));
            }
            let removed = counter.book()?.remove(connection.id).map_err(unchosen)?;
            told("removed", &removed, out)?;
        }
        Action::Create { name } => create(counter, &listed(counter, &name)?, out).await?,
        Action::Test { name } => {
            let name = name.as_ref().map(|text| text.0.as_str());
            return test(&counter.choose(name.or(named)).await?, stop, out).await;
        }
    }
    Ok(Exit::Done)
}

/// Creates the tables of events and views, or brings older ones up to date; a store of this version is left as it is.
async fn create(counter: &Counter, connection: &Connection, out: &mut Output) -> Result<(), Failure> {
    let chosen = counter.choose_listed(connection).await?;
    counter.confirm_writing(&chosen).await?;
    let store = Store::open(chosen, Access::Create).await?;
    store.writable().map_err(Failure::unavailable)?;
    let location = store.chosen.target.to_string();
    store.events.close().await;
    if out.json {
        return out.object(&serde_json::json!({ "outcome": "ready", "location": location }));
    }
    out.line(&printable(&format!("A store is ready at {location}.")))
}

fn listed(counter: &Counter, name: &str) -> Result<Connection, Failure> {
    match counter.book()?.catalogue().by_name(name).map_err(unchosen)? {
        Some(connection) => Ok(connection),
        None => {
            let message = format!("There is no connection {name}.");
            Err(Failure::bad_input("no_such_connection", message, "`ledgerscope connections list` names them."))
        }
    }
}

impl Marking {
    fn over(&self, marks: Marks) -> Marks {
        let colour = self.colour.as_deref().and_then(|name| Colour::ALL.into_iter().find(|c| c.name() == name));
        Marks {
            environment: self.environment.clone().unwrap_or(marks.environment),
            colour: colour.unwrap_or(marks.colour),
            production: self.production.unwrap_or(marks.production),
            read_only: self.read_only.unwrap_or(marks.read_only),
        }
    }
}

impl Asking {
    fn change(&self) -> Option<PasswordChange> {
        match (self.ask_each_time, self.no_password) {
            (true, _) => Some(PasswordChange::AskEachTime),
            (_, true) => Some(PasswordChange::None),
            _ => None,
        }
    }
}

fn kept(passwords: Passwords) -> PasswordChange {
    if passwords == Passwords::default() { PasswordChange::None } else { PasswordChange::Keep(passwords) }
}

/// The target with the place beside it, its passwords, and what of the strings changes nothing.
fn beside(parsed: Parsed, text: Option<&Text>) -> Result<(Target, Passwords, Vec<String>), Failure> {
    let Parsed { mut target, mut passwords, mut ignored } = parsed;
    if let Some(text) = text {
        let Target::EventStoreDb(EventStoreDbTarget { side, .. }) = &mut target else {
            let message = "Only EventStoreDB keeps its views beside the log in a place of its own.";
            return Err(Failure::bad_input("bad_argument", message, "Leave --beside away."));
        };
        let parsed = parse(&text.0).map_err(|error| unchosen(error.into()))?;
        *side = match parsed.target {
            Target::Sqlite { path } => Side::Sqlite { path: Some(path) },
            Target::Postgres(target) => Side::Postgres(target),
            Target::EventStoreDb(_) => {
                let message = "EventStoreDB cannot keep the views of a store.";
                return Err(Failure::bad_input("bad_argument", message, "Name a file or a postgres:// string."));
            }
        };
        passwords.side = parsed.passwords.login;
        ignored.extend(parsed.ignored);
    }
    let notes = match ignored.as_slice() {
        [] => Vec::new(),
        names => vec![format!("These options change nothing here: {}.", names.join(", "))],
    };
    Ok((target, passwords, notes))
}

fn save(
    counter: &Counter,
    draft: Draft,
    outcome: &'static str,
    mut notes: Vec<String>,
    out: &mut Output,
) -> Result<(), Failure> {
    let mut saved = counter.book()?.save(draft).map_err(unchosen)?;
    notes.append(&mut saved.notes);
    told(outcome, &Saved { notes, ..saved }, out)
}

fn told(outcome: &'static str, saved: &Saved, out: &mut Output) -> Result<(), Failure> {
    let Saved { connection, notes } = saved;
    if out.json {
        return out.object(&SavedJson { outcome, connection: ConnectionJson::of(connection), notes });
    }
    let Connection { name, target, .. } = connection;
    out.line(&printable(&format!("The connection {name} to {target} is {outcome}.")))?;
    notes.iter().try_for_each(|note| out.line(&printable(note)))?;
    if outcome != "removed" {
        out.line(&printable(&format!("Try it:  ledgerscope connections test '{name}'")))?;
    }
    Ok(())
}

fn list(counter: &Counter, out: &mut Output) -> Result<(), Failure> {
    let connections = counter.book()?.catalogue().list().map_err(unchosen)?;
    let keyring = counter.book()?.keyring();
    if out.json {
        let keyring =
            KeyringJson { available: keyring.is_ok(), reason: keyring.err().map(|error| sentence(&error.to_string())) };
        return out.object(&ListJson { connections: connections.iter().map(ConnectionJson::of).collect(), keyring });
    }
    let columns = ["NAME", "KIND", "ENVIRONMENT", "MARKS", "PASSWORD", "LOCATION"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for connection in &connections {
        table.row(vec![
            connection.name.clone(),
            connection.target.backend().title().to_owned(),
            connection.marks.environment.clone(),
            marks_in_words(&connection.marks),
            password_in_words(connection.password).to_owned(),
            connection.target.to_string(),
        ]);
    }
    match table.is_empty() {
        true => out.line("No connections. Add one:  ledgerscope connections add NAME postgres://user@host/database")?,
        false => out.table(&table)?,
    }
    match keyring {
        Ok(()) => Ok(()),
        Err(error) => out.line(&format!("Passwords are asked for each time: {error}.")),
    }
}

fn show(connection: &Connection, out: &mut Output) -> Result<(), Failure> {
    if out.json {
        return out.object(&ConnectionJson::of(connection));
    }
    let marks = &connection.marks;
    let side = match &connection.target {
        Target::EventStoreDb(EventStoreDbTarget { side, .. }) => match side {
            Side::Sqlite { path: None } => "a file in the data folder".to_owned(),
            Side::Sqlite { path: Some(path) } => path.display().to_string(),
            Side::Postgres(target) => Target::Postgres(target.clone()).to_string(),
        },
        _ => String::new(),
    };
    for (what, told) in [
        ("Name", connection.name.clone()),
        ("Store", format!("{} at {}", connection.target.backend().title(), connection.target)),
        ("Beside it", side),
        ("Environment", marks.environment.clone()),
        ("Colour", marks.colour.to_string()),
        ("Marks", marks_in_words(marks)),
        ("Password", password_in_words(connection.password).to_owned()),
        ("Mind", connection.target.insecurity().unwrap_or_default().to_owned()),
    ] {
        if !told.is_empty() {
            out.line(&printable(&format!("{what:<12} {told}")))?;
        }
    }
    Ok(())
}

fn marks_in_words(marks: &Marks) -> String {
    let words = [(marks.production, "production"), (marks.read_only, "read-only")];
    words.into_iter().filter_map(|(marked, word)| marked.then_some(word)).collect::<Vec<_>>().join(", ")
}

fn password_in_words(rule: PasswordRule) -> &'static str {
    match rule {
        PasswordRule::None => "none",
        PasswordRule::Keyring => "in the keyring",
        PasswordRule::AskEachTime => "asked each time",
    }
}

/// Tries the way to a store; the steps are told as they are made.
async fn test(chosen: &Chosen, stop: &CancellationToken, out: &mut Output) -> Result<Exit, Failure> {
    let mut steps = Vec::new();
    let (mut failure, mut told) = (None, Ok(()));
    if !out.json {
        out.line(&printable(&format!("{} at {}", chosen.target.backend().title(), chosen.target)))?;
    }
    composition::probe(chosen, stop, &mut |step| {
        if let ProbeOutcome::Failed(error) = &step.outcome {
            failure = Some(error.clone());
        }
        if out.json {
            steps.push(StepJson::of(step));
        } else if told.is_ok() {
            told = out.line(&printable(&in_words(step))).and_then(|()| out.flush());
        }
    })
    .await;
    told?;
    if stop.is_cancelled() {
        return Err(es_core::StoreError::Cancelled.into());
    }
    let exit = failure.as_ref().map_or(Exit::Done, exit_of);
    let outcome = if failure.is_none() { "passed" } else { "failed" };
    let error = failure.map(AppError::from);
    if out.json {
        out.object(&TestJson { outcome, location: chosen.target.to_string(), steps, error })?;
    } else if let Some(error) = error {
        return Err(Failure::new(exit, error));
    } else {
        chosen.target.insecurity().map_or(Ok(()), |insecurity| out.line(&format!("Mind: {insecurity}")))?;
    }
    Ok(exit)
}

fn in_words(step: &ProbeStep) -> String {
    let (mark, told) = match &step.outcome {
        ProbeOutcome::Passed(found) => ("ok", found.clone()),
        ProbeOutcome::Skipped(why) => ("--", why.clone()),
        ProbeOutcome::Failed(error) => ("FAILED", error.to_string()),
    };
    format!("{mark:<7} {:<12} {:>5} ms  {told}", composition::stage_title(step.stage), step.took.as_millis())
}

impl StepJson {
    fn of(step: &ProbeStep) -> Self {
        let (outcome, message) = match &step.outcome {
            ProbeOutcome::Passed(found) => ("passed", found.clone()),
            ProbeOutcome::Skipped(why) => ("skipped", why.clone()),
            ProbeOutcome::Failed(error) => ("failed", sentence(&error.to_string())),
        };
        Self { stage: step.stage, outcome, message, milliseconds: step.took.as_millis().to_string() }
    }
}
