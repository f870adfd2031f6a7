//! What the server keeps of its own, told to people: its streams and what each is for, and why a stream is not there.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::Utc;
use es_core::{
    Direction, EntryPage, PersistentSubscription, RightSource, ServerInspection, ServerProjection, StoreError,
    StoreFact, StreamMetadataText, StreamName, StreamReport, StreamRight, StreamStanding, StreamVersion,
    SystemProjection, SystemStream, closest, similar_queries,
};
use eventstore::Error;

use crate::connection::Failure;
use crate::event::{METADATA_PREFIX, stream_name, version_of};
use crate::index::{categories, stream, streams};
use crate::inspect::{Inspection, SAMPLE_EVENTS, StreamMetadata};
use crate::limits::LINKED_CATEGORIES;
use crate::log::{Begin, LogRead, StreamRead, read_log, read_stream_events};
use crate::store::EventStoreDbOptions;
use crate::stream_settings::{AccessRules, Hiding};

/// Streams that a server may have whatever its applications do, and what each is for.
const WELL_KNOWN: [(&str, &str); 8] = [
    ("$streams", "the first event of every stream, by $streams"),
    ("$settings", "default rights"),
    ("$users", "the users' names"),
    ("$et", "the event types that there are"),
    ("$projections-$all", "the projections that there are"),
    ("$persistentSubscriptionConfig", "the persistent subscriptions that there are"),
    ("$scavenges", "scavenges that were run"),
    ("$epoch-information", "elections of the leader"),
];
/// Beginnings of the server's streams, and what each is for.
const BEGINNINGS: [(&str, &str); 9] = [
    (METADATA_PREFIX, "metadata of a stream"),
    ("$ce-", "links to the events of a category"),
    ("$et-", "links to the events of a type"),
    ("$bc-", "links to the events of a correlation"),
    ("$category-", "links to the streams of a category"),
    ("$projections-", "a projection's definition, checkpoints and state"),
    ("$persistentsubscription-", "a persistent subscription's checkpoints and parked events"),
    ("$stats-", "statistics of a node"),
    ("$user-", "a user"),
];

fn purpose_of(name: &str) -> &'static str {
    let known = WELL_KNOWN.iter().find(|(known, _)| *known == name);
    let begins = || BEGINNINGS.iter().find(|(begins, _)| name.starts_with(begins));
    known.or_else(begins).map_or("written under a name that begins with $", |(_, purpose)| purpose)
}

/// What hides the events of a stream, for people.
fn hiding_told(hiding: Hiding) -> String {
    let mut told = Vec::new();
    told.extend(hiding.before.map(|before| format!("everything before version {} ($tb)", version_of(before))));
    told.extend(hiding.max_count.map(|count| format!("all but the last {count} events ($maxCount)")));
    told.extend(hiding.max_age.map(|age| format!("events older than {age} seconds ($maxAge)")));
    match told.is_empty() {
        true => "its metadata hide nothing: its events were scavenged, or deleted with the stream".to_owned(),
        false => format!("its metadata hide {}", told.join(" and ")),
    }
}

impl Inspection {
    /// What the store stands on.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub(crate) async fn facts(&self, options: &EventStoreDbOptions) -> Result<Vec<StoreFact>, StoreError> {
        let config = self.connection().config();
        let encryption = match (config.tls, config.verify_certificate) {
            (false, _) => "none",
            (true, false) => "yes; the server does not have to prove who it is",
            (true, true) => "yes; the server proves its name",
        };
        let index = options
            .index
            .as_ref()
            .map_or_else(|| "a temporary file, made anew each time".to_owned(), |file| file.display().to_string());
        let mut facts = vec![
            StoreFact::new(if config.is_cluster() { "Nodes" } else { "Server" }, config.server()),
            StoreFact::new("User", config.user_name()),
            StoreFact::new("Encryption", encryption),
            StoreFact::new("Local index", index),
            StoreFact::new(
                "Keys of sealed data",
                if options.subject_keys.is_some() { "kept beside the server" } else { "none are kept" },
            ),
        ];
        facts.extend(self.default_rights_told().await?);
        Ok(facts)
    }

    /// Who may read and write where a stream does not say so; nothing if the user may not know.
    async fn default_rights_told(&self) -> Result<Vec<StoreFact>, StoreError> {
        let Some((user, system)) = allowed(self.default_access().await)? else { return Ok(Vec::new()) };
        let told = |rules: &AccessRules, otherwise: &str| {
            let roles =
                |roles: &Option<Vec<String>>| roles.as_ref().map_or(otherwise.to_owned(), |roles| roles.join(", "));
            format!("read: {}; write: {}", roles(&rules.read), roles(&rules.write))
        };
        Ok(vec![
            StoreFact::new("Default rights, streams of applications", told(&user, "everybody")),
            StoreFact::new("Default rights, the server's streams", told(&system, "administrators")),
        ])
    }

    /// Whether a stream can be read, and what its metadata say.
    async fn standing(&self, name: &StreamName, hiding: Hiding) -> Result<StreamStanding, StoreError> {
        let read = |direction| read_stream_events(self.connection(), name.as_str(), (None, direction, 1));
        let last = match read(Direction::Backward).await {
            Ok(StreamRead::Tombstoned) => return Ok(StreamStanding::Tombstoned),
            Ok(StreamRead::Page(page)) => page.events.first().map(|event| version_of(event.revision)),
            Ok(StreamRead::Missing) => None,
            Err(failure) => {
                let error = self.connection().explain(&format!("reading stream {name}"), failure).await;
                return match error {
                    StoreError::NotAllowed { reason, .. } => Ok(StreamStanding::NotAllowed { reason }),
                    error => Err(error),
                };
            }
        };
        let Some(version) = last else { return self.why_not(name, hiding).await };
        let first = match read(Direction::Forward).await {
            Ok(StreamRead::Page(page)) => page.events.first().map(|event| version_of(event.revision)),
            Ok(_) => None,
            Err(failure) => {
                return Err(self.connection().explain(&format!("reading stream {name}"), failure).await);
            }
        };
        Ok(StreamStanding::Present { version, readable_from: first.unwrap_or(version), closed: false })
    }

    /// Why a stream shows nothing that was not tombstoned.
    async fn why_not(&self, name: &StreamName, hiding: Hiding) -> Result<StreamStanding, StoreError> {
        if hiding.is_deleted() {
            return Ok(StreamStanding::DeletedSoftly);
        }
        let asked = name.clone();
        let known = self.follower.index.read(move |index| stream(index, &asked, Utc::now())).await?;
        Ok(match known {
            Some(info) => StreamStanding::Hidden { version: Some(info.version), by: hiding_told(hiding) },
            None if hiding != Hiding::default() => StreamStanding::Hidden { version: None, by: hiding_told(hiding) },
            None => StreamStanding::Missing,
        })
    }

    async fn rights(&self, name: &StreamName, own: Option<&AccessRules>) -> Result<Vec<StreamRight>, StoreError> {
        let defaults = allowed(self.default_access().await)?;
        let is_system = name.as_str().starts_with('$');
        let default = defaults.map(|(user, system)| if is_system { system } else { user });
        let nobody_said = if is_system { "$admins" } else { "$all" };
        let right = |action, of: fn(&AccessRules) -> &Option<Vec<String>>| {
            let in_stream = own.and_then(|rules| of(rules).clone()).map(|roles| (roles, RightSource::Stream));
            let in_default =
                || default.as_ref().and_then(|rules| of(rules).clone()).map(|roles| (roles, RightSource::Default));
            let nowhere = || (vec![nobody_said.to_owned()], RightSource::Nowhere);
            let (roles, source) = in_stream.or_else(in_default).unwrap_or_else(nowhere);
            StreamRight { action, roles, source }
        };
        Ok(vec![
            right("read", |rules| &rules.read),
            right("write", |rules| &rules.write),
            right("delete", |rules| &rules.delete),
            right("read metadata", |rules| &rules.read_metadata),
            right("write metadata", |rules| &rules.write_metadata),
        ])
    }

    /// Names that the server's own streams may have: those that every server has, links by the categories that are known, and
    /// those that were written about the last events of the log. Asking for all names that begin with `$` would make the
    /// server read its whole log.
    async fn system_candidates(&self) -> Result<BTreeSet<String>, StoreError> {
        let read = LogRead { begin: Begin::End, direction: Direction::Backward, count: SAMPLE_EVENTS, filter: None };
        let sample = match read_log(self.connection(), &read).await {
            Ok(page) => page.events,
            Err(failure) => return Err(self.connection().explain("reading the log", failure).await),
        };
        let mut names: BTreeSet<String> = WELL_KNOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
        for event in &sample {
            match event.stream_id() {
                name if name.starts_with('$') => names.insert(name.to_owned()),
                _ => names.insert(format!("$et-{}", event.event_type)),
            };
        }
        let known = self.follower.index.read(categories).await?;
        names.extend(known.iter().take(LINKED_CATEGORIES).map(|count| format!("$ce-{}", count.category)));
        Ok(names)
    }
}

/// What was asked for; nothing if the user may not know.
fn allowed<T>(asked: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotAllowed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl ServerInspection for Inspection {
    async fn system_streams(&self) -> Result<Vec<SystemStream>, StoreError> {
        let mut found = BTreeMap::new();
        for name in self.system_candidates().await? {
            let version = match read_stream_events(self.connection(), &name, (None, Direction::Backward, 1)).await {
                Ok(StreamRead::Page(page)) => match page.events.first() {
                    Some(last) => Some(version_of(last.revision)),
                    None => continue,
                },
                Ok(StreamRead::Missing | StreamRead::Tombstoned) => continue,
                Err(Failure::Client(Error::AccessDenied)) => None,
                Err(failure) => {
                    return Err(self.connection().explain(&format!("reading stream {name}"), failure).await);
                }
            };
            found.insert(stream_name(&name), (version, purpose_of(&name)));
        }
        let row = |(stream, (version, purpose))| SystemStream { stream, version, purpose };
        Ok(found.into_iter().map(row).collect())
    }

    async fn stream(&self, name: &StreamName) -> Result<StreamReport, StoreError> {
        let metadata: Option<StreamMetadata> = allowed(self.metadata(name).await)?.flatten();
        let hiding = metadata.as_ref().map(|found| Hiding::parse(found.json.as_bytes())).unwrap_or_default();
        let standing = self.standing(name, hiding).await?;
        let rights = self.rights(name, metadata.as_ref().map(|found| &found.access)).await?;
        let mut similar = Vec::new();
        if standing == StreamStanding::Missing {
            for query in similar_queries(name) {
                let found = self.follower.index.read(move |index| streams(index, &query, Utc::now())).await?;
                if !found.0.is_empty() {
                    similar = closest(name, found.0);
                    break;
                }
            }
        }
        let metadata = metadata.map(|found| StreamMetadataText { version: found.version, json: found.json });
        Ok(StreamReport { stream: name.clone(), standing, metadata, rights, similar })
    }

    async fn entries(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        direction: Direction,
        limit: usize,
    ) -> Result<EntryPage, StoreError> {
        Self::entries(self, stream, from, direction, limit).await
    }

    async fn persistent_subscriptions(&self) -> Result<Vec<PersistentSubscription>, StoreError> {
        Self::persistent_subscriptions(self).await
    }

    async fn system_projections(&self) -> Result<Vec<SystemProjection>, StoreError> {
        Self::system_projections(self).await
    }

    async fn projections(&self) -> Result<Vec<ServerProjection>, StoreError> {
        Self::projections(self).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_streams_are_told_by_what_they_are_for() {
        assert_eq!(purpose_of("$streams"), "the first event of every stream, by $streams");
        assert_eq!(
            purpose_of("$projections-$all"),
            "the projections that there are",
            "a whole name before a beginning"
        );
        assert_eq!(purpose_of("$$account-1"), "metadata of a stream");
        assert_eq!(purpose_of("$mine"), "written under a name that begins with $");
    }

    #[test]
    fn what_hides_events_is_told_in_words() {
        let told = |json: &str| hiding_told(Hiding::parse(json.as_bytes()));
        assert_eq!(told(r#"{"$tb":3}"#), "its metadata hide everything before version 4 ($tb)");
        assert!(told(r#"{"$maxAge":60,"$maxCount":2}"#).contains("older than 60 seconds"), "each is told");
        assert!(told("{}").contains("scavenged"), "nothing hides them");
    }
}
