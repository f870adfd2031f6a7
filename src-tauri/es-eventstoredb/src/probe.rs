//! The test of a connection.

use std::time::{Duration, Instant};

use es_core::{Direction, ProbeOutcome, ProbeStage, ProbeStep, StoreError};
use eventstore::{Error, ReadStreamOptions};
use tokio::net::TcpStream;

use crate::config::{EventStoreDbConfig, Node};
use crate::connection::{Connection, Failure, LOGIN_CHECK_STREAM};
use crate::inspect::system_projections;
use crate::log::{self, Begin, LogRead};
use crate::{limits, reach};

/// Goes the way to a server step by step: name, connection, TLS, login, rights, and which system projections run. Later steps
/// are not tried after one that fails. Of several nodes the first that accepts a connection is tried.
pub async fn probe(config: &EventStoreDbConfig) -> Vec<ProbeStep> {
    let mut made = Vec::new();
    probe_telling(config, &mut |step| made.push(step)).await;
    made
}

/// As [`probe`], and tells each step as soon as it is made.
pub async fn probe_telling(config: &EventStoreDbConfig, told: &mut (dyn FnMut(ProbeStep) + Send)) {
    let mut steps = Steps(told);
    let within = limits::STEP_TIMEOUT.min(config.timeout);
    let started = Instant::now();
    let Some(found) = steps.take(ProbeStage::NameLookup, started, look_up(config, within).await) else {
        return;
    };
    let started = Instant::now();
    let Some((node, stream)) = steps.take(ProbeStage::Connect, started, connect(&found, within).await) else {
        return;
    };
    let started = Instant::now();
    let Some(()) = steps.take(ProbeStage::Tls, started, secure(config, &node, stream, within).await) else {
        return;
    };
    let connection = Connection::new(config.clone());
    let started = Instant::now();
    let Some(()) = steps.take(ProbeStage::Login, started, log_in(&connection).await) else { return };
    let started = Instant::now();
    let Some(()) = steps.take(ProbeStage::Rights, started, read_all(&connection).await) else { return };
    let started = Instant::now();
    steps.take(ProbeStage::Schema, started, projections(&connection).await);
    connection.close();
}

struct Steps<'a>(&'a mut (dyn FnMut(ProbeStep) + Send));

/// What a step came to: what goes on to the next one, and how it went.
type Step<T> = Result<(T, ProbeOutcome), StoreError>;

impl Steps<'_> {
    fn take<T>(&mut self, stage: ProbeStage, started: Instant, step: Step<T>) -> Option<T> {
        let took = started.elapsed();
        let (next, outcome) = match step {
            Ok((next, outcome)) => (Some(next), outcome),
            Err(error) => (None, ProbeOutcome::Failed(error)),
        };
        (self.0)(ProbeStep { stage, outcome, took });
        next
    }
}

type Addresses = Vec<(Node, Vec<std::net::SocketAddr>)>;

async fn look_up(config: &EventStoreDbConfig, within: Duration) -> Step<Addresses> {
    let (mut found, mut failed) = (Vec::new(), None);
    for node in &config.nodes {
        match reach::look_up(node, within).await {
            Ok(addresses) => found.push((node.clone(), addresses)),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let (true, Some(error)) = (found.is_empty(), failed) {
        return Err(error);
    }
    let addresses: Vec<String> =
        found.iter().flat_map(|(_, addresses)| addresses).map(|address| address.ip().to_string()).collect();
    let text = format!("{}: {}", config.server(), addresses.join(", "));
    Ok((found, ProbeOutcome::Passed(text)))
}

async fn connect(found: &Addresses, within: Duration) -> Step<(Node, TcpStream)> {
    let mut failed = None;
    for (node, addresses) in found {
        match reach::connect(node, addresses, within).await {
            Ok(stream) => {
                let peer = stream.peer_addr().map_or_else(|_| node.to_string(), |address| address.to_string());
                return Ok(((node.clone(), stream), ProbeOutcome::Passed(format!("{peer} accepts connections"))));
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or(StoreError::Closed))
}

async fn secure(config: &EventStoreDbConfig, node: &Node, stream: TcpStream, within: Duration) -> Step<()> {
    let warnings: Vec<String> = config.insecurities().iter().map(ToString::to_string).collect();
    if !config.tls {
        return Ok(((), ProbeOutcome::Skipped(warnings.join("; "))));
    }
    let secured = reach::secure(config, node, stream, within).await?;
    let text = match warnings.as_slice() {
        [] => format!("{}, certificate of {} is trusted", secured.version, node.host),
        warnings => format!("{}; {}", secured.version, warnings.join("; ")),
    };
    Ok(((), ProbeOutcome::Passed(text)))
}

/// A server refuses a wrong login for everything, and other things for missing rights: what is refused here may be either, and
/// is told apart by the connection.
async fn log_in(connection: &Connection) -> Step<()> {
    let mut options = ReadStreamOptions::default().max_count(1);
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let asked = connection.repeat(|client| {
        let options = options.clone();
        async move {
            let info = client.server_info().await?;
            client.read_stream(LOGIN_CHECK_STREAM, &options).await?.next().await.map_err(Failure::from)?;
            Ok(info.version())
        }
    });
    let user = connection.config().user_name();
    let accepted = |server: String| Ok(((), ProbeOutcome::Passed(format!("{server} accepts {user}"))));
    match asked.await {
        Ok(version) => accepted(format!("the server (version {version})")),
        Err(Failure::Client(Error::ResourceNotFound)) => accepted("the server".to_owned()),
        Err(failure) => Err(connection.explain("logging in", failure).await),
    }
}

async fn read_all(connection: &Connection) -> Step<()> {
    let read = LogRead { begin: Begin::End, direction: Direction::Backward, count: 1, filter: None };
    match log::read_log(connection, &read).await {
        Ok(page) if page.events.is_empty() => {
            Ok(((), ProbeOutcome::Passed("$all can be read; it is empty".to_owned())))
        }
        Ok(_) => Ok(((), ProbeOutcome::Passed("$all can be read".to_owned()))),
        Err(failure) => Err(connection.explain("reading $all", failure).await),
    }
}

async fn projections(connection: &Connection) -> Step<()> {
    let system = system_projections(connection).await?;
    let running: Vec<&str> = system.iter().filter(|projection| projection.has_written).map(|p| p.name).collect();
    let text = if running.is_empty() {
        "no system projection has written anything; lists come from the local index".to_owned()
    } else {
        format!(
            "system projections that have written: {}; lists come from the local index all the same",
            running.join(", ")
        )
    };
    // Nothing depends on them, so that a user who may not read their streams is told no more than that.
    Ok(((), ProbeOutcome::Passed(text)))
}
