//! The test of a connection: step by step, up to the first that fails. Writes nothing.

use std::time::{Duration, Instant};

use es_core::{ProbeOutcome, ProbeStage, ProbeStep, StoreError};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::config::{PostgresConfig, Purpose, TlsMode};
use crate::connections::{connect, no_answer, within};
use crate::error::{Fault, Place};
use crate::rights::{Use, missing};
use crate::schema::{EVENTS, Found, check_server, look, unfit};

/// What a client asks first: whether the server can encrypt. Length and code, as the protocol has them.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Tries the way to a store, from the host's name to its tables. The last step is the first that fails.
pub async fn probe(config: &PostgresConfig) -> Vec<ProbeStep> {
    let mut made = Vec::new();
    probe_telling(config, &mut |step| made.push(step)).await;
    made
}

/// As [`probe`], and tells each step as soon as it is made.
pub async fn probe_telling(config: &PostgresConfig, told: &mut (dyn FnMut(ProbeStep) + Send)) {
    let mut steps = Steps { config, place: Place::of(config), told, begun: Instant::now() };
    // Nothing means that a step has failed, and that is the last one.
    let _ = steps.all().await;
}

struct Steps<'a> {
    config: &'a PostgresConfig,
    place: Place,
    told: &'a mut (dyn FnMut(ProbeStep) + Send),
    begun: Instant,
}

impl Steps<'_> {
    fn push(&mut self, stage: ProbeStage, outcome: ProbeOutcome) {
        (self.told)(ProbeStep { stage, outcome, took: self.begun.elapsed() });
        self.begun = Instant::now();
    }

    fn passed(&mut self, stage: ProbeStage, found: impl Into<String>) -> Option<()> {
        self.push(stage, ProbeOutcome::Passed(found.into()));
        Some(())
    }

    fn skipped(&mut self, stage: ProbeStage, why: impl Into<String>) -> Option<()> {
        self.push(stage, ProbeOutcome::Skipped(why.into()));
        Some(())
    }

    fn failed<T>(&mut self, stage: ProbeStage, error: StoreError) -> Option<T> {
        self.push(stage, ProbeOutcome::Failed(error));
        None
    }

    fn fault<T>(&mut self, stage: ProbeStage, operation: &str, fault: Fault) -> Option<T> {
        let error = fault.into_store_error(&self.place, operation, self.begun.elapsed());
        self.failed(stage, error)
    }

    fn unreachable(&self, step: &'static str, reason: String) -> StoreError {
        StoreError::Unreachable { server: self.place.server.clone(), step, reason }
    }

    async fn all(&mut self) -> Option<()> {
        if let Err(invalid) = self.config.check() {
            return self.failed(ProbeStage::NameLookup, self.unreachable("reading the settings", invalid.to_string()));
        }
        let offers_tls = match self.config.host.starts_with('/') {
            true => {
                self.skipped(ProbeStage::NameLookup, "a socket of this machine needs none")?;
                None
            }
            false => Some(self.network().await?),
        };
        let mut connection = self.login(offers_tls).await?;
        let fitting = self.rights_and_schema(&mut connection).await;
        // Whoever does not take the goodbye has gone already.
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
        fitting
    }

    /// Name and network; whether the server offers TLS.
    async fn network(&mut self) -> Option<bool> {
        let (host, limit) = (self.config.host.clone(), self.config.connect_timeout);
        let lookup = tokio::net::lookup_host((host.as_str(), self.config.port));
        let addresses: Vec<_> = match tokio::time::timeout(limit, lookup).await {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => {
                return self.failed(ProbeStage::NameLookup, self.unreachable("name lookup", error.to_string()));
            }
            Err(_) => return self.failed(ProbeStage::NameLookup, self.unreachable("name lookup", no_answer(limit))),
        };
        if host.parse::<std::net::IpAddr>().is_ok() {
            self.skipped(ProbeStage::NameLookup, "an address needs none")?;
        } else {
            let known: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            self.passed(ProbeStage::NameLookup, format!("{host} is {}", known.join(", ")))?;
        }
        match tokio::time::timeout(limit, TcpStream::connect(&*addresses)).await {
            Ok(Ok(stream)) => self.asked_for_tls(stream).await,
            Ok(Err(error)) => self.failed(ProbeStage::Connect, self.unreachable("connecting", error.to_string())),
            Err(_) => self.failed(ProbeStage::Connect, self.unreachable("connecting", no_answer(limit))),
        }
    }

    async fn asked_for_tls(&mut self, mut stream: TcpStream) -> Option<bool> {
        let peer = stream.peer_addr().map_or_else(|_| self.place.server.clone(), |address| address.to_string());
        let limit = self.config.connect_timeout;
        let asked = async {
            stream.write_all(&SSL_REQUEST).await?;
            stream.read_u8().await
        };
        match tokio::time::timeout(limit, asked).await {
            Ok(Ok(answer @ (b'S' | b'N'))) => {
                self.passed(ProbeStage::Connect, format!("{peer} answers"))?;
                Some(answer == b'S')
            }
            Ok(Ok(_)) => {
                let reason = "what answers there is not PostgreSQL".to_owned();
                self.failed(ProbeStage::Connect, self.unreachable("handshake", reason))
            }
            Ok(Err(error)) => self.failed(ProbeStage::Connect, self.unreachable("handshake", error.to_string())),
            Err(_) => self.failed(ProbeStage::Connect, self.unreachable("handshake", no_answer(limit))),
        }
    }

    /// Encryption and login are one exchange; the error tells which of them failed.
    async fn login(&mut self, offers_tls: Option<bool>) -> Option<PgConnection> {
        let connected = connect(self.config, &self.config.options(Purpose::Pool)).await;
        let failed_tls = matches!(
            connected,
            Err(StoreError::UntrustedCertificate { .. } | StoreError::Unreachable { step: "TLS", .. })
        );
        match (offers_tls, self.config.tls) {
            (None, _) => {
                self.passed(ProbeStage::Connect, format!("the socket in {} answers", self.config.host))?;
                self.skipped(ProbeStage::Tls, "a socket of this machine needs none")?;
            }
            (Some(_), TlsMode::Disable) => {
                self.skipped(ProbeStage::Tls, "it is off: whoever is on the way can read along")?;
            }
            (Some(false), TlsMode::Prefer) => {
                self.skipped(ProbeStage::Tls, "the server offers none: whoever is on the way can read along")?;
            }
            _ if failed_tls => {}
            (Some(_), mode) if mode.verifies() => {
                self.passed(ProbeStage::Tls, "encrypted, with a certificate that is trusted")?;
            }
            (Some(_), mode) => {
                let found = format!("encrypted; sslmode={} does not ask who the server is", mode.name());
                self.passed(ProbeStage::Tls, found)?;
            }
        }
        match connected {
            Ok(connection) => Some(connection),
            Err(error) if failed_tls => self.failed(ProbeStage::Tls, error),
            Err(error) => self.failed(ProbeStage::Login, error),
        }
    }

    async fn rights_and_schema(&mut self, connection: &mut PgConnection) -> Option<()> {
        let limit = self.config.connect_timeout;
        match within(limit, check_server(connection, self.config)).await {
            Ok(server) => self.passed(ProbeStage::Login, format!("{} on {server}", self.config.user))?,
            Err(fault) => return self.fault(ProbeStage::Login, "looking at the server", fault),
        }
        let found = match within(limit, look(connection, self.config, &EVENTS)).await {
            Ok(found) => found,
            Err(fault) => return self.fault(ProbeStage::Schema, "looking for the store", fault),
        };
        match within(limit, self.rights(connection, found)).await {
            Ok(Ok(told)) => self.passed(ProbeStage::Rights, told)?,
            Ok(Err(error)) => return self.failed(ProbeStage::Rights, error),
            Err(fault) => return self.fault(ProbeStage::Rights, "looking at the rights", fault),
        }
        let (needed, writes, migrates) = (EVENTS.version(), !self.config.read_only, self.config.migrates());
        match found {
            Found::Version(version) if version == needed => {
                self.passed(ProbeStage::Schema, format!("a store of version {version}"))
            }
            Found::Version(version) if version < needed && migrates => {
                let told = format!("a store of version {version}; opening it brings it to version {needed}");
                self.passed(ProbeStage::Schema, told)
            }
            Found::NoSchema | Found::Nothing if self.config.create && writes => {
                self.passed(ProbeStage::Schema, "there is no store yet; opening it creates one")
            }
            other => self.failed(ProbeStage::Schema, unfit(self.config, &EVENTS, other)),
        }
    }

    /// What the user may do, or what is missing for what it is to do.
    async fn rights(
        &mut self,
        connection: &mut PgConnection,
        found: Found,
    ) -> Result<Result<String, StoreError>, Fault> {
        let lacks = |action: &str, missing: String| StoreError::NotAllowed {
            server: self.place.location.clone(),
            user: self.place.user.clone(),
            action: action.to_owned(),
            reason: format!("it lacks {missing}"),
        };
        match found {
            Found::NoUsage => Ok(Err(unfit(self.config, &EVENTS, found))),
            Found::NoSchema | Found::Nothing if !self.config.create || self.config.read_only => {
                Ok(Ok("nothing is there to have rights on".to_owned()))
            }
            Found::NoSchema | Found::Nothing => {
                let (place, question) = match found {
                    Found::NoSchema => ("the database", "SELECT has_database_privilege(current_database(), 'CREATE')"),
                    _ => ("the schema", "SELECT has_schema_privilege(current_schema(), 'CREATE')"),
                };
                let creates: bool = sqlx::query_scalar(question).fetch_one(connection).await?;
                Ok(match creates {
                    true => Ok("may create the store".to_owned()),
                    false => Err(lacks("creating the store", format!("CREATE on {place}"))),
                })
            }
            Found::Version(_) => {
                let unreadable = missing(connection, Use::Reading).await?;
                if !unreadable.is_empty() {
                    return Ok(Err(lacks("reading the store", unreadable.join(", "))));
                }
                if self.config.read_only {
                    return Ok(Ok("may read the store".to_owned()));
                }
                let unwritable = missing(connection, Use::Writing).await?;
                Ok(Ok(match unwritable.is_empty() {
                    true => "may read and write the store".to_owned(),
                    false => format!("may read the store; to write it lacks {}", unwritable.join(", ")),
                }))
            }
        }
    }
}
