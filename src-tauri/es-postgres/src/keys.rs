//! The keys of sealed personal data, beside the events.
//!
//! A destroyed key is gone from the table at once. Its bytes stay in the server's write-ahead log until that is recycled, and
//! in copies that were made before: see docs/adr/0022.

use async_trait::async_trait;
use es_core::seal::Adopted;
use es_core::{StoreError, StreamName, SubjectKey, SubjectKeys};
use sqlx::postgres::PgConnection;

use crate::connections::{Connections, reading, writing};
use crate::error::Fault;

/// Keys of one store.
#[derive(Clone)]
pub(crate) struct Keys {
    pub connections: Connections,
    /// Why nothing can be written, if so.
    pub refusal: Option<String>,
}

impl Keys {
    fn check_writable(&self) -> Result<(), StoreError> {
        match &self.refusal {
            None => Ok(()),
            Some(reason) => {
                Err(StoreError::ReadOnly { path: self.connections.place().location.clone(), reason: reason.clone() })
            }
        }
    }

    fn locked(&self, reason: String) -> Fault {
        StoreError::KeyLocked { path: self.connections.place().location.clone(), reason }.into()
    }

    async fn find(&self, connection: &mut PgConnection, subject: &str) -> Result<Option<SubjectKey>, Fault> {
        let row: Option<(Vec<u8>, bool)> = sqlx::query_as("SELECT key, wrapped FROM es_subject_key WHERE subject = $1")
            .bind(subject)
            .fetch_optional(connection)
            .await?;
        row.map(|(key, wrapped)| self.opened(subject, key, wrapped)).transpose()
    }

    fn opened(&self, subject: &str, key: Vec<u8>, wrapped: bool) -> Result<SubjectKey, Fault> {
        match (wrapped, &self.connections.config().master_key) {
            (false, _) => {
                let bytes =
                    key.try_into().map_err(|_| Fault::Damaged(format!("the key of {subject} has no 32 bytes")))?;
                Ok(SubjectKey::new(bytes))
            }
            (true, None) => Err(self.locked(format!("the key of {subject} opens only with the master key"))),
            (true, Some(master)) => master
                .unwrap_key(subject, &key)
                .map_err(|_| self.locked(format!("the key of {subject} does not open with this master key"))),
        }
    }

    /// Keeps a key unless the subject has one; whether it does.
    async fn keep(&self, connection: &mut PgConnection, subject: &str, key: &SubjectKey) -> Result<bool, Fault> {
        let master = &self.connections.config().master_key;
        let stored = match master {
            None => key.bytes().to_vec(),
            Some(master) => master.wrap(subject, key).map_err(|error| Fault::Damaged(error.to_string()))?,
        };
        let insert = "INSERT INTO es_subject_key (subject, key, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let query = sqlx::query(insert).bind(subject).bind(stored).bind(master.is_some());
        Ok(query.execute(connection).await?.rows_affected() > 0)
    }

    /// Of several that come at once one makes the key, and all use that.
    async fn make(&self, connection: &mut PgConnection, subject: &str) -> Result<SubjectKey, Fault> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Io {
            operation: "drawing a random key".to_owned(),
            reason: error.to_string(),
        })?;
        self.keep(&mut *connection, subject, &SubjectKey::new(bytes)).await?;
        let kept = self.find(connection, subject).await?;
        kept.ok_or_else(|| Fault::Damaged(format!("the new key of {subject} is not there")))
    }

    async fn take(&self, connection: &mut PgConnection, subject: &str, key: &SubjectKey) -> Result<Adopted, Fault> {
        if self.keep(&mut *connection, subject, key).await? {
            return Ok(Adopted::Taken);
        }
        let known = self.find(connection, subject).await?;
        Ok(if known.as_ref() == Some(key) { Adopted::Same } else { Adopted::Other })
    }
}

#[async_trait]
impl SubjectKeys for Keys {
    async fn get(&self, subject: &StreamName) -> Result<Option<SubjectKey>, StoreError> {
        reading!(&self.connections, "reading a key", |c| self.find(c, subject.as_str()))
    }

    async fn get_or_create(&self, subject: &StreamName) -> Result<SubjectKey, StoreError> {
        if let Some(key) = self.get(subject).await? {
            return Ok(key);
        }
        self.check_writable()?;
        writing!(&self.connections, "making a key", |c| self.make(c, subject.as_str()))
    }

    async fn destroy(&self, subject: &StreamName) -> Result<bool, StoreError> {
        self.check_writable()?;
        let delete = "DELETE FROM es_subject_key WHERE subject = $1";
        let removed = writing!(&self.connections, "destroying a key", |c| async {
            Ok(sqlx::query(delete).bind(subject.as_str()).execute(c).await?)
        })?;
        Ok(removed.rows_affected() > 0)
    }

    async fn adopt(&self, subject: &StreamName, key: &SubjectKey) -> Result<Adopted, StoreError> {
        self.check_writable()?;
        writing!(&self.connections, "keeping a key", |c| self.take(c, subject.as_str(), key))
    }

    fn wraps(&self) -> bool {
        self.connections.config().master_key.is_some()
    }
}
