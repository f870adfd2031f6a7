//! Hears of new events at once, from this process and from others. Nothing depends on it: who waits also looks by himself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::Position;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{PostgresConfig, Purpose};
use crate::lane::raise;

/// With nothing heard for so long, the connection is asked whether it still works.
const SILENCE: Duration = Duration::from_secs(20);
/// First and longest pause before the next attempt to listen.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Where a store tells its new heads. Channels are a database's, so a store's must follow from its schema; they are shorter
/// than a schema's name may be.
pub(crate) fn channel_of(schema: &str) -> String {
    format!("es_{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, schema.as_bytes()).simple())
}

/// Whether new heads are heard of at present.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearing(Arc<AtomicBool>);

impl Hearing {
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }
}

/// Listens until it is told to end; comes back after every interruption.
pub(crate) async fn listen(
    config: PostgresConfig,
    heads: watch::Sender<Position>,
    hearing: Hearing,
    end: CancellationToken,
) {
    let mut pause = SHORTEST_PAUSE;
    while !end.is_cancelled() {
        let heard = tokio::select! {
            () = end.cancelled() => return,
            heard = listen_once(&config, &heads, &hearing) => heard,
        };
        if hearing.is_on() {
            pause = SHORTEST_PAUSE;
        }
        hearing.set(false);
        tracing::debug!(store = %config.location(), error = %heard, "not listening for new events");
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Listens until something goes wrong, and says what.
async fn listen_once(config: &PostgresConfig, heads: &watch::Sender<Position>, hearing: &Hearing) -> sqlx::Error {
    let mut listener = match connected(config).await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    hearing.set(true);
    loop {
        match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(told))) => {
                if let Ok(head) = told.payload().parse() {
                    raise(heads, Position(head));
                }
            }
            Ok(Ok(None)) => return std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into(),
            Ok(Err(error)) => return error,
            Err(_silence) => {
                let asked =
                    tokio::time::timeout(config.connect_timeout, sqlx::raw_sql("SELECT 1").execute(&mut listener));
                match asked.await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return error,
                    Err(_) => return sqlx::Error::PoolTimedOut,
                }
            }
        }
    }
}

async fn connected(config: &PostgresConfig) -> Result<PgListener, sqlx::Error> {
    // sqlx lets only a connection of one of its pools listen; this one never has more than that.
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(config.connect_timeout).max_lifetime(None);
    let pool = pool.idle_timeout(None).connect_lazy_with(config.options(Purpose::Pool));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(&channel_of(&config.schema)).await?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_has_a_channel_of_its_own_that_fits() {
        let long = "s".repeat(63);
        assert_ne!(channel_of("a"), channel_of("b"));
        assert!(channel_of(&long).len() <= 63, "PostgreSQL cuts longer names");
    }
}
