//! The client of the server, built anew whenever it may have died.
//!
//! The client library is dead for ever after one failed connect, waits for frozen servers, and keeps to itself why it cannot
//! connect. So each operation goes through [`Connection`]: bounded in time, tried anew with pauses where that can help, with an
//! error that says what is wrong. (A client that is dropped leaves one sleeping task behind; it holds no connection for long.)

use std::future::Future;
use std::time::{Duration, Instant};

use es_core::StoreError;
use eventstore::{Client, ClientSettings, Credentials, Error};
use parking_lot::Mutex;

use crate::config::EventStoreDbConfig;
use crate::{limits, reach};

/// A stream that nobody is expected to have: whether it may be read tells a wrong password from a missing right.
const LOGIN_CHECK_STREAM: &str = "ledgerscope-login-check";

/// Why an operation did not give an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client library said so.
    Client(Error),
    /// No answer in time.
    Silent,
    /// Found out already.
    Store(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cure {
    /// A new client may succeed.
    Reconnect,
    /// The server failed; another attempt may succeed.
    AskAgain,
    /// It is the answer.
    None,
}

impl Failure {
    pub fn cure(&self) -> Cure {
        match self {
            Self::Silent => Cure::Reconnect,
            Self::Store(error) if error.retryable() => Cure::Reconnect,
            Self::Store(_) => Cure::None,
            Self::Client(error) => match error {
                Error::ConnectionClosed
                | Error::GrpcConnectionError(_)
                | Error::DeadlineExceeded
                | Error::NotLeaderException(_)
                | Error::InternalClientError
                | Error::IllegalStateError(_) => Cure::Reconnect,
                Error::ServerError(text) if is_unavailable(text) => Cure::Reconnect,
                Error::ServerError(_) => Cure::AskAgain,
                Error::Grpc { code, .. } => match format!("{code:?}").as_str() {
                    "Cancelled" | "Aborted" | "ResourceExhausted" => Cure::AskAgain,
                    _ => Cure::None,
                },
                _ => Cure::None,
            },
        }
    }
}

/// Whether the text of a server error (the only thing the client library gives) is of one that is about the connection.
fn is_unavailable(text: &str) -> bool {
    ["Unavailable", "transport error", "h2 protocol error", "connection error", "broken pipe"]
        .iter()
        .any(|part| text.contains(part))
}

/// The message in the text of a server error, without codes and headers.
fn message_of(text: &str) -> String {
    let message =
        text.split_once("message: \"").and_then(|(_, rest)| rest.split_once("\", ")).map(|(message, _)| message);
    message.filter(|message| !message.is_empty()).unwrap_or(text).chars().take(300).collect()
}

/// A client with its number: a failure of an older one says nothing about the present one.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub client: Client,
    pub number: u64,
}

#[derive(Default)]
struct State {
    client: Option<Numbered>,
    built: u64,
    failures: u32,
    not_before: Option<Instant>,
    closed: bool,
}

/// See the module.
pub(crate) struct Connection {
    config: EventStoreDbConfig,
    state: Mutex<State>,
}

impl Connection {
    pub fn new(config: EventStoreDbConfig) -> Self {
        Self { config, state: Mutex::default() }
    }

    pub fn config(&self) -> &EventStoreDbConfig {
        &self.config
    }

    /// Lets go of the client; everything answers [`StoreError::Closed`] from now on.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.client = None;
        state.closed = true;
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// The present client, or a new one after the pause that is due.
    pub async fn client(&self) -> Result<Numbered, StoreError> {
        loop {
            let pause = {
                let mut state = self.state.lock();
                if state.closed {
                    return Err(StoreError::Closed);
                }
                if let Some(client) = &state.client {
                    return Ok(client.clone());
                }
                match state.not_before.map(|when| when.saturating_duration_since(Instant::now())) {
                    Some(pause) if !pause.is_zero() => pause,
                    _ => return self.build(&mut state),
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn build(&self, state: &mut State) -> Result<Numbered, StoreError> {
        let unusable = |reason: String| StoreError::Io { operation: "making a client".to_owned(), reason };
        let settings: Result<ClientSettings, _> = self.config.client_string().parse();
        // The error holds the whole connection string; it has no login, but need not be shown either.
        let settings = settings.map_err(|_| unusable("the client library refuses the connection string".to_owned()))?;
        let client = Client::new(settings).map_err(|error| unusable(error.to_string()))?;
        state.built += 1;
        let numbered = Numbered { client, number: state.built };
        state.client = Some(numbered.clone());
        Ok(numbered)
    }

    /// How many clients there have been: another one may talk to another server.
    pub fn generation(&self) -> u64 {
        self.state.lock().built
    }

    /// Drops a client that failed, unless it was replaced already. The next one waits longer after each failure.
    pub fn drop_client(&self, number: u64) {
        let mut state = self.state.lock();
        if state.client.as_ref().is_some_and(|client| client.number == number) {
            state.client = None;
            let pause = limits::FIRST_PAUSE.saturating_mul(1 << state.failures.min(10)).min(limits::LONGEST_PAUSE);
            state.failures += 1;
            state.not_before = Some(Instant::now() + pause);
        }
    }

    fn succeeded(&self, number: u64) {
        let mut state = self.state.lock();
        if state.client.as_ref().is_some_and(|client| client.number == number) {
            state.failures = 0;
            state.not_before = None;
        }
    }

    /// Who is calling, to be sent with each call.
    pub fn credentials(&self) -> Option<Credentials> {
        let user = self.config.user.clone()?;
        let password = self.config.password.as_ref().map(|password| password.expose().to_owned()).unwrap_or_default();
        Some(Credentials::new(user, password))
    }

    /// One attempt within `at_most`.
    pub async fn attempt<T, F, Fut>(&self, at_most: Duration, call: F) -> Result<T, Failure>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let work = async {
            let client = self.client().await?;
            let outcome = call(client.client).await;
            Ok::<_, Failure>((client.number, outcome))
        };
        let before = self.generation();
        match tokio::time::timeout(at_most, work).await {
            Ok(Ok((number, outcome))) => {
                match &outcome {
                    Err(failure) if failure.cure() == Cure::Reconnect => self.drop_client(number),
                    _ => self.succeeded(number),
                }
                outcome
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => {
                self.drop_client(before.max(1));
                Err(Failure::Silent)
            }
        }
    }

    /// An operation that may be repeated: tried until it succeeds, cannot succeed, or the connection's time is over.
    pub async fn repeat<T, F, Fut>(&self, call: F) -> Result<T, Failure>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let started = Instant::now();
        let mut server_errors = 0;
        loop {
            let left = self.config.timeout.saturating_sub(started.elapsed());
            let failure = match self.attempt(left, &call).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match failure.cure() {
                Cure::None => return Err(failure),
                Cure::AskAgain => {
                    server_errors += 1;
                    if server_errors >= limits::SERVER_ERROR_ATTEMPTS {
                        return Err(failure);
                    }
                }
                Cure::Reconnect => {}
            }
            let over = self.config.timeout.saturating_sub(started.elapsed()) <= limits::FIRST_PAUSE;
            if over || self.is_closed() {
                return Err(failure);
            }
            tokio::time::sleep(limits::FIRST_PAUSE).await;
        }
    }

    /// As [`Connection::repeat`], with the failure as the store's error.
    pub async fn ask<T, F, Fut>(&self, operation: &str, call: F) -> Result<T, StoreError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        match self.repeat(call).await {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.explain(operation, failure).await),
        }
    }

    /// What a failure means for people. Goes the way to the server again where the client library does not say what failed.
    pub async fn explain(&self, operation: &str, failure: Failure) -> StoreError {
        if self.is_closed() {
            return StoreError::Closed;
        }
        let server = self.config.server();
        let io = |reason: String| StoreError::Io { operation: operation.to_owned(), reason };
        let error = match failure {
            Failure::Store(error) => return error,
            Failure::Silent => {
                let waited_ms = u64::try_from(self.config.timeout.as_millis()).unwrap_or(u64::MAX);
                return match reach::any_node(&self.config).await {
                    Ok(()) => StoreError::Timeout { operation: operation.to_owned(), waited_ms },
                    Err(error) => error,
                };
            }
            Failure::Client(error) => error,
        };
        match error {
            Error::AccessDenied => self.explain_denial(operation).await,
            Error::ConnectionClosed | Error::GrpcConnectionError(_) => match reach::any_node(&self.config).await {
                Ok(()) => StoreError::Unreachable { server, step: "handshake", reason: error.to_string() },
                Err(error) => error,
            },
            Error::NotLeaderException(leader) => {
                let reason = format!("this node is not the leader, which is {}:{}", leader.host, leader.port);
                StoreError::ConnectionLost { server, operation: operation.to_owned(), reason }
            }
            Error::ServerError(text) if is_unavailable(&text) => match reach::any_node(&self.config).await {
                Ok(()) => {
                    StoreError::ConnectionLost { server, operation: operation.to_owned(), reason: message_of(&text) }
                }
                Err(error) => error,
            },
            Error::ServerError(text) => io(message_of(&text)),
            Error::DeadlineExceeded => {
                let waited_ms = u64::try_from(self.config.timeout.as_millis()).unwrap_or(u64::MAX);
                StoreError::Timeout { operation: operation.to_owned(), waited_ms }
            }
            Error::UnsupportedFeature => io("the server does not offer this".to_owned()),
            Error::Grpc { message, .. } => io(message.chars().take(300).collect()),
            other => io(other.to_string()),
        }
    }

    /// Whether the login is wrong or a right is missing: the client library says "access denied" to both. Servers refuse a wrong
    /// login for everything, so a stream that everybody may read is asked for.
    async fn explain_denial(&self, operation: &str) -> StoreError {
        let credentials = self.credentials();
        let options = eventstore::ReadStreamOptions::default().max_count(1);
        let options = match credentials {
            Some(credentials) => options.authenticated(credentials),
            None => options,
        };
        let asked = self.attempt(self.config.timeout, |client| async move {
            client.read_stream(LOGIN_CHECK_STREAM, &options).await?.next().await?;
            Ok(())
        });
        let (server, user) = (self.config.server(), self.config.user_name().to_owned());
        match asked.await {
            Err(Failure::Client(Error::AccessDenied)) => {
                let reason = match self.config.user {
                    Some(_) => "unknown user or wrong password".to_owned(),
                    None => "the server wants to know who asks".to_owned(),
                };
                StoreError::LoginRefused { server, user, reason }
            }
            _ => {
                let reason = "the access control list does not allow it".to_owned();
                StoreError::NotAllowed { server, user, action: operation.to_owned(), reason }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_the_text_of_a_server_error() {
        let text =
            r#"status: Unknown, message: "Invalid position", details: [], metadata: MetadataMap { headers: {} }"#;
        assert_eq!(message_of(text), "Invalid position");
        assert_eq!(message_of("anything else"), "anything else");
    }

    #[test]
    fn what_is_about_the_connection_is_cured_by_a_new_client() {
        let cure = |error: Error| Failure::Client(error).cure();
        assert_eq!(cure(Error::ConnectionClosed), Cure::Reconnect);
        assert_eq!(cure(Error::ServerError("status: Unavailable, message: \"x\"".into())), Cure::Reconnect);
        assert_eq!(cure(Error::ServerError("status: Unknown, message: \"x\"".into())), Cure::AskAgain);
        assert_eq!(cure(Error::AccessDenied), Cure::None);
        assert_eq!(Failure::Silent.cure(), Cure::Reconnect);
        assert_eq!(Failure::Store(StoreError::Closed).cure(), Cure::None);
    }
}
