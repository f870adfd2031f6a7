-- Scavenged events, with the same columns and the same bytes as in the store that they come from.
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

CREATE TRIGGER es_event_refuses_update BEFORE UPDATE ON es_event
BEGIN
  SELECT RAISE(ABORT, 'es_event is append-only: an event never changes');
END;
CREATE TRIGGER es_event_refuses_delete BEFORE DELETE ON es_event
BEGIN
  SELECT RAISE(ABORT, 'es_event is append-only: an event is never removed');
END;
