-- Everything derived: may be deleted at any time, and is then rebuilt from the log.
-- The rows themselves stand in tables named {table}__v{version}, created when a version is prepared.

CREATE TABLE es_projection (
  name             TEXT PRIMARY KEY,
  active_version   INTEGER,
  building_version INTEGER,
  previous_version INTEGER,
  paused           INTEGER NOT NULL DEFAULT 0,
  halted_at        INTEGER,
  halted_reason    TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE es_checkpoint (
  projection       TEXT NOT NULL,
  version          INTEGER NOT NULL,
  position         INTEGER NOT NULL DEFAULT 0,
  owner            TEXT,
  owner_epoch      INTEGER NOT NULL DEFAULT 0,
  lease_expires_at INTEGER,
  PRIMARY KEY (projection, version)
) STRICT, WITHOUT ROWID;

-- Which physical tables exist, whose they are, and how they were declared.
CREATE TABLE es_projection_table (
  table_name       TEXT NOT NULL,
  version          INTEGER NOT NULL,
  projection       TEXT NOT NULL,
  declaration      TEXT NOT NULL,
  PRIMARY KEY (table_name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE es_quarantine (
  projection       TEXT NOT NULL,
  version          INTEGER NOT NULL,
  stream_name      TEXT NOT NULL,
  position         INTEGER NOT NULL,
  reason           TEXT NOT NULL,
  PRIMARY KEY (projection, version, stream_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE es_timer (
  timer_id         TEXT PRIMARY KEY,
  process          TEXT NOT NULL,
  stream_name      TEXT NOT NULL,
  due_at           INTEGER NOT NULL,
  command_id       BLOB NOT NULL,
  command_type     TEXT NOT NULL,
  payload          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX es_timer_due ON es_timer (due_at, timer_id);

CREATE TABLE es_snapshot (
  stream_name      TEXT NOT NULL,
  fingerprint      TEXT NOT NULL,
  version          INTEGER NOT NULL,
  state            TEXT NOT NULL,
  state_hash       BLOB NOT NULL,
  taken_at         INTEGER NOT NULL,
  PRIMARY KEY (stream_name, fingerprint)
) STRICT;
