//! Passwords in memory, for tests.

use std::collections::HashMap;

use es_core::Secret;
use parking_lot::Mutex;
use uuid::Uuid;

use super::secrets::{Login, SecretStore, SecretsError};

/// Passwords in memory; or none at all, like a system without a keyring.
#[derive(Default)]
pub struct MemorySecrets {
    /// Whether it behaves like a system without a keyring.
    missing: bool,
    kept: Mutex<HashMap<(Uuid, Login), Secret>>,
}

impl MemorySecrets {
    /// A system without a keyring.
    #[must_use]
    pub fn missing() -> Self {
        Self { missing: true, ..Self::default() }
    }
}

impl SecretStore for MemorySecrets {
    fn available(&self) -> Result<(), SecretsError> {
        match self.missing {
            true => Err(SecretsError::NoKeyring { reason: "there is none".to_owned() }),
            false => Ok(()),
        }
    }

    fn fetch(&self, connection: Uuid, login: Login) -> Result<Option<Secret>, SecretsError> {
        self.available()?;
        Ok(self.kept.lock().get(&(connection, login)).cloned())
    }

    fn keep(&self, connection: Uuid, login: Login, secret: &Secret) -> Result<(), SecretsError> {
        self.available()?;
        self.kept.lock().insert((connection, login), secret.clone());
        Ok(())
    }

    fn forget(&self, connection: Uuid, login: Login) -> Result<(), SecretsError> {
        self.available()?;
        self.kept.lock().remove(&(connection, login));
        Ok(())
    }
}
