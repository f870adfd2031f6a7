//! Connections as the window shows them and gives them back.

use std::path::PathBuf;

use es_core::{Capabilities, Language, ProbeOutcome, ProbeStep, Secret};
use uuid::Uuid;

use super::book::{Draft, PasswordChange, Saved};
use super::model::{Colour, Connection, Marks, PasswordRule, Passwords};
use super::parse::{Misread, Parsed, nodes};
use super::target::{EventStoreDbTarget, EventStoreDbTls, NodePreference, PostgresTarget, PostgresTls, Side, Target};
use crate::composition::stage_title;
use crate::wire::{
    AppError, ClusterNode, ConnectionColour, ConnectionDraft, ConnectionMarks, ConnectionPassword, ConnectionRow,
    ConnectionSaved, ConnectionTarget, ConnectionTestOutcome, ConnectionTestStep, EventStoreDbEncryption,
    EventStoreDbFields, FileFields, ParsedConnection, PasswordEntry, PostgresEncryption, PostgresFields,
    StoreCapabilities, Typed, TypedPasswords,
};

/// Pairs of values that mean the same on both sides; both ways come from one list.
macro_rules! same {
    ($ours:ident, $theirs:ident, $($name:ident),+) => {
        impl From<$ours> for $theirs {
            fn from(ours: $ours) -> Self {
                match ours { $($ours::$name => Self::$name),+ }
            }
        }
        impl From<$theirs> for $ours {
            fn from(theirs: $theirs) -> Self {
                match theirs { $($theirs::$name => Self::$name),+ }
            }
        }
    };
}

same!(Colour, ConnectionColour, None, Grey, Blue, Green, Amber, Red, Violet);
same!(PostgresTls, PostgresEncryption, Disable, Prefer, Require, VerifyCa, VerifyFull);
same!(EventStoreDbTls, EventStoreDbEncryption, Disable, Unverified, Verify);
same!(NodePreference, ClusterNode, Leader, Follower, ReadOnlyReplica, Random);
same!(PasswordRule, ConnectionPassword, None, Keyring, AskEachTime);

/// A connection of the list.
pub(crate) fn row(connection: &Connection, open: bool) -> ConnectionRow {
    let target = &connection.target;
    ConnectionRow {
        id: connection.id.to_string(),
        name: connection.name.clone(),
        backend: target.backend().title().to_owned(),
        location: target.to_string(),
        marks: connection.marks.clone().into(),
        password: connection.password.into(),
        user: target.user().map(str::to_owned),
        side_user: target.side_user().map(str::to_owned),
        insecurity: target.insecurity().map(str::to_owned),
        open,
        target: target.clone().into(),
    }
}

/// A step of a connection's test. What failed is told here, where it is still known what it is.
pub(crate) fn step(step: &ProbeStep, language: Language) -> ConnectionTestStep {
    let (outcome, message, hint) = match &step.outcome {
        ProbeOutcome::Passed(found) => (ConnectionTestOutcome::Passed, found.clone(), None),
        ProbeOutcome::Skipped(why) => (ConnectionTestOutcome::Skipped, why.clone(), None),
        ProbeOutcome::Failed(error) => {
            let AppError { message, hint, german, .. } = AppError::of(error.code(), error, error.hint());
            let german = german.filter(|_| language == Language::German);
            let (message, hint) = german.map_or((message, hint), |told| (told.message, told.hint));
            (ConnectionTestOutcome::Failed, message, Some(hint))
        }
    };
    let milliseconds = step.took.as_millis().to_string();
    ConnectionTestStep { title: stage_title(step.stage).to_owned(), outcome, message, hint, milliseconds }
}

/// What a connection is to become.
///
/// # Errors
/// An id, address or port that is none.
pub(crate) fn draft(draft: ConnectionDraft) -> Result<Draft, AppError> {
    Ok(Draft {
        id: draft.id.as_deref().map(id).transpose()?,
        name: draft.name,
        target: target(draft.target)?,
        marks: draft.marks.into(),
        password: match draft.password {
            PasswordEntry::Leave => PasswordChange::Leave,
            PasswordEntry::Keep(typed) => PasswordChange::Keep(typed.into()),
            PasswordEntry::AskEachTime => PasswordChange::AskEachTime,
            PasswordEntry::None => PasswordChange::None,
        },
    })
}

/// A connection's id.
///
/// # Errors
/// It is none.
pub(crate) fn id(text: &str) -> Result<Uuid, AppError> {
    Uuid::try_parse(text).map_err(|_| AppError::bad_argument("Connection", text, "the id of a connection"))
}

/// Where a connection is to lead.
///
/// # Errors
/// An address or port that is none, or a field that must not be empty.
pub(crate) fn target(target: ConnectionTarget) -> Result<Target, AppError> {
    match target {
        ConnectionTarget::Sqlite(fields) => Ok(Target::file(needed("file", &fields.path)?)),
        ConnectionTarget::Postgres(fields) => Ok(Target::Postgres(postgres(fields)?)),
        ConnectionTarget::EventStoreDb(fields) => {
            let nodes = nodes(&fields.nodes)?;
            if fields.discover && nodes.len() > 1 {
                return Err(Misread::Part { part: "nodes", reason: "one DNS name stands for the cluster" }.into());
            }
            Ok(Target::EventStoreDb(EventStoreDbTarget {
                nodes,
                discover: fields.discover,
                user: given(&fields.user),
                tls: fields.tls.into(),
                ca_file: path(&fields.ca_file),
                preference: fields.preference.into(),
                side: match fields.side {
                    Some(side) => Side::Postgres(postgres(side)?),
                    None => Side::Sqlite { path: path(&fields.side_file) },
                },
            }))
        }
    }
}

fn postgres(fields: PostgresFields) -> Result<PostgresTarget, AppError> {
    if fields.port == 0 {
        return Err(Misread::Part { part: "port", reason: "it is a number from 1 to 65535" }.into());
    }
    Ok(PostgresTarget {
        host: needed("host", &fields.host)?,
        port: fields.port,
        user: needed("user", &fields.user)?,
        database: needed("database", &fields.database)?,
        schema: given(&fields.schema),
        tls: fields.tls.into(),
        ca_file: path(&fields.ca_file),
    })
}

fn needed(part: &'static str, text: &str) -> Result<String, AppError> {
    given(text).ok_or_else(|| Misread::Part { part, reason: "it is empty" }.into())
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn path(text: &str) -> Option<PathBuf> {
    given(text).map(PathBuf::from)
}

impl From<Target> for ConnectionTarget {
    fn from(target: Target) -> Self {
        let shown = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
        match target {
            Target::Sqlite { path } => Self::Sqlite(FileFields { path: path.display().to_string() }),
            Target::Postgres(target) => Self::Postgres(target.into()),
            Target::EventStoreDb(target) => {
                let (side, side_file) = match target.side {
                    Side::Postgres(side) => (Some(side.into()), None),
                    Side::Sqlite { path } => (None, path),
                };
                Self::EventStoreDb(EventStoreDbFields {
                    nodes: target.nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                    discover: target.discover,
                    user: target.user.unwrap_or_default(),
                    tls: target.tls.into(),
                    ca_file: shown(target.ca_file),
                    preference: target.preference.into(),
                    side,
                    side_file: shown(side_file),
                })
            }
        }
    }
}

impl From<PostgresTarget> for PostgresFields {
    fn from(target: PostgresTarget) -> Self {
        Self {
            host: target.host,
            port: target.port,
            database: target.database,
            user: target.user,
            schema: target.schema.unwrap_or_default(),
            tls: target.tls.into(),
            ca_file: target.ca_file.map(|path| path.display().to_string()).unwrap_or_default(),
        }
    }
}

impl From<Marks> for ConnectionMarks {
    fn from(marks: Marks) -> Self {
        let Marks { environment, colour, production, read_only } = marks;
        Self { environment, colour: colour.into(), production, read_only }
    }
}

impl From<ConnectionMarks> for Marks {
    fn from(marks: ConnectionMarks) -> Self {
        let ConnectionMarks { environment, colour, production, read_only } = marks;
        Self { environment, colour: colour.into(), production, read_only }
    }
}

impl From<TypedPasswords> for Passwords {
    fn from(typed: TypedPasswords) -> Self {
        let secret = |typed: Option<Typed>| typed.map(|typed| typed.0).filter(|text| !text.is_empty()).map(Secret::new);
        Self { login: secret(typed.login), side: secret(typed.side) }
    }
}

impl From<Saved> for ConnectionSaved {
    fn from(saved: Saved) -> Self {
        Self { id: saved.connection.id.to_string(), notes: saved.notes }
    }
}

impl From<Parsed> for ParsedConnection {
    fn from(parsed: Parsed) -> Self {
        let password = parsed.passwords.login.map(|secret| Typed(secret.expose().to_owned()));
        Self { target: parsed.target.into(), password, ignored: parsed.ignored }
    }
}

impl From<Capabilities> for StoreCapabilities {
    fn from(can: Capabilities) -> Self {
        Self {
            dense_positions: can.dense_positions,
            multi_stream_append: can.multi_stream_append,
            hash_chain: can.hash_chain,
            import: can.import,
            retention: can.retention,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn a_target_goes_through_the_form_and_comes_back_the_same() {
        for text in [
            "/a/bank",
            "postgres://ada@db.example:6432/ledger?sslmode=verify-ca&sslrootcert=/ca.pem&schema=s",
            "postgres://ada@[::1]/ledger",
            "esdb://admin@a:1,[::1]:2?tlsVerifyCert=false&nodePreference=random",
            "esdb+discover://cluster?tls=false",
        ] {
            let parsed = parse(text).expect("understood").target;
            assert_eq!(target(parsed.clone().into()).expect("taken back"), parsed, "{text}");
        }
    }

    #[test]
    fn a_form_that_lacks_something_is_refused_with_the_fields_name() {
        let empty = |host: &str, port| PostgresFields {
            host: host.to_owned(),
            port,
            database: "d".to_owned(),
            user: "u".to_owned(),
            schema: String::new(),
            tls: PostgresEncryption::Prefer,
            ca_file: String::new(),
        };
        for (fields, part) in [(empty(" ", 1), "host"), (empty("h", 0), "port")] {
            let error = target(ConnectionTarget::Postgres(fields)).expect_err("refused");
            assert!(error.code == "bad_connection_string" && error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn a_typed_password_is_not_printed() {
        let typed = TypedPasswords { login: Some(Typed("hunter2".to_owned())), side: None };
        assert!(!format!("{typed:?} {:?}", PasswordEntry::Keep(typed.clone())).contains("hunter2"));
        assert_eq!(Passwords::from(typed).login, Some(Secret::new("hunter2")));
    }
}
