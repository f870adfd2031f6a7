//! Connections to the server: made with named causes of failure, lent for one operation each, never waited for without end.
//!
//! sqlx has a pool of its own. It asks the server at every return whether the connection still works, and answers "timed out"
//! when the server refuses; see docs/adr/0020.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use es_core::StoreError;
use parking_lot::Mutex;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{PostgresConfig, Purpose};
use crate::error::{Fault, Place, millis, of_connecting};

/// A connection that nobody used for so long is asked whether it still works before it is lent.
const TESTED_AFTER: Duration = Duration::from_secs(5);
/// Longest time for that answer.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that nobody used for so long is closed when another one comes back.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
/// The server ends a statement after its own time-out. An answer that has not come so much later will not come.
pub(crate) const ANSWER_GRACE: Duration = Duration::from_secs(2);
/// How a certificate in PEM form begins.
const CERTIFICATE_MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// Longest time for saying goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections to one database, with one schema's names in reach. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub struct Connections {
    inner: Arc<Inner>,
}

struct Inner {
    config: PostgresConfig,
    options: PgConnectOptions,
    place: Place,
    /// One permit for each connection that may stand.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    closed: AtomicBool,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("location", &self.inner.place.location).finish_non_exhaustive()
    }
}

impl Connections {
    /// Connects once, so that what cannot work is told at once, and keeps that connection.
    ///
    /// # Errors
    /// The configuration cannot be used, or the way to the server fails; the error names the step.
    pub async fn open(config: PostgresConfig) -> Result<Self, StoreError> {
        let connections = Self::unopened(config)?;
        let lease = connections.lease("connecting").await?;
        lease.settle(Ok(()))?;
        Ok(connections)
    }

    fn unopened(config: PostgresConfig) -> Result<Self, StoreError> {
        config.check().map_err(|invalid| StoreError::Io {
            operation: "reading the connection's settings".to_owned(),
            reason: invalid.to_string(),
        })?;
        let inner = Inner {
            options: config.options(Purpose::Pool),
            place: Place::of(&config),
            permits: Arc::new(Semaphore::new(config.max_connections.max(1) as usize)),
            idle: Mutex::new(Vec::new()),
            closed: AtomicBool::new(false),
            config,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How the server is reached.
    #[must_use]
    pub fn config(&self) -> &PostgresConfig {
        &self.inner.config
    }

    pub(crate) fn place(&self) -> &Place {
        &self.inner.place
    }

    /// A connection for one operation, within [`PostgresConfig::acquire_timeout`].
    pub(crate) async fn lease(&self, operation: &str) -> Result<Lease, StoreError> {
        self.lease_tested_after(operation, TESTED_AFTER).await
    }

    /// The same, certain to have worked a moment ago: a write cannot be tried twice.
    pub(crate) async fn tested_lease(&self, operation: &str) -> Result<Lease, StoreError> {
        self.lease_tested_after(operation, Duration::from_millis(500)).await
    }

    async fn lease_tested_after(&self, operation: &str, untested: Duration) -> Result<Lease, StoreError> {
        let started = Instant::now();
        let limit = self.inner.config.acquire_timeout;
        let permit = match tokio::time::timeout(limit, Arc::clone(&self.inner.permits).acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(StoreError::Closed),
            Err(_) => {
                let (all, waited) = (self.inner.config.max_connections, millis(limit));
                return Err(StoreError::TooManyConnections {
                    server: self.inner.place.server.clone(),
                    reason: format!("all {all} connections of this program were busy for {waited} ms"),
                });
            }
        };
        let (connection, fresh) = match self.working_idle(untested).await {
            Some(connection) => (connection, false),
            None => (connect(&self.inner.config, &self.inner.options).await?, true),
        };
        Ok(Lease {
            connections: self.clone(),
            connection: Some(connection),
            fresh,
            operation: operation.to_owned(),
            started,
            _permit: permit,
        })
    }

    async fn working_idle(&self, untested: Duration) -> Option<PgConnection> {
        loop {
            let Idle { mut connection, since } = self.inner.idle.lock().pop()?;
            if since.elapsed() < untested {
                return Some(connection);
            }
            match tokio::time::timeout(TEST_TIMEOUT, connection.ping()).await {
                Ok(Ok(())) => return Some(connection),
                // The others were idle for longer.
                _ => self.forget_idle(),
            }
        }
    }

    fn give_back(&self, connection: PgConnection) {
        let mut idle = self.inner.idle.lock();
        if !self.inner.closed.load(Ordering::SeqCst) {
            idle.retain(|other| other.since.elapsed() < IDLE_TIMEOUT);
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Forgets all idle connections: one of them was found dead, and the others are older.
    pub(crate) fn forget_idle(&self) {
        self.inner.idle.lock().clear();
    }

    /// Longest time for the answer to one operation.
    pub(crate) fn answer_limit(&self) -> Duration {
        self.inner.config.statement_timeout + ANSWER_GRACE
    }

    /// Closes all connections that are not in use; those that are, when they come back. Nobody is lent one from then on.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        self.inner.permits.close();
        let idle = std::mem::take(&mut *self.inner.idle.lock());
        for Idle { connection, .. } in idle {
            // Whoever does not take the goodbye has gone already.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection.close()).await;
        }
    }

    /// Whether [`Connections::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::SeqCst)
    }
}

/// Reads with a connection that is lent for it: `reading!(connections, "reading the log", |connection| future)`, where the
/// future gives `Result<T, Fault>`; the whole gives `Result<T, StoreError>`.
///
/// If a connection turns out to be dead that had been idle (the server was restarted, for example), the read is done once more
/// on a new one: reading twice changes nothing. A macro, because a closure cannot lend a connection and borrow what is asked.
macro_rules! reading {
    ($connections:expr, $operation:expr, |$connection:ident| $work:expr) => {{
        let connections: &$crate::connections::Connections = $connections;
        loop {
            let mut lease = match connections.lease($operation).await {
                Ok(lease) => lease,
                Err(error) => break Err(error),
            };
            let done = {
                let $connection: &mut sqlx::postgres::PgConnection = &mut lease;
                $crate::connections::within(connections.answer_limit(), $work).await
            };
            if !lease.was_stale(&done) {
                break lease.settle(done);
            }
            connections.forget_idle();
        }
    }};
}
pub(crate) use reading;

/// Writes with a connection that is lent for it, in one transaction: committed if the future succeeds, rolled back if not. As
/// [`reading!`], but never done twice. A statement that fails must fail the future, too: PostgreSQL answers the commit of a
/// transaction with a failed statement by rolling it back, without calling that an error.
macro_rules! writing {
    ($connections:expr, $operation:expr, |$connection:ident| $work:expr) => {{
        let connections: &$crate::connections::Connections = $connections;
        match connections.tested_lease($operation).await {
            Err(error) => Err(error),
            Ok(mut lease) => {
                let limit = connections.answer_limit();
                let done = $crate::connections::within(limit, async {
                    $crate::connections::begin(&mut lease).await?;
                    let done = {
                        let $connection: &mut sqlx::postgres::PgConnection = &mut lease;
                        $work.await
                    };
                    $crate::connections::end(&mut lease, done).await
                });
                let done = done.await;
                lease.settle(done)
            }
        }
    }};
}
pub(crate) use writing;

/// Begins a transaction.
pub(crate) async fn begin(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("BEGIN").execute(connection).await?;
    Ok(())
}

/// Ends a transaction: commits what succeeded, rolls back what did not.
pub(crate) async fn end<T>(connection: &mut PgConnection, done: Result<T, Fault>) -> Result<T, Fault> {
    match &done {
        Ok(_) => {
            sqlx::raw_sql("COMMIT").execute(connection).await?;
        }
        Err(fault) if fault.leaves_connection_sound() => roll_back(connection).await?,
        Err(_) => {}
    }
    done
}

/// Ends a transaction without a trace.
pub(crate) async fn roll_back(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("ROLLBACK").execute(connection).await?;
    Ok(())
}

/// A connection that is lent. It goes back with [`Lease::settle`]; one that is dropped before (the caller was cancelled in
/// the middle of an answer) is closed.
pub(crate) struct Lease {
    connections: Connections,
    connection: Option<PgConnection>,
    fresh: bool,
    operation: String,
    started: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Whether the connection broke, and may have been broken before it was lent.
    pub fn was_stale<T>(&self, done: &Result<T, Fault>) -> bool {
        !self.fresh && done.as_ref().is_err_and(Fault::lost_connection)
    }

    /// Gives the connection back if it can still be used, and words what went wrong.
    pub fn settle<T>(mut self, done: Result<T, Fault>) -> Result<T, StoreError> {
        let sound = done.as_ref().err().is_none_or(Fault::leaves_connection_sound);
        if let Some(connection) = self.connection.take().filter(|_| sound) {
            self.connections.give_back(connection);
        }
        done.map_err(|fault| fault.into_store_error(self.connections.place(), &self.operation, self.started.elapsed()))
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        // Taken only by `settle`, which consumes the lease.
        self.connection.as_ref().unwrap_or_else(|| unreachable!("a lease has its connection until it is settled"))
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().unwrap_or_else(|| unreachable!("a lease has its connection until it is settled"))
    }
}

/// Waits for an answer, but not for ever.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Fault::Overdue))
}

/// Makes a connection within [`PostgresConfig::connect_timeout`]; the error names the step that failed.
pub(crate) async fn connect(config: &PostgresConfig, options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let place = Place::of(config);
    let started = Instant::now();
    let limit = config.connect_timeout;
    let unreachable = |step, reason: String| StoreError::Unreachable { server: place.server.clone(), step, reason };
    check_authorities(config).await?;
    choose_cryptography();
    if !config.host.starts_with('/') {
        let lookup = tokio::net::lookup_host((config.host.as_str(), config.port));
        match tokio::time::timeout(limit, lookup).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(unreachable("name lookup", error.to_string())),
            Err(_) => return Err(unreachable("name lookup", no_answer(limit))),
        }
    }
    match tokio::time::timeout(limit.saturating_sub(started.elapsed()), options.connect()).await {
        Ok(connected) => connected.map_err(|error| of_connecting(&place, error)),
        Err(_) => Err(unreachable(if answers(config).await { "handshake" } else { "connecting" }, no_answer(limit))),
    }
}

/// sqlx asks the process which cryptography to verify with, and panics if that is not settled: two are linked. Whoever has
/// settled it already is not overruled.
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may be faster; its choice is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

/// The file of authorities must hold some: sqlx would blame the way to the server.
async fn check_authorities(config: &PostgresConfig) -> Result<(), StoreError> {
    let Some(file) = config.ca_file.as_ref().filter(|_| config.tls.verifies()) else { return Ok(()) };
    let bad = |reason: String| StoreError::Io {
        operation: format!("reading the certificates in {}", file.display()),
        reason,
    };
    let text = tokio::fs::read(file).await.map_err(|error| bad(error.to_string()))?;
    let holds_some = text.windows(CERTIFICATE_MARK.len()).any(|part| part == CERTIFICATE_MARK);
    if holds_some { Ok(()) } else { Err(bad("it holds no certificate in PEM form".to_owned())) }
}

/// What is said of a server that does not answer.
pub(crate) fn no_answer(limit: Duration) -> String {
    format!("no answer within {} ms", millis(limit))
}

/// Whether anybody takes the connection at all: a server that is stopped or overloaded does, and then says nothing.
async fn answers(config: &PostgresConfig) -> bool {
    let attempt = tokio::net::TcpStream::connect((config.host.as_str(), config.port));
    matches!(tokio::time::timeout(Duration::from_secs(1), attempt).await, Ok(Ok(_)))
}
