//! The periodic review of what the bank knows of a customer.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::events::{KycReviewCompleted, KycReviewDue, KycReviewSubmitted, RiskRating};
use super::limits::next_review;

/// Where the periodic review stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Day of the last review; the first is the approval.
    pub reviewed_on: Option<NaiveDate>,
    /// Whether the risk was rated as high since the last review or by it: then a second person approves the next one.
    pub enhanced: bool,
    /// The review that is due, if one is.
    pub due: Option<DueReview>,
    /// The review that waits for a second person.
    pub submitted: Option<SubmittedReview>,
    /// Since which due day the customer is restricted, as long as that is so.
    pub restriction: Option<NaiveDate>,
}

/// A review that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DueReview {
    /// The day from which it is due.
    pub due_on: NaiveDate,
    /// The day from which the customer is restricted if it is not done.
    pub grace_until: NaiveDate,
}

/// A review that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmittedReview {
    /// What was found.
    pub findings: String,
    /// Who reviewed.
    pub reviewed_by: String,
}

impl Review {
    /// The day on which the next review becomes due, for a customer of this rating.
    #[must_use]
    pub fn due_on(&self, rating: Option<RiskRating>) -> Option<NaiveDate> {
        Some(next_review(self.reviewed_on?, rating?))
    }

    pub(super) fn begin(&mut self, approved_on: NaiveDate) {
        self.reviewed_on = Some(approved_on);
    }

    pub(super) fn rated(&mut self, rating: RiskRating) {
        self.enhanced |= rating == RiskRating::High;
    }

    pub(super) fn became_due(&mut self, event: &KycReviewDue) {
        self.due = Some(DueReview { due_on: event.due_on, grace_until: event.grace_until });
    }

    pub(super) fn submitted(&mut self, event: &KycReviewSubmitted) {
        let (findings, reviewed_by) = (event.findings.clone(), event.reviewed_by.clone());
        self.submitted = Some(SubmittedReview { findings, reviewed_by });
    }

    pub(super) fn completed(&mut self, event: &KycReviewCompleted) {
        let (reviewed_on, enhanced) = (Some(event.reviewed_on), event.rating == RiskRating::High);
        *self = Self { reviewed_on, enhanced, due: None, submitted: None, restriction: None };
    }
}
