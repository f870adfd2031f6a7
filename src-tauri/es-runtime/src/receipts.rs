//! Receipts: the events of a command are the proof that it was carried out, found by the id of the first one.

use es_core::{
    Appended, CommandContext, Direction, EventMetadata, EventReader, EventStub, ParsedCommand, ReadStream,
    RecordedEvent, WrittenEvent, event_id_of,
};
use uuid::Uuid;

use crate::outcome::ExecuteError;
use crate::sealing::Seals;

/// Most events looked at in one read while collecting a receipt; nearly every command writes fewer.
const RECEIPT_PAGE: usize = 16;

/// What the command wrote before, if it was carried out. Nothing where the store cannot look up ids: there the append itself
/// finds out.
pub(crate) async fn find(
    reader: &dyn EventReader,
    seals: &Seals,
    parsed: &ParsedCommand,
    context: &CommandContext,
) -> Result<Option<Appended>, ExecuteError> {
    if !reader.capabilities().lookup_by_event_id {
        return Ok(None);
    }
    let first = event_id_of(context.command_id, 0);
    match reader.event_by_id(first).await? {
        Some(first) => of_event(reader, seals, parsed, context, &first).await.map(Some),
        None => of_stubs(reader, parsed, context).await,
    }
}

/// Collects the events of a command that was scavenged to an archive that is not there any more. What the command said cannot
/// be compared with that; its stream can, and the rest is taken at its word.
async fn of_stubs(
    reader: &dyn EventReader,
    parsed: &ParsedCommand,
    context: &CommandContext,
) -> Result<Option<Appended>, ExecuteError> {
    let Some(retention) = reader.retention() else { return Ok(None) };
    let mut events: Vec<WrittenEvent> = Vec::new();
    while let Some(stub) = retention.stub_by_id(event_id_of(context.command_id, events.len())).await? {
        if stub.stream != parsed.stream {
            return Err(ExecuteError::CommandIdReused {
                command_id: context.command_id,
                stored_type: "command whose events were archived".to_owned(),
                stored_stream: stub.stream,
                position: stub.position,
            });
        }
        let EventStub { event_id, stream, version, position, .. } = stub;
        events.push(WrittenEvent { event_id, stream, version, position });
    }
    Ok((!events.is_empty()).then_some(Appended { events, replayed: true }))
}

/// Collects the events of a command by their ids, where the stream does not show them any more.
async fn of_truncated(reader: &dyn EventReader, context: &CommandContext) -> Result<Appended, ExecuteError> {
    let mut events: Vec<WrittenEvent> = Vec::new();
    while let Some(event) = reader.event_by_id(event_id_of(context.command_id, events.len())).await? {
        let RecordedEvent { event_id, stream, version, position, .. } = event;
        events.push(WrittenEvent { event_id, stream, version, position });
    }
    Ok(Appended { events, replayed: true })
}

/// Collects the events of the command whose stored event is given, after checking that it is the same command.
pub(crate) async fn of_event(
    reader: &dyn EventReader,
    seals: &Seals,
    parsed: &ParsedCommand,
    context: &CommandContext,
    stored: &RecordedEvent,
) -> Result<Appended, ExecuteError> {
    check_same_command(seals, parsed, context, stored).await?;
    let mut events: Vec<WrittenEvent> = Vec::new();
    let mut from = stored.version.previous();
    loop {
        let read =
            ReadStream { stream: stored.stream.clone(), from, direction: Direction::Forward, limit: RECEIPT_PAGE };
        let page = reader.read_stream(read).await?;
        if page.begins_at().is_some_and(|begins| stored.version < begins) {
            return of_truncated(reader, context).await;
        }
        for event in &page.events {
            if event.event_id != event_id_of(context.command_id, events.len()) {
                return Ok(Appended { events, replayed: true });
            }
            from = event.version;
            events.push(WrittenEvent {
                event_id: event.event_id,
                stream: event.stream.clone(),
                version: event.version,
                position: event.position,
            });
        }
        if page.end || page.events.is_empty() {
            return Ok(Appended { events, replayed: true });
        }
    }
}

/// Where events with these ids stand, in their order; those that are not stored are left out.
pub(crate) async fn of_ids(reader: &dyn EventReader, ids: &[Uuid]) -> Result<Vec<WrittenEvent>, ExecuteError> {
    let mut events = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(RecordedEvent { event_id, stream, version, position, .. }) = reader.event_by_id(*id).await? {
            events.push(WrittenEvent { event_id, stream, version, position });
        }
    }
    Ok(events)
}

/// What an event's metadata keeps of its command's content hash.
pub(crate) fn short_hash(parsed: &ParsedCommand) -> String {
    let mut hash = parsed.content_hash.to_hex();
    hash.truncate(32);
    hash
}

async fn check_same_command(
    seals: &Seals,
    parsed: &ParsedCommand,
    context: &CommandContext,
    stored: &RecordedEvent,
) -> Result<(), ExecuteError> {
    let metadata = serde_json::from_str::<EventMetadata>(&stored.metadata).ok();
    let mut same = metadata.as_ref().is_some_and(|metadata| {
        metadata.command_id == context.command_id
            && metadata.command_type == parsed.command_type
            && stored.stream == parsed.stream
    });
    if let (true, Some(hash)) = (same, metadata.as_ref().and_then(|metadata| metadata.command_hash.as_ref())) {
        same = seals.is_of_command(parsed, hash).await?;
    }
    if same {
        return Ok(());
    }
    Err(ExecuteError::CommandIdReused {
        command_id: context.command_id,
        stored_type: metadata.map_or_else(|| "an event of another program".to_owned(), |found| found.command_type),
        stored_stream: stored.stream.clone(),
        position: stored.position,
    })
}
