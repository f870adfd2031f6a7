//! Where the parts are put together: the only place that knows store, engine and domain by name.

use bank::language::Seamed;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{
    Clock, Domain, EventFilter, EventReader, EventStore, HostedStore, HostedViews, ProbeOutcome, ProbeStage, ProbeStep,
    ProjectedEvent, ReadModelStore, Secret, SnapshotStore, StoreError, StreamName, SubjectKeys, SystemClock,
    UpcasterRegistry,
};
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_postgres::{PostgresConfig, PostgresEventStore, PostgresReadModels, TlsMode};
use es_runtime::EngineParts;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use inspector::View;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::connections::{
    Chosen, EventStoreDbTarget, EventStoreDbTls, Node, NodePreference, PostgresTarget, PostgresTls, Side, Target,
};
use crate::wire::AppError;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking: nothing is written, not even to bring an older schema up to date.
    Read,
    /// Commands. The store must exist.
    Write,
    /// Commands. The store is created if it is missing.
    Create,
}

/// The domain that this program hosts.
///
/// # Errors
/// Its registry contradicts itself: a fault in the program, found at every start.
pub fn domain() -> Result<Arc<Domain>, AppError> {
    bank::domain().map(Arc::new).map_err(|error| {
        let message = Seamed::of(&format_args!("The bank's event types contradict each other: {error}."));
        AppError::new("bad_registry", message, "This is a fault in the program; report it.")
    })
}

/// How the domain tells what belongs to what.
#[derive(Clone, Copy)]
pub struct Relations {
    /// Streams that an event names as belonging to its own.
    pub named_by: fn(&ProjectedEvent<'_>) -> BTreeSet<StreamName>,
    /// Streams that an event says its own to belong to.
    pub owners_of: fn(&ProjectedEvent<'_>) -> BTreeSet<StreamName>,
    /// Events that may say so of a stream.
    pub naming: fn(&StreamName, &UpcasterRegistry) -> Option<EventFilter>,
}

/// What belongs to what in the domain that this program hosts.
#[must_use]
pub fn relations() -> Relations {
    use bank::related::{named_by, naming, owners_of};
    Relations { named_by, owners_of, naming }
}

impl Access {
    /// No more than what the owner of a store lets happen to it.
    fn within(self, chosen: &Chosen) -> Self {
        if chosen.marks.read_only { Self::Read } else { self }
    }

    /// Whether older tables on a server are brought up to date. On production only by who says so: other programs that work on
    /// them would be shut out.
    fn migrates(self, chosen: &Chosen) -> bool {
        self == Self::Create || (self == Self::Write && !chosen.marks.production)
    }

    fn of_a_file(self) -> OpenOptions {
        OpenOptions { create: self == Self::Create, read_only: self == Self::Read, ..OpenOptions::default() }
    }
}

/// The events of a store, and beside them everything derived from them.
pub struct Store {
    /// What was opened.
    pub chosen: Chosen,
    /// Why nothing can be written, or nothing if the store can be written.
    pub read_only: Option<String>,
    /// The events.
    pub events: Arc<dyn HostedStore>,
    /// Read models, checkpoints, timers, snapshots.
    pub views: Arc<dyn HostedViews>,
    /// Tells the time to everything that works on it.
    pub clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens a store with its views. Views that cannot be used, or were derived from another log, are made anew: they hold
    /// derived data only.
    ///
    /// # Errors
    /// The events are missing, something else, newer, locked, out of reach, or cannot be written; or the views cannot be made.
    pub async fn open(chosen: Chosen, access: Access) -> Result<Self, StoreError> {
        Self::open_by(chosen, access, Arc::new(SystemClock)).await
    }

    /// The same by another clock than the machine's. Only a file takes the time of its events from it; servers have their own.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_by(chosen: Chosen, access: Access, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let events = open_events_by(&chosen, access, Arc::clone(&clock)).await?;
        let read_only = read_only_reason(&chosen, &*events);
        let views = open_views(&chosen, access, read_only.is_some()).await?;
        let log: Arc<dyn EventReader> = events.clone();
        // Views of a log that stood here before would answer with another bank's numbers.
        views.bind(&*log).await?;
        Ok(Self { chosen, read_only, events, views, clock })
    }

    /// What an engine needs to work on this store. On a read-only one no process runs: it could only fail.
    #[must_use]
    pub fn engine_parts(&self, domain: Arc<Domain>) -> EngineParts {
        let events: Arc<dyn EventStore> = self.events.clone();
        let views: Arc<dyn ReadModelStore> = self.views.clone();
        let snapshots: Arc<dyn SnapshotStore> = self.views.clone();
        let mut parts = EngineParts::new(events, views, domain);
        parts.snapshots = Some(snapshots);
        parts.clock = Arc::clone(&self.clock);
        parts.config.run_processes = self.read_only.is_none();
        parts
    }

    /// Refuses what would write to a store that cannot be written, before anything is decided: the person is not told of a
    /// rule when the store is the matter.
    ///
    /// # Errors
    /// `read_only` with the reason.
    pub fn writable(&self) -> Result<(), AppError> {
        writable(&self.chosen, self.read_only.as_deref())
    }
}

/// Refuses what would write to a store that cannot be written.
///
/// # Errors
/// `read_only` with the reason, if there is one.
pub fn writable(chosen: &Chosen, read_only: Option<&str>) -> Result<(), AppError> {
    let Some(reason) = read_only else { return Ok(()) };
    let refused = StoreError::ReadOnly { path: chosen.target.to_string(), reason: reason.to_owned() };
    let mut told = AppError::from(refused);
    if chosen.marks.read_only {
        "Nothing was written. Remove the mark from the connection if it is to be written.".clone_into(&mut told.hint);
    }
    Err(told)
}

/// Why nothing can be written: its owner says so, or the store does.
#[must_use]
pub fn read_only_reason(chosen: &Chosen, events: &dyn HostedStore) -> Option<String> {
    chosen.read_only_reason().or_else(|| events.read_only_reason())
}

/// Whether two targets are the same store, however each is written down and whoever logs in.
#[must_use]
pub fn is_same_place(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Sqlite { path: one }, Target::Sqlite { path: other }) => {
            one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
        }
        (Target::Postgres(one), Target::Postgres(other)) => {
            let schema = |target: &PostgresTarget| {
                target.schema.clone().unwrap_or_else(|| es_postgres::DEFAULT_SCHEMA.to_owned())
            };
            (&one.host, one.port, &one.database, schema(one))
                == (&other.host, other.port, &other.database, schema(other))
        }
        (Target::EventStoreDb(one), Target::EventStoreDb(other)) => {
            one.nodes.iter().any(|node| other.nodes.contains(node))
        }
        _ => false,
    }
}

/// Opens the events of a store, without anything derived from them.
///
/// # Errors
/// They are missing, something else, newer, locked, out of reach, or cannot be written.
pub async fn open_events(chosen: &Chosen, access: Access) -> Result<Arc<dyn HostedStore>, StoreError> {
    open_events_by(chosen, access, Arc::new(SystemClock)).await
}

async fn open_events_by(
    chosen: &Chosen,
    access: Access,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn HostedStore>, StoreError> {
    let access = access.within(chosen);
    match &chosen.target {
        Target::Sqlite { path } => {
            let path = path.clone();
            let open = move || {
                if access == Access::Create {
                    create_folder_of(&path)?;
                }
                SqliteEventStore::open(&path, OpenOptions { clock, ..access.of_a_file() })
            };
            Ok(Arc::new(off_thread("opening the store", open).await?))
        }
        Target::Postgres(target) => {
            let config = postgres(target, chosen.passwords.login.as_ref(), access);
            let config = PostgresConfig { migrate: access.migrates(chosen), ..config };
            Ok(Arc::new(PostgresEventStore::open(config).await?))
        }
        Target::EventStoreDb(target) => {
            let index = chosen.side_file().map(|file| with_suffix(&file, ".index"));
            if let Some(index) = &index {
                // Made for looking, too: without it a first look would have no place for what it learns of the log.
                create_folder_of(index)?;
            }
            let options = EventStoreDbOptions {
                index,
                read_only: access == Access::Read,
                subject_keys: keys_beside(chosen, target, access).await?,
                ..EventStoreDbOptions::default()
            };
            let config = eventstoredb(target, chosen.passwords.login.as_ref())?;
            Ok(Arc::new(EventStoreDbStore::open(config, options).await?))
        }
    }
}

/// The keys of sealed data of a server that keeps none: an embedded store or a PostgreSQL store without events holds them. Who
/// only looks makes none.
async fn keys_beside(
    chosen: &Chosen,
    target: &EventStoreDbTarget,
    access: Access,
) -> Result<Option<Arc<dyn SubjectKeys>>, StoreError> {
    let keys = match &target.side {
        Side::Sqlite { .. } => {
            let Some(file) = chosen.side_file() else { return Ok(None) };
            let options = OpenOptions { create: access != Access::Read, ..access.of_a_file() };
            let open = move || {
                if options.create {
                    create_folder_of(&file)?;
                }
                SqliteEventStore::open(&file, options)
            };
            match off_thread("opening the keys", open).await {
                Err(StoreError::NotFound { .. }) => None,
                opened => opened?.subject_keys(),
            }
        }
        Side::Postgres(side) => {
            let migrate = access.migrates(chosen);
            let access = if access == Access::Read { access } else { Access::Create };
            let config = PostgresConfig { migrate, ..postgres(side, chosen.passwords.side.as_ref(), access) };
            match PostgresEventStore::open(config).await {
                Err(StoreError::MissingSchema { .. }) if access == Access::Read => None,
                opened => opened?.subject_keys(),
            }
        }
    };
    Ok(keys)
}

fn postgres(target: &PostgresTarget, password: Option<&Secret>, access: Access) -> PostgresConfig {
    PostgresConfig {
        host: target.host.clone(),
        port: target.port,
        database: target.database.clone(),
        user: target.user.clone(),
        password: password.cloned(),
        schema: target.schema.clone().unwrap_or_else(|| es_postgres::DEFAULT_SCHEMA.to_owned()),
        tls: match target.tls {
            PostgresTls::Disable => TlsMode::Disable,
            PostgresTls::Prefer => TlsMode::Prefer,
            PostgresTls::Require => TlsMode::Require,
            PostgresTls::VerifyCa => TlsMode::VerifyCa,
            PostgresTls::VerifyFull => TlsMode::VerifyFull,
        },
        ca_file: target.ca_file.clone(),
        create: access == Access::Create,
        read_only: access == Access::Read,
        ..PostgresConfig::default()
    }
}

fn eventstoredb(target: &EventStoreDbTarget, password: Option<&Secret>) -> Result<EventStoreDbConfig, StoreError> {
    let Some(first) = target.nodes.first() else { return Err(StoreError::NotFound { path: target.to_string() }) };
    let node = |node: &Node| es_eventstoredb::Node {
        host: if node.host.contains(':') { format!("[{}]", node.host) } else { node.host.clone() },
        port: node.port,
    };
    Ok(EventStoreDbConfig {
        nodes: target.nodes.iter().map(node).collect(),
        discover: target.discover,
        tls: target.tls != EventStoreDbTls::Disable,
        verify_certificate: target.tls == EventStoreDbTls::Verify,
        ca_file: target.ca_file.clone(),
        user: target.user.clone(),
        password: password.cloned(),
        node_preference: match target.preference {
            NodePreference::Leader => es_eventstoredb::NodePreference::Leader,
            NodePreference::Follower => es_eventstoredb::NodePreference::Follower,
            NodePreference::ReadOnlyReplica => es_eventstoredb::NodePreference::ReadOnlyReplica,
            NodePreference::Random => es_eventstoredb::NodePreference::Random,
        },
        ..EventStoreDbConfig::single(first.host.clone(), first.port)
    })
}

/// Is told a step of a connection's test as soon as it is made.
pub type StepTold<'a> = &'a mut (dyn FnMut(&ProbeStep) + Send);

/// Tries the way to a store step by step, up to the first one that fails; writes nothing. Being cancelled ends it early.
pub async fn probe(chosen: &Chosen, cancel: &CancellationToken, told: StepTold<'_>) {
    match &chosen.target {
        Target::Sqlite { path } => {
            let path = path.clone();
            let looked = tokio::task::spawn_blocking(move || probe_file(&path)).await.unwrap_or_default();
            looked.iter().for_each(told);
        }
        Target::Postgres(target) => {
            let access = Access::Write.within(chosen);
            let config = postgres(target, chosen.passwords.login.as_ref(), access);
            let config = PostgresConfig { migrate: access.migrates(chosen), ..config };
            let mut tell = |step| told(&step);
            // What goes on behind a cancelled test ends with its own time limit.
            let _ = cancel.run_until_cancelled(es_postgres::probe_telling(&config, &mut tell)).await;
        }
        Target::EventStoreDb(target) => {
            let mut tell = |step| told(&step);
            match eventstoredb(target, chosen.passwords.login.as_ref()) {
                Ok(config) => {
                    let _ = cancel.run_until_cancelled(es_eventstoredb::probe_telling(&config, &mut tell)).await;
                }
                Err(error) => {
                    let (stage, outcome) = (ProbeStage::NameLookup, ProbeOutcome::Failed(error));
                    tell(ProbeStep { stage, outcome, took: Duration::ZERO });
                }
            }
        }
    }
}

/// What a step of a connection's test is called, for people.
#[must_use]
pub fn stage_title(stage: ProbeStage) -> &'static str {
    match stage {
        ProbeStage::NameLookup => "Name (DNS)",
        ProbeStage::Connect => "Network (TCP)",
        ProbeStage::Tls => "Encryption",
        ProbeStage::Login => "Login",
        ProbeStage::Rights => "Rights",
        ProbeStage::Schema => "Schema",
    }
}

/// Whether the file may be read and written, and whether it is a store of a version that is known.
fn probe_file(path: &Path) -> Vec<ProbeStep> {
    let begun = Instant::now();
    let step = |stage, outcome| ProbeStep { stage, outcome, took: begun.elapsed() };
    let rights = match std::fs::metadata(path).and_then(|meta| File::open(path).map(|_| meta)) {
        Ok(meta) if meta.permissions().readonly() => {
            step(ProbeStage::Rights, ProbeOutcome::Passed("The file can be read; it is write-protected.".to_owned()))
        }
        Ok(_) => step(ProbeStage::Rights, ProbeOutcome::Passed("The file can be read and written.".to_owned())),
        Err(error) => {
            let path = path.display().to_string();
            let failed = match error.kind() {
                std::io::ErrorKind::NotFound => StoreError::NotFound { path },
                _ => StoreError::Io { operation: format!("reading {path}"), reason: error.to_string() },
            };
            return vec![step(ProbeStage::Rights, ProbeOutcome::Failed(failed))];
        }
    };
    let schema = match SqliteEventStore::open(path, Access::Read.of_a_file()) {
        Ok(store) => {
            store.close();
            ProbeOutcome::Passed("It is a store of a version that is known.".to_owned())
        }
        Err(error) => ProbeOutcome::Failed(error),
    };
    vec![rights, step(ProbeStage::Schema, schema)]
}

/// Opens what is derived from the events of a store.
async fn open_views(chosen: &Chosen, access: Access, read_only: bool) -> Result<Arc<dyn HostedViews>, StoreError> {
    let migrate = access.migrates(chosen);
    match &chosen.target {
        _ if read_only => Ok(Arc::new(off_thread("opening the views", SqliteReadModels::open_temporary).await?)),
        Target::Sqlite { path } => {
            let path = views_path(path);
            Ok(Arc::new(off_thread("opening the views", move || open_views_file(&path)).await?))
        }
        Target::Postgres(target) => {
            let config = postgres(target, chosen.passwords.login.as_ref(), Access::Create);
            let config = PostgresConfig { migrate, ..config };
            Ok(Arc::new(PostgresReadModels::open(config).await?))
        }
        Target::EventStoreDb(EventStoreDbTarget { side: Side::Postgres(side), .. }) => {
            let config = postgres(side, chosen.passwords.side.as_ref(), Access::Create);
            let config = PostgresConfig { migrate, ..config };
            Ok(Arc::new(PostgresReadModels::open(config).await?))
        }
        Target::EventStoreDb(_) => {
            let file = chosen.side_file().map(|file| views_path(&file));
            let open = move || match file {
                Some(file) => {
                    create_folder_of(&file)?;
                    open_views_file(&file)
                }
                None => SqliteReadModels::open_temporary(),
            };
            Ok(Arc::new(off_thread("opening the views", open).await?))
        }
    }
}

/// Runs what may block for some milliseconds where that is allowed.
async fn off_thread<T: Send + 'static>(
    operation: &str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(StoreError::Io { operation: operation.to_owned(), reason: format!("it broke off: {error}") })
    })
}

fn open_views_file(path: &Path) -> Result<SqliteReadModels, StoreError> {
    match SqliteReadModels::open(path) {
        Err(error @ (StoreError::NewerSchema { .. } | StoreError::Damaged { .. })) => {
            tracing::warn!(path = %path.display(), %error, "the views cannot be used and are made anew");
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                // One that is not there needs no removing; one that stays makes the next line fail with its reason.
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            SqliteReadModels::open(path)
        }
        // Somebody else's file is left alone, and a folder without room for ours costs the views' memory only.
        Err(error @ (StoreError::NotAStore { .. } | StoreError::ReadOnly { .. } | StoreError::Io { .. })) => {
            tracing::warn!(path = %path.display(), %error, "the views are kept in a temporary file");
            SqliteReadModels::open_temporary()
        }
        opened => opened,
    }
}

fn create_folder_of(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| StoreError::Io {
        operation: format!("creating the folder {}", folder.display()),
        reason: error.to_string(),
    })
}

/// The file beside a store that holds everything derived from its events. It may be deleted at any time.
#[must_use]
pub fn views_path(store: &Path) -> PathBuf {
    with_suffix(store, ".views")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    name.into()
}

/// How trees show the bank's amounts.
#[must_use]
pub fn view() -> View {
    View { display: Some(money) }
}

/// `100.50 EUR` for `{"minor":"10050","currency":"EUR"}`; nothing for what only looks like it.
fn money(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        minor: &'a str,
        currency: &'a str,
    }
    let raw: Raw<'_> = serde_json::from_str(json).ok()?;
    let currency = raw.currency.parse::<bank::money::Currency>().ok()?;
    let money = bank::money::Money::new(raw.minor.parse().ok()?, currency).ok()?;
    Some(money.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_with_their_currencys_decimals() {
        let told = |minor: &str, currency: &str| money(&format!(r#"{{"minor":"{minor}","currency":"{currency}"}}"#));
        assert_eq!(told("123450", "EUR").as_deref(), Some("1,234.50 EUR"));
        assert_eq!(told("-5", "JPY").as_deref(), Some("-5 JPY"));
        assert_eq!(told("x", "EUR"), None, "no number");
        assert_eq!(told("1", "???"), None, "no currency");
        assert_eq!(money(r#"{"minor":5,"currency":"EUR"}"#), None, "minor units are a string");
    }

    #[test]
    fn a_store_is_the_same_however_it_is_written_down() {
        let target = |text: &str| crate::connections::parse(text).expect("understood").target;
        let same = |one: &str, other: &str| is_same_place(&target(one), &target(other));
        assert!(same("/tmp", "/tmp/../tmp"), "by another path");
        assert!(same("postgres://ada@h/d", "postgres://bob@h/d?schema=ledgerscope&sslmode=require"), "by its default");
        assert!(!same("postgres://ada@h/d", "postgres://ada@h/d?schema=other"));
        assert!(same("esdb://a:2113,b:2113", "esdb://ada@b:2113"), "a node stands for its cluster");
        assert!(!same("/tmp/a", "postgres://ada@h/d"));
    }

    #[test]
    fn read_models_lie_beside_the_store() {
        assert_eq!(views_path(Path::new("/a/b.ledgerscope")), Path::new("/a/b.ledgerscope.views"));
    }
}
