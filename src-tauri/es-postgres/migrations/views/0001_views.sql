-- Everything derived: may be dropped at any time, and is then rebuilt from the log.
-- The rows themselves stand in tables named {table}__v{version}, created when a version is prepared.

CREATE TABLE es_projection (
  name             text COLLATE "C" PRIMARY KEY,
  active_version   int8,
  building_version int8,
  previous_version int8,
  paused           bool NOT NULL DEFAULT false,
  halted_at        int8,
  halted_reason    text
);

CREATE TABLE es_checkpoint (
  projection       text COLLATE "C" NOT NULL,
  version          int8 NOT NULL,
  position         int8 NOT NULL DEFAULT 0,
  owner            text,
  owner_epoch      int8 NOT NULL DEFAULT 0,
  lease_expires_at timestamptz,
  -- Made anew by each commit of rows: rows that were read before it are known to be the stored ones as long as it stands.
  revision         uuid,
  PRIMARY KEY (projection, version)
);

-- Which physical tables exist, whose they are, and how they were declared.
CREATE TABLE es_projection_table (
  table_name       text COLLATE "C" NOT NULL,
  version          int8 NOT NULL,
  projection       text COLLATE "C" NOT NULL,
  declaration      text NOT NULL,
  PRIMARY KEY (table_name, version)
);

CREATE TABLE es_quarantine (
  projection       text COLLATE "C" NOT NULL,
  version          int8 NOT NULL,
  stream_name      text COLLATE "C" NOT NULL,
  position         int8 NOT NULL,
  event_type       text NOT NULL,
  reason           text NOT NULL,
  PRIMARY KEY (projection, version, stream_name)
);

CREATE TABLE es_timer (
  timer_id         text COLLATE "C" PRIMARY KEY,
  process          text COLLATE "C" NOT NULL,
  stream_name      text COLLATE "C" NOT NULL,
  due_at           timestamptz NOT NULL,
  command_id       uuid NOT NULL,
  command_type     text NOT NULL,
  payload          text NOT NULL
);
CREATE INDEX es_timer_due ON es_timer (due_at, timer_id);

CREATE TABLE es_snapshot (
  stream_name      text COLLATE "C" NOT NULL,
  fingerprint      text COLLATE "C" NOT NULL,
  version          int8 NOT NULL,
  state            text NOT NULL,
  state_hash       bytea NOT NULL,
  taken_at         timestamptz NOT NULL,
  PRIMARY KEY (stream_name, fingerprint)
);

-- The newest event that was seen when the views were opened: tells whether they were derived from the log beside them.
CREATE TABLE es_origin (
  only_row         int2 PRIMARY KEY CHECK (only_row = 1),
  position         int8 NOT NULL,
  event_hash       bytea NOT NULL
);
