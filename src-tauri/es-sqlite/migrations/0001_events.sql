-- The log's end. One row, rewritten by every commit of the append lane; its write lock orders all writers.
CREATE TABLE es_log_head (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  position    INTEGER NOT NULL,
  chain_hash  BLOB    NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
INSERT INTO es_log_head (one, position, chain_hash, recorded_at) VALUES (1, 0, zeroblob(32), 0);

-- Where each stream stands.
CREATE TABLE es_stream (
  stream_name      TEXT    NOT NULL PRIMARY KEY,
  category         TEXT    NOT NULL,
  version          INTEGER NOT NULL,
  truncated_before INTEGER NOT NULL DEFAULT 0,
  closed_at        INTEGER,
  last_position    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The events. Times are microseconds since 1970 UTC; ids are 16 bytes, hashes 32; texts are kept byte for byte.
CREATE TABLE es_event (
  position       INTEGER PRIMARY KEY,
  stream_name    TEXT    NOT NULL,
  stream_version INTEGER NOT NULL,
  event_id       BLOB    NOT NULL,
  event_type     TEXT    NOT NULL,
  schema_version INTEGER NOT NULL,
  payload        TEXT    NOT NULL,
  metadata       TEXT    NOT NULL,
  correlation_id BLOB,
  causation_id   BLOB,
  recorded_at    INTEGER NOT NULL,
  content_hash   BLOB    NOT NULL,
  chain_hash     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX es_event_by_stream ON es_event (stream_name, stream_version);
CREATE UNIQUE INDEX es_event_by_id ON es_event (event_id);
-- These two order by (…, position): SQLite ends every index with the row's key, which is the position.
CREATE INDEX es_event_by_type ON es_event (event_type);
CREATE INDEX es_event_by_correlation ON es_event (correlation_id);

CREATE TRIGGER es_event_refuses_update BEFORE UPDATE ON es_event
BEGIN
  SELECT RAISE(ABORT, 'es_event is append-only: an event never changes');
END;
CREATE TRIGGER es_event_refuses_delete BEFORE DELETE ON es_event
BEGIN
  SELECT RAISE(ABORT, 'es_event is append-only: an event is never removed');
END;
