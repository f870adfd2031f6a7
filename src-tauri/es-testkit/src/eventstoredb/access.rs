//! Who calls, and what they may do.

use base64::Engine;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::log::Log;
use super::metadata::{Acl, Roles};
use super::refusals;

/// The role of administrators, who may do everything but write to `$all`.
const ADMINS: &str = "$admins";
/// The role that everybody has.
const EVERYBODY: &str = "$all";
/// All events of the log, as a name in requests for access.
pub(super) const ALL: &str = "$all";

/// A user of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name to log in with; it is a role too.
    pub name: String,
    /// The password.
    pub password: String,
    /// Further roles, such as `$admins` or `$ops`.
    pub groups: Vec<String>,
}

impl User {
    /// A user with a name, a password and roles.
    #[must_use]
    pub fn new(name: &str, password: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Self { name: name.to_owned(), password: password.to_owned(), groups }
    }

    /// The two users of a new database, `admin` and `ops`, both with the password `changeit`.
    #[must_use]
    pub fn of_a_new_database() -> Vec<Self> {
        vec![Self::new("admin", "changeit", &[ADMINS]), Self::new("ops", "changeit", &["$ops"])]
    }
}

/// Whether callers must say who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Access {
    /// A server that was started as insecure: everybody may do everything, passwords are not looked at.
    #[default]
    Open,
    /// Callers are checked against these users. Who sends no password is nobody in particular.
    Users {
        /// The users.
        users: Vec<User>,
        /// Whether nobody in particular may do what everybody may (servers up to 23.10; not by default in later ones).
        anonymous: bool,
    },
}

impl Access {
    /// Users are checked, and those without a password may do nothing.
    #[must_use]
    pub fn restricted_to(users: Vec<User>) -> Self {
        Self::Users { users, anonymous: false }
    }

    /// Finds out who calls.
    ///
    /// # Errors
    /// `Unauthenticated` if there is no such user, or with another password.
    pub(super) fn identify(&self, headers: &MetadataMap) -> Result<Caller, Status> {
        let Self::Users { users, anonymous } = self else { return Ok(Caller::Anybody) };
        let Some(header) = headers.get("authorization") else {
            return Ok(if *anonymous { Caller::Roles(vec![]) } else { Caller::Nobody });
        };
        let login = header.to_str().ok().and_then(decode_basic);
        let user =
            login.and_then(|(name, password)| users.iter().find(|user| user.name == name && user.password == password));
        match user {
            None => Err(Status::new(Code::Unauthenticated, "")),
            Some(user) => {
                let mut roles = user.groups.clone();
                roles.push(user.name.clone());
                Ok(Caller::Roles(roles))
            }
        }
    }
}

fn decode_basic(header: &str) -> Option<(String, String)> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// What somebody wants to do with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Read,
    Write,
    Delete,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// The server does not ask.
    Anybody,
    /// Somebody without a password, where that is not enough for anything.
    Nobody,
    /// Somebody with these roles, besides the one that everybody has.
    Roles(Vec<String>),
}

impl Caller {
    /// Whether the caller is an administrator (or nobody asks).
    pub fn is_admin(&self) -> bool {
        match self {
            Self::Anybody => true,
            Self::Nobody => false,
            Self::Roles(roles) => roles.iter().any(|role| role == ADMINS),
        }
    }

    /// Checks a right by the stream's own list, or else by the defaults of `$settings`, or else by those of the server.
    ///
    /// # Errors
    /// `PermissionDenied`.
    pub fn check(&self, log: &Log, stream: &str, right: Right) -> Result<(), Status> {
        if stream == ALL && right != Right::Read {
            return Err(refusals::access_denied());
        }
        let roles = match self {
            _ if self.is_admin() => return Ok(()),
            Self::Anybody => return Ok(()),
            Self::Nobody => return Err(refusals::access_denied()),
            Self::Roles(roles) => roles,
        };
        let (stream, of): (_, fn(Acl) -> Roles) = match (stream.strip_prefix("$$"), right) {
            (Some(original), Right::Read) => (original, |acl| acl.metadata_read),
            (Some(original), _) => (original, |acl| acl.metadata_write),
            (None, Right::Read) => (stream, |acl| acl.read),
            (None, Right::Write) => (stream, |acl| acl.write),
            (None, Right::Delete) => (stream, |acl| acl.delete),
        };
        let defaults = log.default_acls();
        let (default, of_server) = if stream.starts_with('$') {
            (defaults.system_streams, ADMINS)
        } else {
            (defaults.user_streams, EVERYBODY)
        };
        let own = of(log.metadata(stream).acl);
        let allowed = own.or_else(|| of(default)).unwrap_or_else(|| vec![of_server.to_owned()]);
        if allowed.iter().any(|role| role == EVERYBODY || roles.contains(role)) {
            Ok(())
        } else {
            Err(refusals::access_denied())
        }
    }
}
