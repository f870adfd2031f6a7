//! What a transfer is, and what it becomes with each event.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::event::TransferEvent;
use crate::ids::{AccountId, HoldId, TransferId};
use crate::money::Amount;

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferStatus {
    /// There is no such transfer.
    #[default]
    None,
    /// Asked for.
    Requested,
    /// Both accounts exist, are open and have the transfer's currency.
    Validated,
    /// The amount is held on the source account.
    SourceReserved,
    /// The amount has left the source account and is in transit.
    SourceDebited,
    /// The amount has arrived.
    Completed,
    /// Refused before anything was held.
    Rejected,
    /// Given up after the reservation began; nothing was moved.
    Failed,
    /// Withdrawn by the customer; nothing was moved.
    Cancelled,
    /// The amount could not be credited and is on its way back.
    Compensating,
    /// The amount is back on the source account.
    Compensated,
    /// Neither account takes the amount; it waits in suspense for a person.
    ParkedInSuspense,
}

impl TransferStatus {
    /// As read models and people see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Requested => "requested",
            Self::Validated => "validated",
            Self::SourceReserved => "sourceReserved",
            Self::SourceDebited => "sourceDebited",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::ParkedInSuspense => "parkedInSuspense",
        }
    }

    /// Whether the transfer can still be given up without moving money back.
    #[must_use]
    pub fn is_before_the_debit(self) -> bool {
        matches!(self, Self::Requested | Self::Validated | Self::SourceReserved)
    }
}

impl std::fmt::Display for TransferStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of the hold on the source account. Commands may have been carried out although their outcome was not
/// recorded, so `Asked` means "there may be a hold".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HoldStage {
    /// Never asked for, or refused.
    #[default]
    None,
    /// Asked for; not known whether it was placed.
    Asked,
    /// Placed.
    Held,
    /// Used up by the debit.
    Used,
    /// The account would not release it: it may have been used up by a debit whose outcome was not recorded.
    ReleaseRefused,
    /// Gone without a debit.
    Released,
}

/// What is known of the debit of the source account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DebitStage {
    /// Never asked for.
    #[default]
    None,
    /// Asked for; not known whether it was carried out.
    Asked,
    /// Carried out.
    Done,
    /// Refused.
    Refused,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferOrder {
    /// Id.
    pub transfer_id: TransferId,
    /// Account that pays.
    pub source: AccountId,
    /// Account that receives.
    pub target: AccountId,
    /// How much.
    pub amount: Amount,
    /// The customer's words.
    pub reference: String,
    /// Business date of the request.
    pub requested_on: NaiveDate,
    /// The source must be debited by then.
    pub deadline: DateTime<Utc>,
}

impl TransferOrder {
    /// Id of the hold on the source account.
    #[must_use]
    pub fn hold_id(&self) -> HoldId {
        hold_of(&self.transfer_id)
    }

    /// The hold outlives the deadline, so that it cannot lapse under a transfer that is still allowed to use it.
    #[must_use]
    pub fn hold_expires_at(&self) -> DateTime<Utc> {
        self.deadline + super::HOLD_OUTLIVES_DEADLINE
    }
}

/// Why a transfer did not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferProblem {
    /// Stable code, for example `insufficient_funds`.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// State of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferState {
    /// Where it stands.
    pub status: TransferStatus,
    /// What was asked for; nothing before the request.
    pub order: Option<TransferOrder>,
    /// The hold on the source account.
    pub hold: HoldStage,
    /// The debit of the source account.
    pub debit: DebitStage,
    /// Why it did not complete, if so.
    pub problem: Option<TransferProblem>,
}

impl TransferState {
    /// Whether the amount has left the source account and arrived nowhere, as far as this stream knows.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        matches!(self.status, TransferStatus::SourceDebited | TransferStatus::Compensating)
    }

    fn problem(&mut self, code: &str, message: &str) {
        self.problem = Some(TransferProblem { code: code.to_owned(), message: message.to_owned() });
    }

    pub(super) fn evolve(&mut self, event: &TransferEvent) {
        match event {
            TransferEvent::TransferRequested(requested) => {
                self.status = TransferStatus::Requested;
                self.order = Some(TransferOrder {
                    transfer_id: requested.transfer_id.clone(),
                    source: requested.source.clone(),
                    target: requested.target.clone(),
                    amount: requested.amount,
                    reference: requested.reference.clone(),
                    requested_on: requested.requested_on,
                    deadline: requested.deadline,
                });
            }
            TransferEvent::TransferValidated(_) => {
                self.status = TransferStatus::Validated;
                self.hold = HoldStage::Asked;
            }
            TransferEvent::SourceReserved(_) => {
                self.status = TransferStatus::SourceReserved;
                self.hold = HoldStage::Held;
                self.debit = DebitStage::Asked;
            }
            TransferEvent::SourceDebited(_) => {
                self.status = TransferStatus::SourceDebited;
                self.hold = HoldStage::Used;
                self.debit = DebitStage::Done;
            }
            TransferEvent::TransferCompleted(_) => self.status = TransferStatus::Completed,
            TransferEvent::TransferRejected(rejected) => {
                self.status = TransferStatus::Rejected;
                self.hold = HoldStage::None;
                self.problem(&rejected.code, &rejected.message);
            }
            TransferEvent::TransferFailed(failed) => {
                self.status = TransferStatus::Failed;
                if failed.debit_refused {
                    self.debit = DebitStage::Refused;
                }
                self.problem(&failed.code, &failed.message);
            }
            TransferEvent::TransferCancelled(cancelled) => {
                self.status = TransferStatus::Cancelled;
                self.problem("cancelled", &cancelled.reason);
            }
            TransferEvent::SourceReleaseRefused(_) => self.hold = HoldStage::ReleaseRefused,
            TransferEvent::SourceReleased(_) => {
                self.hold = HoldStage::Released;
                self.debit = if self.debit == DebitStage::None { DebitStage::None } else { DebitStage::Refused };
            }
            TransferEvent::CompensationStarted(started) => {
                self.status = TransferStatus::Compensating;
                self.problem(&started.code, &started.message);
            }
            TransferEvent::TransferCompensated(_) => self.status = TransferStatus::Compensated,
            TransferEvent::TransferParked(parked) => {
                self.status = TransferStatus::ParkedInSuspense;
                self.problem(&parked.code, &parked.message);
            }
        }
    }
}

/// A transfer's hold has the transfer's own id: the two kinds of id follow the same rule.
fn hold_of(transfer_id: &TransferId) -> HoldId {
    match HoldId::new(transfer_id.as_str()) {
        Ok(hold_id) => hold_id,
        Err(_) => unreachable!("every transfer id is a possible hold id"),
    }
}
