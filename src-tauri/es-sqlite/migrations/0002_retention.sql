-- What stays of events that were moved to the archive: all that the hash chain covers. Positions of es_event and es_stub
-- together are 1, 2, 3 … without gaps.
CREATE TABLE es_stub (
  position       INTEGER PRIMARY KEY,
  stream_name    TEXT    NOT NULL,
  stream_version INTEGER NOT NULL,
  event_id       BLOB    NOT NULL,
  recorded_at    INTEGER NOT NULL,
  content_hash   BLOB    NOT NULL,
  chain_hash     BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX es_stub_by_stream ON es_stub (stream_name, stream_version);
CREATE UNIQUE INDEX es_stub_by_id ON es_stub (event_id);

-- Has its row only within the transaction of a scavenge; nobody ever sees it there.
CREATE TABLE es_scavenge (
  one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;

DROP TRIGGER es_event_refuses_delete;
CREATE TRIGGER es_event_refuses_delete BEFORE DELETE ON es_event
WHEN NOT EXISTS (SELECT 1 FROM es_scavenge)
  OR NOT EXISTS (
    SELECT 1 FROM es_stub s
    WHERE s.position = OLD.position AND s.stream_name = OLD.stream_name AND s.stream_version = OLD.stream_version
      AND s.event_id = OLD.event_id AND s.recorded_at = OLD.recorded_at
      AND s.content_hash = OLD.content_hash AND s.chain_hash = OLD.chain_hash)
  OR NOT EXISTS (
    SELECT 1 FROM es_stream t
    WHERE t.stream_name = OLD.stream_name AND t.truncated_before > OLD.stream_version
      AND t.last_position <> OLD.position)
BEGIN
  SELECT RAISE(ABORT, 'es_event is append-only: only a scavenge removes an event, a truncated one, and leaves its stub');
END;

CREATE TRIGGER es_stub_needs_its_event BEFORE INSERT ON es_stub
WHEN NOT EXISTS (SELECT 1 FROM es_scavenge)
  OR NOT EXISTS (
    SELECT 1 FROM es_event e
    WHERE e.position = NEW.position AND e.stream_name = NEW.stream_name AND e.stream_version = NEW.stream_version
      AND e.event_id = NEW.event_id AND e.recorded_at = NEW.recorded_at
      AND e.content_hash = NEW.content_hash AND e.chain_hash = NEW.chain_hash)
BEGIN
  SELECT RAISE(ABORT, 'es_stub holds what a scavenge left of an event, and nothing else');
END;
CREATE TRIGGER es_stub_refuses_update BEFORE UPDATE ON es_stub
BEGIN
  SELECT RAISE(ABORT, 'es_stub is append-only: a stub never changes');
END;
CREATE TRIGGER es_stub_refuses_delete BEFORE DELETE ON es_stub
BEGIN
  SELECT RAISE(ABORT, 'es_stub is append-only: a stub is never removed');
END;
