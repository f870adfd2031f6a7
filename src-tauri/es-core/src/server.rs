//! What a store can tell about itself beyond its events: facts about what it stands on, how far its index has come, whether a
//! stream can be read and why not, and what a server keeps of its own (links, rights, subscriptions, projections).

use async_trait::async_trait;

use crate::event::RecordedEvent;
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};
use crate::store::{Direction, EventReader, ReadStream, StoreError, StreamInfo, StreamOrder, StreamQuery};

/// A fact about what a store stands on, for people who look after it. Nothing secret is ever one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFact {
    /// What it is about, for example `Schema version`.
    pub name: &'static str,
    /// What there is to say.
    pub value: String,
}

impl StoreFact {
    /// A fact.
    pub fn new(name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string() }
    }
}

/// How far an index has come that a store follows its log with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexProgress {
    /// Whether it held everything that was in the log when it was asked.
    pub complete: bool,
    /// Events that it holds.
    pub events: u64,
    /// Position of the last of them.
    pub position: Position,
    /// Position of the log's last event.
    pub head: Position,
}

/// Whether a stream can be read, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamStanding {
    /// It is there.
    Present {
        /// Version of its last event.
        version: StreamVersion,
        /// The first version that is read; 1 if nothing is hidden.
        readable_from: StreamVersion,
        /// Whether it takes no further events.
        closed: bool,
    },
    /// It never had an event: the name is another one, or nothing has happened yet.
    Missing,
    /// It has events, and all of them are hidden.
    Hidden {
        /// Version of its last event, if that is known.
        version: Option<StreamVersion>,
        /// What hides them, for people.
        by: String,
    },
    /// Its events are hidden because somebody deleted it; an append brings it back and goes on with the next version.
    DeletedSoftly,
    /// It ended for good: nothing can be read or appended any more.
    Tombstoned,
    /// The user may not read it.
    NotAllowed {
        /// What the server said.
        reason: String,
    },
}

/// Where it is said who may do something with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightSource {
    /// In the stream's own metadata.
    Stream,
    /// In the server's default for such streams.
    Default,
    /// Nowhere: everybody for streams of applications, administrators for the server's own.
    Nowhere,
}

/// Who may do something with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRight {
    /// `read`, `write`, `delete`, `read metadata`, `write metadata`.
    pub action: &'static str,
    /// Users and groups.
    pub roles: Vec<String>,
    /// Where that is said.
    pub source: RightSource,
}

/// The metadata of a stream, as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMetadataText {
    /// How often they were written.
    pub version: StreamVersion,
    /// JSON, also what nobody here knows.
    pub json: Box<str>,
}

/// Everything that there is to say about a stream beside its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReport {
    /// Its name.
    pub stream: StreamName,
    /// Whether it can be read.
    pub standing: StreamStanding,
    /// Its metadata, if it has any and the user may read them.
    pub metadata: Option<StreamMetadataText>,
    /// Who may do what; empty where a store knows no such rights.
    pub rights: Vec<StreamRight>,
    /// Streams of a similar name, where there is none of this one.
    pub similar: Vec<StreamName>,
}

/// A stream that a server keeps for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemStream {
    /// Its name.
    pub stream: StreamName,
    /// Version of its last event; nothing if the user may not read it.
    pub version: Option<StreamVersion>,
    /// What it is for, for people.
    pub purpose: &'static str,
}

/// An event of a stream; a link with what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What stands in the stream: a link, or an event like any other.
    pub own: RecordedEvent,
    /// What it stands for, if it is a link.
    pub target: Option<LinkTarget>,
}

/// What a link stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// This event.
    Resolved(Box<RecordedEvent>),
    /// An event that cannot be read: hidden, scavenged, deleted, or the user may not.
    Unresolved {
        /// Its stream and version, if the link can be read.
        names: Option<(StreamName, StreamVersion)>,
    },
}

/// Some entries of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// In reading order.
    pub entries: Vec<Entry>,
    /// Whether there is nothing more in this direction.
    pub end: bool,
}

/// A projection that the server brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemProjection {
    /// Its name.
    pub name: &'static str,
    /// The streams that it writes.
    pub writes: &'static str,
    /// Whether such a stream was found: it runs, or did once.
    pub has_written: bool,
}

/// A projection of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerProjection {
    /// Its name.
    pub name: String,
    /// For example `Running`, `Stopped`, `Faulted`.
    pub status: String,
    /// Why, where the server says so.
    pub reason: String,
    /// For example `Continuous`.
    pub mode: String,
    /// How far it has come, in the server's words.
    pub position: String,
    /// How far it has come, in percent.
    pub progress: f32,
    /// Its last checkpoint, in the server's words.
    pub last_checkpoint: String,
    /// Events since the server was started.
    pub events: u64,
}

/// A persistent subscription: a group of consumers whose place the server keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistentSubscription {
    /// The stream, or `$all`.
    pub stream: String,
    /// The group's name.
    pub group: String,
    /// For example `Live`.
    pub status: String,
    /// Consumers that are connected.
    pub consumers: usize,
    /// Events handed out and not yet answered.
    pub in_flight: usize,
    /// Events set aside.
    pub parked: usize,
    /// Events handed out in all.
    pub total: usize,
    /// Events a second.
    pub rate: f64,
    /// Where it began, in words.
    pub begins: String,
}

/// What a server keeps beside the events of its applications. Looking changes nothing.
#[async_trait]
pub trait ServerInspection: Send + Sync {
    /// The streams that the server keeps for itself, as far as they can be found without reading its whole log.
    ///
    /// # Errors
    /// The server cannot be asked.
    async fn system_streams(&self) -> Result<Vec<SystemStream>, StoreError>;

    /// Everything about one stream, also about one that is not there.
    ///
    /// # Errors
    /// The server cannot be asked; that the user may not read the stream is an answer.
    async fn stream(&self, stream: &StreamName) -> Result<StreamReport, StoreError>;

    /// Reads any stream, also the server's own, with links beside what they stand for. `from` is exclusive in both directions.
    ///
    /// # Errors
    /// The server cannot be asked, or does not let the user read the stream.
    async fn entries(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        direction: Direction,
        limit: usize,
    ) -> Result<EntryPage, StoreError>;

    /// All persistent subscriptions.
    ///
    /// # Errors
    /// The server cannot be asked, or does not let the user see them.
    async fn persistent_subscriptions(&self) -> Result<Vec<PersistentSubscription>, StoreError>;

    /// The projections that the server brings along, and whether each has written anything.
    ///
    /// # Errors
    /// The server cannot be asked.
    async fn system_projections(&self) -> Result<Vec<SystemProjection>, StoreError>;

    /// The server's continuous projections.
    ///
    /// # Errors
    /// The server cannot be asked, has projections turned off, or does not let the user see them.
    async fn projections(&self) -> Result<Vec<ServerProjection>, StoreError>;
}

/// The last events of a stream of a store without links, newest first.
///
/// # Errors
/// The store cannot be asked.
pub async fn last_entries(
    reader: &dyn EventReader,
    stream: &StreamName,
    limit: usize,
) -> Result<EntryPage, StoreError> {
    let (from, direction) = (StreamVersion::MAX, Direction::Backward);
    let page = reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit }).await?;
    let entries = page.events.into_iter().map(|own| Entry { own, target: None }).collect();
    Ok(EntryPage { entries, end: page.end })
}

/// Everything about one stream of a store that keeps no rights and metadata of streams.
///
/// # Errors
/// The store cannot be asked.
pub async fn stream_report(reader: &dyn EventReader, stream: &StreamName) -> Result<StreamReport, StoreError> {
    let (from, direction) = (StreamVersion::MAX, Direction::Backward);
    let page = reader.read_stream(ReadStream { stream: stream.clone(), from, direction, limit: 1 }).await?;
    let standing = match page.stream {
        None => StreamStanding::Missing,
        Some(info) if info.truncated_before > info.version => StreamStanding::Hidden {
            version: Some(info.version),
            by: "retention has hidden all of its events".to_owned(),
        },
        Some(info) => StreamStanding::Present {
            version: info.version,
            readable_from: info.truncated_before.max(StreamVersion(1)),
            closed: info.closed_at.is_some(),
        },
    };
    let similar = match standing {
        StreamStanding::Missing => similar_names(reader, stream).await?,
        _ => Vec::new(),
    };
    Ok(StreamReport { stream: stream.clone(), standing, metadata: None, rights: Vec::new(), similar })
}

/// Streams that somebody may have meant who typed a name that is none.
///
/// # Errors
/// The store cannot be asked.
pub async fn similar_names(reader: &dyn EventReader, stream: &StreamName) -> Result<Vec<StreamName>, StoreError> {
    for query in similar_queries(stream) {
        let found = reader.streams(&query).await?.streams;
        if !found.is_empty() {
            return Ok(closest(stream, found));
        }
    }
    Ok(Vec::new())
}

/// The streams whose names differ least from one, at most [`limits::SIMILAR_STREAMS`].
#[must_use]
pub fn closest(stream: &StreamName, found: Vec<StreamInfo>) -> Vec<StreamName> {
    let mut names: Vec<StreamName> = found.into_iter().map(|info| info.stream).collect();
    names.sort_by_cached_key(|name| edits(stream.as_str(), name.as_str()));
    names.truncate(limits::SIMILAR_STREAMS);
    names
}

/// Letters to insert, remove or replace to make one text of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, wanted) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Lists to look into for names that are similar to one, the likeliest first: names that contain it, then those that contain
/// what stands behind its category, then those of the category. The first that finds anything is the answer.
#[must_use]
pub fn similar_queries(stream: &StreamName) -> Vec<StreamQuery> {
    let name = stream.as_str();
    let (category, behind) = name.split_once('-').unwrap_or(("", ""));
    let query = |text: &str| StreamQuery {
        category: None,
        contains: Some(text.to_owned()),
        system: name.starts_with('$'),
        order: StreamOrder::LastChange,
        offset: 0,
        limit: limits::SIMILAR_CANDIDATES,
    };
    [name, behind, category].into_iter().filter(|text| !text.is_empty()).map(query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_letter_by_letter() {
        assert_eq!(edits("account-1", "account-1"), 0);
        assert_eq!(edits("acount-1", "account-1"), 1, "one letter is missing");
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!((edits("", "größe"), edits("größe", "")), (5, 5), "letters, not bytes");
        assert!(edits("acount-1", "account-1") < edits("acount-1", "payroll-1"));
    }

    #[test]
    fn similar_names_are_looked_for_by_the_whole_then_the_id_then_the_category() {
        let texts = |name: &str| -> Vec<String> {
            let stream = StreamName::new(name).expect("a name");
            similar_queries(&stream).into_iter().filter_map(|query| query.contains).collect()
        };
        assert_eq!(texts("account-100-7"), ["account-100-7", "100-7", "account"]);
        assert_eq!(texts("ledger"), ["ledger"], "a name without a category is looked for as it is");
        assert!(similar_queries(&StreamName::new("$ce-x").expect("a name"))[0].system, "the store's own among its own");
    }
}
