//! The story of one transfer: its own events and what it did to accounts and its order, in one line of time, with where it stood
//! and where the money was after each step.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{CurrentEvent, Decider, DomainEvent, Position, RecordedEvent, StreamName, StreamVersion};
use uuid::Uuid;

use crate::account::{AccountDecider, AccountEvent};
use crate::currency::Currency;
use crate::entry::EntryView;
use crate::ids::TransferId;
use crate::order::{OrderDecider, OrderEvent};
use crate::posting::{GlAccount, PostingAccount, Side};
use crate::transfer::{CATEGORY, DebitStage, HoldStage, TransferDecider, TransferEvent, TransferState, TransferStatus};

/// An event that may belong to the story.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// As it is stored.
    pub recorded: &'a RecordedEvent,
    /// In its current shape.
    pub current: Vec<CurrentEvent<'a>>,
}

/// Where a step happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// The standing or scheduled order that the transfer is an execution of.
    Order,
    /// The account that pays.
    Source,
    /// The transfer itself, the memory of its process.
    Process,
    /// The account that receives.
    Target,
    /// Another account, to which a person has sent a parked amount.
    Beneficiary,
}

/// What makes a step stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: things go their way.
    Plain,
    /// A rule refused, a deadline passed, or somebody gave it up.
    Failure,
    /// Money on its way back.
    Compensation,
    /// Money in suspense.
    Parked,
    /// Only a notice: it takes longer than it should.
    Overdue,
    /// The transfer has come to a good end.
    Completed,
}

/// What the transfer's entries have left in an account of the ledger: what the bank owes there, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The account of the ledger.
    pub account: GlAccount,
    /// The currency.
    pub currency: Currency,
    /// Credits less debits.
    pub minor: i128,
}

/// Where the transfer stood after a step, as far as its own stream knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Where it stands.
    pub status: TransferStatus,
    /// What is known of the hold.
    pub hold: HoldStage,
    /// What is known of the debit.
    pub debit: DebitStage,
}

/// A step of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryStep {
    /// Its event's place in the log.
    pub position: Position,
    /// Its event's stream.
    pub stream: StreamName,
    /// And version there.
    pub version: StreamVersion,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Where it happened.
    pub lane: Lane,
    /// What makes it stand out.
    pub mark: Mark,
    /// Index of the step that led to it, in another lane; nothing where it followed from its own.
    pub from: Option<usize>,
    /// Time since the step before it.
    pub waited: TimeDelta,
    /// Where the transfer stood afterwards.
    pub after: Standing,
    /// What was in transit, in suspense and in the FX position afterwards, where it is not zero.
    pub balances: Vec<Balance>,
}

/// The story of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The transfer at the end of the story.
    pub transfer: TransferState,
    /// Its steps, in the log's order.
    pub steps: Vec<StoryStep>,
}

/// Tells the story of a transfer from events in the log's order; those of others are left out. Nothing if there is no such
/// transfer among them.
#[must_use]
pub fn story(transfer_id: &TransferId, candidates: &[Candidate<'_>]) -> Option<Story> {
    let own = StreamName::of(CATEGORY, transfer_id.as_str()).ok()?;
    let mut telling = Telling::default();
    for candidate in candidates {
        for current in &candidate.current {
            let found = Found::of(transfer_id, &own, candidate.recorded, current);
            if let Some(found) = found {
                telling.take(candidate.recorded, &found);
            }
        }
    }
    telling.transfer.order.is_some().then_some(Story { transfer: telling.transfer, steps: telling.steps })
}

/// An event of the story, as its aggregate means it.
enum Found {
    Transfer(TransferEvent),
    Account(AccountEvent),
    Order(OrderEvent),
}

impl Found {
    fn of(transfer: &TransferId, own: &StreamName, event: &RecordedEvent, current: &CurrentEvent<'_>) -> Option<Self> {
        let (event_type, payload) = (&*current.event_type, &*current.payload);
        if event.stream == *own {
            return TransferEvent::decode(event_type, payload).ok().map(Self::Transfer);
        }
        match event.stream.category() {
            AccountDecider::CATEGORY => {
                let event = AccountEvent::decode(event_type, payload).ok()?;
                is_of_account(&event, transfer).then_some(Self::Account(event))
            }
            OrderDecider::CATEGORY => {
                let event = OrderEvent::decode(event_type, payload).ok()?;
                is_of_order(&event, transfer).then_some(Self::Order(event))
            }
            _ => None,
        }
    }

    fn entry(&self) -> Option<EntryView<'_>> {
        match self {
            Self::Transfer(event) => event.entry(),
            Self::Account(event) => event.entry(),
            Self::Order(_) => None,
        }
    }

    fn mark(&self) -> Mark {
        use TransferEvent as T;
        match self {
            Self::Transfer(event) => match event {
                T::TransferRejected(_) | T::TransferRefused(_) | T::TransferApprovalExpired(_) => Mark::Failure,
                T::TransferFailed(_) | T::TransferCancelled(_) | T::SourceReleaseRefused(_) => Mark::Failure,
                T::CompensationStarted(_) | T::TransferCompensated(_) => Mark::Compensation,
                T::TransferParked(_) => Mark::Parked,
                T::TransferOverdue(_) => Mark::Overdue,
                T::TransferCompleted(_) | T::ParkedTransferResolved(_) => Mark::Completed,
                _ => Mark::Plain,
            },
            Self::Account(AccountEvent::TransferDebitReturned(_)) => Mark::Compensation,
            Self::Account(AccountEvent::HoldExpired(_)) | Self::Order(OrderEvent::OrderExecutionFailed(_)) => {
                Mark::Failure
            }
            Self::Account(_) | Self::Order(_) => Mark::Plain,
        }
    }
}

/// A transfer's hold has the transfer's own id.
fn is_of_account(event: &AccountEvent, transfer: &TransferId) -> bool {
    match event {
        AccountEvent::HoldPlaced(event) => event.hold_id.as_str() == transfer.as_str(),
        AccountEvent::HoldReleased(event) => event.hold_id.as_str() == transfer.as_str(),
        AccountEvent::HoldExpired(event) => event.hold_id.as_str() == transfer.as_str(),
        AccountEvent::TransferDebited(event) => event.transfer_id == *transfer,
        AccountEvent::TransferCredited(event) => event.transfer_id == *transfer,
        AccountEvent::TransferDebitReturned(event) => event.transfer_id == *transfer,
        _ => false,
    }
}

fn is_of_order(event: &OrderEvent, transfer: &TransferId) -> bool {
    match event {
        OrderEvent::OrderExecutionStarted(event) => event.transfer_id == *transfer,
        OrderEvent::OrderTransferRequested(event) => event.transfer_id == *transfer,
        OrderEvent::OrderExecuted(event) => event.transfer_id == *transfer,
        OrderEvent::OrderExecutionFailed(event) => event.transfer_id == *transfer,
        _ => false,
    }
}

#[derive(Default)]
struct Telling {
    transfer: TransferState,
    steps: Vec<StoryStep>,
    balances: BTreeMap<(GlAccount, Currency), i128>,
    /// Indices of the steps of events.
    step_of: BTreeMap<Uuid, usize>,
}

impl Telling {
    fn take(&mut self, event: &RecordedEvent, found: &Found) {
        if let Found::Transfer(event) = found {
            TransferDecider::evolve(&mut self.transfer, event);
        }
        if let Some(entry) = found.entry() {
            for posting in entry.postings.legs() {
                self.post(&posting.account, posting.side, posting.amount);
            }
        }
        let lane = self.lane(event, found);
        let before = self.steps.last();
        let waited = before.map_or(TimeDelta::zero(), |before| event.recorded_at - before.recorded_at);
        let named = event.causation_id.and_then(|id| self.step_of.get(&id).copied());
        // The record of an answer names what the process knew when it asked; what it follows from is the answer.
        let answered = self.steps.len().checked_sub(1).filter(|last| self.steps[*last].lane != lane);
        let from = if lane == Lane::Process { answered } else { named };
        self.step_of.insert(event.event_id, self.steps.len());
        self.steps.push(StoryStep {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            recorded_at: event.recorded_at,
            lane,
            mark: found.mark(),
            from: from.filter(|from| self.steps[*from].lane != lane),
            waited,
            after: Standing { status: self.transfer.status, hold: self.transfer.hold, debit: self.transfer.debit },
            balances: self.balances(),
        });
    }

    fn lane(&self, event: &RecordedEvent, found: &Found) -> Lane {
        let order = self.transfer.order.as_ref();
        match found {
            Found::Transfer(_) => Lane::Process,
            Found::Order(_) => Lane::Order,
            Found::Account(_) if order.is_some_and(|order| order.source.stream() == event.stream) => Lane::Source,
            Found::Account(_) if order.is_some_and(|order| order.target.stream() == event.stream) => Lane::Target,
            Found::Account(_) => Lane::Beneficiary,
        }
    }

    fn post(&mut self, account: &PostingAccount, side: Side, amount: crate::money::Amount) {
        let PostingAccount::Ledger(account) = account else { return };
        if !matches!(account, GlAccount::TransfersInTransit | GlAccount::Suspense | GlAccount::FxPosition) {
            return;
        }
        let minor = i128::from(amount.minor());
        let balance = self.balances.entry((*account, amount.currency())).or_default();
        *balance += if side == Side::Credit { minor } else { -minor };
    }

    fn balances(&self) -> Vec<Balance> {
        let left = self.balances.iter().filter(|(_, minor)| **minor != 0);
        left.map(|((account, currency), minor)| Balance { account: *account, currency: *currency, minor: *minor })
            .collect()
    }
}
