//! A transfer that cannot go on: its money is in transit, and the account that should get it cannot be read any more.

use bank::processes::{TransferProcess, next_step, outcome_id, outcome_of};
use bank::transfer::TransferState;
use es_core::{
    AnyState, AppendRequest, CommandDraft, Direction, EventStore, ExpectedVersion, NewEvent, Payload, Process,
    ReadStream, Settlement, StreamName, StreamVersion, limits,
};
use es_runtime::{CommandEnvelope, Engine, Outcome};
use uuid::Uuid;

/// Sends the steps of a transfer that was requested, as its process would, until its source is debited.
pub async fn debit(engine: &Engine, transfer: &str) {
    let stream = StreamName::of("transfer", transfer).expect("a name");
    while state_of(engine, &stream).await.status.is_before_the_debit() {
        let state = state_of(engine, &stream).await;
        let step = next_step(&state).expect("a step is planned");
        let pending = TransferProcess.turn(&stream, &AnyState::new(state.clone())).pending;
        send(engine, &stream, &pending[0]).await;
        if let Some(outcome) = outcome_of(&state, step.step(), &Settlement::Done) {
            let command_id = outcome_id(&stream, &state, step.step(), &outcome);
            let payload = outcome.encode().expect("a command");
            let command_type = outcome.command_type().to_owned();
            send(engine, &stream, &CommandDraft { command_id, command_type, payload }).await;
        }
    }
}

/// Writes an event into an account's stream that nobody can read, as a newer program might.
pub async fn break_account(events: &dyn EventStore, account: &str) {
    let broken = NewEvent {
        event_id: Uuid::new_v4(),
        event_type: "MoneyDeposited".into(),
        schema_version: 99,
        payload: Payload::json("{}".to_owned()),
        metadata: r#"{"actor":"a newer program"}"#.into(),
    };
    let account = StreamName::of("account", account).expect("a name");
    events.append(AppendRequest::to_stream(account, ExpectedVersion::Any, vec![broken])).await.expect("appended");
}

async fn send(engine: &Engine, stream: &StreamName, draft: &CommandDraft) {
    let mut command = CommandEnvelope::new(draft.command_type.clone(), draft.payload.clone());
    command = command.with_id(draft.command_id).by("process:transfer", "process");
    let read = |from, direction| ReadStream { stream: stream.clone(), from, direction, limit: 1 };
    let events = engine.queries().events();
    let first = events.read_stream(read(StreamVersion::ZERO, Direction::Forward)).await.expect("readable").events;
    let last = events.read_stream(read(StreamVersion::MAX, Direction::Backward)).await.expect("readable").events;
    command.correlation_id = first.first().and_then(|event| event.correlation_id);
    command.causation_id = last.first().map(|event| event.event_id);
    let outcome = engine.execute(&command).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Executed { .. }), "{}: {outcome:?}", draft.command_type);
}

async fn state_of(engine: &Engine, stream: &StreamName) -> TransferState {
    let aggregate = engine.domain().aggregate("transfer").expect("an aggregate").clone();
    let mut state = aggregate.initial();
    let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
    let read = ReadStream { stream: stream.clone(), from, direction, limit: limits::PAGE_EVENTS };
    for event in engine.queries().events().read_stream(read).await.expect("readable").events {
        let payload = event.payload.as_json().expect("JSON");
        aggregate.evolve(&mut state, &event.event_type, payload).expect("it folds");
    }
    state.downcast_ref::<TransferState>().expect("a transfer").clone()
}
