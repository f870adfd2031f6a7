//! The keys of sealed personal data, in the events' own file.
//!
//! They are needed seldom, so each question opens a connection of its own: nothing is held while nobody asks, and the append
//! lane's connection needs no settings for their sake.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use es_core::{Adopted, StoreError, StreamName, SubjectKey, SubjectKeys};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Fault, shown};
use crate::open::{Access, OpenOptions, connect};

/// How long one attempt to empty the write-ahead log waits for readers: it keeps writers out meanwhile.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(50);
/// Pause between two attempts.
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(50);

/// Keys of one store.
#[derive(Clone)]
pub(crate) struct Keys {
    pub path: Arc<PathBuf>,
    pub options: OpenOptions,
    /// How to read, and why nothing can be written, if so.
    pub reading: Access,
    pub refusal: Option<String>,
}

impl Keys {
    async fn with<T: Send + 'static>(
        &self,
        operation: &'static str,
        ask: impl FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (keys, started) = (self.clone(), Instant::now());
        let path = self.path.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&keys)).await;
        match asked {
            Ok(answer) => answer.map_err(|fault| fault.into_store_error(&path, operation, started.elapsed())),
            Err(error) => Err(StoreError::Io { operation: operation.to_owned(), reason: error.to_string() }),
        }
    }

    fn writer(&self) -> Result<Connection, Fault> {
        if let Some(reason) = &self.refusal {
            return Err(StoreError::ReadOnly { path: shown(&self.path), reason: reason.clone() }.into());
        }
        let options = OpenOptions { create: false, ..self.options.clone() };
        let connection = connect(&self.path, Access::Write, &options)?;
        // What is removed is overwritten, and what moves within the file leaves no copy behind.
        connection.pragma_update(None, "secure_delete", 1)?;
        Ok(connection)
    }

    fn find(&self, connection: &Connection, subject: &str) -> Result<Option<SubjectKey>, Fault> {
        let row = connection
            .query_row("SELECT key, wrapped FROM es_subject_key WHERE subject = ?1", [subject], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?))
            })
            .optional()?;
        row.map(|(key, wrapped)| self.opened(subject, key, wrapped)).transpose()
    }

    fn opened(&self, subject: &str, key: Vec<u8>, wrapped: bool) -> Result<SubjectKey, Fault> {
        match (wrapped, &self.options.master_key) {
            (false, _) => {
                let bytes =
                    key.try_into().map_err(|_| Fault::Damaged(format!("the key of {subject} has no 32 bytes")))?;
                Ok(SubjectKey::new(bytes))
            }
            (true, None) => {
                let reason = format!("the key of {subject} opens only with the master key");
                Err(StoreError::KeyLocked { path: shown(&self.path), reason }.into())
            }
            (true, Some(master)) => master.unwrap_key(subject, &key).map_err(|_| {
                let reason = format!("the key of {subject} does not open with this master key");
                StoreError::KeyLocked { path: shown(&self.path), reason }.into()
            }),
        }
    }

    fn make(&self, subject: &str) -> Result<SubjectKey, Fault> {
        let connection = self.writer()?;
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Io {
            operation: "drawing a random key".to_owned(),
            reason: error.to_string(),
        })?;
        // Of several that come at once one makes the key, and all use that.
        self.keep(&connection, subject, &SubjectKey::new(bytes))?;
        self.find(&connection, subject)?.ok_or_else(|| Fault::Damaged(format!("the new key of {subject} is not there")))
    }

    /// Keeps a key unless the subject has one; whether it does.
    fn keep(&self, connection: &Connection, subject: &str, key: &SubjectKey) -> Result<bool, Fault> {
        let stored = match &self.options.master_key {
            None => key.bytes().to_vec(),
            Some(master) => master.wrap(subject, key).map_err(|error| Fault::Damaged(error.to_string()))?,
        };
        let wrapped = self.options.master_key.is_some();
        let insert = "INSERT INTO es_subject_key (subject, key, wrapped) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        Ok(connection.execute(insert, params![subject, stored, wrapped])? > 0)
    }

    fn adopt(&self, subject: &str, key: &SubjectKey) -> Result<Adopted, Fault> {
        let connection = self.writer()?;
        if self.keep(&connection, subject, key)? {
            return Ok(Adopted::Taken);
        }
        let known = self.find(&connection, subject)?;
        Ok(if known.as_ref() == Some(key) { Adopted::Same } else { Adopted::Other })
    }

    fn remove(&self, subject: &str) -> Result<bool, Fault> {
        let connection = self.writer()?;
        let removed = connection.execute("DELETE FROM es_subject_key WHERE subject = ?1", [subject])? > 0;
        // Also if it was removed before: whoever did that may have died before the next line.
        self.empty_the_log(&connection)?;
        Ok(removed)
    }

    /// The write-ahead log still holds the pages as they were. A reader that is in the middle of something holds this up; if it
    /// does so for too long, later checkpoints do the rest.
    fn empty_the_log(&self, connection: &Connection) -> Result<(), Fault> {
        let started = Instant::now();
        connection.busy_timeout(CHECKPOINT_WAIT)?;
        loop {
            let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if !busy {
                return Ok(());
            }
            if started.elapsed() > self.options.lock_timeout {
                tracing::warn!(path = %self.path.display(), "a destroyed key may lie in the write-ahead log for a while");
                return Ok(());
            }
            std::thread::sleep(CHECKPOINT_PAUSE);
        }
    }
}

#[async_trait]
impl SubjectKeys for Keys {
    async fn get(&self, subject: &StreamName) -> Result<Option<SubjectKey>, StoreError> {
        let subject = subject.to_string();
        self.with("reading a key", move |keys| keys.find(&connect(&keys.path, keys.reading, &keys.options)?, &subject))
            .await
    }

    async fn get_or_create(&self, subject: &StreamName) -> Result<SubjectKey, StoreError> {
        if let Some(key) = self.get(subject).await? {
            return Ok(key);
        }
        let subject = subject.to_string();
        self.with("making a key", move |keys| keys.make(&subject)).await
    }

    async fn destroy(&self, subject: &StreamName) -> Result<bool, StoreError> {
        let subject = subject.to_string();
        self.with("destroying a key", move |keys| keys.remove(&subject)).await
    }

    async fn adopt(&self, subject: &StreamName, key: &SubjectKey) -> Result<Adopted, StoreError> {
        let (subject, key) = (subject.to_string(), key.clone());
        self.with("keeping a key", move |keys| keys.adopt(&subject, &key)).await
    }

    fn wraps(&self) -> bool {
        self.options.master_key.is_some()
    }
}
