//! The story of one transfer, told to the window.

use bank::account::AccountState;
use bank::ids::TransferId;
use bank::money::{Amount, Money};
use bank::posting::GlAccount;
use bank::processes::{next_step, timer_of};
use bank::story::{Balance, Candidate, Lane, Mark, Story, story};
use bank::transfer::{CATEGORY, TransferState};
use chrono::{DateTime, TimeDelta, Utc};
use es_core::{EventFilter, EventMetadata, Position, ReadAll, RecordedEvent, StreamName, limits};

use super::Session;
use super::arguments;
use super::present::{money, time};
use crate::wire::{
    AppError, MoneyView, StoryAccount, StoryBalance, StoryLane, StoryLaneKind, StoryMark, StoryStep, StoryWaits,
    TransferStory,
};

/// Most events that are looked at for one story. A transfer has a dozen; an order, whose executions share its correlation, has
/// some for each day.
const LOOKED_AT: usize = 20_000;

impl Session {
    /// The story of a transfer up to a moment.
    ///
    /// # Errors
    /// There is no such transfer at that moment, its history does not decode, or the store does not answer.
    pub async fn transfer_story(&self, transfer_id: &str, at: Option<&str>) -> Result<TransferStory, AppError> {
        let through = at.map(arguments::position).transpose()?;
        let hint = "Search the list of transfers; at an earlier moment it may not have been asked for yet.";
        let none = || AppError::not_found("transfer", transfer_id, hint);
        let id = TransferId::new(transfer_id).map_err(|_| none())?;
        let stream = StreamName::of(CATEGORY, transfer_id).map_err(|_| none())?;
        let events = self.events_of(&stream, through).await?;
        // What does not decode belongs to no story that could be told; the rest is told all the same.
        let candidate =
            |recorded| Candidate { recorded, current: self.domain.upcasters.upcast(recorded).unwrap_or_default() };
        let candidates: Vec<_> = events.iter().map(candidate).collect();
        let told = story(&id, &candidates).ok_or_else(none)?;
        let now = if through.is_some() { self.time_at(through).await? } else { self.clock.now() };
        self.told_story(&stream, &told, &events, (through.is_none(), now)).await
    }

    /// The events of a transfer's stream, and those of its correlation in accounts and orders, in the log's order.
    async fn events_of(&self, stream: &StreamName, through: Option<Position>) -> Result<Vec<RecordedEvent>, AppError> {
        let own = EventFilter { stream: Some(stream.clone()), through, ..EventFilter::default() };
        let mut events = self.read_up_to(own, LOOKED_AT).await?;
        if let Some(correlation_id) = events.first().and_then(|first| first.correlation_id) {
            let categories = vec!["account".to_owned(), "order".to_owned()];
            let correlation_id = Some(correlation_id);
            let others = EventFilter { categories, correlation_id, through, ..EventFilter::default() };
            events.extend(self.read_up_to(others, LOOKED_AT).await?);
            events.sort_by_key(|event| event.position);
        }
        Ok(events)
    }

    async fn read_up_to(&self, filter: EventFilter, most: usize) -> Result<Vec<RecordedEvent>, AppError> {
        let mut read = ReadAll::forward(Position::ZERO, limits::PAGE_EVENTS).filtered(filter);
        let mut found = Vec::new();
        loop {
            let page = self.engine.queries().events().read_all(read.clone()).await?;
            found.extend(page.events);
            if page.end || found.len() >= most {
                return Ok(found);
            }
            read.from = page.next;
        }
    }

    async fn told_story(
        &self,
        stream: &StreamName,
        told: &Story,
        events: &[RecordedEvent],
        (is_now, now): (bool, DateTime<Utc>),
    ) -> Result<TransferStory, AppError> {
        let Some(order) = &told.transfer.order else { unreachable!("a story is of a transfer that was asked for") };
        let mut lanes: Vec<(Lane, &StreamName)> = Vec::new();
        for step in &told.steps {
            if !lanes.contains(&(step.lane, &step.stream)) {
                lanes.push((step.lane, &step.stream));
            }
        }
        let (source, target) = (order.source.stream(), order.target.stream());
        for (lane, stream) in [(Lane::Source, &source), (Lane::Target, &target)] {
            if lanes.iter().all(|(known, _)| *known != lane) {
                lanes.push((lane, stream));
            }
        }
        lanes.sort_by_key(|(lane, _)| *lane);
        let mut steps = Vec::with_capacity(told.steps.len());
        for step in &told.steps {
            let at = events.partition_point(|event| event.position < step.position);
            let lane = lanes.iter().position(|lane| *lane == (step.lane, &step.stream)).unwrap_or_default();
            steps.push(self.told_step(step, &events[at], index(lane)).await?);
        }
        Ok(TransferStory {
            transfer_id: order.transfer_id.to_string(),
            stream: stream.to_string(),
            status: told.transfer.status.to_string(),
            amount: amount(order.amount),
            fee: order.fee.map(amount),
            arriving: order.exchange.as_ref().map(|_| amount(order.arriving())),
            reference: order.reference.clone(),
            requested_by: order.requested_by.clone(),
            problem: told.transfer.problem.as_ref().map(|problem| crate::errors::sentence(&problem.message)),
            over: told.transfer.is_over(),
            lanes: lanes
                .iter()
                .map(|(lane, stream)| StoryLane { kind: (*lane).into(), stream: stream.to_string() })
                .collect(),
            waits: (!told.transfer.is_over()).then(|| self.waits(stream, told, is_now, now)),
            steps,
            told_at: time(now),
        })
    }

    async fn told_step(
        &self,
        step: &bank::story::StoryStep,
        event: &RecordedEvent,
        lane: u32,
    ) -> Result<StoryStep, AppError> {
        let metadata = serde_json::from_str::<EventMetadata>(&event.metadata).ok();
        let by_process = metadata.as_ref().is_some_and(|metadata| metadata.actor.starts_with("process:"));
        let account = if step.stream.category() == "account" { self.account_after(step).await? } else { None };
        let (in_flight, others): (Vec<&Balance>, Vec<&Balance>) =
            step.balances.iter().partition(|balance| balance.account == GlAccount::TransfersInTransit);
        Ok(StoryStep {
            event: self.inspector.summary(event).into(),
            lane,
            mark: step.mark.into(),
            by_person: !by_process,
            command_type: metadata.as_ref().map(|metadata| metadata.command_type.clone()),
            reason: metadata.and_then(|metadata| metadata.reason),
            from: step.from.map(index),
            waited_micros: micros(step.waited),
            status: step.after.status.to_string(),
            hold: camel(&step.after.hold),
            debit: camel(&step.after.debit),
            in_flight: in_flight.into_iter().map(balance).collect(),
            balances: others
                .into_iter()
                .map(|found| StoryBalance {
                    account: found.account.code().to_owned(),
                    title: found.account.title().to_owned(),
                    balance: balance(found),
                })
                .collect(),
            account,
        })
    }

    /// The customer's account after a step; folded by the account's own decider.
    async fn account_after(&self, step: &bank::story::StoryStep) -> Result<Option<StoryAccount>, AppError> {
        let text = match self.inspector.state_text(&step.stream, step.version, &self.stop()).await {
            Err(inspector::InspectError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(%error, "an account of a transfer's story cannot be folded");
                return Ok(None);
            }
            Ok(text) => text,
        };
        let Ok(state) = serde_json::from_str::<AccountState>(&text) else { return Ok(None) };
        Ok(state.account().map(|account| StoryAccount {
            settled: of_money(account.settled),
            held: of_money(account.held),
            available: of_money(account.available),
        }))
    }

    fn waits(&self, stream: &StreamName, told: &Story, is_now: bool, now: DateTime<Utc>) -> StoryWaits {
        let state: &TransferState = &told.transfer;
        let timer = timer_of(state);
        let stuck = if is_now { self.engine.stuck().remove(stream) } else { None };
        let last = told.steps.last().map_or(now, |step| step.recorded_at);
        StoryWaits {
            pending: next_step(state).map(|planned| planned.step().name().to_owned()),
            timer: timer.as_ref().map(|timer| timer.name.to_owned()),
            due_at: timer.map(|timer| time(timer.due_at)),
            stuck: stuck.map(|reason| crate::errors::sentence(&reason)),
            waited_micros: micros((now - last).max(TimeDelta::zero())),
        }
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn micros(time: TimeDelta) -> String {
    time.num_microseconds().unwrap_or(i64::MAX).to_string()
}

fn amount(amount: Amount) -> MoneyView {
    money(amount.minor().into(), amount.currency().code())
}

fn of_money(value: Money) -> MoneyView {
    money(value.minor().into(), value.currency().code())
}

fn balance(balance: &Balance) -> MoneyView {
    money(balance.minor, balance.currency.code())
}

/// The name of a stage, as in JSON.
fn camel(stage: &impl serde::Serialize) -> String {
    let text = serde_json::to_value(stage).ok().and_then(|value| value.as_str().map(str::to_owned));
    text.unwrap_or_default()
}

impl From<Lane> for StoryLaneKind {
    fn from(lane: Lane) -> Self {
        match lane {
            Lane::Order => Self::Order,
            Lane::Source => Self::Source,
            Lane::Process => Self::Process,
            Lane::Target => Self::Target,
            Lane::Beneficiary => Self::Beneficiary,
        }
    }
}

impl From<Mark> for StoryMark {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Plain => Self::Plain,
            Mark::Failure => Self::Failure,
            Mark::Compensation => Self::Compensation,
            Mark::Parked => Self::Parked,
            Mark::Overdue => Self::Overdue,
            Mark::Completed => Self::Completed,
        }
    }
}
