//! What every store that keeps the keys of sealed personal data promises, as functions over a fresh store.

#![allow(missing_docs, reason = "each function is a statement and is named so")]

pub mod capabilities;
pub mod keys;

use std::sync::Arc;

use es_core::SubjectKeys;

use crate::Fixture;

impl Fixture {
    /// The keys of the store under test.
    pub(crate) fn keys(&self) -> Arc<dyn SubjectKeys> {
        self.store.subject_keys().expect("the store keeps keys")
    }
}
