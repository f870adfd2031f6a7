//! The story of one transfer.

use serde::Serialize;
use specta::Type;

use super::bank::MoneyView;
use super::events::EventRow;

/// Where a step happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoryLaneKind {
    /// The order that the transfer is an execution of.
    Order,
    /// The account that pays.
    Source,
    /// The transfer itself.
    Process,
    /// The account that receives.
    Target,
    /// Another account, to which a person has sent a parked amount.
    Beneficiary,
}

/// What makes a step stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoryMark {
    /// Nothing.
    Plain,
    /// A rule refused, a deadline passed, or somebody gave it up.
    Failure,
    /// Money on its way back.
    Compensation,
    /// Money in suspense.
    Parked,
    /// It takes longer than it should.
    Overdue,
    /// It has come to a good end.
    Completed,
}

/// A lane.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoryLane {
    /// What it is.
    pub kind: StoryLaneKind,
    /// Its stream.
    pub stream: String,
}

/// What the transfer has left in an account of the ledger.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoryBalance {
    /// Code of the ledger's account, for example `gl:suspense`.
    pub account: String,
    /// Its name.
    pub title: String,
    /// What the bank owes there: credits less debits.
    pub balance: MoneyView,
}

/// A customer's account after a step.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoryAccount {
    /// What is booked.
    pub settled: MoneyView,
    /// What is held.
    pub held: MoneyView,
    /// What can be spent.
    pub available: MoneyView,
}

/// A step.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoryStep {
    /// Its event.
    pub event: EventRow,
    /// Index of its lane.
    pub lane: u32,
    /// What makes it stand out.
    pub mark: StoryMark,
    /// Whether a person decided it, and not the process.
    pub by_person: bool,
    /// The command that it was written for.
    pub command_type: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Index of the step in another lane that led to it.
    pub from: Option<u32>,
    /// Time since the step before it, in microseconds.
    pub waited_micros: String,
    /// Where the transfer stood afterwards.
    pub status: String,
    /// What was known of the hold.
    pub hold: String,
    /// What was known of the debit.
    pub debit: String,
    /// Amounts in transit afterwards, one for each currency.
    pub in_flight: Vec<MoneyView>,
    /// What was in suspense and in the FX position afterwards.
    pub balances: Vec<StoryBalance>,
    /// The customer's account afterwards, on its lane.
    pub account: Option<StoryAccount>,
}

/// What a transfer waits for.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoryWaits {
    /// The command that is planned and not settled.
    pub pending: Option<String>,
    /// The timer that is set.
    pub timer: Option<String>,
    /// When it is due.
    pub due_at: Option<String>,
    /// Why it cannot go on by itself, if so; known for now only.
    pub stuck: Option<String>,
    /// Time since the last step, in microseconds.
    pub waited_micros: String,
}

/// The story of one transfer.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TransferStory {
    /// The transfer.
    pub transfer_id: String,
    /// Its stream.
    pub stream: String,
    /// Where it stands at the end.
    pub status: String,
    /// How much was asked for.
    pub amount: MoneyView,
    /// What it costs on top.
    pub fee: Option<MoneyView>,
    /// What arrives, where it is another currency.
    pub arriving: Option<MoneyView>,
    /// The customer's words.
    pub reference: String,
    /// Who asked.
    pub requested_by: String,
    /// Why it did not complete, if so.
    pub problem: Option<String>,
    /// Whether nothing more will happen to it.
    pub over: bool,
    /// The lanes, from left to right.
    pub lanes: Vec<StoryLane>,
    /// The steps, in the log's order.
    pub steps: Vec<StoryStep>,
    /// What it waits for; nothing at its end.
    pub waits: Option<StoryWaits>,
    /// The moment that the story is told at.
    pub told_at: String,
}
