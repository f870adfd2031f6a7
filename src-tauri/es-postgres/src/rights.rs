//! What a user may do with the store's tables, and what is missing.

use sqlx::postgres::PgConnection;

use crate::error::Fault;

/// What a writing program needs, by table. Reading needs SELECT on each of them, too.
const NEEDED: &str = "SELECT wanted.privilege || ' on ' || wanted.name FROM unnest( \
       ARRAY['es_log_head', 'es_log_head', 'es_event', 'es_event', 'es_event', 'es_stream', 'es_stream', 'es_stream', \
         'es_stub', 'es_stub', 'es_archive', 'es_archive', 'es_subject_key', 'es_subject_key', 'es_subject_key', \
         'es_schema_version'], \
       ARRAY['SELECT', 'UPDATE', 'SELECT', 'INSERT', 'DELETE', 'SELECT', 'INSERT', 'UPDATE', \
         'SELECT', 'INSERT', 'SELECT', 'INSERT', 'SELECT', 'INSERT', 'DELETE', \
         'SELECT']) AS wanted (name, privilege) \
     WHERE NOT has_table_privilege(to_regclass(wanted.name), wanted.privilege)";

/// Rights that the user lacks, in words: `INSERT on es_event`. The tables must be there.
pub(crate) async fn missing(connection: &mut PgConnection) -> Result<Vec<String>, Fault> {
    Ok(sqlx::query_scalar(NEEDED).fetch_all(connection).await?)
}

/// Why nothing can be written, for people: a standby, or rights that are missing.
pub(crate) async fn why_read_only(connection: &mut PgConnection, user: &str) -> Result<Option<String>, Fault> {
    let (standby, read_only): (bool, String) =
        sqlx::query_as("SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')")
            .fetch_one(&mut *connection)
            .await?;
    if standby {
        return Ok(Some("the server is a standby that follows another one".to_owned()));
    }
    if read_only == "on" {
        return Ok(Some("the server gives this user transactions that only read".to_owned()));
    }
    let missing = missing(connection).await?;
    Ok((!missing.is_empty()).then(|| format!("{user} lacks {}", missing.join(", "))))
}
