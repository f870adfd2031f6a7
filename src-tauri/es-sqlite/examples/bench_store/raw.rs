//! The hand-written minimum: the same rows in the same tables with the same durability, and nothing else.

use std::path::Path;

use es_core::AppendRequest;
use es_sqlite::{OpenOptions, SqliteEventStore};
use rusqlite::{Connection, params};

const COLUMNS: &str = "position, stream_name, stream_version, event_id, event_type, schema_version, payload, metadata, \
                       correlation_id, causation_id, recorded_at, content_hash, chain_hash";

/// A fresh file with the store's tables, opened for plain SQL with the writer's settings.
pub fn open(path: &Path) -> Connection {
    let create = OpenOptions { create: true, ..OpenOptions::default() };
    SqliteEventStore::open(path, create).expect("created").close();
    let connection = open_reader(path);
    connection.pragma_update(None, "synchronous", "FULL").expect("set");
    connection.pragma_update(None, "cache_size", -32 * 1024).expect("set");
    connection
}

pub fn open_reader(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("opened");
    connection.pragma_update(None, "cache_size", -8 * 1024).expect("set");
    connection.set_prepared_statement_cache_capacity(32);
    connection
}

/// One transaction: a row per event, the streams' heads, the log's head, commit.
pub fn insert(connection: &Connection, requests: &[AppendRequest]) {
    let run = |sql: &str| connection.prepare_cached(sql).expect("prepared").execute([]).expect(sql);
    run("BEGIN IMMEDIATE");
    {
        let mut position: i64 = connection
            .prepare_cached("SELECT position FROM es_log_head")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .expect("a head");
        let mut head = connection.prepare_cached("SELECT version FROM es_stream WHERE stream_name = ?1").expect("sql");
        let insert = format!("INSERT INTO es_event ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)");
        let mut insert = connection.prepare_cached(&insert).expect("sql");
        let mut upsert = connection
            .prepare_cached(
                "INSERT INTO es_stream (stream_name, category, version, last_position) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (stream_name) DO UPDATE SET version = excluded.version, last_position = excluded.last_position",
            )
            .expect("sql");
        for part in requests.iter().flat_map(|request| &request.parts) {
            let mut version: i64 = head.query_row([part.stream.as_str()], |row| row.get(0)).unwrap_or(0);
            for event in &part.events {
                position += 1;
                version += 1;
                let values = params![
                    position,
                    part.stream.as_str(),
                    version,
                    event.event_id.as_bytes(),
                    event.event_type,
                    event.schema_version,
                    event.payload.as_json(),
                    event.metadata,
                    event.event_id.as_bytes(),
                    event.event_id.as_bytes(),
                    1_700_000_000_000_000_i64 + position,
                    [7_u8; 32],
                    [7_u8; 32],
                ];
                insert.execute(values).expect("inserted");
            }
            upsert.execute(params![part.stream.as_str(), part.stream.category(), version, position]).expect("written");
        }
        let mut update =
            connection.prepare_cached("UPDATE es_log_head SET position = ?1, chain_hash = ?2").expect("sql");
        update.execute(params![position, [7_u8; 32]]).expect("written");
    }
    run("COMMIT");
}

/// An event with owned fields, as any program needs it.
#[allow(dead_code)]
struct Event {
    position: i64,
    stream: String,
    version: i64,
    event_id: [u8; 16],
    event_type: String,
    schema_version: i64,
    payload: String,
    metadata: String,
    correlation_id: Option<[u8; 16]>,
    causation_id: Option<[u8; 16]>,
    recorded_at: i64,
    content_hash: [u8; 32],
    chain_hash: [u8; 32],
}

fn decode(row: &rusqlite::Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        position: row.get(0)?,
        stream: row.get(1)?,
        version: row.get(2)?,
        event_id: row.get(3)?,
        event_type: row.get(4)?,
        schema_version: row.get(5)?,
        payload: row.get(6)?,
        metadata: row.get(7)?,
        correlation_id: row.get(8)?,
        causation_id: row.get(9)?,
        recorded_at: row.get(10)?,
        content_hash: row.get(11)?,
        chain_hash: row.get(12)?,
    })
}

fn collect(connection: &Connection, condition: &str, parameters: impl rusqlite::Params) -> usize {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM es_event {condition}")).expect("sql");
    let events = statement.query_map(parameters, decode).expect("rows");
    // Kept in blocks like a reader's pages, so that both sides pay for the same memory.
    let (mut count, mut block) = (0, Vec::with_capacity(4096));
    for event in events {
        block.push(event.expect("an event"));
        count += 1;
        if block.len() == 4096 {
            block.clear();
        }
    }
    count
}

pub fn read_whole(connection: &Connection) -> usize {
    collect(connection, "ORDER BY position", [])
}

pub fn read_stream(connection: &Connection, stream: &str) -> usize {
    collect(connection, "WHERE stream_name = ?1 ORDER BY stream_version", [stream])
}

pub fn read_page(connection: &Connection, from: u64, limit: u32) -> usize {
    collect(connection, "WHERE position > ?1 ORDER BY position LIMIT ?2", params![from as i64, limit])
}
