//! Where the parts are put together: the only place that knows store, engine and domain by name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{Domain, StoreError};
use es_sqlite::{OpenOptions, SqliteEventStore};
use inspector::View;
use serde::Deserialize;

use crate::wire::AppError;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Looking: nothing is written, not even to bring an older schema up to date.
    Read,
    /// Commands. The store must exist.
    Write,
    /// Commands. The store is created if it is missing.
    Create,
}

/// The domain that this program hosts.
///
/// # Errors
/// Its registry contradicts itself: a fault in the program, found at every start.
pub fn domain() -> Result<Arc<Domain>, AppError> {
    bank::domain().map(Arc::new).map_err(|error| {
        let message = format!("The bank's event types contradict each other: {error}.");
        AppError::new("bad_registry", message, "This is a fault in the program; report it.")
    })
}

/// Opens the events of a store.
///
/// # Errors
/// The file is missing, something else, newer, locked, or cannot be written.
pub fn open_events(path: &Path, access: Access) -> Result<SqliteEventStore, StoreError> {
    let options = OpenOptions {
        create: access == Access::Create,
        read_only: access == Access::Read,
        ..OpenOptions::default()
    };
    SqliteEventStore::open(path, options)
}

/// The file beside a store that holds everything derived from its events. It may be deleted at any time.
#[must_use]
pub fn views_path(store: &Path) -> PathBuf {
    let mut name = OsString::from(store.as_os_str());
    name.push(".views");
    name.into()
}

/// How trees show the bank's amounts.
#[must_use]
pub fn view() -> View {
    View { display: Some(money) }
}

/// `100.50 EUR` for `{"minor":"10050","currency":"EUR"}`; nothing for what only looks like it.
fn money(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        minor: &'a str,
        currency: &'a str,
    }
    let raw: Raw<'_> = serde_json::from_str(json).ok()?;
    let currency = raw.currency.parse::<bank::money::Currency>().ok()?;
    let money = bank::money::Money::new(raw.minor.parse().ok()?, currency).ok()?;
    Some(money.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_with_their_currencys_decimals() {
        let told = |minor: &str, currency: &str| money(&format!(r#"{{"minor":"{minor}","currency":"{currency}"}}"#));
        assert_eq!(told("123450", "EUR").as_deref(), Some("1,234.50 EUR"));
        assert_eq!(told("-5", "JPY").as_deref(), Some("-5 JPY"));
        assert_eq!(told("x", "EUR"), None, "no number");
        assert_eq!(told("1", "???"), None, "no currency");
        assert_eq!(money(r#"{"minor":5,"currency":"EUR"}"#), None, "minor units are a string");
    }

    #[test]
    fn read_models_lie_beside_the_store() {
        assert_eq!(views_path(Path::new("/a/b.ledgerscope")), Path::new("/a/b.ledgerscope.views"));
    }
}
