//! What an inspector of this server shows beside the events: its own streams, links, deletions, metadata, projections and
//! subscriptions. All in types of this crate.

use std::sync::Arc;

use es_core::event::metadata_ids;
use es_core::{
    AppendError, Direction, Entry, EntryPage, ExpectedVersion, InvalidAppend, LinkTarget, PersistentSubscription,
    ServerProjection, StoreError, StreamName, StreamVersion, SystemProjection, limits,
};
use eventstore::{
    AppendToStreamOptions, CurrentRevision, DeleteStreamOptions, Error, GenericProjectionOptions,
    ListPersistentSubscriptionsOptions, ProjectionClient, ResolvedEvent, RevisionOrPosition, StreamPosition,
    StreamState as Expected, TombstoneStreamOptions,
};
use serde_json::{Map, Value};
use tokio_stream::StreamExt as _;

use crate::connection::{Connection, Failure};
use crate::event::{self, METADATA_PREFIX, METADATA_TYPE, revision_of, version_of};
use crate::follow::Follower;
use crate::log::{Begin, LogRead, Page, StreamRead, read_log, read_stream, read_stream_events};
use crate::store::EventStoreDbStore;
use crate::stream_settings::{AccessRules, Hiding, changed};

/// Whether a stream can be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamState {
    /// It never had an event.
    Missing,
    /// It is there.
    Present {
        /// Version of its last event.
        version: StreamVersion,
    },
    /// Its events are hidden; an append brings it back and goes on with the next version. They may be scavenged.
    DeletedSoftly,
    /// It ended for good: nothing can be read or appended any more.
    Tombstoned,
}

/// The metadata of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMetadata {
    /// How often they were written.
    pub version: StreamVersion,
    /// As they stand, also what nobody here knows.
    pub json: Box<str>,
    /// Who may do what, as far as they say.
    pub access: AccessRules,
}

/// Looks at what is peculiar to this server. Cheap to clone.
#[derive(Clone)]
pub struct Inspection {
    pub(crate) follower: Arc<Follower>,
}

impl EventStoreDbStore {
    /// What is peculiar to this server.
    #[must_use]
    pub fn inspect(&self) -> Inspection {
        Inspection { follower: Arc::clone(&self.follower) }
    }
}

fn metadata_stream(stream: &StreamName) -> String {
    format!("{METADATA_PREFIX}{stream}")
}

fn expected_state(expected: ExpectedVersion) -> Expected {
    match expected {
        ExpectedVersion::Any => Expected::Any,
        ExpectedVersion::NoStream => Expected::NoStream,
        ExpectedVersion::Exists => Expected::StreamExists,
        ExpectedVersion::Exact(version) => revision_of(version).map_or(Expected::NoStream, Expected::StreamRevision),
    }
}

impl Inspection {
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.follower.connection
    }

    /// Whether a stream can be read and written.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn state(&self, stream: &StreamName) -> Result<StreamState, StoreError> {
        let operation = format!("reading stream {stream}");
        match read_stream_events(self.connection(), stream.as_str(), (None, Direction::Backward, 1)).await {
            Ok(StreamRead::Tombstoned) => Ok(StreamState::Tombstoned),
            Ok(StreamRead::Page(page)) if !page.events.is_empty() => {
                Ok(StreamState::Present { version: version_of(page.events[0].revision) })
            }
            Ok(_) => {
                let metadata = self.metadata(stream).await?;
                let deleted = metadata.is_some_and(|metadata| Hiding::parse(metadata.json.as_bytes()).is_deleted());
                Ok(if deleted { StreamState::DeletedSoftly } else { StreamState::Missing })
            }
            Err(failure) => Err(self.connection().explain(&operation, failure).await),
        }
    }

    /// The metadata of a stream, if it has any.
    ///
    /// # Errors
    /// The server cannot be asked, or does not let the user read them.
    pub async fn metadata(&self, stream: &StreamName) -> Result<Option<StreamMetadata>, StoreError> {
        let last = self.follower.last_event(&metadata_stream(stream)).await?;
        Ok(last.map(|event| {
            let json = String::from_utf8_lossy(event.payload.as_bytes());
            let acl =
                serde_json::from_str::<Value>(&json).ok().and_then(|mut value| value.get_mut("$acl").map(Value::take));
            let access = acl.as_ref().map(AccessRules::parse).unwrap_or_default();
            StreamMetadata { version: event.version, json: json.into(), access }
        }))
    }

    /// Changes some keys of a stream's metadata; a null removes its key, all others stay as they are. `expected` is about the
    /// metadata as they were read, not about the stream. Returns their new version.
    ///
    /// # Errors
    /// Somebody else changed them, they are no JSON object, or the server refuses.
    pub async fn change_metadata(
        &self,
        stream: &StreamName,
        expected: StreamVersion,
        changes: &Map<String, Value>,
    ) -> Result<StreamVersion, AppendError> {
        let conflict = |actual| AppendError::WrongExpectedVersion {
            stream: stream.clone(),
            expected: ExpectedVersion::Exact(expected),
            actual,
        };
        let present = self.metadata(stream).await?;
        let version = present.as_ref().map_or(StreamVersion::ZERO, |present| present.version);
        if version != expected {
            return Err(conflict(version));
        }
        let text = changed(present.as_ref().map(|present| &*present.json), changes);
        let not_an_object = || InvalidAppend::NotJson {
            what: "metadata",
            event_id: uuid::Uuid::nil(),
            event_type: METADATA_TYPE.into(),
            reason: "the stream's metadata are no JSON object; they are left as they are".to_owned(),
        };
        let text = text.ok_or_else(|| AppendError::Invalid(not_an_object()))?;
        let state = expected_state(ExpectedVersion::Exact(expected));
        let mut options = AppendToStreamOptions::default().stream_state(state).requires_leader(true);
        if let Some(credentials) = self.connection().credentials() {
            options = options.authenticated(credentials);
        }
        // With one id for all attempts, since the outcome of one that failed may be unknown.
        let event = event::json_data(METADATA_TYPE, &text).id(uuid::Uuid::new_v4());
        let name = metadata_stream(stream);
        let written = self.connection().repeat(|client| {
            let (options, event, name) = (&options, event.clone(), name.as_str());
            async move { client.append_to_stream(name, options, event).await.map_err(Failure::from) }
        });
        match written.await {
            Ok(written) => Ok(version_of(written.next_expected_version)),
            Err(Failure::Client(Error::WrongExpectedVersion { current, .. })) => Err(conflict(match current {
                CurrentRevision::Current(revision) => version_of(revision),
                CurrentRevision::NoStream => StreamVersion::ZERO,
            })),
            Err(Failure::Client(Error::ResourceDeleted)) => Err(AppendError::StreamClosed { stream: stream.clone() }),
            Err(failure) => {
                let operation = format!("changing the metadata of {stream}");
                Err(AppendError::Store(self.connection().explain(&operation, failure).await))
            }
        }
    }

    /// Who may do what with streams that do not say so themselves: user streams, system streams. Nothing where nobody has set
    /// it; then everybody may do everything with user streams, and administrators with system streams.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn default_access(&self) -> Result<(AccessRules, AccessRules), StoreError> {
        let last = self.follower.last_event("$settings").await?;
        let settings: Value =
            last.and_then(|event| serde_json::from_slice(event.payload.as_bytes()).ok()).unwrap_or_default();
        let rules = |key: &str| settings.get(key).map(AccessRules::parse).unwrap_or_default();
        Ok((rules("$userStreamAcl"), rules("$systemStreamAcl")))
    }

    /// Deletes a stream softly: its events are hidden, an append brings it back. The server forgets its other metadata.
    ///
    /// # Errors
    /// The stream has another version, is tombstoned, or the server refuses.
    pub async fn delete_softly(&self, stream: &StreamName, expected: ExpectedVersion) -> Result<(), AppendError> {
        let mut options = DeleteStreamOptions::default().stream_state(expected_state(expected)).requires_leader(true);
        if let Some(credentials) = self.connection().credentials() {
            options = options.authenticated(credentials);
        }
        let connection = self.connection();
        let deleted = connection.attempt(connection.config().timeout, |client| async move {
            client.delete_stream(stream.as_str(), &options).await.map_err(Failure::from)
        });
        match deleted.await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.removal_error("deleting", stream, expected, failure).await),
        }
    }

    /// Ends a stream for good: it can never be read or appended to again, nor made anew.
    ///
    /// # Errors
    /// The stream has another version, is tombstoned already, or the server refuses.
    pub async fn tombstone(&self, stream: &StreamName, expected: ExpectedVersion) -> Result<(), AppendError> {
        let mut options =
            TombstoneStreamOptions::default().stream_state(expected_state(expected)).requires_leader(true);
        if let Some(credentials) = self.connection().credentials() {
            options = options.authenticated(credentials);
        }
        let connection = self.connection();
        let ended = connection.attempt(connection.config().timeout, |client| async move {
            client.tombstone_stream(stream.as_str(), &options).await.map_err(Failure::from)
        });
        match ended.await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.removal_error("tombstoning", stream, expected, failure).await),
        }
    }

    /// Why a stream was not removed. The client library has no type for a wrong version here, so the stream is read again.
    async fn removal_error(
        &self,
        action: &str,
        stream: &StreamName,
        expected: ExpectedVersion,
        failure: Failure,
    ) -> AppendError {
        let is_precondition = match &failure {
            Failure::Client(Error::ResourceDeleted) => return AppendError::StreamClosed { stream: stream.clone() },
            Failure::Client(Error::Grpc { code, .. }) => format!("{code:?}") == "FailedPrecondition",
            Failure::Client(Error::WrongExpectedVersion { .. }) => true,
            _ => false,
        };
        if is_precondition {
            let actual = match self.state(stream).await {
                Ok(StreamState::Present { version }) => version,
                Ok(StreamState::Tombstoned) => return AppendError::StreamClosed { stream: stream.clone() },
                Ok(StreamState::Missing | StreamState::DeletedSoftly) => StreamVersion::ZERO,
                Err(error) => return AppendError::Store(error),
            };
            return AppendError::WrongExpectedVersion { stream: stream.clone(), expected, actual };
        }
        AppendError::Store(self.connection().explain(&format!("{action} stream {stream}"), failure).await)
    }

    /// Reads any stream, also the server's own, with links beside what they stand for. `from` is exclusive in both directions.
    ///
    /// # Errors
    /// The server cannot be asked, or does not let the user read the stream.
    pub async fn entries(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        direction: Direction,
        limit: usize,
    ) -> Result<EntryPage, StoreError> {
        let limit = limit.min(limits::PAGE_EVENTS);
        let begin = match direction {
            Direction::Forward => Some(from.get()),
            Direction::Backward if from >= StreamVersion::MAX => None,
            Direction::Backward if from.get() < 2 => return Ok(EntryPage { entries: Vec::new(), end: true }),
            Direction::Backward => Some(from.get() - 2),
        };
        let range = (begin, direction, limit);
        let read = read_stream(self.connection(), stream.as_str(), range, true, |event: ResolvedEvent| Some(event));
        let page = match read.await {
            Ok(StreamRead::Page(page)) => page,
            Ok(StreamRead::Missing | StreamRead::Tombstoned) => Page { events: Vec::new(), end: true },
            Err(failure) => return Err(self.connection().explain(&format!("reading stream {stream}"), failure).await),
        };
        let mut entries = Vec::with_capacity(page.events.len());
        for resolved in page.events {
            entries.extend(self.entry(resolved).await?);
        }
        Ok(EntryPage { entries, end: page.end })
    }

    async fn entry(&self, resolved: ResolvedEvent) -> Result<Option<Entry>, StoreError> {
        let (own, target) = match (resolved.link, resolved.event) {
            (Some(link), target) => (link, target),
            (None, Some(event)) => (event, None),
            (None, None) => return Ok(None),
        };
        let is_link = own.event_type == event::LINK;
        let names = link_names(&own.data);
        let mut recorded =
            self.follower.with_all_positions([Some(own), target].into_iter().flatten().collect()).await?;
        let target = if recorded.len() > 1 { recorded.pop() } else { None };
        let Some(own) = recorded.pop() else { return Ok(None) };
        let target = match target {
            Some(target) => Some(LinkTarget::Resolved(Box::new(target))),
            None => is_link.then_some(LinkTarget::Unresolved { names }),
        };
        Ok(Some(Entry { own, target }))
    }

    /// Which of the server's own projections have written anything.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn system_projections(&self) -> Result<Vec<SystemProjection>, StoreError> {
        system_projections(self.connection()).await
    }

    /// The server's continuous projections.
    ///
    /// # Errors
    /// The server cannot be asked, has projections turned off, or does not let the user see them.
    pub async fn projections(&self) -> Result<Vec<ServerProjection>, StoreError> {
        let mut options = GenericProjectionOptions::default();
        if let Some(credentials) = self.connection().credentials() {
            options = options.authenticated(credentials);
        }
        let listed = self.connection().ask("listing projections", |client| {
            let options = options.clone();
            async move {
                let client = ProjectionClient::from(client);
                let mut found = client.list(&options).await?;
                let mut projections = Vec::new();
                while let Some(status) = found.next().await {
                    projections.push(projection(status?));
                }
                Ok(projections)
            }
        });
        listed.await
    }

    /// All persistent subscriptions.
    ///
    /// # Errors
    /// The server cannot be asked, or does not let the user see them.
    pub async fn persistent_subscriptions(&self) -> Result<Vec<PersistentSubscription>, StoreError> {
        let mut options = ListPersistentSubscriptionsOptions::default();
        if let Some(credentials) = self.connection().credentials() {
            options = options.authenticated(credentials);
        }
        let listed = self.connection().repeat(|client| {
            let options = options.clone();
            async move { client.list_all_persistent_subscriptions(&options).await.map_err(Failure::from) }
        });
        match listed.await {
            Ok(found) => Ok(found.into_iter().map(subscription).collect()),
            // So a server says that there are none.
            Err(Failure::Client(Error::ResourceNotFound)) => Ok(Vec::new()),
            Err(failure) => Err(self.connection().explain("listing persistent subscriptions", failure).await),
        }
    }
}

/// Stream and version in the data of a link, `revision@stream`.
fn link_names(data: &[u8]) -> Option<(StreamName, StreamVersion)> {
    let (revision, stream) = std::str::from_utf8(data).ok()?.split_once('@')?;
    Some((event::stream_name(stream), version_of(revision.parse().ok()?)))
}

fn projection(status: eventstore::ProjectionStatus) -> ServerProjection {
    ServerProjection {
        name: status.name,
        status: status.status,
        reason: status.state_reason,
        mode: status.mode,
        position: status.position,
        progress: status.progress,
        last_checkpoint: status.last_checkpoint,
        events: u64::try_from(status.events_processed_after_restart).unwrap_or(0),
    }
}

fn subscription(info: eventstore::PersistentSubscriptionInfo<RevisionOrPosition>) -> PersistentSubscription {
    let begins = match info.settings.map(|settings| settings.start_from) {
        None => "unknown".to_owned(),
        Some(StreamPosition::Start) => "the beginning".to_owned(),
        Some(StreamPosition::End) => "the end".to_owned(),
        Some(StreamPosition::Position(RevisionOrPosition::Revision(revision))) => {
            format!("version {}", version_of(revision))
        }
        Some(StreamPosition::Position(RevisionOrPosition::Position(place))) => place.to_string(),
    };
    PersistentSubscription {
        stream: info.event_source,
        group: info.group_name,
        status: info.status,
        consumers: info.connections.len(),
        in_flight: info.stats.total_in_flight_messages,
        parked: info.stats.parked_message_count,
        total: info.stats.total_items,
        rate: info.stats.average_per_second,
        begins,
    }
}

/// Events at the end of the log that tell which streams projections would have written.
pub(crate) const SAMPLE_EVENTS: usize = 100;

/// See [`Inspection::system_projections`]. Each is recognised by a stream that it writes about an event near the end of the log:
/// asking for all streams that begin with a name would make the server read its whole log.
pub(crate) async fn system_projections(connection: &Connection) -> Result<Vec<SystemProjection>, StoreError> {
    let read = LogRead { begin: Begin::End, direction: Direction::Backward, count: SAMPLE_EVENTS, filter: None };
    let sample = match read_log(connection, &read).await {
        Ok(page) => page.events,
        Err(failure) => return Err(connection.explain("reading the log", failure).await),
    };
    let own = sample.iter().filter(|event| !event.stream_id().starts_with('$'));
    let category = own.clone().map(|event| event::stream_name(event.stream_id()).category().to_owned()).next();
    let event_type = own.clone().map(|event| event.event_type.clone()).next();
    let correlation = own.clone().find_map(|event| metadata_ids(std::str::from_utf8(&event.custom_metadata).ok()?).0);
    let subjects = [
        ("$streams", "$streams", Some("$streams".to_owned())),
        ("$by_category", "$ce-<category>", category.map(|category| format!("$ce-{category}"))),
        ("$by_event_type", "$et-<event type>", event_type.map(|event_type| format!("$et-{event_type}"))),
        ("$by_correlation_id", "$bc-<correlation id>", correlation.map(|id| format!("$bc-{id}"))),
    ];
    let mut found = Vec::new();
    for (name, writes, stream) in subjects {
        let has_written = match stream {
            Some(stream) => has_events(connection, &stream).await?,
            None => false,
        };
        found.push(SystemProjection { name, writes, has_written });
    }
    Ok(found)
}

/// Whether a stream has events that the user may read.
async fn has_events(connection: &Connection, stream: &str) -> Result<bool, StoreError> {
    match read_stream_events(connection, stream, (None, Direction::Backward, 1)).await {
        Ok(StreamRead::Page(page)) => Ok(!page.events.is_empty()),
        Ok(_) | Err(Failure::Client(Error::AccessDenied)) => Ok(false),
        Err(failure) => Err(connection.explain(&format!("reading stream {stream}"), failure).await),
    }
}
