//! Commands that were issued with this installation, in the window or on the command line, and what came of them: one file a store
//! in the user's data folder.
//!
//! A line is written before a command is sent and another one when its answer is there, so that also one whose answer was lost
//! can be sent again under its id. The log knows only what was carried out; refusals and conflicts are nowhere else. What is
//! personal never gets here.

mod recording;
#[cfg(test)]
mod tests;

use bank::language::Seamed;
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::settings::DataFolder;
use crate::wire::{
    AppError, CommandHistoryEntry, CommandHistoryPage, CommandHistoryQuery, CommandOrigin, CommandOutcome, Detail,
};

pub use recording::{Issued, Recording};

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
/// How long others may hold a file: they write a line, or the whole of it anew, which takes no second.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the file is asked for meanwhile.
const POLL: Duration = Duration::from_millis(5);

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
    /// Where: files of former versions know the window only.
    #[serde(default)]
    pub origin: CommandOrigin,
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

    /// Forgets the commands of a store up to one of them, which is the newest that a person has seen: what others have issued since
    /// stays. Answers with how many were forgotten. What is in the log stays there.
    ///
    /// # Errors
    /// `not_found`: that one is not kept any more; or the file cannot be written.
    pub fn clear(&self, store: &str, through: Uuid) -> Result<u32, AppError> {
        let cleared = self.alone(store, |path| {
            let kept = attempts(path)?;
            let Some(last) = kept.iter().position(|attempt| attempt.id == through) else { return Ok(None) };
            let newer = kept.into_iter().skip(last + 1).map(lines).collect::<io::Result<Vec<_>>>()?;
            replace(path, &newer.concat())?;
            // As many as are shown; there may be more in the file until it is full.
            Ok(Some(KEPT.min(last + 1)))
        })?;
        let count = cleared.ok_or_else(|| {
            let message = "The newest command that was shown is not in the history any more. Nothing was forgotten.";
            AppError::new("not_found", message, "Look at the history again, then clear it.")
        })?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn path(&self, store: &str) -> PathBuf {
        let mut name = hex::encode(Sha256::digest(store.as_bytes()));
        name.truncate(32);
        self.folder.join(name).with_extension("ndjson")
    }

    fn add(&self, store: &str, line: &Line) -> Result<(), AppError> {
        self.alone(store, |path| {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            let mut file = for_its_owner().create(true).read(true).append(true).open(path)?;
            // A line that was cut off, by a crash or a full disk, must not take this one with it.
            if !ends_with_a_line(&mut file)? {
                text.insert(0, b'\n');
            }
            file.write_all(&text)?;
            // What was sent must be known after a power cut; that its answer was there is worth less.
            if line.sent.is_some() {
                file.sync_data()?;
            }
            if file.metadata()?.len() > FULL_BYTES { shorten(path) } else { Ok(()) }
        })
    }

    /// Changes a store's file while nobody else does: no thread of this program, and no other program.
    fn alone<T>(&self, store: &str, change: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, AppError> {
        let path = self.path(store);
        let _one_at_a_time = self.changing.lock();
        let changed = || {
            std::fs::create_dir_all(&self.folder)?;
            let lock = for_its_owner().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
            take(&lock)?;
            change(&path)
        };
        changed().map_err(|error: io::Error| failed(&path, "written", &error))
    }
}

/// Takes a lock, but does not wait for ever: a program that was stopped in the middle would hold up all others.
fn take(lock: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                let waited = format!("another program has held it for {} s", PATIENCE.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, waited));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
        }
    }
}

/// Whether a file is empty or its last line is whole.
fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
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
            origin: sent.origin,
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
}

/// An attempt as the lines of a file.
fn lines(attempt: Attempt) -> io::Result<Vec<u8>> {
    let Attempt { id: attempt, sent, ended } = attempt;
    let mut text = Vec::new();
    let sent = Line { attempt, sent: Some(sent), ended: None };
    let ended = ended.map(|ended| Line { attempt, sent: None, ended: Some(ended) });
    for line in std::iter::once(sent).chain(ended) {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    Ok(text)
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
        let text = lines(attempt)?;
        bytes += text.len();
        if bytes > KEPT_BYTES {
            break;
        }
        kept.push(text);
    }
    kept.reverse();
    replace(path, &kept.concat())
}

/// Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file: File = for_its_owner().create(true).write(true).truncate(true).open(&fresh)?;
    file.write_all(text)?;
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
