//! The server as a test sees it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};
use es_core::{Clock, SystemClock};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::{Request, Status};
use uuid::Uuid;

use super::access::{Access, Caller};
use super::emit::emit_links;
use super::faults::{Ending, Faults, Lost};
use super::log::{FIRST_OFFSET, Log, Position};
use super::network::{ConnectionInfo, Network, Wire};
use super::tls::Certificates;
use super::wire::gossip::gossip_server::GossipServer;
use super::wire::persistent_subscriptions::SubscriptionInfo;
use super::wire::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer;
use super::wire::projections::projections_server::ProjectionsServer;
use super::wire::projections::statistics_resp::Details;
use super::wire::server_features::server_features_server::ServerFeaturesServer;
use super::wire::streams::streams_server::StreamsServer;
use super::{TICKS_PER_SECOND, refusals};

/// What kind of server to start.
pub struct Options {
    /// The version that the server says it has.
    pub version: String,
    /// Who may do what, to begin with.
    pub access: Access,
    /// The names to be certified (`localhost`, `127.0.0.1`); `None` for a connection without TLS.
    pub tls: Option<Vec<String>>,
    /// Most bytes of one append (1 MiB up to 25.0).
    pub append_limit: usize,
    /// Most bytes of one event, if that is limited too (servers from 24.10 on can, those after 25.0 do: 16 MiB).
    pub event_limit: Option<usize>,
    /// Whether subscriptions say when they have caught up (servers from 23.10 on).
    pub caught_up: bool,
    /// Whether the methods of the server can be asked for (servers from 21.10 on).
    pub server_features: bool,
    /// Whether the system projections run (not on a new database).
    pub system_projections: bool,
    /// Whether the events of one append share the offset of a commit record (databases of old versions).
    pub separate_commits: bool,
    /// Where the first event stands: a log of many years is far from its beginning.
    pub first_offset: u64,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: "25.0.1".to_owned(),
            access: Access::Open,
            tls: None,
            append_limit: 1024 * 1024,
            event_limit: None,
            caught_up: true,
            server_features: true,
            system_projections: false,
            separate_commits: false,
            first_offset: FIRST_OFFSET,
            clock: Arc::new(SystemClock),
        }
    }
}

/// What the services of the server share.
pub(super) struct Shared {
    pub options: Options,
    pub address: SocketAddr,
    pub instance: Uuid,
    pub faults: Faults,
    access: Mutex<Access>,
    pub groups: Mutex<Vec<SubscriptionInfo>>,
    pub projections: Mutex<Vec<Details>>,
    state: Mutex<State>,
    /// Counts changes of the log.
    changes: watch::Sender<u64>,
}

struct State {
    log: Log,
    /// Whether the system projections run.
    projections_run: bool,
    /// Up to where they have come.
    linked: Position,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Reads the log.
    pub fn with_log<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        read(&self.state().log)
    }

    /// Changes the log, lets the projections follow, and wakes who waits for it. The change is told the time in ticks: read
    /// once nobody else writes, as the one writer of a server does, or later events could have earlier times.
    pub fn change_log<T>(&self, write: impl FnOnce(&mut Log, u64) -> T) -> T {
        let mut state = self.state();
        let now = self.ticks();
        let result = write(&mut state.log, now);
        self.follow(&mut state, now);
        drop(state);
        self.changes.send_modify(|changes| *changes += 1);
        result
    }

    fn follow(&self, state: &mut State, now: u64) {
        if state.projections_run {
            state.linked = emit_links(&mut state.log, state.linked, now);
        }
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub fn system_projections_run(&self) -> bool {
        self.state().projections_run
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.options.clock.now()
    }

    /// The time in units of 100 ns since 1970.
    pub fn ticks(&self) -> u64 {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        seconds * TICKS_PER_SECOND + u64::from(now.timestamp_subsec_nanos() / 100)
    }

    /// Every call begins here: it may be slow or turned away, and the caller must be who they say.
    ///
    /// # Errors
    /// `Unauthenticated`, or `Unavailable` if the server is to be busy.
    pub async fn admit(&self, headers: &MetadataMap) -> Result<Caller, Status> {
        let delay = self.faults.delay();
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        let caller = self.access.lock().unwrap().identify(headers)?;
        if self.faults.take_busy() {
            return Err(refusals::too_busy());
        }
        Ok(caller)
    }

    /// As [`admit`](Self::admit), for calls that may want a leader.
    ///
    /// # Errors
    /// Also `not-leader`.
    pub async fn admit_to_leader(&self, headers: &MetadataMap) -> Result<Caller, Status> {
        let caller = self.admit(headers).await?;
        let wanted = headers.get("requires-leader").is_some_and(|value| value == "true");
        match self.faults.leader() {
            Some((host, port)) if wanted => Err(refusals::not_leader(&host, port)),
            _ => Ok(caller),
        }
    }

    /// After a write that was carried out: its answer may get lost.
    pub async fn answer_may_get_lost(&self, wire: Option<&Wire>) {
        match (self.faults.take_lost(), wire) {
            (None, _) => {}
            (Some(Lost::ConnectionCut), Some(wire)) => wire.cut(),
            (Some(_), _) => std::future::pending().await,
        }
    }
}

/// The connection that a request came in by.
pub(super) fn wire_of<T>(request: &Request<T>) -> Option<Arc<Wire>> {
    let plain = request.extensions().get::<ConnectionInfo>();
    let encrypted = request.extensions().get::<tonic::transport::server::TlsConnectInfo<ConnectionInfo>>();
    plain.or_else(|| encrypted.map(|info| info.get_ref())).map(|info| info.wire.clone())
}

/// A test server, which runs on threads of its own until it is dropped. See the [module](super) for what it is not.
pub struct TestServer {
    shared: Arc<Shared>,
    network: Network,
    authority: Option<String>,
    runtime: Option<Runtime>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.network.close();
        self.network.cut();
        if let Some(runtime) = self.runtime.take() {
            // Also where tests are asynchronous, and where calls are left without an answer.
            runtime.shutdown_background();
        }
    }
}

impl TestServer {
    /// Starts a server on a free loopback port.
    ///
    /// With TLS, the cryptography of the process is chosen here (aws-lc) unless it was before.
    ///
    /// # Panics
    /// There is no port, or no certificate for the names.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("eventstoredb-test-server")
            .enable_all()
            .build()
            .expect("threads for the test server");
        let faults = Faults::none();
        let (network, connections) = {
            let _context = runtime.enter();
            Network::reserve(runtime.handle().clone(), faults.frozen()).expect("a port for the test server")
        };
        let certificates = options.tls.as_deref().map(|names| {
            // It fails if it was done before, which is as good.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            Certificates::issue(names).expect("a certificate for the test server")
        });
        let state = State {
            log: Log::new(options.separate_commits, options.first_offset),
            projections_run: options.system_projections,
            linked: Position::START,
        };
        let shared = Arc::new(Shared {
            access: Mutex::new(options.access.clone()),
            options,
            address: network.address(),
            instance: Uuid::new_v4(),
            faults,
            groups: Mutex::default(),
            projections: Mutex::default(),
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        });
        let mut server = Server::builder();
        if let Some(certificates) = &certificates {
            server = server.tls_config(certificates.server.clone()).expect("TLS for the test server");
        }
        let features = shared.options.server_features.then(|| ServerFeaturesServer::from_arc(shared.clone()));
        let router = server
            .add_service(StreamsServer::from_arc(shared.clone()).max_decoding_message_size(usize::MAX))
            .add_service(GossipServer::from_arc(shared.clone()))
            .add_service(PersistentSubscriptionsServer::from_arc(shared.clone()))
            .add_service(ProjectionsServer::from_arc(shared.clone()))
            .add_optional_service(features);
        runtime.spawn(async move {
            router.serve_with_incoming(UnboundedReceiverStream::new(connections)).await.expect("the test server runs");
        });
        network.open().expect("the port of the test server");
        Self {
            shared,
            network,
            authority: certificates.map(|certificates| certificates.authority),
            runtime: Some(runtime),
        }
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.network.address()
    }

    /// A connection string without user and password. With TLS it names `localhost`; clients also need the
    /// [authority](Self::authority).
    #[must_use]
    pub fn connection_string(&self) -> String {
        let port = self.address().port();
        if self.authority.is_some() {
            format!("esdb://localhost:{port}?tls=true")
        } else {
            format!("esdb://127.0.0.1:{port}?tls=false")
        }
    }

    /// PEM of the authority that signed the server's certificate, if it has one.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Refuses new connections; those that exist go on.
    pub fn refuse_connections(&self) {
        self.network.close();
    }

    /// Accepts connections again.
    ///
    /// # Panics
    /// The port cannot be opened.
    pub fn accept_connections(&self) {
        self.network.open().expect("the port of the test server");
    }

    /// Cuts all connections. New ones are accepted.
    pub fn drop_connections(&self) {
        self.network.cut();
    }

    /// Ends as a killed process does: no connection survives, and nobody listens any more.
    pub fn kill(&self) {
        self.network.close();
        self.network.cut();
        self.thaw();
    }

    /// Comes back after [`kill`](Self::kill) on the same port: the log is as it was, remembered ids are forgotten.
    pub fn restart(&self) {
        self.forget_event_ids();
        self.accept_connections();
    }

    /// Says and hears nothing from now on, on old connections as on new ones, which are still accepted.
    pub fn freeze(&self) {
        self.shared.faults.freeze(true);
    }

    /// Goes on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.shared.faults.freeze(false);
    }

    /// Waits this long before it begins with a call.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.faults.set_delay(delay);
    }

    /// Turns the next calls away as too busy.
    pub fn be_busy(&self, calls: u32) {
        self.shared.faults.set_busy(calls);
    }

    /// Ends all subscriptions that run at present.
    pub fn end_subscriptions(&self, how: Ending) {
        self.shared.faults.end_subscriptions(how);
    }

    /// Is a follower from now on, and names this node as the leader.
    pub fn follow(&self, host: &str, port: u16) {
        self.shared.faults.set_leader(Some((host.to_owned(), port)));
    }

    /// Is the leader (again).
    pub fn lead(&self) {
        self.shared.faults.set_leader(None);
    }

    /// Carries the next writes out, and lets their answers get lost.
    pub fn lose_answers(&self, count: usize, how: Lost) {
        self.shared.faults.lose_answers(count, how);
    }

    /// Forgets which ids were appended: an append that expects no revision is written again.
    pub fn forget_event_ids(&self) {
        self.shared.change_log(|log, _| log.forget_ids());
    }

    /// Removes what is hidden also from `$all`.
    pub fn scavenge(&self) {
        self.shared.change_log(Log::scavenge);
    }

    /// Lets the system projections run from now on, or stops them. They begin with the first event, or where they stopped.
    pub fn run_system_projections(&self, run: bool) {
        self.shared.state().projections_run = run;
        // They follow every change, also one of nothing.
        self.shared.change_log(|_, _| {});
    }

    /// Changes who may do what: passwords are asked for, are others, or are no longer looked at.
    pub fn set_access(&self, access: Access) {
        *self.shared.access.lock().unwrap() = access;
    }

    /// The persistent subscriptions that the server lists.
    pub fn set_persistent_subscriptions(&self, groups: Vec<SubscriptionInfo>) {
        *self.shared.groups.lock().unwrap() = groups;
    }

    /// The projections that the server lists beside those of the system.
    pub fn set_projections(&self, projections: Vec<Details>) {
        *self.shared.projections.lock().unwrap() = projections;
    }

    /// How many events stand in the log.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.shared.with_log(|log| log.records().len())
    }
}
