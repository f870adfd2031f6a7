//! Questions to the index that are answered in one step.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use es_core::{CategoryCount, Hash, Position, StreamInfo, StreamName, StreamOrder, StreamQuery, StreamVersion, limits};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use uuid::Uuid;

use super::Cursor;
use super::write::column;
use crate::limits::{ANCHORS, READ_ALONG};
use crate::place::Place;
use crate::stream_settings::Hiding;

/// An event of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub position: Position,
    pub place: Place,
    pub stream: StreamName,
    pub version: StreamVersion,
    pub event_id: Uuid,
    pub content_hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

macro_rules! indexed_columns {
    () => {
        "e.position, s.name, e.version, e.event_id, e.content_hash, e.recorded_at, i.commit_offset, i.prepare_offset \
         FROM event e JOIN stream s ON s.id = e.stream LEFT JOIN irregular i ON i.position = e.position "
    };
}

fn number(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(|number| u64::try_from(number).unwrap_or(0))
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::UNIX_EPOCH)
}

fn place(position: Position, row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    match row.get::<_, Option<i64>>(at)? {
        Some(_) => Ok(Place { commit: number(row, at)?, prepare: number(row, at + 1)? }),
        // Positions of the index are above zero.
        None => Ok(Place::regular(position).unwrap_or(Place { commit: 0, prepare: 0 })),
    }
}

fn indexed(row: &Row<'_>) -> rusqlite::Result<Indexed> {
    let position = Position(number(row, 0)?);
    let name: String = row.get(1)?;
    let hash: Vec<u8> = row.get(4)?;
    Ok(Indexed {
        position,
        place: place(position, row, 6)?,
        stream: crate::event::stream_name(&name),
        version: StreamVersion(number(row, 2)?),
        event_id: Uuid::from_slice(&row.get::<_, Vec<u8>>(3)?).unwrap_or_default(),
        content_hash: Hash::from_slice(&hash).unwrap_or(Hash::ZERO),
        recorded_at: time(row.get(5)?),
    })
}

/// How far the index has come.
pub(crate) fn cursor(connection: &Connection) -> rusqlite::Result<Cursor> {
    let sql = "SELECT commit_offset, prepare_offset, events, (SELECT max(position) FROM event) FROM state";
    connection.query_row(sql, [], |row| {
        let place = match row.get::<_, Option<i64>>(0)? {
            Some(_) => Some(Place { commit: number(row, 0)?, prepare: number(row, 1)? }),
            None => None,
        };
        let head: Option<i64> = row.get(3)?;
        let head = Position(head.and_then(|head| u64::try_from(head).ok()).unwrap_or(0));
        Ok(Cursor { place, head, events: number(row, 2)? })
    })
}

pub(super) fn has_irregular(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM irregular)", [], |row| row.get(0))
}

/// The positions of irregular places, where they are known.
pub(crate) fn irregular_positions(
    connection: &Connection,
    places: &[Place],
) -> rusqlite::Result<HashMap<Place, Position>> {
    let sql = "SELECT position FROM irregular WHERE commit_offset = ?1 AND prepare_offset = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = HashMap::new();
    for place in places {
        let position = statement.query_row(params![column(place.commit), column(place.prepare)], |row| number(row, 0));
        if let Some(position) = position.optional()? {
            found.insert(*place, Position(position));
        }
    }
    Ok(found)
}

/// The last event at or before a position.
pub(crate) fn at_or_before(connection: &Connection, position: Position) -> rusqlite::Result<Option<Indexed>> {
    const SQL: &str = concat!("SELECT ", indexed_columns!(), "WHERE e.position <= ?1 ORDER BY e.position DESC LIMIT 1");
    connection.prepare_cached(SQL)?.query_row([column(position.get())], indexed).optional()
}

/// The first event at or after a position.
pub(crate) fn at_or_after(connection: &Connection, position: Position) -> rusqlite::Result<Option<Indexed>> {
    const SQL: &str = concat!("SELECT ", indexed_columns!(), "WHERE e.position >= ?1 ORDER BY e.position LIMIT 1");
    connection.prepare_cached(SQL)?.query_row([column(position.get())], indexed).optional()
}

/// Events after a position.
pub(crate) fn after(connection: &Connection, position: Position, limit: usize) -> rusqlite::Result<Vec<Indexed>> {
    const SQL: &str = concat!("SELECT ", indexed_columns!(), "WHERE e.position > ?1 ORDER BY e.position LIMIT ?2");
    let mut statement = connection.prepare_cached(SQL)?;
    statement.query_map(params![column(position.get()), column(limit as u64)], indexed)?.collect()
}

/// The first event with each of these ids, where there is one.
pub(crate) fn by_ids(connection: &Connection, ids: &[Uuid]) -> rusqlite::Result<HashMap<Uuid, Indexed>> {
    const SQL: &str = concat!("SELECT ", indexed_columns!(), "WHERE e.event_id = ?1 ORDER BY e.position LIMIT 1");
    let mut statement = connection.prepare_cached(SQL)?;
    let mut found = HashMap::with_capacity(ids.len());
    for id in ids {
        if let Some(event) = statement.query_row([id.as_bytes()], indexed).optional()? {
            found.insert(*id, event);
        }
    }
    Ok(found)
}

/// Some events from all over the index, first and last among them.
pub(crate) fn anchors(connection: &Connection) -> rusqlite::Result<Vec<Indexed>> {
    let bounds = "SELECT min(position), max(position) FROM event";
    let (first, last): (Option<i64>, Option<i64>) =
        connection.query_row(bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let mut found: Vec<Indexed> = Vec::new();
    for step in 0..=i64::from(ANCHORS) {
        // From the last to the first: the last is the least likely to have been scavenged.
        let at = last - (last - first) / i64::from(ANCHORS) * step;
        let position = Position(u64::try_from(if step == i64::from(ANCHORS) { first } else { at }).unwrap_or(0));
        found.extend(at_or_before(connection, position)?.filter(|event| found.last() != Some(event)));
    }
    Ok(found)
}

/// Highest position up to which everything was recorded at or before a time.
pub(crate) fn position_at(connection: &Connection, at: DateTime<Utc>) -> rusqlite::Result<Position> {
    let first_later = first_latest_from(connection, at.timestamp_micros().saturating_add(1))?;
    let before = first_later.map_or(Position::MAX, Position::previous);
    Ok(at_or_before(connection, before)?.map_or(Position::ZERO, |event| event.position))
}

/// The first event by which the latest time so far is at or after `micros`. That time ascends with positions, so halving finds it.
pub(super) fn first_latest_from(connection: &Connection, micros: i64) -> rusqlite::Result<Option<Position>> {
    let sql = "SELECT position, recorded_at + late FROM event WHERE position >= ?1 ORDER BY position LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut probe = |at: u64| {
        let row = statement.query_row([column(at)], |row| Ok((number(row, 0)?, row.get::<_, i64>(1)?)));
        row.optional()
    };
    let head = cursor(connection)?.head.get();
    let (mut low, mut high) = (0, head + 1);
    // Whatever is before `low` is too early, and the first event at or after `high` is not.
    while low < high {
        let middle = low + (high - low) / 2;
        match probe(middle)? {
            Some((position, latest)) if latest < micros => low = position + 1,
            _ => high = middle,
        }
    }
    Ok(probe(low)?.map(|(position, _)| Position(position)))
}

macro_rules! stream_columns {
    () => {
        "s.name, s.version, s.last_position, s.closed_at, s.hidden_before, s.max_count, s.max_age, e.recorded_at, t.name, s.id \
         FROM stream s JOIN event e ON e.position = s.last_position JOIN event_type t ON t.id = e.type "
    };
}

fn stream_of_row(connection: &Connection, row: &Row<'_>, now: DateTime<Utc>) -> rusqlite::Result<StreamInfo> {
    let name: String = row.get(0)?;
    let version = StreamVersion(number(row, 1)?);
    let option =
        |at: usize| row.get::<_, Option<i64>>(at).map(|number| number.and_then(|number| u64::try_from(number).ok()));
    let hiding = Hiding { before: option(4)?, max_count: option(5)?, max_age: option(6)? };
    let closed_at = row.get::<_, Option<i64>>(3)?.map(time);
    let mut truncated_before = hiding.truncated_before(version);
    if let Some(before) = hiding.hidden_before(now) {
        truncated_before = truncated_before.max(first_since(connection, row.get(9)?, version, before)?);
    }
    if closed_at.is_some() {
        truncated_before = version.next();
    }
    Ok(StreamInfo {
        stream: crate::event::stream_name(&name),
        version,
        truncated_before,
        closed_at,
        last_position: Position(number(row, 2)?),
        last_recorded_at: time(row.get(7)?),
        last_event_type: row.get::<_, String>(8)?.into(),
    })
}

/// The first version of a stream recorded at or after a time, one behind the last if there is none; zero if that is the first.
fn first_since(
    connection: &Connection,
    stream: i64,
    version: StreamVersion,
    since: DateTime<Utc>,
) -> rusqlite::Result<StreamVersion> {
    let sql = "SELECT version FROM event WHERE stream = ?1 AND recorded_at < ?2 ORDER BY position DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let last_older = statement.query_row(params![stream, since.timestamp_micros()], |row| number(row, 0)).optional()?;
    Ok(last_older.map_or(StreamVersion::ZERO, |older| StreamVersion(older + 1).min(version.next())))
}

/// A stream by its name; nothing if it never had an event.
pub(crate) fn stream(
    connection: &Connection,
    name: &StreamName,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<StreamInfo>> {
    const SQL: &str = concat!("SELECT ", stream_columns!(), "WHERE s.name = ?1 AND s.events > 0");
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query([name.as_str()])?;
    rows.next()?.map(|row| stream_of_row(connection, row, now)).transpose()
}

/// A list of streams and how many match.
pub(crate) fn streams(
    connection: &Connection,
    query: &StreamQuery,
    now: DateTime<Utc>,
) -> rusqlite::Result<(Vec<StreamInfo>, u64)> {
    let mut conditions = "s.events > 0".to_owned();
    let mut values: Vec<Value> = Vec::new();
    if !query.system {
        conditions.push_str(" AND s.system = 0");
    }
    if let Some(category) = &query.category {
        conditions.push_str(" AND s.category = ?");
        values.push(category.clone().into());
    }
    if let Some(text) = query.contains.as_ref().filter(|text| !text.is_empty()) {
        // `lower` knows ASCII letters only, as promised.
        conditions.push_str(" AND instr(lower(s.name), lower(?)) > 0");
        values.push(text.clone().into());
    }
    let order = match query.order {
        StreamOrder::Name => "s.name",
        StreamOrder::LastChange => "s.last_position DESC",
        StreamOrder::Length => "s.version DESC, s.name",
    };
    let total = connection
        .prepare_cached(&format!("SELECT count(*) FROM stream s WHERE {conditions}"))?
        .query_row(params_from_iter(&values), |row| number(row, 0))?;
    // The page is found among streams alone; only its rows are looked up further.
    let sql = format!(
        concat!(
            "SELECT ",
            stream_columns!(),
            "WHERE s.id IN (SELECT s.id FROM stream s WHERE {} ORDER BY {} LIMIT ? OFFSET ?) ORDER BY {}"
        ),
        conditions, order, order
    );
    values.push(column(query.limit.min(limits::PAGE_EVENTS) as u64).into());
    values.push(column(query.offset).into());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(stream_of_row(connection, row, now)?);
    }
    Ok((found, total))
}

/// Streams and events by category, most events first.
pub(crate) fn categories(connection: &Connection) -> rusqlite::Result<Vec<CategoryCount>> {
    let sql = "SELECT category, count(*), sum(events) FROM stream WHERE events > 0 GROUP BY category \
               ORDER BY sum(events) DESC, category";
    let mut statement = connection.prepare_cached(sql)?;
    let counts = statement.query_map([], |row| {
        Ok(CategoryCount { category: row.get(0)?, streams: number(row, 1)?, events: number(row, 2)? })
    })?;
    counts.collect()
}

/// How many streams have had events.
pub(crate) fn count_streams(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM stream WHERE events > 0", [], |row| number(row, 0))
}

/// A part of the log that holds wanted events and few others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where it begins.
    pub place: Place,
    /// How many events of the index are in it.
    pub length: usize,
    /// The wanted positions in it, ascending.
    pub wanted: Vec<Position>,
}

/// Cuts ascending positions into runs; those without an event are left out.
pub(crate) fn runs(connection: &Connection, positions: &[Position]) -> rusqlite::Result<Vec<Run>> {
    let sql = "SELECT e.position, i.commit_offset, i.prepare_offset FROM event e \
               LEFT JOIN irregular i ON i.position = e.position WHERE e.position >= ?1 ORDER BY e.position";
    let mut statement = connection.prepare_cached(sql)?;
    let mut runs: Vec<Run> = Vec::new();
    let mut rest = positions;
    while let Some(first) = rest.first() {
        let mut rows = statement.query([column(first.get())])?;
        let mut run: Option<Run> = None;
        let (mut along, mut any) = (0, false);
        while let Some(row) = rows.next()? {
            any = true;
            let position = Position(number(row, 0)?);
            while rest.first().is_some_and(|wanted| *wanted < position) {
                rest = &rest[1..];
            }
            let Some(wanted) = rest.first() else { break };
            along += 1;
            if *wanted == position {
                let run = run.get_or_insert(Run { place: place(position, row, 1)?, length: 0, wanted: Vec::new() });
                run.length += along;
                run.wanted.push(position);
                rest = &rest[1..];
                along = 0;
            } else if run.is_none() || along > READ_ALONG {
                // The next wanted one is further away: it is looked for by itself.
                break;
            }
        }
        drop(rows);
        runs.extend(run);
        if !any {
            break;
        }
    }
    Ok(runs)
}

/// Those of some events that their streams do not hide: no scavenge removes them.
pub(crate) fn not_hidden(
    connection: &Connection,
    events: &[Indexed],
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Position>> {
    let mut shown = Vec::new();
    for event in events {
        let Some(info) = stream(connection, &event.stream, now)? else { continue };
        let is_hidden = event.version < info.truncated_before;
        // A scavenge leaves the last event of a stream where it is, unless the stream has a tombstone.
        let is_kept = event.version == info.version && info.closed_at.is_none();
        if !is_hidden || is_kept {
            shown.push(event.position);
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use es_core::Hash;

    use super::*;
    use crate::index::write::{Entry, Observed, apply};

    /// An index with an event at each of these offsets.
    fn index(offsets: &[u64]) -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = super::super::schema::open(&folder.path().join("index"), false).expect("an index");
        let seen: Vec<Observed> = offsets.iter().zip(1..).map(|(offset, number)| observed(*offset, number)).collect();
        apply(&mut connection, Cursor::default(), &seen).expect("taken");
        (folder, connection)
    }

    fn observed(offset: u64, number: u64) -> Observed {
        let entry = Entry {
            stream: "account-1".into(),
            category: "account".into(),
            system: false,
            version: number,
            event_type: "Numbered".into(),
            event_id: Uuid::from_u128(u128::from(number)),
            recorded_at: 0,
            correlation_id: None,
            actor: None,
            content_hash: Hash::ZERO,
            tombstone: false,
        };
        Observed { place: Place { commit: offset, prepare: offset }, entry: Some(entry), settings: None }
    }

    #[test]
    fn wanted_positions_are_found_wherever_the_others_are() {
        let offsets: Vec<u64> = (0..60).map(|number| number * 100).collect();
        let (_folder, connection) = index(&offsets);
        let all: Vec<Position> = offsets.iter().map(|offset| Position(offset + 1)).collect();
        let last = all[59];
        for (wanted, expected_runs) in [
            (vec![], 0),
            (vec![Position::ZERO, all[3], Position::MAX], 1),
            (vec![Position(50), Position(150), Position(151)], 0),
            (all.clone(), 1),
            (vec![all[0], all[5], all[40], all[59]], 3),
            (vec![all[1], Position(102), all[2], Position(last.get() + 9)], 1),
        ] {
            let found = runs(&connection, &wanted).expect("runs");
            let positions: Vec<Position> = found.iter().flat_map(|run| run.wanted.clone()).collect();
            let expected: Vec<Position> = wanted.iter().filter(|position| all.contains(position)).copied().collect();
            assert_eq!(positions, expected, "of {wanted:?}");
            assert_eq!(found.len(), expected_runs, "runs of {wanted:?}: {found:?}");
        }
        let run = &runs(&connection, &[all[0], all[5]]).expect("runs")[0];
        assert_eq!((run.length, run.place), (6, Place { commit: 0, prepare: 0 }), "those in between are read along");
    }

    #[test]
    fn what_was_taken_once_is_not_taken_again() {
        let (_folder, mut connection) = index(&[10, 20]);
        let seen = [observed(10, 1), observed(20, 2), observed(30, 3)];
        let outcome = apply(&mut connection, Cursor::default(), &seen).expect("an answer");
        assert!(!outcome.taken, "another program was first, and had not seen all of it");
        assert_eq!((outcome.cursor.events, outcome.cursor.head), (2, Position(21)));
        let outcome = apply(&mut connection, outcome.cursor, &seen[2..]).expect("taken");
        assert!(outcome.taken);
        assert_eq!((outcome.cursor.events, outcome.cursor.head), (3, Position(31)));
    }
}
