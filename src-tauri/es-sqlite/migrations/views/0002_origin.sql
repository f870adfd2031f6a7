-- The newest event that was seen when the views were opened: tells whether they were derived from the log beside them.
CREATE TABLE es_origin (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  position   INTEGER NOT NULL,
  event_hash BLOB NOT NULL
) STRICT;
