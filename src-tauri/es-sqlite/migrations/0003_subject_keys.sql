-- Keys of sealed personal data, one a subject (a stream). Not derived from anything, so they lie with the events. A
-- destroyed key is overwritten. With `wrapped` = 1 a key opens only with the master key.
CREATE TABLE es_subject_key (
  subject TEXT    NOT NULL PRIMARY KEY,
  key     BLOB    NOT NULL,
  wrapped INTEGER NOT NULL CHECK (wrapped IN (0, 1))
) STRICT, WITHOUT ROWID;
