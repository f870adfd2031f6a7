//! Taking events into the index.

use std::collections::HashMap;

use es_core::event::metadata_actor;
use es_core::{Hash, Position, RecordedEvent};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{Cursor, query};
use crate::place::Place;
use crate::stream_settings::Hiding;

/// What the index keeps of an event.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub stream: Box<str>,
    pub category: Box<str>,
    pub system: bool,
    pub version: u64,
    pub event_type: Box<str>,
    pub event_id: Uuid,
    /// Microseconds since 1970.
    pub recorded_at: i64,
    pub correlation_id: Option<Uuid>,
    pub actor: Option<String>,
    pub content_hash: Hash,
    /// The event ends its stream for good.
    pub tombstone: bool,
}

impl Entry {
    pub fn of(event: &RecordedEvent, tombstone: bool) -> Self {
        Self {
            stream: event.stream.as_str().into(),
            category: event.stream.category().into(),
            system: event.stream.is_system(),
            version: event.version.get(),
            event_type: event.event_type.clone(),
            event_id: event.event_id,
            recorded_at: event.recorded_at.timestamp_micros(),
            correlation_id: event.correlation_id,
            actor: metadata_actor(&event.metadata),
            content_hash: event.content_hash,
            tombstone,
        }
    }
}

/// An event of the log as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub place: Place,
    /// Nothing for one that is not part of the log here.
    pub entry: Option<Entry>,
    /// What it says about another stream, if it is that stream's metadata.
    pub settings: Option<(Box<str>, Hiding)>,
}

/// How far the index has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub cursor: Cursor,
    /// Whether the events were taken. Another process may have taken others, not necessarily all of these.
    pub taken: bool,
    /// Whether an irregular place was among the events.
    pub irregular: bool,
}

/// See [`Index::apply`](super::Index::apply).
pub(super) fn apply(connection: &mut Connection, from: Cursor, seen: &[Observed]) -> rusqlite::Result<Outcome> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut cursor = query::cursor(&transaction)?;
    if cursor.place != from.place {
        // Another process has gone on; what was seen is there already, or will be seen again.
        return Ok(Outcome { cursor, taken: false, irregular: query::has_irregular(&transaction)? });
    }
    let mut latest: i64 = transaction.query_row("SELECT latest FROM state", [], |row| row.get(0))?;
    let mut irregular = false;
    {
        let mut tables = Tables::new(&transaction)?;
        for observed in seen {
            if let Some(entry) = &observed.entry {
                cursor.head = observed.place.position_after(cursor.head);
                cursor.events += 1;
                latest = latest.max(entry.recorded_at);
                tables.insert(cursor.head, entry, latest)?;
                if !observed.place.is_regular(cursor.head) {
                    irregular = true;
                    tables.insert_irregular(cursor.head, observed.place)?;
                }
            }
            if let Some((stream, hiding)) = &observed.settings {
                tables.settle(stream, hiding)?;
            }
            cursor.place = Some(observed.place);
        }
    }
    if let Some(place) = cursor.place {
        let sql = "UPDATE state SET commit_offset = ?1, prepare_offset = ?2, events = ?3, latest = ?4";
        transaction
            .execute(sql, params![column(place.commit), column(place.prepare), column(cursor.events), latest])?;
    }
    transaction.commit()?;
    Ok(Outcome { cursor, taken: true, irregular })
}

/// SQLite's integers are signed; offsets, versions and counts fit.
pub(super) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Tables<'a> {
    event: CachedStatement<'a>,
    stream: CachedStatement<'a>,
    settings: CachedStatement<'a>,
    types: Names<'a>,
    actors: Names<'a>,
    irregular: CachedStatement<'a>,
}

impl<'a> Tables<'a> {
    fn new(transaction: &'a Transaction<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            event: transaction.prepare_cached(
                "INSERT INTO event (position, stream, version, type, event_id, recorded_at, late, correlation_id, \
                 actor, content_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            stream: transaction.prepare_cached(
                "INSERT INTO stream (name, category, system, version, events, last_position, closed_at) \
                 VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6) ON CONFLICT (name) DO UPDATE SET version = max(version, excluded.version), \
                 events = events + 1, last_position = excluded.last_position, \
                 closed_at = coalesce(closed_at, excluded.closed_at) RETURNING id",
            )?,
            settings: transaction.prepare_cached(
                "INSERT INTO stream (name, category, system, hidden_before, max_count, max_age) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET hidden_before = excluded.hidden_before, \
                 max_count = excluded.max_count, max_age = excluded.max_age",
            )?,
            types: Names {
                find: transaction.prepare_cached("SELECT id FROM event_type WHERE name = ?1")?,
                add: transaction.prepare_cached("INSERT INTO event_type (name) VALUES (?1) RETURNING id")?,
                known: HashMap::new(),
            },
            actors: Names {
                find: transaction.prepare_cached("SELECT id FROM actor WHERE name = ?1")?,
                add: transaction.prepare_cached("INSERT INTO actor (name) VALUES (?1) RETURNING id")?,
                known: HashMap::new(),
            },
            irregular: transaction.prepare_cached(
                "INSERT INTO irregular (position, commit_offset, prepare_offset) VALUES (?1, ?2, ?3)",
            )?,
        })
    }

    fn insert(&mut self, position: Position, entry: &Entry, latest: i64) -> rusqlite::Result<()> {
        // A tombstone's version is no place among the others.
        let version = if entry.tombstone { 0 } else { column(entry.version) };
        let closed_at = entry.tombstone.then_some(entry.recorded_at);
        let position = column(position.get());
        let stream: i64 = self.stream.query_row(
            params![&*entry.stream, &*entry.category, entry.system, version, position, closed_at],
            |row| row.get(0),
        )?;
        let event_type = self.types.id(&entry.event_type)?;
        let actor = entry.actor.as_deref().map(|name| self.actors.id(name)).transpose()?;
        let late = latest - entry.recorded_at;
        self.event.execute(params![
            position,
            stream,
            column(entry.version),
            event_type,
            entry.event_id.as_bytes(),
            entry.recorded_at,
            late,
            entry.correlation_id.as_ref().map(Uuid::as_bytes),
            actor,
            entry.content_hash.0,
        ])?;
        Ok(())
    }

    fn insert_irregular(&mut self, position: Position, place: Place) -> rusqlite::Result<()> {
        let row = params![column(position.get()), column(place.commit), column(place.prepare)];
        self.irregular.execute(row).map(|_| ())
    }

    fn settle(&mut self, stream: &str, hiding: &Hiding) -> rusqlite::Result<()> {
        let name = crate::event::stream_name(stream);
        let numbers = [hiding.before, hiding.max_count, hiding.max_age].map(|number| number.map(column));
        let [before, max_count, max_age] = numbers;
        let row = params![name.as_str(), name.category(), name.is_system(), before, max_count, max_age];
        self.settings.execute(row).map(|_| ())
    }
}

/// Names that stand in rows as numbers.
struct Names<'a> {
    find: CachedStatement<'a>,
    add: CachedStatement<'a>,
    known: HashMap<Box<str>, i64>,
}

impl Names<'_> {
    fn id(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.known.get(name) {
            return Ok(*id);
        }
        let id = match self.find.query_row([name], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self.add.query_row([name], |row| row.get(0))?,
        };
        self.known.insert(name.into(), id);
        Ok(id)
    }
}
