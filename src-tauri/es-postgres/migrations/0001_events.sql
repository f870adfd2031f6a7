-- The log's end. One row, rewritten by every commit of an append lane; its row lock orders all writers of all processes.
CREATE TABLE es_log_head (
  one         integer     PRIMARY KEY CHECK (one = 1),
  position    bigint      NOT NULL,
  chain_hash  bytea       NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO es_log_head (one, position, chain_hash, recorded_at)
VALUES (1, 0, decode(repeat('00', 32), 'hex'), 'epoch');

-- Where each stream stands.
CREATE TABLE es_stream (
  stream_name      text   COLLATE "C" PRIMARY KEY,
  category         text   COLLATE "C" NOT NULL,
  version          bigint NOT NULL,
  truncated_before bigint NOT NULL DEFAULT 0,
  closed_at        timestamptz,
  last_position    bigint NOT NULL
) WITH (fillfactor = 70);

-- The events. Texts are kept byte for byte: json, never jsonb, which would write them anew. A body is JSON or bytes.
CREATE TABLE es_event (
  position       bigint      PRIMARY KEY,
  stream_name    text        COLLATE "C" NOT NULL,
  stream_version bigint      NOT NULL,
  event_id       uuid        NOT NULL,
  event_type     text        COLLATE "C" NOT NULL,
  schema_version bigint      NOT NULL,
  payload        json,
  payload_bytes  bytea,
  metadata       json        NOT NULL,
  correlation_id uuid,
  causation_id   uuid,
  recorded_at    timestamptz NOT NULL,
  content_hash   bytea       NOT NULL,
  chain_hash     bytea       NOT NULL,
  CONSTRAINT es_event_has_one_body CHECK ((payload IS NULL) <> (payload_bytes IS NULL))
);
CREATE UNIQUE INDEX es_event_by_stream ON es_event (stream_name, stream_version);
CREATE UNIQUE INDEX es_event_by_id ON es_event (event_id);
CREATE INDEX es_event_by_type ON es_event (event_type, position);
CREATE INDEX es_event_by_correlation ON es_event (correlation_id, position);

-- What stays of events that were moved to the archive: all that the hash chain covers. Positions of es_event and es_stub
-- together are 1, 2, 3 … without gaps.
CREATE TABLE es_stub (
  position       bigint      PRIMARY KEY,
  stream_name    text        COLLATE "C" NOT NULL,
  stream_version bigint      NOT NULL,
  event_id       uuid        NOT NULL,
  recorded_at    timestamptz NOT NULL,
  content_hash   bytea       NOT NULL,
  chain_hash     bytea       NOT NULL
);
CREATE UNIQUE INDEX es_stub_by_stream ON es_stub (stream_name, stream_version);
CREATE UNIQUE INDEX es_stub_by_id ON es_stub (event_id);

-- Scavenged events, with the same columns and the same bytes. Without the indexes that only reads need.
CREATE TABLE es_archive (
  position       bigint      PRIMARY KEY,
  stream_name    text        COLLATE "C" NOT NULL,
  stream_version bigint      NOT NULL,
  event_id       uuid        NOT NULL,
  event_type     text        COLLATE "C" NOT NULL,
  schema_version bigint      NOT NULL,
  payload        json,
  payload_bytes  bytea,
  metadata       json        NOT NULL,
  correlation_id uuid,
  causation_id   uuid,
  recorded_at    timestamptz NOT NULL,
  content_hash   bytea       NOT NULL,
  chain_hash     bytea       NOT NULL
);
CREATE UNIQUE INDEX es_archive_by_stream ON es_archive (stream_name, stream_version);
CREATE UNIQUE INDEX es_archive_by_id ON es_archive (event_id);

-- Keys of sealed personal data, one a subject (a stream). With `wrapped` a key opens only with the master key.
CREATE TABLE es_subject_key (
  subject text    COLLATE "C" PRIMARY KEY,
  key     bytea   NOT NULL,
  wrapped boolean NOT NULL
);

CREATE FUNCTION es_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: what stands in it never changes', TG_TABLE_NAME;
END $$;

CREATE TRIGGER es_event_refuses_update BEFORE UPDATE OR TRUNCATE ON es_event EXECUTE FUNCTION es_refuse();
CREATE TRIGGER es_stub_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON es_stub EXECUTE FUNCTION es_refuse();
CREATE TRIGGER es_archive_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON es_archive EXECUTE FUNCTION es_refuse();

-- An event leaves only as a scavenge takes it: it is in the archive, its stub stands, its stream is truncated behind it, and
-- it is not the stream's last one.
CREATE FUNCTION es_event_leaves() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (
      SELECT FROM es_stub s
      WHERE s.position = OLD.position AND s.stream_name = OLD.stream_name AND s.stream_version = OLD.stream_version
        AND s.event_id = OLD.event_id AND s.recorded_at = OLD.recorded_at
        AND s.content_hash = OLD.content_hash AND s.chain_hash = OLD.chain_hash)
    AND EXISTS (
      SELECT FROM es_archive a
      WHERE a.position = OLD.position AND a.event_id = OLD.event_id AND a.event_type = OLD.event_type
        AND a.schema_version = OLD.schema_version AND a.payload::text IS NOT DISTINCT FROM OLD.payload::text
        AND a.payload_bytes IS NOT DISTINCT FROM OLD.payload_bytes AND a.metadata::text = OLD.metadata::text)
    AND EXISTS (
      SELECT FROM es_stream t
      WHERE t.stream_name = OLD.stream_name AND t.truncated_before > OLD.stream_version
        AND t.last_position <> OLD.position)
  THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'es_event is append-only: only a scavenge removes an event, a truncated and archived one, and leaves its stub';
END $$;
CREATE TRIGGER es_event_leaves BEFORE DELETE ON es_event FOR EACH ROW EXECUTE FUNCTION es_event_leaves();

CREATE FUNCTION es_stub_needs_its_event() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (
    SELECT FROM es_event e
    WHERE e.position = NEW.position AND e.stream_name = NEW.stream_name AND e.stream_version = NEW.stream_version
      AND e.event_id = NEW.event_id AND e.recorded_at = NEW.recorded_at
      AND e.content_hash = NEW.content_hash AND e.chain_hash = NEW.chain_hash)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'es_stub holds what a scavenge left of an event, and nothing else';
END $$;
CREATE TRIGGER es_stub_needs_its_event BEFORE INSERT ON es_stub FOR EACH ROW EXECUTE FUNCTION es_stub_needs_its_event();

-- Writes a planned batch: all of it, or nothing. False if the log's head is not the one that it was planned on: somebody else
-- was faster, and nothing is written. Waits for others through the head's row lock.
CREATE FUNCTION es_append(
  planned_on bigint, head_position bigint, head_chain bytea, head_time timestamptz,
  names text[], versions bigint[], ids uuid[], types text[], schemas bigint[], payloads text[], bytes bytea[],
  metadatas text[], correlations uuid[], causations uuid[], times timestamptz[], contents bytea[], chains bytea[],
  heads text[], categories text[], head_versions bigint[], last_positions bigint[], channel text
) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  written bigint;
BEGIN
  UPDATE es_log_head SET position = head_position, chain_hash = head_chain, recorded_at = head_time
  WHERE one = 1 AND position = planned_on;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO es_event (position, stream_name, stream_version, event_id, event_type, schema_version, payload, payload_bytes,
    metadata, correlation_id, causation_id, recorded_at, content_hash, chain_hash)
  SELECT planned_on + n, name, version, id, type, schema, payload::json, body, metadata::json, correlation, causation, at,
    content, chain
  FROM unnest(names, versions, ids, types, schemas, payloads, bytes, metadatas, correlations, causations, times, contents,
    chains) WITH ORDINALITY AS r (name, version, id, type, schema, payload, body, metadata, correlation, causation, at,
    content, chain, n);
  GET DIAGNOSTICS written = ROW_COUNT;
  -- A lost row must never look like a success.
  IF written <> cardinality(ids) OR planned_on + written <> head_position THEN
    RAISE EXCEPTION '% of % events were inserted up to position %', written, cardinality(ids), head_position
      USING ERRCODE = 'data_corrupted';
  END IF;
  INSERT INTO es_stream AS s (stream_name, category, version, last_position)
  SELECT name, category, version, last FROM unnest(heads, categories, head_versions, last_positions)
    AS h (name, category, version, last)
  ON CONFLICT (stream_name) DO UPDATE SET version = excluded.version, last_position = excluded.last_position;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(heads) THEN
    RAISE EXCEPTION '% of % heads of streams were written', written, cardinality(heads) USING ERRCODE = 'data_corrupted';
  END IF;
  IF channel IS NOT NULL THEN
    PERFORM pg_notify(channel, head_position::text);
  END IF;
  RETURN true;
END $$;
