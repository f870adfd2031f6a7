//! What a store stands on and what its server keeps, as window and command line tell it.

use std::sync::Arc;

use es_core::{
    Capabilities, Direction, Entry, EntryPage, HostedStore, IndexProgress, LinkTarget, PersistentSubscription,
    RightSource, ServerInspection, ServerProjection, StoreError, StreamInfo, StreamName, StreamOrder, StreamQuery,
    StreamReport, StreamStanding, StreamVersion, last_entries, limits, stream_report,
};

use crate::connections::{Backend, Chosen};
use crate::errors::sentence;
use crate::session::time;
use crate::wire::{
    AppError, CapabilityRow, IndexView, LinkRow, ServerEntryRow, ServerFact, ServerOverview, ServerProjectionRow,
    ServerProjections, ServerStreamReport, ServerStreamRow, ServerStreams, StandingCode, StreamRightRow,
    SubscriptionRow, SystemProjectionRow,
};

/// Which streams are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamsWanted {
    /// Only names that contain this.
    pub contains: Option<String>,
    /// Also those that the store or its server keeps for itself.
    pub system: bool,
    /// Most streams of applications.
    pub limit: usize,
}

/// What a store stands on.
///
/// # Errors
/// The store cannot be asked.
pub async fn overview(store: &dyn HostedStore, chosen: &Chosen) -> Result<ServerOverview, StoreError> {
    let backend = chosen.target.backend();
    let facts = store.facts().await?.into_iter();
    let facts = facts.map(|fact| ServerFact { name: fact.name.to_owned(), value: fact.value }).collect();
    let has_server = store.server().is_some();
    Ok(ServerOverview {
        backend: backend.title().to_owned(),
        has_server,
        why_none: (!has_server).then(|| why_none(backend)),
        facts,
        capabilities: capabilities(store.capabilities()),
        index: index(store).await?,
    })
}

/// How far the index of a store has come, where there is one.
///
/// # Errors
/// The index cannot be read.
pub async fn index(store: &dyn HostedStore) -> Result<Option<IndexView>, StoreError> {
    let view = |IndexProgress { complete, events, position, head }| IndexView {
        complete,
        events: events.to_string(),
        position: position.to_string(),
        head: head.to_string(),
    };
    Ok(store.index_progress().await?.map(view))
}

fn why_none(backend: Backend) -> String {
    let what = "links, rights of single streams, persistent subscriptions or projections of its own";
    match backend {
        Backend::Sqlite => format!("The store is a file: there is no server that would keep {what}."),
        Backend::Postgres => {
            format!(
                "The server keeps tables, and nothing else of this store: no {what}. Rights are those of its roles."
            )
        }
        Backend::EventStoreDb => format!("The server keeps no {what}."),
    }
}

fn capabilities(offered: Capabilities) -> Vec<CapabilityRow> {
    let Capabilities {
        dense_positions,
        multi_stream_append,
        binary_payloads,
        lookup_by_event_id,
        hash_chain,
        import,
        retention,
    } = offered;
    let row = |name: &str, offered, yes: &str, no: &str| CapabilityRow {
        name: name.to_owned(),
        offered,
        told: if offered { yes } else { no }.to_owned(),
    };
    vec![
        row(
            "dense_positions",
            dense_positions,
            "Positions are 1, 2, 3 … without gaps.",
            "Positions ascend, and there are gaps between them.",
        ),
        row(
            "multi_stream_append",
            multi_stream_append,
            "One command may write to several streams at once.",
            "Each stream is written by itself: a process does its steps one after the other.",
        ),
        row(
            "lookup_by_event_id",
            lookup_by_event_id,
            "A repeated command is recognised by its id in the whole log.",
            "A repeated command is recognised in its own stream.",
        ),
        row(
            "hash_chain",
            hash_chain,
            "A hash chain runs through the log.",
            "No hash chain: what was altered before the local index saw it cannot be found.",
        ),
        row(
            "retention",
            retention,
            "Old events can be hidden and archived.",
            "Old events are hidden by the server's own rules, in a stream's metadata.",
        ),
        row(
            "import",
            import,
            "A history with times of its own can be written.",
            "The store tells its own time: a history cannot be written with times of its own.",
        ),
        row("binary_payloads", binary_payloads, "Payloads may be bytes that are not JSON.", "Payloads are JSON only."),
    ]
}

/// The streams as the server has them: its own, if they are wanted, then those of applications, last changed first.
///
/// # Errors
/// The store cannot be asked.
pub async fn streams(store: &dyn HostedStore, wanted: &StreamsWanted) -> Result<ServerStreams, StoreError> {
    let is_wanted = |name: &str| {
        let part = wanted.contains.as_ref().map(|text| text.to_lowercase());
        part.is_none_or(|part| name.to_lowercase().contains(&part))
    };
    let mut rows = Vec::new();
    if let (true, Some(server)) = (wanted.system, store.server()) {
        let found = server.system_streams().await?.into_iter().filter(|found| is_wanted(found.stream.as_str()));
        rows.extend(found.map(|found| ServerStreamRow {
            stream: found.stream.to_string(),
            version: found.version.map(|version| version.to_string()),
            told: match found.version {
                Some(_) => found.purpose.to_owned(),
                None => format!("{}; this user may not read it", found.purpose),
            },
            system: true,
        }));
    }
    let query = StreamQuery {
        category: None,
        contains: wanted.contains.clone(),
        system: wanted.system,
        order: StreamOrder::LastChange,
        offset: 0,
        limit: wanted.limit,
    };
    let page = store.streams(&query).await?;
    rows.extend(page.streams.into_iter().map(stream_row));
    Ok(ServerStreams { streams: rows, total: page.total.to_string() })
}

fn stream_row(info: StreamInfo) -> ServerStreamRow {
    let mut told = Vec::new();
    if info.truncated_before > info.version {
        told.push("all events are hidden".to_owned());
    } else if info.truncated_before.get() > 1 {
        told.push(format!("read from version {} on", info.truncated_before));
    }
    if info.closed_at.is_some() {
        told.push("closed".to_owned());
    }
    let system = info.stream.as_str().starts_with('$');
    if system {
        told.push("kept by the store for itself".to_owned());
    }
    ServerStreamRow {
        stream: info.stream.to_string(),
        version: Some(info.version.to_string()),
        told: told.join("; "),
        system,
    }
}

/// Everything about one stream, also about one that is not there, with its last entries.
///
/// # Errors
/// The store cannot be asked.
pub async fn stream(
    store: &dyn HostedStore,
    name: &StreamName,
    entries: usize,
) -> Result<ServerStreamReport, StoreError> {
    let server = store.server();
    let report = match &server {
        Some(server) => server.stream(name).await?,
        None => stream_report(store, name).await?,
    };
    let page = match report.standing {
        StreamStanding::Present { .. } => read_entries(store, server.as_ref(), name, entries).await?,
        _ => EntryPage { entries: Vec::new(), end: true },
    };
    Ok(report_view(report, page))
}

async fn read_entries(
    store: &dyn HostedStore,
    server: Option<&Arc<dyn ServerInspection>>,
    name: &StreamName,
    limit: usize,
) -> Result<EntryPage, StoreError> {
    let limit = limit.min(limits::PAGE_EVENTS);
    match server {
        Some(server) => server.entries(name, StreamVersion::MAX, Direction::Backward, limit).await,
        None => last_entries(store, name, limit).await,
    }
}

fn report_view(report: StreamReport, page: EntryPage) -> ServerStreamReport {
    let (standing, version) = match &report.standing {
        StreamStanding::Present { version, .. } => (StandingCode::Present, Some(*version)),
        StreamStanding::Missing => (StandingCode::Missing, None),
        StreamStanding::Hidden { version, .. } => (StandingCode::Hidden, *version),
        StreamStanding::DeletedSoftly => (StandingCode::DeletedSoftly, None),
        StreamStanding::Tombstoned => (StandingCode::Tombstoned, None),
        StreamStanding::NotAllowed { .. } => (StandingCode::NotAllowed, None),
    };
    let (metadata, metadata_version) =
        report.metadata.map(|found| (String::from(found.json), found.version.to_string())).unzip();
    let right = |right: es_core::StreamRight| StreamRightRow {
        action: right.action.to_owned(),
        roles: right.roles,
        source: match right.source {
            RightSource::Stream => "the stream's metadata",
            RightSource::Default => "the server's defaults",
            RightSource::Nowhere => "nobody has said otherwise",
        }
        .to_owned(),
    };
    ServerStreamReport {
        told: told(&report.stream, &report.standing),
        stream: report.stream.to_string(),
        standing,
        version: version.map(|version| version.to_string()),
        metadata,
        metadata_version,
        rights: report.rights.into_iter().map(right).collect(),
        similar: report.similar.iter().map(ToString::to_string).collect(),
        entries: page.entries.iter().map(entry_row).collect(),
        end: page.end,
    }
}

/// Whether a stream can be read, and if not, why and what to do; for people.
fn told(stream: &StreamName, standing: &StreamStanding) -> String {
    match standing {
        StreamStanding::Present { version, readable_from, closed } => {
            let hidden = match readable_from.get() {
                0 | 1 => String::new(),
                from => format!(" Those before version {from} are hidden."),
            };
            let closed = if *closed { " It is closed: it takes no further events." } else { "" };
            format!("It is there, with versions up to {version}.{hidden}{closed}")
        }
        StreamStanding::Missing => {
            format!("There is no stream {stream}, and there never was one. Check the name.")
        }
        StreamStanding::Hidden { version, by } => {
            let events = version.map_or("All of its events".to_owned(), |version| format!("All {version} events"));
            format!("{events} are hidden: {by}.")
        }
        StreamStanding::DeletedSoftly => {
            "It was deleted, and can come back: an append goes on with the next version. Its former events stay hidden, and \
             may have been scavenged."
                .to_owned()
        }
        StreamStanding::Tombstoned => {
            "It was deleted for good (tombstoned): nothing can be read or appended any more. Use another name.".to_owned()
        }
        StreamStanding::NotAllowed { reason } => {
            let reason = sentence(reason);
            format!("This user may not read it. {reason} Have the right granted, or connect as another user.")
        }
    }
}

fn entry_row(entry: &Entry) -> ServerEntryRow {
    let link = entry.target.as_ref().map(|target| match target {
        LinkTarget::Resolved(event) => LinkRow {
            stream: Some(event.stream.to_string()),
            version: Some(event.version.to_string()),
            event_type: Some(event.event_type.to_string()),
            position: Some(event.position.to_string()),
            unresolved: None,
        },
        LinkTarget::Unresolved { names } => {
            let (stream, version) = names.as_ref().map(|(stream, version)| (stream, version)).unzip();
            LinkRow {
                stream: stream.map(ToString::to_string),
                version: version.map(ToString::to_string),
                event_type: None,
                position: None,
                unresolved: Some("The event is hidden, deleted or scavenged, or this user may not read it.".to_owned()),
            }
        }
    });
    ServerEntryRow {
        version: entry.own.version.to_string(),
        event_type: entry.own.event_type.to_string(),
        recorded_at: time(entry.own.recorded_at),
        link,
    }
}

/// The server's persistent subscriptions.
///
/// # Errors
/// `unsupported` where no server keeps any; the server cannot be asked, or the user may not see them.
pub async fn subscriptions(store: &dyn HostedStore) -> Result<Vec<SubscriptionRow>, StoreError> {
    let server = store.server().ok_or(StoreError::Unsupported { what: "persistent subscriptions" })?;
    let row = |found: PersistentSubscription| SubscriptionRow {
        stream: found.stream,
        group: found.group,
        status: found.status,
        consumers: found.consumers.to_string(),
        in_flight: found.in_flight.to_string(),
        parked: found.parked.to_string(),
        total: found.total.to_string(),
        rate: found.rate,
        begins: found.begins,
    };
    Ok(server.persistent_subscriptions().await?.into_iter().map(row).collect())
}

/// The projections that run on the server. That the server does not list them is a part of the answer: those that every
/// server brings along are found by what they write.
///
/// # Errors
/// `unsupported` where no server runs any; the server cannot be asked.
pub async fn projections(store: &dyn HostedStore) -> Result<ServerProjections, StoreError> {
    let server = store.server().ok_or(StoreError::Unsupported { what: "projections of the server" })?;
    let system = server.system_projections().await?.into_iter().map(|found| SystemProjectionRow {
        name: found.name.to_owned(),
        writes: found.writes.to_owned(),
        has_written: found.has_written,
    });
    let (listed, problem) = match server.projections().await {
        Ok(listed) => (listed, None),
        Err(error @ (StoreError::NotAllowed { .. } | StoreError::Io { .. } | StoreError::Timeout { .. })) => {
            (Vec::new(), Some(AppError::from(error)))
        }
        Err(error) => return Err(error),
    };
    let row = |found: ServerProjection| ServerProjectionRow {
        name: found.name,
        status: found.status,
        reason: found.reason,
        mode: found.mode,
        position: found.position,
        progress: found.progress,
        last_checkpoint: found.last_checkpoint,
        events: found.events.to_string(),
    };
    Ok(ServerProjections { system: system.collect(), listed: listed.into_iter().map(row).collect(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream_named(name: &str) -> StreamName {
        StreamName::new(name).expect("a name")
    }

    #[test]
    fn each_reason_why_a_stream_is_not_there_is_told_in_its_own_words() {
        let stream = stream_named("account-1");
        let standings = [
            StreamStanding::Present { version: StreamVersion(3), readable_from: StreamVersion(2), closed: true },
            StreamStanding::Missing,
            StreamStanding::Hidden { version: Some(StreamVersion(9)), by: "its metadata hide all".to_owned() },
            StreamStanding::DeletedSoftly,
            StreamStanding::Tombstoned,
            StreamStanding::NotAllowed { reason: "the list does not allow it".to_owned() },
        ];
        let words = ["before version 2", "Check the name", "All 9 events", "come back", "for good", "another user"];
        for (standing, word) in standings.iter().zip(words) {
            let told = told(&stream, standing);
            assert!(told.contains(word), "{standing:?}: {told}");
        }
    }

    #[test]
    fn every_capability_is_told_either_way() {
        let all = |yes| Capabilities {
            dense_positions: yes,
            multi_stream_append: yes,
            binary_payloads: yes,
            lookup_by_event_id: yes,
            hash_chain: yes,
            import: yes,
            retention: yes,
        };
        for (yes, no) in capabilities(all(true)).iter().zip(&capabilities(all(false))) {
            assert!(yes.offered && !no.offered && yes.told != no.told, "{}", yes.name);
        }
    }
}
