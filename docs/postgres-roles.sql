-- Roles with no more rights than Ledgerscope needs on PostgreSQL. Run it as the owner of the store's schema, after the store was
-- created and again after every update that changed its tables:
--
--   psql -v schema=ledgerscope -v reader=ledgerscope_reader -v writer=ledgerscope_writer -f postgres-roles.sql
--
-- The two roles are groups: make them once (CREATE ROLE … NOLOGIN) and grant them to the users that log in. The owner itself is
-- needed only to create the store and to bring its tables up to date.

REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;

-- Reads everything but the keys of personal data.
GRANT USAGE ON SCHEMA :"schema" TO :"reader";
GRANT SELECT ON :"schema".es_schema_version, :"schema".es_log_head, :"schema".es_stream, :"schema".es_event,
  :"schema".es_stub, :"schema".es_archive TO :"reader";

-- Appends, truncates, closes and scavenges. An event is neither changed nor removed otherwise: triggers see to that, and only the
-- owner could switch them off.
GRANT USAGE ON SCHEMA :"schema" TO :"writer";
GRANT SELECT ON :"schema".es_schema_version TO :"writer";
GRANT SELECT, UPDATE ON :"schema".es_log_head TO :"writer";
GRANT SELECT, INSERT, UPDATE ON :"schema".es_stream TO :"writer";
GRANT SELECT, INSERT, DELETE ON :"schema".es_event TO :"writer";
GRANT SELECT, INSERT ON :"schema".es_stub, :"schema".es_archive TO :"writer";
GRANT SELECT, INSERT, DELETE ON :"schema".es_subject_key TO :"writer";
GRANT EXECUTE ON FUNCTION :"schema".es_append TO :"writer";

-- Keeps what is derived from the events (read models, checkpoints, snapshots) in tables of its own beside them. They belong to the
-- user that makes them, so let one user with this group be the program's.
GRANT CREATE ON SCHEMA :"schema" TO :"writer";
GRANT INSERT ON :"schema".es_schema_version TO :"writer";
