//! What a transfer is, and what it becomes with each event.

use chrono::{DateTime, NaiveDate, Utc};
use es_core::hash::content_hash_of;
use serde::{Deserialize, Serialize};

use super::event::{Belonging, OrderOccurrence, PinnedRate, TransferEvent};
use crate::ids::{AccountId, HoldId, QuoteId, TransferId};
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
    /// Both accounts can take part, and a second person must agree first.
    AwaitingApproval,
    /// Both accounts can take part, and nobody else has to agree.
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
    /// A person has taken the amount out of suspense; it is on its way to the account that they named.
    Resolving,
}

impl TransferStatus {
    /// As read models and people see it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Requested => "requested",
            Self::AwaitingApproval => "awaitingApproval",
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
            Self::Resolving => "resolving",
        }
    }

    /// How a transfer ends whose parked amount has arrived.
    #[must_use]
    pub const fn of_resolved(belongs_to: Belonging) -> Self {
        match belongs_to {
            Belonging::Source => Self::Compensated,
            Belonging::Target => Self::Completed,
        }
    }

    /// Whether the transfer can still be given up without moving money back.
    #[must_use]
    pub fn is_before_the_debit(self) -> bool {
        matches!(self, Self::Requested | Self::AwaitingApproval | Self::Validated | Self::SourceReserved)
    }

    /// Whether the amount has left the source account and arrived nowhere, as far as the transfer's stream knows.
    #[must_use]
    pub fn is_in_flight(self) -> bool {
        matches!(self, Self::SourceDebited | Self::Compensating | Self::Resolving)
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
    /// How much, in the currency of the source account.
    pub amount: Amount,
    /// What it costs on top.
    pub fee: Option<Amount>,
    /// The customer's words.
    pub reference: String,
    /// Who asked.
    pub requested_by: String,
    /// Business date of the request.
    pub requested_on: NaiveDate,
    /// The source must be debited by then; after a person has sent a parked amount on, it should have arrived by then.
    pub deadline: DateTime<Utc>,
    /// The quoted rate that was asked for.
    pub quote_id: Option<QuoteId>,
    /// The rate, once it is pinned.
    pub exchange: Option<PinnedRate>,
    /// The execution of an order that it is.
    pub origin: Option<OrderOccurrence>,
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

    /// When money that is still in flight is noted as overdue.
    #[must_use]
    pub fn overdue_at(&self) -> DateTime<Utc> {
        self.deadline + super::OVERDUE_AFTER
    }

    /// Amount and fee: what is held and debited. The request made sure that they have a sum.
    #[must_use]
    pub fn whole(&self) -> Amount {
        self.fee.and_then(|fee| self.amount.checked_add(fee).ok()).unwrap_or(self.amount)
    }

    /// What arrives on the target account.
    #[must_use]
    pub fn arriving(&self) -> Amount {
        self.exchange.as_ref().map_or(self.amount, |exchange| exchange.converted)
    }

    /// SHA-256 (hexadecimal) over all that an approver agrees to. The transfer's id is in it, so that an approval cannot be moved
    /// to another transfer with the same content.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let Self { source, target, amount, fee, reference, requested_by, exchange, .. } = self;
        // One spelling: a list in this order, ids and money canonical. Writing it cannot fail.
        let content = serde_json::to_string(&(source, target, amount, fee, exchange, requested_by)).unwrap_or_default();
        content_hash_of(self.transfer_id.as_str(), "TransferContent", 1, content.as_bytes(), reference).to_hex()
    }
}

/// What a second person has to agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferApproval {
    /// Hash of the content; what an approval is bound to.
    pub content_hash: String,
    /// What is not approved by then has expired.
    pub expires_at: DateTime<Utc>,
    /// Who approved.
    pub approved_by: Option<String>,
}

/// Where a person has sent an amount that was parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// How often the transfer was taken out of suspense; part of the step's command id, because an account that refused once
    /// may be asked again.
    pub number: u32,
    /// Whose money it is.
    pub belongs_to: Belonging,
    /// The account that is to get it.
    pub beneficiary: AccountId,
    /// How much is in transit.
    pub amount: Amount,
    /// How much is to arrive.
    pub arriving: Amount,
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
    /// The approval that it needs or has got.
    pub approval: Option<TransferApproval>,
    /// What was parked in suspense last, with the fee.
    pub in_suspense: Option<Amount>,
    /// The last time that a person took it out of suspense.
    pub resolution: Option<Resolution>,
    /// Whether it was noted that the money is in flight for too long.
    pub overdue: bool,
    /// Whether the order that it is an execution of knows how it ended.
    pub order_informed: bool,
}

impl TransferState {
    /// Whether the amount has left the source account and arrived nowhere, as far as this stream knows.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        self.status.is_in_flight()
    }

    /// Whether nothing more will happen to it by itself or by a person. A parked amount still waits for one.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.status {
            TransferStatus::Completed | TransferStatus::Rejected | TransferStatus::Compensated => true,
            TransferStatus::Failed | TransferStatus::Cancelled => {
                matches!(self.hold, HoldStage::None | HoldStage::Released)
            }
            _ => false,
        }
    }

    fn problem(&mut self, code: &str, message: &str) {
        self.problem = Some(TransferProblem { code: code.to_owned(), message: message.to_owned() });
    }

    fn deadline(&mut self, deadline: DateTime<Utc>) {
        if let Some(order) = &mut self.order {
            order.deadline = deadline;
        }
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
                    fee: requested.fee,
                    reference: requested.reference.clone(),
                    requested_by: requested.requested_by.clone(),
                    requested_on: requested.requested_on,
                    deadline: requested.deadline,
                    quote_id: requested.quote_id.clone(),
                    exchange: None,
                    origin: requested.order.clone(),
                });
            }
            TransferEvent::TransferValidated(validated) => {
                self.status = TransferStatus::Validated;
                self.hold = HoldStage::Asked;
                if let Some(order) = &mut self.order {
                    order.exchange.clone_from(&validated.exchange);
                }
            }
            TransferEvent::TransferApprovalRequested(requested) => {
                self.status = TransferStatus::AwaitingApproval;
                self.hold = HoldStage::None;
                let (content_hash, expires_at) = (requested.content_hash.clone(), requested.expires_at);
                self.approval = Some(TransferApproval { content_hash, expires_at, approved_by: None });
            }
            TransferEvent::TransferApproved(approved) => {
                self.status = TransferStatus::Validated;
                self.hold = HoldStage::Asked;
                self.deadline(approved.deadline);
                if let Some(approval) = &mut self.approval {
                    approval.approved_by = Some(approved.approved_by.clone());
                }
            }
            TransferEvent::TransferRefused(refused) => {
                self.status = TransferStatus::Rejected;
                self.problem("refused", &refused.message());
            }
            TransferEvent::TransferApprovalExpired(expired) => {
                self.status = TransferStatus::Rejected;
                self.problem("approval_expired", &expired.message());
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
                let whole = parked.fee.and_then(|fee| parked.amount.checked_add(fee).ok());
                self.in_suspense = Some(whole.unwrap_or(parked.amount));
                self.problem(&parked.code, &parked.message);
            }
            TransferEvent::TransferUnparked(unparked) => {
                self.status = TransferStatus::Resolving;
                self.overdue = false;
                self.deadline(unparked.deadline);
                self.resolution = Some(Resolution {
                    number: self.resolution.as_ref().map_or(1, |former| former.number.saturating_add(1)),
                    belongs_to: unparked.belongs_to,
                    beneficiary: unparked.beneficiary.clone(),
                    amount: unparked.amount,
                    arriving: unparked.arriving,
                });
            }
            TransferEvent::ParkedTransferResolved(resolved) => {
                self.status = TransferStatus::of_resolved(resolved.belongs_to);
            }
            TransferEvent::TransferOverdue(_) => self.overdue = true,
            TransferEvent::OrderInformed(_) => self.order_informed = true,
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
