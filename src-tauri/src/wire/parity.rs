//! A parity run: one bank on several stores, and where their answers differ.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, Progress, StoreChoice};

/// A parity run that is asked for.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityRequest {
    /// The stores that take part beside the one in memory; each must be empty.
    pub stores: Vec<StoreChoice>,
    /// Whether a file takes part that is thrown away afterwards.
    pub scratch_file: bool,
}

/// What came of a parity run. The answers of a step are asked for one by one.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityResult {
    /// Whether nothing differs.
    pub agrees: bool,
    /// Whether it was stopped before the end.
    pub cancelled: bool,
    /// What was run.
    pub scenario: String,
    /// Steps that all answered alike.
    pub same: String,
    /// Steps with different answers.
    pub different: String,
    /// Steps that were done nowhere, because not all offer them.
    pub not_offered: String,
    /// The stores, the one that others are compared with first.
    pub backends: Vec<ParityBackendRow>,
    /// Step by step.
    pub steps: Vec<ParityStepRow>,
}

/// A store that took part.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityBackendRow {
    /// What people call it.
    pub name: String,
    /// All steps together.
    pub total_milliseconds: f64,
    /// By kind of step.
    pub timings: Vec<ParityTiming>,
}

/// How long a kind of step took.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityTiming {
    /// The kind.
    pub action: String,
    /// How often it was done.
    pub count: String,
    /// The median.
    pub median_milliseconds: f64,
    /// The 99th percentile.
    pub p99_milliseconds: f64,
}

/// A step on all stores.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityStepRow {
    /// Its name.
    pub label: String,
    /// What its times are counted under.
    pub action: String,
    /// How the answers compare.
    pub verdict: ParityVerdictView,
    /// Where the first store that answered otherwise parts from the first one.
    pub place: Option<String>,
    /// What some of the stores do not offer, so that it was done nowhere.
    pub lacking: Option<String>,
    /// Of each store, if it was done.
    pub milliseconds: Vec<Option<f64>>,
}

/// How the answers to a step compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ParityVerdictView {
    /// All answered the same.
    Same,
    /// At least one answered something else than the first.
    Different,
    /// It was done on none.
    NotOffered,
}

/// What a store answered to a step.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityAnswer {
    /// The store.
    pub backend: String,
    /// The answer, as JSON on several lines; cut where it is long.
    pub json: String,
    /// Whether it was cut.
    pub cut: bool,
    /// What stands at the place where answers part, if they do.
    pub at_place: Option<String>,
}

/// The run that is under way, or how the last one ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ParityRun {
    /// To stop it by.
    pub task_id: String,
    /// Which stores take part, in words.
    pub title: String,
    /// How far it is.
    pub progress: Progress,
    /// How it ended; neither this nor the error while it is under way.
    pub result: Option<ParityResult>,
    /// Why it failed.
    pub error: Option<AppError>,
}
