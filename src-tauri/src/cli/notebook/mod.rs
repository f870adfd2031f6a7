//! `ledgerscope notebook`.

pub(super) mod args;

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use es_core::Language;
use inspector::Pace;
use inspector::notebook::{Checked, Notebook, Standing, Verdict, advice, sentence};
use serde::Serialize;
use uuid::Uuid;

use super::desk::{Desk, domain};
use super::failure::{Exit, Failure};
use super::moment::{stream_name, version};
use super::output::{Align, Output, Table, printable, short_time};
use super::progress::Meter;
use crate::connections::Chosen;
use crate::errors::sentence as worded;
use crate::files;
use crate::journal::Journal;
use crate::notebooks::Notebooks;
use crate::pinning::{self, Named, Pinboard, identity, tally};
use crate::settings::DataFolder;
use crate::wire::{AppError, PinWhat};
use args::{Check, Export, NotebookAction, Pin};

/// Where notebooks are, and which store they are held against.
pub(super) struct Shelf<'a> {
    notebooks: Notebooks,
    journal: Journal,
    chosen: &'a Chosen,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(folder: &DataFolder, chosen: &'a Chosen) -> Self {
        Self { notebooks: Notebooks::new(folder), journal: Journal::new(folder), chosen }
    }

    fn board<'d>(&self, desk: &'d Desk) -> Result<Pinboard<'d>, Failure> {
        Ok(Pinboard {
            inspector: &desk.inspector,
            reader: desk.events.clone(),
            domain: domain()?,
            identity: identity(self.chosen),
            stop: desk.stop.clone(),
        })
    }

    /// The notebook of the data folder with this id or title; nothing if there is none.
    fn named(&self, name: &str) -> Result<Option<Notebook>, Failure> {
        let listed = self.notebooks.list().map_err(Failure::unavailable)?;
        let id = Uuid::try_parse(name).ok();
        let matching: Vec<_> = listed.iter().filter(|one| Some(one.id) == id || one.title == name).collect();
        match matching.as_slice() {
            [] => Ok(None),
            [only] => self.notebooks.load(only.id).map(Some).map_err(bad),
            several => {
                let ids: Vec<_> = several.iter().map(|one| one.id.to_string()).collect();
                let message = format!("{} notebooks are called {name:?}: {}.", several.len(), ids.join(", "));
                Err(Failure::bad_input("ambiguous_notebook", message, "Name one by its id."))
            }
        }
    }

    /// A notebook of the data folder, or one that is read from a file.
    fn find(&self, name: &str) -> Result<Notebook, Failure> {
        if let Some(notebook) = self.named(name)? {
            return Ok(notebook);
        }
        let path = Path::new(name);
        if !path.is_file() {
            let hint =
                "`ledgerscope notebook list` names them; a report or a notebook's own file can be named by its path.";
            return Err(bad(AppError::not_found("notebook or file", name, hint)));
        }
        let (notebook, text_intact) = pinning::open(path).map_err(bad)?;
        if !text_intact {
            eprintln!("The text of this report is not as it was written; its pins are.");
        }
        Ok(notebook)
    }
}

fn bad(error: AppError) -> Failure {
    let exit = if error.code == "report_altered" { Exit::Integrity } else { Exit::BadInput };
    Failure::new(exit, error)
}

/// What went wrong over a store: a command line ends with another code if it was stopped or the store does not answer.
fn over_a_store(error: AppError) -> Failure {
    let exit = match error.code.as_str() {
        "cancelled" => Exit::Stopped,
        _ if error.retryable => Exit::Unavailable,
        _ => Exit::BadInput,
    };
    Failure::new(exit, error)
}

pub(super) fn list(shelf: &Shelf<'_>, out: &mut Output) -> Result<(), Failure> {
    let listed = shelf.notebooks.list().map_err(Failure::unavailable)?;
    if out.json {
        let row = |one: &crate::notebooks::Listed| {
            serde_json::json!({
                "id": one.id, "title": one.title, "pins": one.pins.to_string(), "changedAt": one.changed_at,
                "problem": one.problem.as_ref().map(ToString::to_string),
            })
        };
        return out.object(&serde_json::json!({ "notebooks": listed.iter().map(row).collect::<Vec<_>>() }));
    }
    if listed.is_empty() {
        return out
            .line("There is no notebook yet. `ledgerscope notebook pin` begins one, and so does P in the window.");
    }
    let mut table = Table::new(&[
        ("CHANGED (UTC)", Align::Left),
        ("PINS", Align::Right),
        ("ID", Align::Left),
        ("TITLE", Align::Left),
    ]);
    for one in listed {
        let problem = one.problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
        table.row(vec![
            one.changed_at.map(short_time).unwrap_or_default(),
            one.pins.to_string(),
            one.id.to_string(),
            format!("{}{problem}", one.title),
        ]);
    }
    out.table(&table)
}

pub(super) async fn run(
    (desk, shelf): (&Desk, &Shelf<'_>),
    action: NotebookAction,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    match action {
        NotebookAction::List => list(shelf, out).map(|()| Exit::Done),
        NotebookAction::Pin(asked) => pin((desk, shelf), asked, out).await.map(|()| Exit::Done),
        NotebookAction::Check(asked) => check((desk, shelf), &asked, meter, out).await,
        NotebookAction::Export(asked) => export((desk, shelf), asked, meter, out).await,
    }
}

/// A text as a value of an address.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What is pinned, what it is called, and where the window shows it.
async fn wanted(desk: &Desk, asked: &Pin) -> Result<(PinWhat, String, String), Failure> {
    if let Some(position) = &asked.event {
        let address = format!("#/events?event={}", escaped(position));
        return Ok((PinWhat::Event { position: position.clone() }, format!("Event #{position}"), address));
    }
    let name = asked.stream.as_deref().unwrap_or_default();
    let stream = stream_name(name)?;
    let at = match asked.at.as_deref() {
        Some(text) => version(desk, &stream, "--at", text).await?,
        None => desk.stream_exists(&stream).await?.version,
    };
    let place = format!("#/time?stream={}&version={at}", escaped(name));
    let Some(from) = asked.from.as_deref() else {
        let what = PinWhat::State { stream: name.to_owned(), version: at.to_string() };
        return Ok((what, format!("{name} at version {at}"), place));
    };
    let from = version(desk, &stream, "--from", from).await?;
    let what = PinWhat::Diff { stream: name.to_owned(), from: from.to_string(), to: at.to_string() };
    Ok((what, format!("{name}: version {from} → {at}"), format!("{place}&compare={from}")))
}

async fn pin((desk, shelf): (&Desk, &Shelf<'_>), asked: Pin, out: &mut Output) -> Result<(), Failure> {
    let (what, title, address) = wanted(desk, &asked).await?;
    let named = Named { id: Uuid::now_v7(), at: Utc::now(), title, address };
    let pin = shelf.board(desk)?.pin(what, named, None, Pace::quiet(&desk.stop)).await.map_err(over_a_store)?;
    let (id, hash) = (pin.id, pin.hash().to_hex());
    let notebook = match shelf.named(&asked.notebook)? {
        Some(notebook) => notebook,
        None => {
            let mut fresh = Notebook::new(Uuid::now_v7(), "", Utc::now());
            fresh.rename(&asked.notebook).map_err(|error| bad(error.into()))?;
            shelf.notebooks.add(&fresh).map_err(Failure::unavailable)?;
            fresh
        }
    };
    let changed = shelf.notebooks.change(notebook.id, Utc::now(), |notebook| {
        notebook.pin(pin)?;
        Ok(asked.note.map_or(Ok(()), |note| notebook.write(id, note))?)
    });
    let notebook = changed.map_err(bad)?;
    if out.json {
        return out.object(&serde_json::json!({ "notebook": notebook.id, "pin": id, "hash": hash }));
    }
    out.line(&printable(&format!("Pinned in {}, which has {} pin(s).", notebook.title, notebook.pins().count())))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckJson {
    notebook: Uuid,
    title: String,
    holds: String,
    broken: String,
    unknown: String,
    pins: Vec<PinJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PinJson {
    pin: Uuid,
    title: String,
    /// `matches`, `grown`, `differs`, or why it is gone or could not be checked.
    standing: &'static str,
    told: String,
    differences: Vec<DifferenceJson>,
    /// All differences, also those that are not listed.
    total_differences: String,
}

#[derive(Serialize)]
struct DifferenceJson {
    what: String,
    pinned: Option<String>,
    found: Option<String>,
}

async fn checked(
    (desk, shelf): (&Desk, &Shelf<'_>),
    notebook: &Notebook,
    meter: &Meter,
) -> Result<Vec<Checked>, Failure> {
    let tell = |done, total| meter.report("checked", done, Some(total));
    let checks = shelf.board(desk)?.check(notebook, &desk.stop, &tell).await.map_err(over_a_store)?;
    meter.finish();
    Ok(checks)
}

/// What a check ends with: something is not as it was pinned, or nothing can be said of some pins.
fn exit_of(checks: &[Checked]) -> Exit {
    let any = |wanted| checks.iter().any(|checked| checked.standing.verdict() == wanted);
    if any(Verdict::Broken) {
        Exit::Integrity
    } else if any(Verdict::Unknown) {
        Exit::BadInput
    } else {
        Exit::Done
    }
}

async fn check(
    (desk, shelf): (&Desk, &Shelf<'_>),
    asked: &Check,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let notebook = shelf.find(&asked.notebook)?;
    let checks = checked((desk, shelf), &notebook, meter).await?;
    let (holds, broken, unknown) = tally(&checks);
    let titled = |checked: &Checked| {
        notebook.pins().find(|pin| pin.id == checked.pin).map(|pin| pin.title.clone()).unwrap_or_default()
    };
    if out.json {
        out.object(&CheckJson {
            notebook: notebook.id,
            title: notebook.title.clone(),
            holds: holds.to_string(),
            broken: broken.to_string(),
            unknown: unknown.to_string(),
            pins: checks.iter().map(|checked| pin_json(checked, titled(checked))).collect(),
        })?;
        return Ok(exit_of(&checks));
    }
    for checked in &checks {
        tell(&titled(checked), &checked.standing, out)?;
    }
    out.line(&format!("{holds} match, {broken} do not match any more, {unknown} could not be checked."))?;
    Ok(exit_of(&checks))
}

fn tell(title: &str, standing: &Standing, out: &mut Output) -> Result<(), Failure> {
    let language = out.language;
    let mark = match standing.verdict() {
        Verdict::Holds => "ok     ",
        Verdict::Broken => "BROKEN ",
        Verdict::Unknown => "UNKNOWN",
    };
    let told = format!("{mark}  {title}: {}", sentence(standing, language));
    out.line(&printable(&told))?;
    if let Standing::Differs { differences, total } = standing {
        for one in differences {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let what = one.aspect.told(language);
            out.line(&printable(&format!("           {what}: {} → {}", value(&one.then), value(&one.now))))?;
        }
        let left = total.saturating_sub(differences.len() as u64);
        if left > 0 {
            out.line(&format!("           … and {left} more"))?;
        }
    }
    let advice = advice(standing, language);
    if advice.is_empty() { Ok(()) } else { out.line(&format!("           {advice}")) }
}

fn pin_json(checked: &Checked, title: String) -> PinJson {
    let (differences, total) = match &checked.standing {
        Standing::Differs { differences, total } => (differences.as_slice(), *total),
        _ => (&[][..], 0),
    };
    PinJson {
        pin: checked.pin,
        title,
        standing: checked.standing.code(),
        told: worded(&sentence(&checked.standing, Language::English)),
        differences: differences
            .iter()
            .map(|one| DifferenceJson {
                what: one.aspect.told(Language::English),
                pinned: one.then.clone(),
                found: one.now.clone(),
            })
            .collect(),
        total_differences: total.to_string(),
    }
}

async fn export(
    (desk, shelf): (&Desk, &Shelf<'_>),
    asked: Export,
    meter: &Arc<Meter>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let notebook = shelf.find(&asked.notebook)?;
    if asked.into.exists() && !asked.replace {
        return Err(bad(files::already_there(&asked.into)));
    }
    let checks = checked((desk, shelf), &notebook, meter).await?;
    let (of, against) = ((&notebook, checks.as_slice()), identity(shelf.chosen));
    let place = (asked.into.as_path(), &shelf.journal);
    let language = out.language;
    let written = pinning::export(of, Some(&against), language, Utc::now(), place).map_err(Failure::unavailable)?;
    let (holds, broken, unknown) = tally(&checks);
    if out.json {
        out.object(&serde_json::json!({
            "file": asked.into.display().to_string(), "bytes": written.bytes.to_string(), "sha256": written.sha256,
            "holds": holds.to_string(), "broken": broken.to_string(), "unknown": unknown.to_string(),
        }))?;
        return Ok(Exit::Done);
    }
    out.line(&printable(&format!("{} is written, SHA-256 {}.", asked.into.display(), written.sha256)))?;
    out.line(&format!("{holds} match, {broken} do not match any more, {unknown} could not be checked."))?;
    Ok(Exit::Done)
}
