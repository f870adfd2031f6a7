//! How a server is reached: the connection string and what it says, without ever showing the password.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use es_core::Secret;

use crate::limits;
use crate::percent;

/// The port of a server that names none.
const DEFAULT_PORT: u16 = 2113;
/// Schemes of connection strings, without `+discover`.
const SCHEMES: [&str; 4] = ["esdb", "kurrentdb", "kurrent", "kdb"];

/// A node of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Name or address; an IPv6 address in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

/// Which node of a cluster is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NodePreference {
    /// The leader: reads see every acknowledged write. Each call says that it requires one.
    #[default]
    Leader,
    /// A follower: reads may be behind. Appends go to the leader all the same.
    Follower,
    /// Any node.
    Random,
    /// A read-only replica.
    ReadOnlyReplica,
}

impl NodePreference {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "leader" => Some(Self::Leader),
            "follower" => Some(Self::Follower),
            "random" => Some(Self::Random),
            "readonlyreplica" => Some(Self::ReadOnlyReplica),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Random => "random",
            Self::ReadOnlyReplica => "readOnlyReplica",
        }
    }
}

/// What about a connection is not safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insecurity {
    /// Nothing is encrypted: password and events can be read on the way.
    NoTls,
    /// The server's certificate is not checked: it may be another server.
    CertificateNotChecked,
}

impl fmt::Display for Insecurity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoTls => "TLS is off: password and events can be read on the way",
            Self::CertificateNotChecked => "the server's certificate is not checked: it may be another server",
        })
    }
}

/// Why a connection string is not one. Never holds a part of it that could be the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Another scheme, or none.
    #[error("a connection string begins with esdb://, kurrentdb://, kurrent:// or kdb:// (or the same with +discover)")]
    Scheme,
    /// No host.
    #[error("the connection string names no host")]
    NoHost,
    /// Something that is not a host with a port.
    #[error("{0:?} is not a host with a port")]
    Node(String),
    /// `+discover` with several hosts.
    #[error("+discover takes one name, from which all nodes are found; {0} hosts are given")]
    DiscoverOne(usize),
    /// A path, which means nothing here.
    #[error("the connection string has a path; only settings may follow the host (?name=value&…)")]
    Path,
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("{0} is not percent-encoded correctly")]
    Encoding(&'static str),
    /// A user name with a colon cannot be sent.
    #[error("a user name cannot contain a colon")]
    UserName,
    /// A setting with a value that it cannot have.
    #[error("{name} cannot be {value:?}: {expected}")]
    Setting {
        /// Which.
        name: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// One of the two files of a user certificate without the other.
    #[error("a user certificate needs both userCertFile and userKeyFile")]
    HalfCertificate,
}

/// How a server is reached and what is done with it.
#[derive(Clone, PartialEq, Eq)]
pub struct EventStoreDbConfig {
    /// The nodes, at least one; with `discover` the name under which they are found.
    pub nodes: Vec<Node>,
    /// Nodes are found by name (DNS) and by asking them (gossip).
    pub discover: bool,
    /// Encrypted. On unless switched off.
    pub tls: bool,
    /// The server's certificate is checked. On unless switched off.
    pub verify_certificate: bool,
    /// Certificate authorities (PEM) instead of those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// Certificate and key (PEM) that prove who the user is.
    pub user_certificate: Option<(PathBuf, PathBuf)>,
    /// Who logs in; nobody in particular if absent.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Which node is asked.
    pub node_preference: NodePreference,
    /// Pause between two attempts to find a node. The client library waits for it once before every first connection, so it is
    /// short unless the connection string says otherwise.
    pub discovery_interval: Duration,
    /// Attempts to find a node.
    pub discovery_attempts: u32,
    /// How long a node may take to say which nodes there are.
    pub gossip_timeout: Duration,
    /// Longest time for one operation.
    pub timeout: Duration,
    /// Interval and timeout of the connection's keep-alive, in milliseconds, where given; −1 switches it off.
    pub keep_alive: (Option<i64>, Option<i64>),
    /// How the connection is named in the server's statistics.
    pub connection_name: String,
}

impl EventStoreDbConfig {
    /// A single node with TLS and everything else as usual.
    #[must_use]
    pub fn single(host: impl Into<String>, port: u16) -> Self {
        Self {
            nodes: vec![Node { host: host.into(), port }],
            discover: false,
            tls: true,
            verify_certificate: true,
            ca_file: None,
            user_certificate: None,
            user: None,
            password: None,
            node_preference: NodePreference::default(),
            discovery_interval: Duration::from_millis(1),
            discovery_attempts: 3,
            gossip_timeout: Duration::from_secs(3),
            timeout: limits::OPERATION_TIMEOUT,
            keep_alive: (None, None),
            connection_name: "ledgerscope".to_owned(),
        }
    }

    /// Reads a connection string: `scheme://[user[:password]@]host[:port][,host[:port]…][/][?name=value&…]`, where the scheme is
    /// `esdb`, `kurrentdb`, `kurrent` or `kdb`, also with `+discover`. User and password are percent-decoded. Settings that are
    /// not known are passed over, as the server's own clients do.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(ConfigError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let (scheme, discover) = match scheme.strip_suffix("+discover") {
            Some(scheme) => (scheme, true),
            None => (scheme.as_str(), false),
        };
        if !SCHEMES.contains(&scheme) {
            return Err(ConfigError::Scheme);
        }
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may contain an `@` or a `/` that was not encoded; a host cannot.
        let (login, hosts) = address.rsplit_once('@').map_or((None, address), |(login, hosts)| (Some(login), hosts));
        let hosts = hosts.strip_suffix('/').unwrap_or(hosts);
        if hosts.contains('/') {
            return Err(ConfigError::Path);
        }
        if hosts.is_empty() {
            return Err(ConfigError::NoHost);
        }
        let nodes = hosts.split(',').map(node).collect::<Result<Vec<_>, _>>()?;
        if discover && nodes.len() > 1 {
            return Err(ConfigError::DiscoverOne(nodes.len()));
        }
        let mut config = Self { nodes, discover, ..Self::single("", DEFAULT_PORT) };
        if config.is_cluster() {
            config.discovery_interval = Duration::from_millis(100);
        }
        if let Some(login) = login {
            config.take_login(login)?;
        }
        config.take_settings(query)?;
        Ok(config)
    }

    fn take_login(&mut self, login: &str) -> Result<(), ConfigError> {
        let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        let user = percent::decode(user).ok_or(ConfigError::Encoding("the user name"))?;
        if user.contains(':') {
            return Err(ConfigError::UserName);
        }
        self.user = (!user.is_empty()).then_some(user);
        let password = password.map(|text| percent::decode(text).ok_or(ConfigError::Encoding("the password")));
        self.password = password.transpose()?.map(Secret::new);
        Ok(())
    }

    fn take_settings(&mut self, query: &str) -> Result<(), ConfigError> {
        let mut certificate: (Option<PathBuf>, Option<PathBuf>) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent::decode(value).ok_or(ConfigError::Encoding("a setting"))?;
            match name.to_ascii_lowercase().as_str() {
                "tls" => self.tls = truth("tls", &value)?,
                "tlsverifycert" => self.verify_certificate = truth("tlsVerifyCert", &value)?,
                "tlscafile" => self.ca_file = Some(value.into()),
                "usercertfile" => certificate.0 = Some(value.into()),
                "userkeyfile" => certificate.1 = Some(value.into()),
                "nodepreference" => {
                    self.node_preference = NodePreference::parse(&value).ok_or(ConfigError::Setting {
                        name: "nodePreference",
                        value,
                        expected: "leader, follower, random or readOnlyReplica",
                    })?;
                }
                "discoveryinterval" => self.discovery_interval = milliseconds("discoveryInterval", &value)?,
                "gossiptimeout" => self.gossip_timeout = milliseconds("gossipTimeout", &value)?,
                "maxdiscoverattempts" => {
                    let attempts: i64 = number("maxDiscoverAttempts", &value)?;
                    self.discovery_attempts = u32::try_from(attempts).unwrap_or(u32::MAX).max(1);
                }
                "defaultdeadline" => match number("defaultDeadline", &value)? {
                    -1 => {}
                    _ => self.timeout = milliseconds("defaultDeadline", &value)?,
                },
                "keepaliveinterval" => self.keep_alive.0 = Some(number("keepAliveInterval", &value)?),
                "keepalivetimeout" => self.keep_alive.1 = Some(number("keepAliveTimeout", &value)?),
                "connectionname" => self.connection_name = value,
                other => tracing::warn!(setting = other, "a setting of the connection string is not known"),
            }
        }
        self.user_certificate = match certificate {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err(ConfigError::HalfCertificate),
        };
        Ok(())
    }

    /// Whether several nodes may be asked.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.discover || self.nodes.len() > 1
    }

    /// What about it is not safe, for people to see.
    #[must_use]
    pub fn insecurities(&self) -> Vec<Insecurity> {
        if !self.tls {
            vec![Insecurity::NoTls]
        } else if !self.verify_certificate {
            vec![Insecurity::CertificateNotChecked]
        } else {
            Vec::new()
        }
    }

    /// The nodes, for people: `host:port`, several with commas.
    #[must_use]
    pub fn server(&self) -> String {
        let nodes: Vec<String> = self.nodes.iter().map(Node::to_string).collect();
        nodes.join(",")
    }

    /// Who logs in, for people.
    #[must_use]
    pub fn user_name(&self) -> &str {
        self.user.as_deref().unwrap_or("nobody in particular")
    }

    /// A connection string that can be shown and kept: with the user's name, without the password.
    #[must_use]
    pub fn display(&self) -> String {
        let login = self.user.as_deref().map(|user| format!("{}@", percent::encode(user))).unwrap_or_default();
        self.string_with(&login, false)
    }

    /// The connection string for the client library: without user and password, which go with each call.
    pub(crate) fn client_string(&self) -> String {
        self.string_with("", true)
    }

    fn string_with(&self, login: &str, all: bool) -> String {
        let mut settings = Vec::new();
        let mut set = |name: &str, value: String| settings.push(format!("{name}={}", percent::encode(&value)));
        if all || !self.tls {
            set("tls", self.tls.to_string());
        }
        if !self.verify_certificate {
            set("tlsVerifyCert", "false".to_owned());
        }
        if let Some(file) = self.ca_file.as_ref().filter(|_| self.tls) {
            set("tlsCaFile", file.display().to_string());
        }
        if let Some((certificate, key)) = &self.user_certificate {
            set("userCertFile", certificate.display().to_string());
            set("userKeyFile", key.display().to_string());
        }
        if all || self.node_preference != NodePreference::Leader {
            set("nodePreference", self.node_preference.as_str().to_owned());
        }
        if all {
            set("discoveryInterval", self.discovery_interval.as_millis().to_string());
            set("maxDiscoverAttempts", self.discovery_attempts.to_string());
            set("gossipTimeout", self.gossip_timeout.as_millis().to_string());
            set("connectionName", header_text(&self.connection_name));
            let keep_alive = [("keepAliveInterval", self.keep_alive.0), ("keepAliveTimeout", self.keep_alive.1)];
            for (name, value) in keep_alive {
                if let Some(value) = value {
                    set(name, value.to_string());
                }
            }
        }
        let scheme = if self.discover { "esdb+discover" } else { "esdb" };
        let query = if settings.is_empty() { String::new() } else { format!("?{}", settings.join("&")) };
        format!("{scheme}://{login}{}{query}", self.server())
    }
}

impl fmt::Debug for EventStoreDbConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "EventStoreDbConfig({})", self.display())
    }
}

/// The client library panics over a name that no header can carry.
fn header_text(name: &str) -> String {
    name.chars().filter(|letter| (' '..='~').contains(letter)).collect()
}

fn node(text: &str) -> Result<Node, ConfigError> {
    let bad = || ConfigError::Node(text.to_owned());
    let (host, port) = match text.rfind(':').filter(|colon| !text[*colon..].contains(']')) {
        Some(colon) => (&text[..colon], text[colon + 1..].parse().map_err(|_| bad())?),
        None => (text, DEFAULT_PORT),
    };
    let bracketed =
        host.starts_with('[') && host.ends_with(']') && host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
    let plain = !host.is_empty() && host.chars().all(|letter| letter.is_alphanumeric() || ".-_".contains(letter));
    if !(bracketed || plain) {
        return Err(bad());
    }
    Ok(Node { host: host.to_owned(), port })
}

fn truth(name: &'static str, value: &str) -> Result<bool, ConfigError> {
    let refused = || ConfigError::Setting { name, value: value.to_owned(), expected: "true or false" };
    value.to_ascii_lowercase().parse().map_err(|_| refused())
}

fn number(name: &'static str, value: &str) -> Result<i64, ConfigError> {
    let refused = || ConfigError::Setting { name, value: value.to_owned(), expected: "a number (−1 for never)" };
    value.parse().ok().filter(|number| *number >= -1).ok_or_else(refused)
}

fn milliseconds(name: &'static str, value: &str) -> Result<Duration, ConfigError> {
    let refused = || ConfigError::Setting { name, value: value.to_owned(), expected: "a number of milliseconds" };
    value.parse().map(Duration::from_millis).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> EventStoreDbConfig {
        EventStoreDbConfig::parse(text).unwrap_or_else(|error| panic!("{text} is a connection string: {error}"))
    }

    #[test]
    fn every_scheme_is_read_with_and_without_discovery() {
        for scheme in SCHEMES {
            assert!(!parsed(&format!("{scheme}://localhost")).discover, "{scheme}");
            assert!(parsed(&format!("{scheme}+discover://cluster.example")).discover, "{scheme}+discover");
        }
        for other in ["http://localhost", "localhost:2113", "esdb:/localhost", "postgres://localhost", ""] {
            assert_eq!(EventStoreDbConfig::parse(other), Err(ConfigError::Scheme), "{other}");
        }
    }

    #[test]
    fn nodes_have_a_port_of_their_own_or_the_usual_one() {
        let node = |host: &str, port| Node { host: host.to_owned(), port };
        assert_eq!(parsed("esdb://db.example").nodes, [node("db.example", 2113)]);
        assert_eq!(parsed("esdb://a:1,b,c:3/?tls=false").nodes, [node("a", 1), node("b", 2113), node("c", 3)]);
        assert_eq!(parsed("esdb://[::1]:1113").nodes, [node("[::1]", 1113)]);
        assert_eq!(parsed("esdb://[::1]").nodes, [node("[::1]", 2113)]);
        for bad in ["esdb://a:x", "esdb://a:99999", "esdb://a,,b", "esdb://a b", "esdb://:1"] {
            assert!(matches!(EventStoreDbConfig::parse(bad), Err(ConfigError::Node(_))), "{bad}");
        }
        assert_eq!(EventStoreDbConfig::parse("esdb://?tls=false"), Err(ConfigError::NoHost));
        assert_eq!(EventStoreDbConfig::parse("esdb://a/b"), Err(ConfigError::Path));
        assert_eq!(EventStoreDbConfig::parse("esdb+discover://a,b"), Err(ConfigError::DiscoverOne(2)));
    }

    #[test]
    fn user_and_password_are_decoded_and_the_password_is_never_shown() {
        let config = parsed("esdb://j%C3%B6rg:p%40ss%2Fw%3Ard%25@localhost:2113?tls=false");
        assert_eq!(config.user.as_deref(), Some("jörg"));
        assert_eq!(config.password.as_ref().map(Secret::expose), Some("p@ss/w:rd%"));
        for shown in [format!("{config:?}"), config.display(), config.client_string(), config.server()] {
            assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        }
        assert_eq!(config.display(), "esdb://j%C3%B6rg@localhost:2113?tls=false", "what is shown can be read again");
        assert!(
            !config.client_string().contains('@'),
            "the client library never gets the login: it would not decode it"
        );
        let at = parsed("esdb://ops:a@b@localhost");
        assert_eq!(at.password.as_ref().map(Secret::expose), Some("a@b"), "the last @ ends the login");
        assert_eq!(EventStoreDbConfig::parse("esdb://a:%4@h"), Err(ConfigError::Encoding("the password")));
        assert_eq!(EventStoreDbConfig::parse("esdb://a%3Ab:c@h"), Err(ConfigError::UserName));
    }

    #[test]
    fn insecure_choices_are_visible() {
        assert!(parsed("esdb://h").tls && parsed("esdb://h").insecurities().is_empty(), "TLS is on by default");
        assert_eq!(parsed("esdb://h?tls=false").insecurities(), [Insecurity::NoTls]);
        assert_eq!(parsed("esdb://h?tlsVerifyCert=FALSE").insecurities(), [Insecurity::CertificateNotChecked]);
    }

    #[test]
    fn settings_are_read_in_any_case_and_checked() {
        let config = parsed(
            "kdb://h?NODEPREFERENCE=Follower&defaultDeadline=1500&discoveryInterval=7&maxDiscoverAttempts=4&gossipTimeout=9\
             &tlsCaFile=%2Fetc%2Fa%2Cb.pem&userCertFile=c&userKeyFile=k&connectionName=me&unknown=1&keepAliveInterval=-1",
        );
        assert_eq!(config.node_preference, NodePreference::Follower);
        assert_eq!(config.timeout, Duration::from_millis(1500));
        assert_eq!((config.discovery_interval, config.discovery_attempts), (Duration::from_millis(7), 4));
        assert_eq!(config.ca_file, Some(PathBuf::from("/etc/a,b.pem")));
        assert_eq!(config.user_certificate, Some(("c".into(), "k".into())));
        assert!(config.client_string().contains("%2Cb.pem"), "a comma in a path must not look like a further node");
        for bad in
            ["tls=maybe", "nodePreference=king", "gossipTimeout=-5", "keepAliveInterval=x", "maxDiscoverAttempts=-2"]
        {
            let refused = EventStoreDbConfig::parse(&format!("esdb://h?{bad}"));
            assert!(matches!(refused, Err(ConfigError::Setting { .. })), "{bad}: {refused:?}");
        }
        assert_eq!(EventStoreDbConfig::parse("esdb://h?userCertFile=c"), Err(ConfigError::HalfCertificate));
    }

    #[test]
    fn the_client_library_understands_what_it_is_given() {
        for text in ["esdb://h?tls=false", "esdb://a:1,b:2,c?tlsCaFile=a,b", "kdb+discover://x", "esdb://u:p@[::1]:5"] {
            let config = parsed(text);
            let settings = config.client_string().parse::<eventstore::ClientSettings>();
            let settings = settings.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(settings.hosts().len(), config.nodes.len(), "{text}: all nodes");
            assert_eq!(settings.is_secure_mode_enabled(), config.tls, "{text}: TLS");
            assert_eq!(settings.is_dns_discovery_enabled(), config.discover, "{text}: discovery");
            assert_eq!(settings.discovery_interval(), config.discovery_interval, "{text}: interval");
            assert!(settings.default_authenticated_user().is_none(), "{text}: the login goes with each call");
        }
    }
}
