//! Pinning, checking and exporting over one store: what the window and the command line share.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::{Domain, EventReader, Language, Position};
use inspector::notebook::{
    CaptureError, Checked, Checker, NotSelected, Notebook, Pin, Queries, Report, ReportError, Seen, Selection,
    StoreIdentity, Verdict, anchor, read_report, write_report,
};
use inspector::what_if::JsonText;
use inspector::{Inspector, Pace, limits};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::connections::Chosen;
use crate::journal::Journal;
use crate::link::{Link, StoreName};
use crate::notebooks::read;
use crate::selection::select;
use crate::session::arguments::{beyond, filter};
use crate::wire::{AppError, EventQuery, PinWhat};
use crate::workbench::what_if::Outgoing;

/// What writes reports.
pub const WRITER: &str = concat!("Ledgerscope ", env!("CARGO_PKG_VERSION"));

/// A store that is pinned from, or that pins are checked against.
pub struct Pinboard<'a> {
    /// Looks into it.
    pub inspector: &'a Inspector,
    /// Reads it.
    pub reader: Arc<dyn EventReader>,
    /// What its events mean.
    pub domain: Arc<Domain>,
    /// Which store it is.
    pub identity: StoreIdentity,
    /// Stops what is looked for.
    pub stop: CancellationToken,
}

/// How a pin is called and where it is.
pub struct Named {
    /// Its id.
    pub id: Uuid,
    /// When it is taken.
    pub at: DateTime<Utc>,
    /// What it is called.
    pub title: String,
    /// Its address in the window.
    pub address: String,
}

/// Which store something was pinned in.
#[must_use]
pub fn identity(chosen: &Chosen) -> StoreIdentity {
    // What a person calls a file is its name; where it is stands beside it.
    let file = chosen.target.path().filter(|_| chosen.of.is_none()).and_then(Path::file_name);
    StoreIdentity {
        name: file.map_or_else(|| chosen.name(), |name| name.to_string_lossy().into_owned()),
        location: chosen.target.to_string(),
        backend: chosen.target.backend().title().to_owned(),
        link: StoreName::of(chosen).to_string(),
    }
}

impl From<CaptureError> for AppError {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Inspect(error) => error.into(),
            CaptureError::WhatIf(error) => error.into(),
        }
    }
}

impl From<ReportError> for AppError {
    fn from(error: ReportError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

/// A query as it is kept in a pin: only what is asked for.
fn text_of(query: &EventQuery) -> Result<JsonText, AppError> {
    let mut value = serde_json::to_value(query).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| {
            let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
            !is_empty
        });
    }
    JsonText::new(value.to_string()).map_err(|reason| AppError::bad_argument("Query", &reason, "a query"))
}

/// A query that was kept in a pin. One that asks for something that is not known here is refused: it would find something else.
fn query_of(text: &JsonText) -> Result<EventQuery, NotSelected> {
    let unknown = |reason: String| NotSelected { code: "unknown_query".to_owned(), reason };
    let value: serde_json::Value =
        serde_json::from_str(text.as_str()).map_err(|error| unknown(format!("the query cannot be read: {error}")))?;
    let known = serde_json::to_value(EventQuery::default()).unwrap_or_default();
    let fields = value.as_object().ok_or_else(|| unknown("the query is no list of conditions".to_owned()))?;
    if let Some(field) = fields.keys().find(|field| known.get(field.as_str()).is_none()) {
        return Err(unknown(format!("the query asks for {field}, which this version of the program does not know")));
    }
    serde_json::from_value(value).map_err(|error| unknown(format!("the query cannot be read: {error}")))
}

#[async_trait]
impl Queries for Pinboard<'_> {
    async fn select(&self, query: &JsonText) -> Result<Selection, NotSelected> {
        let query = query_of(query)?;
        self.selection(query).await.map_err(|error| NotSelected {
            code: error.code,
            // The sentence goes on in one of the check's.
            reason: error.message.trim_end_matches('.').to_owned(),
        })
    }
}

impl Pinboard<'_> {
    async fn selection(&self, query: EventQuery) -> Result<Selection, AppError> {
        let beyond = beyond(&query)?;
        let selected = select(&self.reader, &self.domain, filter(query)?, beyond, &self.stop).await?;
        Ok(Selection { filter: selected.filter, sieve: selected.sieve })
    }

    /// Pins something as the store has it now, or had it at a position.
    ///
    /// # Errors
    /// It is not there, the store does not answer, it was cancelled, or the address is none.
    pub async fn pin(
        &self,
        what: PinWhat,
        named: Named,
        at: Option<Position>,
        pace: Pace<'_>,
    ) -> Result<Pin, AppError> {
        check_address(&named.address)?;
        let (head, head_hash) = anchor(&*self.reader, at).await?;
        let seen = self.seen(what, head, pace).await?;
        let Named { id, at, title, address } = named;
        Ok(Pin {
            id,
            taken_at: at,
            title,
            note: String::new(),
            address,
            store: self.identity.clone(),
            head,
            head_hash,
            seen,
        })
    }

    async fn seen(&self, what: PinWhat, head: Position, pace: Pace<'_>) -> Result<Seen, AppError> {
        use crate::session::arguments::{position, stream, version};
        Ok(match what {
            PinWhat::Event { position: at } => Seen::Event(Box::new(self.inspector.seen_event(position(&at)?).await?)),
            PinWhat::State { stream: name, version: at } => {
                Seen::State(Box::new(self.inspector.seen_state(&stream(&name)?, version(&at)?, pace).await?))
            }
            PinWhat::Diff { stream: name, from, to } => {
                let versions = (version(&from)?, version(&to)?);
                Seen::Diff(self.inspector.seen_diff(&stream(&name)?, versions, pace).await?)
            }
            PinWhat::Query { query, newest_first } => {
                let text = text_of(&query)?;
                let selection = self.selection(query).await?;
                Seen::Query(self.inspector.seen_query(text, &selection, (head, newest_first), pace).await?)
            }
            PinWhat::WhatIf { scenario } => {
                let scenario = crate::session::what_if::from_wire(scenario)?;
                Seen::WhatIf(Box::new(self.inspector.seen_what_if(scenario, pace).await?))
            }
        })
    }

    /// Checks every pin of a notebook, and tells after how many it is.
    ///
    /// # Errors
    /// It was cancelled.
    pub async fn check(
        &self,
        notebook: &Notebook,
        cancel: &CancellationToken,
        tell: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<Vec<Checked>, AppError> {
        let checker = Checker::new(self.inspector, self, &self.identity);
        let total = notebook.pins().count() as u64;
        let mut checks = Vec::new();
        for (done, pin) in notebook.pins().enumerate() {
            tell(done as u64, total);
            let standing = checker.check(pin, Pace::quiet(cancel)).await?;
            checks.push(Checked { pin: pin.id, standing });
        }
        tell(total, total);
        Ok(checks)
    }
}

/// An address must be one that a link could have: it is shown, and followed.
fn check_address(address: &str) -> Result<(), AppError> {
    let rest = address.strip_prefix("#/");
    let fits = rest.is_some_and(|rest| Link::parse(&format!("ledgerscope:///{rest}")).is_ok());
    if fits { Ok(()) } else { Err(AppError::bad_argument("Address", address, "the address of a place in the window")) }
}

/// A report that was written.
pub struct Exported {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// How many pins hold, do not, and could not be checked.
#[must_use]
pub fn tally(checks: &[Checked]) -> (usize, usize, usize) {
    let count = |wanted: Verdict| checks.iter().filter(|checked| checked.standing.verdict() == wanted).count();
    (count(Verdict::Holds), count(Verdict::Broken), count(Verdict::Unknown))
}

/// Events whose content leaves the program in a report.
fn events_in(notebook: &Notebook) -> usize {
    let of = |pin: &Pin| match &pin.seen {
        Seen::Event(_) => 1,
        Seen::State(_) | Seen::Diff(_) => 0,
        Seen::Query(query) => query.rows.len(),
        Seen::WhatIf(what_if) => what_if.lane.len(),
    };
    notebook.pins().map(of).sum()
}

/// Writes a report into a file; it stands in the journal before it is in its place.
///
/// # Errors
/// The journal or the file cannot be written.
pub fn export(
    (notebook, checks): (&Notebook, &[Checked]),
    against: Option<&StoreIdentity>,
    language: Language,
    at: DateTime<Utc>,
    (path, journal): (&Path, &Journal),
) -> Result<Exported, AppError> {
    let view = crate::composition::view();
    let text = write_report(&Report { notebook, checks, against, at, by: WRITER, language, view: &view });
    let store = against.map_or_else(|| "none".to_owned(), |store| store.location.clone());
    let outgoing = Outgoing { what: "notebook", events: events_in(notebook), text };
    let (bytes, sha256) = (outgoing.text.len() as u64, outgoing.sha256());
    outgoing.write(store, path, journal)?;
    Ok(Exported { bytes, sha256 })
}

/// A notebook from a report, or from a notebook's own file; whether the text that people read is as it was written.
///
/// # Errors
/// The file cannot be read, or holds no pins, or they were changed.
pub fn open(path: &Path) -> Result<(Notebook, bool), AppError> {
    let text = read(path, limits::REPORT_BYTES)?;
    if text.trim_start().starts_with('{') {
        return Ok((Notebook::parse(&text)?, true));
    }
    let report = read_report(&text)?;
    Ok((report.notebook, report.text_intact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_kept_as_it_is_asked_and_one_from_the_future_is_refused() {
        let query = EventQuery { contains: Some("Zürich".to_owned()), ..EventQuery::default() };
        let text = text_of(&query).expect("it can be kept");
        assert_eq!(text.as_str(), r#"{"contains":"Zürich"}"#, "what is empty is left out");
        assert_eq!(query_of(&text).expect("it is known"), query);
        let future = JsonText::new(r#"{"contains":"x","mood":"sad"}"#).expect("JSON");
        let refused = query_of(&future).expect_err("it would find more");
        assert!(refused.reason.contains("mood"), "{refused:?}");
    }

    #[test]
    fn only_addresses_that_a_link_could_have_are_kept() {
        assert!(check_address("#/events?stream=account-1&event=12").is_ok());
        for bad in ["events", "#/", "#/../etc", "#/events?x=\u{202e}", "javascript:alert(1)"] {
            assert_eq!(check_address(bad).expect_err(bad).code, "bad_argument");
        }
    }
}
