//! A transfer that cannot go on, for those who want to show what an operator does then: its money has left the source, and the
//! account that should get it can no longer be read.

use std::sync::Arc;

use bank::processes::{TransferProcess, next_step, outcome_id, outcome_of};
use bank::projections::AccountLine;
use bank::queries;
use bank::transfer::TransferState;
use es_core::{
    AnyState, AppendRequest, CommandDraft, EventStore, ExpectedVersion, HostedStore, NewEvent, Payload, Process,
    Settlement, StreamName,
};
use es_runtime::{CommandEnvelope, Engine, Outcome, ProgressSink};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::broken;
use crate::composition::{self, Access, Store};
use crate::connections::Chosen;
use crate::wire::AppError;

/// The transfer.
pub const TRANSFER: &str = "T-STUCK";
/// What it moves, in minor units: less than any limit of the simulated bank.
const AMOUNT: i64 = 12_500;
/// Accounts that are looked at for two that can take part.
const ACCOUNTS: usize = 500;

/// Between which accounts it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckTransfer {
    /// The account that has been debited.
    pub source: String,
    /// The account that cannot be read any more.
    pub target: String,
}

/// Adds a transfer that is stuck to a demo bank: takes its steps until the money is in transit, and then writes an event into the
/// target's stream as a newer program might, which nobody can read.
///
/// # Errors
/// The store cannot be opened or written, it was stopped, or no two accounts of it can take part.
pub async fn leave_a_transfer_stuck(
    chosen: &Chosen,
    progress: &dyn ProgressSink,
    stop: &CancellationToken,
) -> Result<StuckTransfer, AppError> {
    let store = Store::open(chosen.clone(), Access::Write).await?;
    let mut parts = store.engine_parts(composition::domain()?);
    // Step by step, so that it can be left between two of them.
    parts.config.atomic_turns = false;
    let engine = Engine::new(parts);
    let left = leave(&engine, &store.events, progress, stop).await;
    engine.shutdown().await;
    store.events.close().await;
    left
}

async fn leave(
    engine: &Engine,
    events: &Arc<dyn HostedStore>,
    progress: &dyn ProgressSink,
    stop: &CancellationToken,
) -> Result<StuckTransfer, AppError> {
    engine.catch_up(None, progress, stop).await?;
    let accounts = queries::accounts(&**engine.queries().rows(), None, 0, ACCOUNTS).await?.rows;
    let (source, target) = two_that_can_take_part(&accounts)
        .ok_or_else(|| broken(&"no two open accounts of one currency; ask for more events"))?;
    let payload = json!({
        "transferId": TRANSFER, "source": source.account_id, "target": target.account_id, "reference": "Rent",
        "amount": { "minor": AMOUNT.to_string(), "currency": source.currency },
    });
    send(engine, CommandEnvelope::new("RequestTransfer", payload.to_string()).by("demo", "cli")).await?;
    debit(engine).await?;
    make_unreadable(&**events, &target.account_id).await?;
    Ok(StuckTransfer { source: source.account_id.clone(), target: target.account_id.clone() })
}

/// An open account with enough money, and another open one in its currency: the youngest, which has the fewest standing orders.
fn two_that_can_take_part(accounts: &[AccountLine]) -> Option<(&AccountLine, &AccountLine)> {
    let open = || accounts.iter().filter(|account| account.status == "open");
    let source = open().find(|account| account.balance > 2 * AMOUNT)?;
    let mut others = open().filter(|one| one.currency == source.currency && one.account_id != source.account_id);
    let target = others.next_back()?;
    Some((source, target))
}

/// Sends the steps of the transfer, as its process would, until its source is debited.
async fn debit(engine: &Engine) -> Result<(), AppError> {
    let stream = StreamName::of("transfer", TRANSFER).map_err(|error| broken(&error))?;
    loop {
        let state = state_of(engine, &stream).await?;
        if !state.status.is_before_the_debit() {
            return Ok(());
        }
        let step = next_step(&state).ok_or_else(|| broken(&"the transfer plans no step"))?;
        let turn = TransferProcess.turn(&stream, &AnyState::new(state.clone()));
        let pending = turn.pending.first().ok_or_else(|| broken(&"the transfer sends nothing"))?;
        send_step(engine, &stream, pending).await?;
        if let Some(outcome) = outcome_of(&state, step.step(), &Settlement::Done) {
            let command_id = outcome_id(&stream, &state, step.step(), &outcome);
            let payload = outcome.encode().map_err(|error| broken(&error))?;
            let command_type = outcome.command_type().to_owned();
            send_step(engine, &stream, &CommandDraft { command_id, command_type, payload }).await?;
        }
    }
}

async fn send_step(engine: &Engine, stream: &StreamName, draft: &CommandDraft) -> Result<(), AppError> {
    let mut command = CommandEnvelope::new(draft.command_type.clone(), draft.payload.clone());
    command = command.with_id(draft.command_id).by("process:transfer", "process");
    let events = recorded(engine, stream).await?;
    command.correlation_id = events.first().and_then(|event| event.correlation_id);
    command.causation_id = events.last().map(|event| event.event_id);
    send(engine, command).await
}

async fn send(engine: &Engine, command: CommandEnvelope) -> Result<(), AppError> {
    let what = command.command_type.clone();
    match engine.execute(&command).await? {
        Outcome::Executed { .. } | Outcome::AlreadyDone { .. } => Ok(()),
        other => Err(broken(&format!("{what}: {other:?}"))),
    }
}

async fn recorded(engine: &Engine, stream: &StreamName) -> Result<Vec<es_core::RecordedEvent>, AppError> {
    let read = es_core::ReadStream {
        stream: stream.clone(),
        from: es_core::StreamVersion::ZERO,
        direction: es_core::Direction::Forward,
        limit: es_core::limits::PAGE_EVENTS,
    };
    Ok(engine.queries().events().read_stream(read).await?.events)
}

async fn state_of(engine: &Engine, stream: &StreamName) -> Result<TransferState, AppError> {
    let aggregate = engine.domain().aggregate("transfer").ok_or_else(|| broken(&"there are no transfers"))?;
    let mut state = aggregate.initial();
    for event in recorded(engine, stream).await? {
        let payload = event.payload.as_json().ok_or_else(|| broken(&"a payload that is no JSON"))?;
        aggregate.evolve(&mut state, &event.event_type, payload).map_err(|error| broken(&error))?;
    }
    state.downcast_ref::<TransferState>().cloned().ok_or_else(|| broken(&"a state that is no transfer"))
}

/// Writes an event that nobody can read, as a newer program might.
async fn make_unreadable(events: &dyn EventStore, account: &str) -> Result<(), AppError> {
    let event = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "MoneyDeposited".into(),
        schema_version: 99,
        payload: Payload::json("{}".to_owned()),
        metadata: r#"{"actor":"a newer program"}"#.into(),
    };
    let stream = StreamName::of("account", account).map_err(|error| broken(&error))?;
    events.append(AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event])).await?;
    Ok(())
}
