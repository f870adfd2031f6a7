//! Read models, checkpoints, timers and snapshots in PostgreSQL, in the database of the events or another one.
//!
//! Everything in the schema is derived: dropping it costs a rebuild and nothing else. Several processes may use it at once; the
//! compare-and-set of checkpoints decides whose work counts.

mod catalog;
mod cells;
mod commit;
mod origin;
mod rows;
mod side;
mod sql;
mod store;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use es_core::StoreError;
use parking_lot::Mutex;
use uuid::Uuid;

use self::rows::KeptRows;
use crate::config::PostgresConfig;
use crate::connections::Connections;
use crate::schema::{self, Part};

/// The tables of the views themselves; those of the read models are made when they are prepared.
const VIEWS: Part = Part { name: "views", migrations: &[include_str!("../../migrations/views/0001_views.sql")] };

/// The read-model store on PostgreSQL. Cloning gives another handle to the same store.
#[derive(Clone)]
pub struct PostgresReadModels {
    inner: Arc<Inner>,
}

struct Inner {
    connections: Connections,
    /// Rows of versions that this store has committed, and the revision that they are the rows of.
    kept: Mutex<HashMap<(String, u32), (Uuid, KeptRows)>>,
}

impl PostgresReadModels {
    /// Opens the views in the configuration's schema, brings them up to date, and creates them if that is asked for.
    ///
    /// # Errors
    /// The way to the server fails; the tables are missing and may not be created, come from a newer version, or from an older
    /// one and may not be written.
    pub async fn open(config: PostgresConfig) -> Result<Self, StoreError> {
        Self::over(Connections::open(config).await?).await
    }

    /// The same over connections that stand already, those of the events for example; they are closed together.
    ///
    /// # Errors
    /// As [`PostgresReadModels::open`], without the way to the server.
    pub async fn over(connections: Connections) -> Result<Self, StoreError> {
        schema::prepare(&connections, &VIEWS).await?;
        let inner = Inner { connections, kept: Mutex::new(HashMap::new()) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Server, database and schema, for people.
    #[must_use]
    pub fn location(&self) -> String {
        self.inner.connections.config().location()
    }

    /// Closes all connections; every handle answers [`StoreError::Closed`] from then on.
    pub async fn close(&self) {
        self.inner.connections.close().await;
    }

    /// Rows of a read model's versions need not be kept any longer.
    fn forget_rows(&self, projection: &str) {
        self.inner.kept.lock().retain(|(name, _), _| name != projection);
    }
}

/// Reads of one moment, in a transaction that cannot write: as [`crate::connections::reading!`].
macro_rules! looking {
    ($views:expr, $operation:expr, |$connection:ident| $work:expr) => {
        $crate::connections::reading!(&$views.inner.connections, $operation, |leased| async {
            sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *leased).await?;
            let done = {
                let $connection: &mut sqlx::postgres::PgConnection = &mut *leased;
                $work.await
            };
            $crate::connections::end(leased, done).await
        })
    };
}
use looking;

/// A write of a single statement, which is a transaction by itself: as [`crate::connections::writing!`] with fewer ways to the
/// server and back.
macro_rules! stating {
    ($views:expr, $operation:expr, |$connection:ident| $work:expr) => {{
        let connections = &$views.inner.connections;
        match connections.tested_lease($operation).await {
            Err(error) => Err(error),
            Ok(mut lease) => {
                let done = {
                    let $connection: &mut sqlx::postgres::PgConnection = &mut lease;
                    $crate::connections::within(connections.answer_limit(), $work).await
                };
                lease.settle(done)
            }
        }
    }};
}
use stating;

#[cfg(test)]
mod tests {
    use es_testkit::postgres;
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::connections::writing;
    use crate::error::Fault;

    #[tokio::test]
    async fn a_write_where_queries_are_answered_fails() {
        let config = PostgresConfig::from_url(&postgres::server()).expect("a connection string");
        let config = PostgresConfig { schema: postgres::fresh_schema(), create: true, ..config };
        let views = PostgresReadModels::open(config).await.expect("the views open");
        let create = "CREATE TABLE t (a int8)";
        let created = writing!(&views.inner.connections, "writing", |connection| async {
            Ok::<_, Fault>(sqlx::raw_sql(create).execute(connection).await.map(drop)?)
        });
        created.expect("elsewhere it succeeds");
        for sql in ["CREATE TABLE u (a int8)", "INSERT INTO t VALUES (1)", "DELETE FROM es_timer", "DROP TABLE t"] {
            // The second also tries to take the bolt away, which the server does not allow once something was read.
            for sql in [sql.to_owned(), format!("SELECT 1; SET TRANSACTION READ WRITE; {sql}")] {
                let written = looking!(views, "reading", |connection| async {
                    Ok::<_, Fault>(sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await.map(drop)?)
                });
                written.expect_err("a query cannot write");
            }
        }
        let rows = looking!(views, "reading", |connection| async {
            Ok::<i64, Fault>(sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(connection).await?)
        });
        assert_eq!(rows, Ok(0), "the table is there, without rows");
    }
}
