//! Connection strings as people have them.

use std::path::PathBuf;

use es_core::Secret;

use super::model::Passwords;
use super::target::{
    EVENTSTOREDB_PORT, EventStoreDbTarget, EventStoreDbTls, Node, NodePreference, POSTGRES_PORT, PostgresTarget,
    PostgresTls, Side, Target,
};
use super::url::{self, Parts, scheme_of};

/// What a connection string says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Where the store is.
    pub target: Target,
    /// The passwords that stood in it.
    pub passwords: Passwords,
    /// Options that change nothing here, by name, so that people can be told.
    pub ignored: Vec<String>,
}

/// Why a connection string cannot be used. Never repeats what stands in it, since that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// Another kind of server.
    #[error("connection strings that begin with {scheme}: are not known")]
    Scheme {
        /// Before the colon.
        scheme: String,
    },
    /// A part cannot be read.
    #[error("the {part} of the connection string cannot be read: {reason}")]
    Part {
        /// Which.
        part: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// An option's value cannot be used.
    #[error("the option {option} of the connection string cannot be used: {reason}")]
    Option {
        /// Which.
        option: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Misread {
    pub(super) const UNESCAPED: Self =
        Self::Part { part: "user or password", reason: "the characters / ? # % in it are written %2F %3F %23 %25" };

    /// What to type instead.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "Type a file, postgres://user@host:port/database, esdb://host:port or esdb+discover://host:port \
         (kurrentdb: likewise)."
    }
}

/// Longest connection string that is looked at.
const LONGEST: usize = 4096;

/// Whether a text says itself what it is, so that it is neither a plain path nor a connection's name.
#[must_use]
pub fn has_scheme(text: &str) -> bool {
    let text = text.trim();
    scheme_of(text).is_some_and(|scheme| text.contains("://") || scheme == "sqlite" || scheme == "file")
}

/// Reads a connection string, or the path of a file.
///
/// # Errors
/// It cannot be understood.
pub fn parse(text: &str) -> Result<Parsed, Misread> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Err(Misread::Part { part: "text", reason: "it has between 1 and 4096 bytes" });
    }
    let Some(scheme) = scheme_of(text) else { return file(text) };
    match scheme.as_str() {
        "sqlite" | "file" => file(text.split_once(':').map_or(text, |(_, rest)| rest)),
        "postgres" | "postgresql" => postgres(url::parts(text)?),
        "esdb" | "kurrentdb" | "kurrent" | "kdb" => eventstoredb(url::parts(text)?, false),
        "esdb+discover" | "kurrentdb+discover" | "kurrent+discover" | "kdb+discover" => {
            eventstoredb(url::parts(text)?, true)
        }
        // A file may have a colon in its name; only what is meant as an address has the slashes.
        _ if text.contains("://") => Err(Misread::Scheme { scheme }),
        _ => file(text),
    }
}

/// `sqlite:a/b`, `sqlite:/a/b` and `sqlite:///a/b` with options that are left out.
fn file(text: &str) -> Result<Parsed, Misread> {
    let path = text.strip_prefix("//").unwrap_or(text);
    match path.is_empty() {
        true => Err(Misread::Part { part: "path", reason: "it is empty" }),
        false => Ok(Parsed { target: Target::file(path), passwords: Passwords::default(), ignored: Vec::new() }),
    }
}

fn postgres(parts: Parts) -> Result<Parsed, Misread> {
    let mut hosts = parts.hosts;
    let mut target = PostgresTarget {
        host: "localhost".to_owned(),
        port: POSTGRES_PORT,
        database: parts.path,
        user: parts.user.unwrap_or_default(),
        schema: None,
        tls: PostgresTls::default(),
        ca_file: None,
    };
    if hosts.len() > 1 {
        return Err(Misread::Part { part: "host", reason: "only one is supported" });
    }
    if let Some((host, port)) = hosts.pop() {
        (target.host, target.port) = (host, port.unwrap_or(POSTGRES_PORT));
    }
    let (mut password, mut ignored) = (parts.password, Vec::new());
    for (option, value) in parts.options {
        match option.as_str() {
            "host" => target.host = value,
            "port" => {
                let bad = Misread::Option { option: "port", reason: "it is a number from 1 to 65535" };
                target.port = value.parse().ok().filter(|port| *port > 0).ok_or(bad)?;
            }
            "user" => target.user = value,
            "password" => password = Some(value),
            "dbname" => target.database = value,
            "schema" | "currentSchema" => target.schema = Some(value).filter(|schema| !schema.is_empty()),
            "sslmode" => target.tls = postgres_tls(&value)?,
            "sslrootcert" => target.ca_file = Some(value).filter(|file| !file.is_empty()).map(PathBuf::from),
            _ => ignored.push(named(option)),
        }
    }
    if target.user.is_empty() {
        return Err(Misread::Part { part: "user", reason: "it is missing: postgres://user@host/database" });
    }
    if target.host.is_empty() {
        return Err(Misread::Part { part: "host", reason: "it is empty" });
    }
    if target.database.is_empty() {
        // PostgreSQL's own rule.
        target.database.clone_from(&target.user);
    }
    Ok(Parsed { target: Target::Postgres(target), passwords: login(password), ignored })
}

/// libpq's `sslmode`.
pub(super) fn postgres_tls(name: &str) -> Result<PostgresTls, Misread> {
    Ok(match name {
        "disable" => PostgresTls::Disable,
        // Encrypted only if the server insists, and encrypted if it can: neither proves anything.
        "allow" | "prefer" => PostgresTls::Prefer,
        "require" => PostgresTls::Require,
        "verify-ca" => PostgresTls::VerifyCa,
        "verify-full" => PostgresTls::VerifyFull,
        _ => {
            let reason = "it is one of disable, prefer, require, verify-ca, verify-full";
            return Err(Misread::Option { option: "sslmode", reason });
        }
    })
}

fn eventstoredb(parts: Parts, discover: bool) -> Result<Parsed, Misread> {
    if !parts.path.is_empty() {
        return Err(Misread::Part { part: "path", reason: "nothing stands behind the host but ?options" });
    }
    if parts.hosts.is_empty() {
        return Err(Misread::Part { part: "host", reason: "it is missing" });
    }
    if discover && parts.hosts.len() > 1 {
        return Err(Misread::Part { part: "host", reason: "with +discover it is one DNS name" });
    }
    let node = |(host, port): (String, Option<u16>)| Node { host, port: port.unwrap_or(EVENTSTOREDB_PORT) };
    let mut target = EventStoreDbTarget {
        nodes: parts.hosts.into_iter().map(node).collect(),
        discover,
        user: parts.user,
        tls: EventStoreDbTls::default(),
        ca_file: None,
        preference: NodePreference::default(),
        side: Side::default(),
    };
    let (mut tls, mut verify, mut ignored) = (true, true, Vec::new());
    for (option, value) in parts.options {
        match option.to_ascii_lowercase().as_str() {
            "tls" => tls = yes_or_no("tls", &value)?,
            "tlsverifycert" => verify = yes_or_no("tlsVerifyCert", &value)?,
            "tlscafile" => target.ca_file = Some(value).filter(|file| !file.is_empty()).map(PathBuf::from),
            "nodepreference" => target.preference = preference(&value)?,
            _ => ignored.push(named(option)),
        }
    }
    target.tls = match (tls, verify) {
        (false, _) => EventStoreDbTls::Disable,
        (true, false) => EventStoreDbTls::Unverified,
        (true, true) => EventStoreDbTls::Verify,
    };
    if parts.password.is_some() && target.user.is_none() {
        return Err(Misread::Part { part: "user", reason: "there is a password and no user" });
    }
    Ok(Parsed { target: Target::EventStoreDb(target), passwords: login(parts.password), ignored })
}

/// Nodes as they stand in a form: `host:port, host:port`.
pub(super) fn nodes(text: &str) -> Result<Vec<Node>, Misread> {
    let node = |text: &str| {
        let (host, port) = url::host(text)?;
        Ok(Node { host, port: port.unwrap_or(EVENTSTOREDB_PORT) })
    };
    let nodes: Vec<_> =
        text.split(',').map(str::trim).filter(|node| !node.is_empty()).map(node).collect::<Result<_, _>>()?;
    match nodes.is_empty() {
        true => Err(Misread::Part { part: "host", reason: "it is missing" }),
        false => Ok(nodes),
    }
}

fn preference(name: &str) -> Result<NodePreference, Misread> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "leader" => NodePreference::Leader,
        "follower" => NodePreference::Follower,
        "readonlyreplica" => NodePreference::ReadOnlyReplica,
        "random" => NodePreference::Random,
        _ => {
            let reason = "it is one of leader, follower, readOnlyReplica, random";
            return Err(Misread::Option { option: "nodePreference", reason });
        }
    })
}

fn yes_or_no(option: &'static str, value: &str) -> Result<bool, Misread> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Misread::Option { option, reason: "it is true or false" }),
    }
}

fn login(password: Option<String>) -> Passwords {
    Passwords { login: password.filter(|password| !password.is_empty()).map(Secret::new), side: None }
}

/// An option's name as it may be shown: what is not a plain name may be a piece of a password.
fn named(option: String) -> String {
    let plain = option.len() <= 40 && option.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if plain { option } else { "(unreadable)".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn password(parsed: &Parsed) -> Option<&str> {
        parsed.passwords.login.as_ref().map(Secret::expose)
    }

    fn of_postgres(text: &str) -> PostgresTarget {
        match read(text).target {
            Target::Postgres(target) => target,
            other => panic!("{text} is {other:?}"),
        }
    }

    fn of_eventstoredb(text: &str) -> EventStoreDbTarget {
        match read(text).target {
            Target::EventStoreDb(target) => target,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn files_are_named_with_or_without_a_scheme() {
        for (text, path) in [
            ("bank.ledgerscope", "bank.ledgerscope"),
            ("/a/b c.ledgerscope", "/a/b c.ledgerscope"),
            ("sqlite:bank", "bank"),
            ("sqlite:/a/bank", "/a/bank"),
            ("sqlite:///a/bank", "/a/bank"),
            ("SQLite:bank", "bank"),
            (r"C:\bank", r"C:\bank"),
            ("odd:name", "odd:name"),
        ] {
            assert_eq!(read(text).target, Target::file(path), "{text}");
        }
    }

    #[test]
    fn a_postgres_string_is_taken_apart_and_its_password_kept_aside() {
        let text = "postgres://ada%40bank:p%3Ass%2Fword@db.example:6432/ledger?sslmode=verify-full&sslrootcert=/ca.pem\
                    &schema=bank&application_name=x&channel_binding=require";
        let parsed = read(text);
        assert_eq!(password(&parsed), Some("p:ss/word"));
        assert_eq!(parsed.ignored, ["application_name", "channel_binding"], "people are told what changes nothing");
        let expected = PostgresTarget {
            host: "db.example".to_owned(),
            port: 6432,
            database: "ledger".to_owned(),
            user: "ada@bank".to_owned(),
            schema: Some("bank".to_owned()),
            tls: PostgresTls::VerifyFull,
            ca_file: Some("/ca.pem".into()),
        };
        assert_eq!(parsed.target, Target::Postgres(expected));
    }

    #[test]
    fn what_a_postgres_string_leaves_out_is_as_in_postgres() {
        let target = of_postgres("postgresql://ada@");
        let told = (target.host.as_str(), target.port, target.database.as_str(), target.tls);
        assert_eq!(told, ("localhost", 5432, "ada", PostgresTls::Prefer));
        let target = of_postgres("postgres:///ledger?host=/run/postgresql&user=ada");
        assert_eq!((target.host.as_str(), target.user.as_str()), ("/run/postgresql", "ada"), "a socket");
        let target = of_postgres("postgres://ada@[::1]:5433/x");
        assert_eq!((target.host.as_str(), target.port), ("::1", 5433));
        assert_eq!(Target::Postgres(target).to_string(), "postgres://ada@[::1]:5433/x");
    }

    #[test]
    fn every_spelling_of_eventstoredb_is_understood() {
        for scheme in ["esdb", "kurrentdb", "kurrent", "kdb", "ESDB"] {
            let target = of_eventstoredb(&format!("{scheme}://localhost"));
            assert_eq!((target.discover, target.nodes[0].port, target.tls), (false, 2113, EventStoreDbTls::Verify));
            assert!(of_eventstoredb(&format!("{scheme}+discover://cluster.example:2113")).discover, "{scheme}");
        }
        let parsed = read(
            "esdb://admin:ch%40nge@a:1,b:2?tls=true&tlsVerifyCert=false&nodePreference=Follower&keepAliveInterval=9",
        );
        assert_eq!(
            (password(&parsed), parsed.ignored.as_slice()),
            (Some("ch@nge"), &["keepAliveInterval".to_owned()][..])
        );
        let Target::EventStoreDb(target) = parsed.target else { panic!("it is EventStoreDB") };
        assert_eq!(target.nodes.len(), 2, "a cluster by its members");
        assert_eq!((target.tls, target.preference), (EventStoreDbTls::Unverified, NodePreference::Follower));
        assert_eq!(target.to_string(), "esdb://admin@a:1,b:2");
        assert_eq!(of_eventstoredb("esdb://h?tls=false").tls, EventStoreDbTls::Disable);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_nothing_of_it_is_repeated() {
        for text in [
            "",
            "mysql://ada:hunter2@h/d",
            "https://ada:hunter2@h",
            "postgres:ada:hunter2",
            "postgres://ada:hunter2@h:port/d",
            "postgres://ada:hunter2@h:0/d",
            "postgres://ada:hunter2%zz@h/d",
            "postgres://ada:12/hunter2@h/d",
            "postgres://ada:12#hunter2@h/d",
            "postgres://ada:12?hunter2@h/d",
            "postgres://ada:hunter2@h/d?sslmode=hunter2",
            "postgres://ada:hunter2@a,b/d",
            "postgres://ada:hunter2@::1/d",
            "postgres://:hunter2@h/d",
            "postgres://h/d",
            "esdb://ada:hunter2@h/path",
            "esdb://ada:hunter2@",
            "esdb://:hunter2@h",
            "esdb+discover://ada:hunter2@a,b",
            "esdb://ada:hunter2@h?tls=hunter2",
            "esdb://ada:hunter2@h?nodePreference=hunter2",
        ] {
            let refused = match parse(text) {
                Err(refused) => refused,
                Ok(parsed) => panic!("{text:?} was taken for {parsed:?}"),
            };
            let told = format!("{refused} {refused:?} {}", refused.hint());
            assert!(!told.contains("hunter2"), "{text}: {told}");
        }
    }

    #[test]
    fn neither_a_target_nor_what_was_parsed_shows_a_password() {
        for text in ["postgres://ada:hunter2@h/d?hunter2=1%20", "esdb://ada:hunter2@h?x%20hunter2"] {
            let parsed = read(text);
            let target = serde_json::to_string(&parsed.target).expect("JSON");
            assert!(!format!("{:?} {} {target}", parsed.passwords, parsed.target).contains("hunter2"), "{text}");
        }
        let parsed = read("postgres://ada:hunter2@h/d");
        assert!(!format!("{parsed:?}").contains("hunter2"), "not even for a log");
    }

    #[test]
    fn a_target_survives_being_stored() {
        for text in [
            "/a/bank",
            "postgres://ada@db.example/ledger?sslmode=verify-ca&schema=s",
            "esdb+discover://admin@cluster?tls=false&nodePreference=readOnlyReplica",
        ] {
            let target = read(text).target;
            let stored = serde_json::to_string(&target).expect("JSON");
            assert_eq!(serde_json::from_str::<Target>(&stored).expect("read again"), target, "{stored}");
        }
    }

    #[test]
    fn what_is_not_safe_is_said_unless_the_server_is_on_this_machine() {
        let insecurity = |text: &str| read(text).target.insecurity();
        assert!(insecurity("postgres://a@db.example/d").is_some(), "nobody proves who he is");
        assert!(insecurity("postgres://a@db.example/d?sslmode=require").is_some());
        assert!(insecurity("esdb://db.example?tls=false").is_some_and(|told| told.contains("not encrypted")));
        assert!(insecurity("esdb://db.example?tlsVerifyCert=false").is_some());
        for safe in ["postgres://a@db.example/d?sslmode=verify-full", "postgres://a@localhost/d", "esdb://db.example"] {
            assert_eq!(insecurity(safe), None, "{safe}");
        }
    }
}
