//! Passwords of connections, in the keyring of the system. Where there is none they are asked for each time; they are never
//! written to a disk by this program.

use std::sync::mpsc;
use std::time::Duration;

use es_core::Secret;
use uuid::Uuid;

use super::model::{Connection, Passwords};

/// Under what the keyring files the program's passwords.
const SERVICE: &str = "io.ledgerscope";
/// Longest time that a keyring may take. A locked one asks the person for its own password meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest time that finding out whether there is a keyring may take.
const FINDING: Duration = Duration::from_secs(5);

/// Whose password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Login {
    /// The user's who logs in to the store.
    Store,
    /// The user's who logs in to the database beside it.
    Side,
}

/// Why a password could not be kept or fetched. Words of the keyring, never of what is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// There is no keyring.
    #[error("the system's keyring cannot be reached: {reason}")]
    NoKeyring {
        /// What the system said.
        reason: String,
    },
    /// It is locked, or does not answer.
    #[error("the keyring of the system did not do it: {reason}")]
    Failed {
        /// What the system said.
        reason: String,
    },
}

/// Where passwords are kept between two runs. Its methods may wait for a person: not to be called where waiting is not allowed.
pub trait SecretStore: Send + Sync {
    /// Whether passwords can be kept; if not, why.
    ///
    /// # Errors
    /// They cannot: they have to be asked for each time.
    fn available(&self) -> Result<(), SecretsError>;
    /// The password of a connection; nothing if none is kept.
    ///
    /// # Errors
    /// There is no keyring, or it does not answer.
    fn fetch(&self, connection: Uuid, login: Login) -> Result<Option<Secret>, SecretsError>;
    /// Keeps a password in place of the former one.
    ///
    /// # Errors
    /// There is no keyring, or it does not answer; the former password may still be there.
    fn keep(&self, connection: Uuid, login: Login, secret: &Secret) -> Result<(), SecretsError>;
    /// Forgets a password; one that is not kept needs no forgetting.
    ///
    /// # Errors
    /// There is no keyring, or it does not answer.
    fn forget(&self, connection: Uuid, login: Login) -> Result<(), SecretsError>;
}

/// The passwords that are kept of a connection, for those logins that it has.
///
/// # Errors
/// There is no keyring, or it does not answer.
pub fn fetch_all(secrets: &dyn SecretStore, connection: &Connection) -> Result<Passwords, SecretsError> {
    let fetch = |user: Option<&str>, login| match user {
        Some(_) => secrets.fetch(connection.id, login),
        None => Ok(None),
    };
    Ok(Passwords {
        login: fetch(connection.target.user(), Login::Store)?,
        side: fetch(connection.target.side_user(), Login::Side)?,
    })
}

/// Keeps those passwords that are given.
///
/// # Errors
/// There is no keyring, or it does not answer.
pub fn keep_all(secrets: &dyn SecretStore, connection: Uuid, passwords: &Passwords) -> Result<(), SecretsError> {
    for (login, secret) in [(Login::Store, &passwords.login), (Login::Side, &passwords.side)] {
        if let Some(secret) = secret {
            secrets.keep(connection, login, secret)?;
        }
    }
    Ok(())
}

/// Forgets every password of a connection.
///
/// # Errors
/// There is no keyring, or it does not answer.
pub fn forget_all(secrets: &dyn SecretStore, connection: Uuid) -> Result<(), SecretsError> {
    secrets.forget(connection, Login::Store)?;
    secrets.forget(connection, Login::Side)
}

/// The system's keyring: the Secret Service, the Keychain, or the Credential Manager.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keyring;

impl Keyring {
    fn entry(connection: Uuid, login: Login) -> Result<keyring::Entry, SecretsError> {
        let part = match login {
            Login::Store => "store",
            Login::Side => "side",
        };
        keyring::Entry::new(SERVICE, &format!("{connection}/{part}")).map_err(|error| told(&error))
    }
}

impl SecretStore for Keyring {
    fn available(&self) -> Result<(), SecretsError> {
        // Finding out connects once; if that has failed, it is not tried again in this run.
        within(FINDING, || match keyring::Entry::store_status() {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::info!(%error, "there is no keyring");
                Err(no_keyring())
            }
        })
    }

    fn fetch(&self, connection: Uuid, login: Login) -> Result<Option<Secret>, SecretsError> {
        self.available()?;
        within(PATIENCE, move || match Self::entry(connection, login)?.get_password() {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(told(&error)),
        })
    }

    fn keep(&self, connection: Uuid, login: Login, secret: &Secret) -> Result<(), SecretsError> {
        self.available()?;
        let secret = secret.clone();
        within(PATIENCE, move || {
            Self::entry(connection, login)?.set_password(secret.expose()).map_err(|error| told(&error))
        })
    }

    fn forget(&self, connection: Uuid, login: Login) -> Result<(), SecretsError> {
        self.available()?;
        within(PATIENCE, move || match Self::entry(connection, login)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(told(&error)),
        })
    }
}

fn no_keyring() -> SecretsError {
    let reason = if cfg!(target_os = "linux") { "no Secret Service runs in this session" } else { "there is none" };
    SecretsError::NoKeyring { reason: reason.to_owned() }
}

/// What a person is told of an error. Those that carry what is kept are named only.
fn told(error: &keyring::Error) -> SecretsError {
    let reason = match error {
        keyring::Error::NoDefaultStore => return no_keyring(),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => "what is kept is no password".to_owned(),
        keyring::Error::Ambiguous(_) => "several passwords are kept under the same name".to_owned(),
        other => other.to_string(),
    };
    SecretsError::Failed { reason }
}

/// Does something on a thread of its own, which may wait for a person, and gives up waiting after a while. The thread is then
/// left behind; it ends with the keyring's answer.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, SecretsError> + Send + 'static,
) -> Result<T, SecretsError> {
    let (done, waited) = mpsc::channel();
    let thread = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        // Nobody waits any more if it took too long.
        let _too_late = done.send(work());
    });
    thread.map_err(|error| SecretsError::Failed { reason: error.to_string() })?;
    waited.recv_timeout(patience).unwrap_or_else(|_| {
        Err(SecretsError::Failed {
            reason: format!("it did not answer within {} s; it may be locked", patience.as_secs()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemorySecrets;
    use super::super::{Marks, PasswordRule, parse};
    use super::*;

    #[test]
    fn only_logins_that_a_connection_has_are_looked_for() {
        let connection = |text: &str| {
            let (target, password) = (parse(text).expect("understood").target, PasswordRule::Keyring);
            Connection { id: Uuid::new_v4(), name: "x".to_owned(), target, password, marks: Marks::default() }
        };
        let (file, server) = (connection("/a/bank"), connection("postgres://ada@h/d"));
        let missing = MemorySecrets::missing();
        assert_eq!(fetch_all(&missing, &file), Ok(Passwords::default()), "a file needs no keyring");
        assert!(matches!(fetch_all(&missing, &server), Err(SecretsError::NoKeyring { .. })));
        let kept = MemorySecrets::default();
        let passwords = Passwords { login: Some(Secret::new("hunter2")), side: None };
        keep_all(&kept, server.id, &passwords).expect("kept");
        assert_eq!(fetch_all(&kept, &server), Ok(passwords));
        forget_all(&kept, server.id).expect("forgotten");
        assert_eq!(fetch_all(&kept, &server), Ok(Passwords::default()));
    }

    #[test]
    fn a_keyring_that_does_not_answer_is_given_up() {
        let slow = within(Duration::from_millis(20), || {
            std::thread::sleep(Duration::from_millis(500));
            Ok(())
        });
        assert!(matches!(slow, Err(SecretsError::Failed { .. })), "{slow:?}");
    }

    #[test]
    fn an_error_of_the_keyring_does_not_carry_what_is_kept() {
        let error = told(&keyring::Error::BadEncoding(b"hunter2".to_vec()));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
