//! Commands that were issued with this installation, and what came of them: one file a store in the user's data folder.
//!
//! A line is written before a command is sent and another one when its answer is there, so that also one whose answer was lost
//! can be sent again under its id. The log knows only what was carried out; refusals and conflicts are nowhere else. What is
//! personal never gets here.

use bank::language::Seamed;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::settings::DataFolder;
use crate::wire::{AppError, CommandHistoryEntry, CommandHistoryPage, CommandHistoryQuery, CommandOutcome, Detail};

const FOLDER: &str = "commands";
/// Most commands that are kept for a store: some weeks of work at a desk, and a list that is searched at once.
pub const KEPT: usize = 1000;
/// From this size on a file is written anew with what is kept.
const FULL_BYTES: u64 = 4 * 1024 * 1024;
/// What is kept then takes no more than this, so that the next time is far off.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Longest payload that is kept; a command's form is far shorter.
const PAYLOAD_BYTES: usize = 16 * 1024;
/// Most rows of one answer.
const PAGE: u32 = 200;

/// A command on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The store.
    pub store: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Its id.
    pub command_id: String,
    /// Its name.
    pub command_type: String,
    /// Who issued it.
    pub actor: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Version that the stream had to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<String>,
    /// Payload as JSON text, without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Fields that were left out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// In one word.
    pub outcome: CommandOutcome,
    /// The stream, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Number of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u32>,
    /// Position to find them at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Code of a refusal or a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its numbers, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    attempt: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
}

/// An attempt as it is kept.
struct Attempt {
    id: Uuid,
    sent: Sent,
    ended: Option<Ended>,
}

/// The files.
pub struct CommandHistory {
    folder: PathBuf,
    /// Held while a file is changed; other programs are kept away by a lock on a file beside it.
    changing: Mutex<()>,
}

impl CommandHistory {
    /// The files in a data folder, which may not be there yet.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { folder: folder.path().join(FOLDER), changing: Mutex::default() }
    }

    /// Keeps that a command is on its way.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sent(&self, store: &str, attempt: Uuid, sent: Sent) -> Result<(), AppError> {
        let payload = sent.payload.filter(|payload| payload.len() <= PAYLOAD_BYTES);
        self.add(store, &Line { attempt, sent: Some(Sent { payload, ..sent }), ended: None })
    }

    /// Keeps what came of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn ended(&self, store: &str, attempt: Uuid, ended: Ended) -> Result<(), AppError> {
        self.add(store, &Line { attempt, sent: None, ended: Some(ended) })
    }

    /// The commands of a store that match, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn page(&self, store: &str, query: &CommandHistoryQuery) -> Result<CommandHistoryPage, AppError> {
        let path = self.path(store);
        let attempts = attempts(&path).map_err(|error| failed(&path, "read", &error))?;
        let wanted = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        let matches = |attempt: &&Attempt| {
            (query.outcomes.is_empty() || query.outcomes.contains(&attempt.outcome()))
                && wanted.as_deref().is_none_or(|text| attempt.contains(text))
        };
        let found: Vec<&Attempt> = attempts.iter().rev().take(KEPT).filter(matches).collect();
        let page = found.iter().skip(query.offset as usize).take(query.limit.clamp(1, PAGE) as usize);
        Ok(CommandHistoryPage {
            entries: page.map(|attempt| attempt.told()).collect(),
            total: u32::try_from(found.len()).unwrap_or(u32::MAX),
            kept_at_most: u32::try_from(KEPT).unwrap_or(u32::MAX),
        })
    }

    fn path(&self, store: &str) -> PathBuf {
        let mut name = hex::encode(Sha256::digest(store.as_bytes()));
        name.truncate(32);
        self.folder.join(name).with_extension("ndjson")
    }

    fn add(&self, store: &str, line: &Line) -> Result<(), AppError> {
        let path = self.path(store);
        let _one_at_a_time = self.changing.lock();
        let add = || {
            std::fs::create_dir_all(&self.folder)?;
            let lock = for_its_owner().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
            lock.lock()?;
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            let mut file = for_its_owner().create(true).append(true).open(&path)?;
            file.write_all(&text)?;
            // What was sent must be known after a power cut; that its answer was there is worth less.
            if line.sent.is_some() {
                file.sync_data()?;
            }
            if file.metadata()?.len() > FULL_BYTES { shorten(&path) } else { Ok(()) }
        };
        add().map_err(|error: io::Error| failed(&path, "written", &error))
    }
}

impl Attempt {
    fn outcome(&self) -> CommandOutcome {
        self.ended.as_ref().map_or(CommandOutcome::Unknown, |ended| ended.outcome)
    }

    fn contains(&self, text: &str) -> bool {
        let Sent { command_id, command_type, actor, reason, payload, .. } = &self.sent;
        let stream = self.ended.as_ref().and_then(|ended| ended.stream.as_ref());
        let code = self.ended.as_ref().and_then(|ended| ended.code.as_ref());
        let texts =
            [Some(command_id), Some(command_type), Some(actor), reason.as_ref(), payload.as_ref(), stream, code];
        texts.into_iter().flatten().any(|one| one.to_lowercase().contains(text))
    }

    fn told(&self) -> CommandHistoryEntry {
        let sent = self.sent.clone();
        let ended = self.ended.clone();
        let outcome = self.outcome();
        let (stream, events, position, code, message, details) = ended.map_or_else(Default::default, |ended| {
            (ended.stream, ended.events, ended.position, ended.code, ended.message, ended.details)
        });
        CommandHistoryEntry {
            attempt: self.id.to_string(),
            command_id: sent.command_id,
            command_type: sent.command_type,
            sent_at: sent.at,
            actor: sent.actor,
            reason: sent.reason,
            expected_version: sent.expected_version,
            payload: sent.payload,
            withheld: sent.withheld,
            outcome,
            stream,
            events,
            position,
            code,
            message,
            details: details.into_iter().map(|(name, value)| Detail { name, value }).collect(),
        }
    }

    fn lines(self) -> impl Iterator<Item = Line> {
        let Self { id: attempt, sent, ended } = self;
        let sent = Line { attempt, sent: Some(sent), ended: None };
        std::iter::once(sent).chain(ended.map(|ended| Line { attempt, sent: None, ended: Some(ended) }))
    }
}

/// What a file keeps, oldest first. A line that does not parse is passed over: nothing that can still be read is lost with it.
fn attempts(path: &Path) -> io::Result<Vec<Attempt>> {
    let text = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Ok(Line { attempt, sent, ended }) = serde_json::from_slice::<Line>(line) else { continue };
        if let Some(sent) = sent {
            places.insert(attempt, attempts.len());
            attempts.push(Attempt { id: attempt, sent, ended: None });
        }
        if let (Some(place), Some(ended)) = (places.get(&attempt), ended) {
            attempts[*place].ended = Some(ended);
        }
    }
    Ok(attempts)
}

/// Writes a file anew with the newest of what it keeps.
fn shorten(path: &Path) -> io::Result<()> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    for attempt in attempts(path)?.into_iter().rev().take(KEPT) {
        let mut text = Vec::new();
        for line in attempt.lines() {
            serde_json::to_writer(&mut text, &line)?;
            text.push(b'\n');
        }
        bytes += text.len();
        if bytes > KEPT_BYTES {
            break;
        }
        kept.push(text);
    }
    kept.reverse();
    let fresh = path.with_extension("new");
    // Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
    let mut file: File = for_its_owner().create(true).write(true).truncate(true).open(&fresh)?;
    file.write_all(&kept.concat())?;
    file.sync_data()?;
    std::fs::rename(&fresh, path)
}

/// Files that nobody else on the machine reads.
fn for_its_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn failed(path: &Path, what: &str, error: &io::Error) -> AppError {
    let message = Seamed::of(&format_args!("The history of commands in {} cannot be {what}: {error}.", path.display()));
    AppError::new("io", message, "Correct the file's permissions, then try again.").retryable()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kept {
        history: CommandHistory,
        folder: tempfile::TempDir,
    }

    fn kept() -> Kept {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataFolder::at(folder.path().to_owned()).expect("created");
        Kept { history: CommandHistory::new(&data), folder }
    }

    fn sent(number: usize, payload: &str) -> Sent {
        Sent {
            store: "a store".to_owned(),
            at: format!("2031-05-04T12:00:00.{number:06}Z"),
            command_id: Uuid::new_v4().to_string(),
            command_type: if number.is_multiple_of(2) { "Deposit" } else { "Withdraw" }.to_owned(),
            actor: "Ada".to_owned(),
            reason: None,
            expected_version: None,
            payload: Some(payload.to_owned()),
            withheld: Vec::new(),
        }
    }

    fn ended(outcome: CommandOutcome) -> Ended {
        Ended {
            outcome,
            stream: Some("account-1".to_owned()),
            events: None,
            position: None,
            code: None,
            message: None,
            details: vec![("requested".to_owned(), "5.00 EUR".to_owned())],
        }
    }

    fn all(history: &CommandHistory, store: &str) -> CommandHistoryPage {
        history.page(store, &CommandHistoryQuery { limit: 200, ..CommandHistoryQuery::default() }).expect("readable")
    }

    #[test]
    fn what_was_sent_is_known_also_if_its_answer_never_came() {
        let Kept { history, folder } = kept();
        let attempt = Uuid::new_v4();
        history.sent("a", attempt, sent(1, "{}")).expect("written");
        assert_eq!(all(&history, "a").entries[0].outcome, CommandOutcome::Unknown, "no answer is recorded");
        let data = DataFolder::at(folder.path().to_owned()).expect("there");
        let restarted = CommandHistory::new(&data);
        restarted.ended("a", attempt, ended(CommandOutcome::Rejected)).expect("written");
        let page = all(&restarted, "a");
        assert_eq!(
            (page.total, page.entries[0].outcome),
            (1, CommandOutcome::Rejected),
            "one attempt, with its answer"
        );
        assert_eq!(page.entries[0].details[0].value, "5.00 EUR", "with its numbers");
        assert!(all(&restarted, "another").entries.is_empty(), "another store has another history");
    }

    #[test]
    fn it_is_filtered_by_outcome_and_text_and_paged_newest_first() {
        let Kept { history, .. } = kept();
        for number in 0..10 {
            let attempt = Uuid::new_v4();
            history.sent("a", attempt, sent(number, &format!("{{\"amount\":\"{number}77\"}}"))).expect("written");
            let outcome = if number < 4 { CommandOutcome::Executed } else { CommandOutcome::Conflict };
            history.ended("a", attempt, ended(outcome)).expect("written");
        }
        let ask = |text: &str, outcomes: &[CommandOutcome], offset| {
            let text = Some(text.to_owned()).filter(|text| !text.is_empty());
            let query = CommandHistoryQuery { text, outcomes: outcomes.to_vec(), offset, limit: 2 };
            let page = history.page("a", &query).expect("readable");
            (page.total, page.entries.iter().map(|entry| entry.sent_at[20..26].to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(ask("", &[], 0), (10, vec!["000009".to_owned(), "000008".to_owned()]), "newest first");
        assert_eq!(ask("", &[], 9), (10, vec!["000000".to_owned()]), "the last page has what is left");
        assert_eq!(ask("", &[CommandOutcome::Executed], 0).0, 4, "by outcome");
        assert_eq!(ask("wITHdraw", &[], 0).0, 5, "by type, in either case");
        assert_eq!(ask("\"377\"", &[], 0), (1, vec!["000003".to_owned()]), "by what is in the payload");
        assert_eq!(ask("account-1", &[CommandOutcome::Conflict], 0).0, 6, "by stream and outcome together");
    }

    #[test]
    fn a_full_file_keeps_the_newest_and_a_damaged_line_costs_nothing_else() {
        let Kept { history, .. } = kept();
        let long = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES - 2));
        let number = 2 * usize::try_from(FULL_BYTES).expect("small") / PAYLOAD_BYTES;
        for number in 0..number {
            history.sent("a", Uuid::new_v4(), sent(number, &long)).expect("written");
        }
        let path = history.path("a");
        assert!(std::fs::metadata(&path).expect("there").len() <= FULL_BYTES, "the file stays within its bound");
        let newest = all(&history, "a");
        assert_eq!(newest.entries[0].sent_at, sent(number - 1, "").at, "the newest one is there");
        let mut file = OpenOptions::new().append(true).open(&path).expect("there");
        file.write_all(b"{\"attempt\": half a line\n").expect("written");
        history.sent("a", Uuid::new_v4(), sent(number, "{}")).expect("written");
        let after = all(&history, "a");
        assert_eq!(after.total, newest.total + 1, "only the damaged line is lost");
        let too_long = "x".repeat(PAYLOAD_BYTES + 1);
        history.sent("a", Uuid::new_v4(), sent(number + 1, &too_long)).expect("written");
        assert_eq!(all(&history, "a").entries[0].payload, None, "a payload beyond the bound is left out");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let Kept { history, .. } = kept();
        history.sent("a", Uuid::new_v4(), sent(1, "{}")).expect("written");
        let mode = std::fs::metadata(history.path("a")).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
