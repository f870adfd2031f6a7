//! The hand-written minimum: the same rows in the same tables with the same durability, and nothing else.

use chrono::DateTime;
use es_core::{AppendRequest, NewEvent};
use es_postgres::{PostgresConfig, PostgresEventStore};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use uuid::Uuid;

const COLUMNS: &str = "position, stream_name, stream_version, event_id, event_type, schema_version, payload, metadata, \
                       correlation_id, causation_id, recorded_at, content_hash, chain_hash";

/// A plain connection with the schema's names in reach.
pub async fn connect(place: &PostgresConfig) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&place.host)
        .port(place.port)
        .username(&place.user)
        .password(place.password.as_ref().expect("a password").expose())
        .database(&place.database)
        .options([("search_path", place.quoted_schema())]);
    options.connect().await.expect("a connection")
}

/// What the server calls itself.
pub async fn version(place: &PostgresConfig) -> String {
    let mut connection = connect(place).await;
    sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await.expect("a version")
}

/// Makes a store's tables and leaves them to be written by hand.
pub async fn make_tables(place: &PostgresConfig) {
    let store = PostgresEventStore::open(place.clone()).await.expect("created");
    es_core::HostedStore::close(&store).await;
}

/// Where the events of a request stand; by hand nobody looks what is there.
#[derive(Default)]
pub struct Next {
    position: i64,
    version: i64,
}

impl Next {
    fn take(&mut self) -> (i64, i64) {
        (self.position, self.version) = (self.position + 1, self.version + 1);
        (self.position, self.version)
    }

    /// A range of its own for each of several writers.
    pub fn of_writer(number: usize) -> Self {
        let start = i64::try_from(number).expect("small") * 10_000_000;
        Self { position: start, version: start }
    }
}

fn events(requests: &[AppendRequest]) -> impl Iterator<Item = (&str, &NewEvent)> {
    let parts = requests.iter().flat_map(|request| &request.parts);
    parts.flat_map(|part| part.events.iter().map(move |event| (part.stream.as_str(), event)))
}

/// One row, committed: what a program without an append lane does for each event.
pub async fn insert_one(connection: &mut PgConnection, next: &mut Next, request: &AppendRequest) {
    let (stream, event) = events(std::slice::from_ref(request)).next().expect("an event");
    let sql =
        "INSERT INTO es_event (position, stream_name, stream_version, event_id, event_type, schema_version, payload,
                 metadata, correlation_id, causation_id, recorded_at, content_hash, chain_hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7::text::json, $8::text::json, $9, $10, now(), $11, $12)";
    let (position, version) = next.take();
    sqlx::query(sql)
        .bind(position)
        .bind(stream)
        .bind(version)
        .bind(event.event_id)
        .bind(&*event.event_type)
        .bind(i64::from(event.schema_version))
        .bind(event.payload.as_json())
        .bind(&*event.metadata)
        .bind(event.event_id)
        .bind(event.event_id)
        .bind([7_u8; 32].as_slice())
        .bind([7_u8; 32].as_slice())
        .execute(connection)
        .await
        .expect("inserted");
}

/// Many rows in one statement, committed: the most that one connection gets through.
pub async fn insert_many(connection: &mut PgConnection, next: &mut Next, requests: &[AppendRequest]) {
    let sql = "INSERT INTO es_event (position, stream_name, stream_version, event_id, event_type, schema_version, payload,
                 metadata, correlation_id, causation_id, recorded_at, content_hash, chain_hash)
               SELECT position, stream, version, id, type, schema, payload::json, metadata::json, id, id, now(), hash, hash
               FROM unnest($1::int8[], $2::text[], $3::int8[], $4::uuid[], $5::text[], $6::int8[], $7::text[], $8::text[],
                 $9::bytea[]) AS t (position, stream, version, id, type, schema, payload, metadata, hash)";
    let events: Vec<_> = events(requests).collect();
    let places: Vec<_> = events.iter().map(|_| next.take()).collect();
    sqlx::query(sql)
        .bind(places.iter().map(|place| place.0).collect::<Vec<_>>())
        .bind(events.iter().map(|(stream, _)| *stream).collect::<Vec<_>>())
        .bind(places.iter().map(|place| place.1).collect::<Vec<_>>())
        .bind(events.iter().map(|(_, event)| event.event_id).collect::<Vec<Uuid>>())
        .bind(events.iter().map(|(_, event)| &*event.event_type).collect::<Vec<_>>())
        .bind(events.iter().map(|(_, event)| i64::from(event.schema_version)).collect::<Vec<_>>())
        .bind(events.iter().map(|(_, event)| event.payload.as_json()).collect::<Vec<_>>())
        .bind(events.iter().map(|(_, event)| &*event.metadata).collect::<Vec<_>>())
        .bind(events.iter().map(|_| [7_u8; 32].as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .expect("inserted");
}

/// An event with owned fields, as any program needs it.
#[allow(dead_code)]
struct Event {
    position: i64,
    stream: String,
    version: i64,
    event_id: Uuid,
    event_type: String,
    schema_version: i64,
    payload: String,
    metadata: String,
    correlation_id: Option<Uuid>,
    causation_id: Option<Uuid>,
    recorded_at: DateTime<chrono::Utc>,
    content_hash: Vec<u8>,
    chain_hash: Vec<u8>,
}

fn decode(row: &PgRow) -> Result<Event, sqlx::Error> {
    Ok(Event {
        position: row.try_get(0)?,
        stream: row.try_get(1)?,
        version: row.try_get(2)?,
        event_id: row.try_get(3)?,
        event_type: row.try_get(4)?,
        schema_version: row.try_get(5)?,
        payload: row.try_get_unchecked(6)?,
        metadata: row.try_get_unchecked(7)?,
        correlation_id: row.try_get(8)?,
        causation_id: row.try_get(9)?,
        recorded_at: row.try_get(10)?,
        content_hash: row.try_get(11)?,
        chain_hash: row.try_get(12)?,
    })
}

/// Reads a stream in one go, and says how many events it has.
pub async fn read_stream(connection: &mut PgConnection, stream: &str) -> usize {
    let sql = format!("SELECT {COLUMNS} FROM es_event WHERE stream_name = $1 ORDER BY stream_version");
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(stream).fetch(connection);
    // Kept in blocks like a reader's pages, so that both sides pay for the same memory.
    let (mut count, mut block) = (0, Vec::with_capacity(4096));
    while let Some(row) = rows.try_next().await.expect("a row") {
        block.push(decode(&row).expect("an event"));
        count += 1;
        if block.len() == 4096 {
            block.clear();
        }
    }
    count
}

/// Reads a page of the log.
pub async fn read_page(connection: &mut PgConnection, from: u64, limit: i64) -> usize {
    let sql = format!("SELECT {COLUMNS} FROM es_event WHERE position > $1 ORDER BY position LIMIT $2");
    let from = i64::try_from(from).expect("small");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(from).bind(limit).fetch_all(connection).await.expect("rows");
    rows.iter().map(decode).filter(Result::is_ok).count()
}
