//! Verification of the whole store.

use serde::Serialize;
use specta::Type;

/// How a verification ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Whether everything is as it was written.
    pub intact: bool,
    /// Events examined.
    pub events: String,
    /// The head's chain hash, hexadecimal.
    pub chain_hash: String,
    /// What was found, first ones first.
    pub findings: Vec<Finding>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// A place where the store contradicts itself.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Position.
    pub position: String,
    /// What is wrong there.
    pub message: String,
}
