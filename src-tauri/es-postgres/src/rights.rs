//! What a user may do with the store's tables, and what is missing.

use sqlx::postgres::PgConnection;

use crate::config::quoted;
use crate::error::Fault;

/// What the program does with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Reads events.
    Reading,
    /// Appends, changes what is kept, and keeps keys.
    Writing,
}

/// A table with the rights that its use needs.
const READING: [(&str, &str); 6] = [
    ("es_schema_version", "SELECT"),
    ("es_log_head", "SELECT"),
    ("es_stream", "SELECT"),
    ("es_event", "SELECT"),
    ("es_stub", "SELECT"),
    ("es_archive", "SELECT"),
];
/// The same for what writing needs beside reading.
const WRITING: [(&str, &str); 10] = [
    ("es_log_head", "UPDATE"),
    ("es_stream", "INSERT"),
    ("es_stream", "UPDATE"),
    ("es_event", "INSERT"),
    ("es_event", "DELETE"),
    ("es_stub", "INSERT"),
    ("es_archive", "INSERT"),
    ("es_subject_key", "SELECT"),
    ("es_subject_key", "INSERT"),
    ("es_subject_key", "DELETE"),
];

/// Rights that the user lacks, in words: `INSERT on es_event`. The tables must be there.
pub(crate) async fn missing(connection: &mut PgConnection, wanted: Use) -> Result<Vec<String>, Fault> {
    let needed = READING.iter().chain(WRITING.iter().filter(|_| wanted == Use::Writing));
    let (tables, rights): (Vec<&str>, Vec<&str>) = needed.copied().unzip();
    let mut missing: Vec<String> = sqlx::query_scalar(
        "SELECT privilege || ' on ' || name FROM unnest($1::text[], $2::text[]) AS needed (name, privilege) \
         WHERE NOT has_table_privilege(to_regclass(name), privilege)",
    )
    .bind(tables)
    .bind(rights)
    .fetch_all(&mut *connection)
    .await?;
    if wanted == Use::Writing {
        let executes: bool = sqlx::query_scalar(
            "SELECT coalesce(bool_and(has_function_privilege(oid, 'EXECUTE')), false) FROM pg_proc \
             WHERE proname = 'es_append' AND pronamespace = current_schema()::regnamespace",
        )
        .fetch_one(connection)
        .await?;
        missing.extend((!executes).then(|| "EXECUTE on es_append".to_owned()));
    }
    Ok(missing)
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
    let missing = missing(connection, Use::Writing).await?;
    Ok((!missing.is_empty()).then(|| format!("{user} lacks {}", missing.join(", "))))
}

/// SQL for the owner of a store: grants two groups what reading and writing need, and no more. The same as
/// `docs/postgres-roles.sql` with these names.
#[must_use]
pub fn role_script(schema: &str, reader: &str, writer: &str) -> String {
    let script = include_str!("../../../docs/postgres-roles.sql");
    let statements = script.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    statements
        .replace(":\"schema\"", &quoted(schema))
        .replace(":\"reader\"", &quoted(reader))
        .replace(":\"writer\"", &quoted(writer))
}
