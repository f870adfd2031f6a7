//! Transfers under way: the real transfer process, step by step on the simulated clock.

use std::collections::BTreeMap;

use es_core::{AnyState, Decider, References, Reject, Rejection, Settlement, step_command_id};
use uuid::Uuid;

use super::Simulator;
use super::agenda::{AccountIndex, Action, Answer, FlightNumber};
use super::desk::{Cause, Desk, Slot};
use super::history;
use super::people::HOUR;
use crate::account::{Account, AccountCommand, AccountDecider, AccountState, AgedMap, Turnovers};
use crate::exchange::QuoteState;
use crate::ids::{AccountId, TransferId};
use crate::money::Amount;
use crate::processes::{PlannedStep, Step, next_step, outcome_id, outcome_of, timeout_of, timer_of};
use crate::transfer::{
    ApproveTransfer, CancelTransfer, RefuseTransfer, RequestTransfer, Tariff, TransferCommand, TransferDecider,
    TransferEvent, TransferOrder, TransferState, TransferStatus, approval_threshold,
};
use crate::upcasters::older;

const PROCESS: &str = "process:transfer";
/// Who approves transfers above the threshold.
const PAYMENTS_DESK: &str = "payments:otto";

/// A transfer under way.
pub(super) struct Flight {
    slot: Slot<TransferState>,
    source: Option<AccountIndex>,
    target: Option<AccountIndex>,
    /// Correlation id of the whole, and the id of its latest event.
    chain: (Uuid, Uuid),
    /// Milliseconds between two steps.
    pace: i64,
    /// How the last step ended, as long as that is not recorded.
    outcome: Option<(Step, Settlement)>,
    /// The quoted rate that it was requested with.
    quote: Option<Slot<QuoteState>>,
}

impl Flight {
    /// Whether it takes from or brings to an account.
    pub fn touches(&self, account: AccountIndex) -> bool {
        self.source == Some(account) || self.target == Some(account)
    }

    pub fn order(&self) -> Option<&TransferOrder> {
        self.slot.state.order.as_ref()
    }

    pub fn source(&self) -> Option<AccountIndex> {
        self.source
    }

    pub fn pace(&self) -> i64 {
        self.pace
    }

    /// A person has named another account.
    pub fn goes_to(&mut self, beneficiary: AccountIndex) {
        self.target = Some(beneficiary);
    }
}

/// Who pays what to whom.
pub(super) struct Payment {
    pub source: AccountIndex,
    pub target: Option<AccountIndex>,
    pub target_id: AccountId,
    pub amount: Amount,
    pub reference: String,
    pub actor: String,
    pub pace: i64,
}

impl Simulator {
    /// Requests a transfer; the process takes it from there. Before there was a second person, nobody sent so much.
    pub(super) fn request(&mut self, payment: Payment) -> Option<FlightNumber> {
        let threshold = approval_threshold(payment.amount.currency()).money().minor();
        if payment.amount.minor() > threshold && !history::has_rates_and_fees(self.desk.now) {
            return None;
        }
        self.request_on(payment, None, None)
    }

    /// Requests a transfer between two currencies, for a fee.
    pub(super) fn request_at(
        &mut self,
        payment: Payment,
        tariff: Tariff,
        quote: Slot<QuoteState>,
    ) -> Option<FlightNumber> {
        self.request_on(payment, Some(tariff), Some(quote))
    }

    fn request_on(
        &mut self,
        payment: Payment,
        tariff: Option<Tariff>,
        quote: Option<Slot<QuoteState>>,
    ) -> Option<FlightNumber> {
        let command = RequestTransfer {
            transfer_id: TransferId::new(format!("T-{}", self.next_transfer)).ok()?,
            source: self.accounts.get(payment.source)?.account_id.clone(),
            target: payment.target_id,
            amount: payment.amount,
            reference: payment.reference,
            quote_id: quote.as_ref().and_then(|slot| slot.state.quote()).map(|quote| quote.terms.quote_id.clone()),
            tariff,
            order: None,
        };
        self.request_as(command, payment.source, payment.target, payment.pace, Cause::of(payment.actor), quote)
    }

    /// Requests a transfer that is spelled out.
    pub(super) fn request_as(
        &mut self,
        command: RequestTransfer,
        source: AccountIndex,
        target: Option<AccountIndex>,
        pace: i64,
        cause: Cause,
        quote: Option<Slot<QuoteState>>,
    ) -> Option<FlightNumber> {
        let number = self.next_transfer;
        let mut slot = Slot::new(command.transfer_id.stream());
        let source = Some(source);
        let mut references = self.accounts_of([source, target]);
        with_quote(&mut references, quote.as_ref());
        let chain = if history::checks_at_once(self.desk.now) {
            self.accept(&mut slot, &command.into(), &references, cause)?
        } else {
            let done =
                self.desk.execute::<TransferDecider>(&mut slot, "RequestTransfer", &command.into(), &references, cause);
            let done = done.ok()?;
            (done.correlation_id, done.last_event_id?)
        };
        self.flights.insert(number, Flight { slot, source, target, chain, pace, outcome: None, quote });
        self.next_transfer += 1;
        self.agenda.after(self.desk.now, pace, Action::Advance(number));
        Some(number)
    }

    /// A transfer of the first weeks: requested and checked while the customer waited, one event for both. One that is
    /// refused leaves nothing. Returns its correlation id and the id of the event.
    fn accept(
        &mut self,
        slot: &mut Slot<TransferState>,
        command: &TransferCommand,
        references: &References,
        cause: Cause,
    ) -> Option<(Uuid, Uuid)> {
        let context = self.desk.context(cause);
        let mut state = slot.state.clone();
        let mut events = Vec::new();
        let mut decide = |desk: &mut Desk, command: &TransferCommand| {
            let decided = TransferDecider::decide(&state, command, &context, references);
            let decided = decided.map_err(|rejection| desk.refuse(rejection.to_rejection())).ok()?;
            decided.iter().for_each(|event| TransferDecider::evolve(&mut state, event));
            events.extend(decided);
            next_step(&state)
        };
        let Some(PlannedStep::Transfer(Step::Validate, check)) = decide(&mut self.desk, command) else { return None };
        decide(&mut self.desk, &check);
        let [TransferEvent::TransferRequested(requested), TransferEvent::TransferValidated(validated)] = &events[..]
        else {
            return None;
        };
        let form = older::accepted(requested, validated, self.desk.now)?;
        let correlation_id = context.correlation_id;
        let event_id = self.desk.hand_out_older::<TransferDecider>(slot, form, context, "RequestTransfer").ok()?;
        Some((correlation_id, event_id))
    }

    /// As much of accounts as the check of a transfer looks at.
    pub(super) fn accounts_of(&self, accounts: [Option<AccountIndex>; 2]) -> References {
        let mut references = References::default();
        for index in accounts.into_iter().flatten() {
            let account = &self.accounts[index].slot;
            references.insert(account.stream.clone(), AnyState::new(glimpse(&account.state)));
        }
        references
    }

    /// Takes the next step of a transfer.
    pub(super) fn advance(&mut self, number: FlightNumber) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        if flight.outcome.is_none() {
            if flight.slot.state.status == TransferStatus::AwaitingApproval {
                self.answer(number, &mut flight);
            }
            let Some(planned) = next_step(&flight.slot.state) else {
                if flight.slot.state.status == TransferStatus::AwaitingApproval {
                    self.flights.insert(number, flight);
                }
                return;
            };
            match planned {
                PlannedStep::Transfer(step, command) => {
                    self.step_of_transfer(&mut flight, step, &command);
                    let waits = flight.slot.state.status == TransferStatus::AwaitingApproval;
                    let pause = if waits { self.desk.dice.between(10, 45) * 60_000 } else { flight.pace };
                    self.agenda.after(self.desk.now, pause, Action::Advance(number));
                }
                PlannedStep::Order(step, command) => {
                    let Some(order) = self.flights_of_orders.remove(&number) else { return };
                    flight.outcome = Some((step, self.report(order, &flight.slot.stream, &command)));
                    self.agenda.after(self.desk.now, 3, Action::Record(number));
                }
                PlannedStep::Account(step, command) => {
                    let how = self.step_of_account(&flight, step, &command);
                    flight.outcome = Some((step, how));
                    let millis = self.desk.dice.between(2, 9);
                    self.agenda.after(self.desk.now, millis, Action::Record(number));
                }
            }
        }
        self.flights.insert(number, flight);
    }

    fn step_of_transfer(&mut self, flight: &mut Flight, step: Step, command: &TransferCommand) {
        let mut references = self.accounts_of([flight.source, flight.target]);
        with_quote(&mut references, flight.quote.as_ref());
        let id = step_command_id(&flight.slot.stream, step.name());
        self.tell_transfer(flight, command, &references, Some(id), PROCESS);
    }

    /// A second person looks at a transfer above the threshold. If nobody answers, it waits for its timer.
    fn answer(&mut self, number: FlightNumber, flight: &mut Flight) {
        let (Some(order), Some(approval)) = (&flight.slot.state.order, &flight.slot.state.approval) else { return };
        let (transfer_id, content_hash) = (order.transfer_id.clone(), approval.content_hash.clone());
        let command: TransferCommand = match self.answers.remove(&number) {
            None | Some(Answer::Yes) => ApproveTransfer { transfer_id, content_hash }.into(),
            Some(Answer::No) => {
                RefuseTransfer { transfer_id, reason: "The contract is not known to us".to_owned() }.into()
            }
            Some(Answer::Silence) => {
                self.agenda.at(approval.expires_at, Action::TimeOut(number));
                return;
            }
        };
        self.tell_transfer(flight, &command, &References::default(), None, PAYMENTS_DESK);
    }

    fn step_of_account(&mut self, flight: &Flight, step: Step, command: &AccountCommand) -> Settlement {
        let index = if matches!(step, Step::Credit | Step::Resolve) { flight.target } else { flight.source };
        let Some(account) = index.and_then(|index| self.accounts.get_mut(index)) else {
            return Settlement::Rejected(missing(flight));
        };
        let cause = Cause {
            actor: PROCESS.to_owned(),
            reason: None,
            command_id: Some(step_command_id(&flight.slot.stream, &step.name_in(&flight.slot.state))),
            chain: Some(flight.chain),
        };
        let references = References::default();
        let command_type = command.command_type();
        match self.desk.execute::<AccountDecider>(&mut account.slot, command_type, command, &references, cause) {
            Ok(_) => Settlement::Done,
            Err(rejection) => Settlement::Rejected(rejection),
        }
    }

    /// Records how the last step of a transfer ended.
    pub(super) fn record(&mut self, number: FlightNumber) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        if let Some((step, how)) = flight.outcome.take()
            && let Some(command) = outcome_of(&flight.slot.state, step, &how)
        {
            let id = outcome_id(&flight.slot.stream, &flight.slot.state, step, &command);
            self.tell_transfer(&mut flight, &command, &References::default(), Some(id), PROCESS);
        }
        if next_step(&flight.slot.state).is_some() {
            self.agenda.after(self.desk.now, flight.pace, Action::Advance(number));
            self.flights.insert(number, flight);
        } else if flight.slot.state.status == TransferStatus::ParkedInSuspense {
            self.agenda.after(self.desk.now, 50 * HOUR, Action::ResolveParked(number));
            self.parked.insert(number, flight);
        }
    }

    /// The deadline of a transfer has come.
    pub(super) fn time_out(&mut self, number: FlightNumber) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        if let Some(timer) = timer_of(&flight.slot.state).filter(|timer| timer.due_at <= self.desk.now) {
            let id = step_command_id(&flight.slot.stream, &timer.step);
            self.tell_transfer(&mut flight, &timer.command, &References::default(), Some(id), PROCESS);
        }
        // The process is awake again.
        flight.pace = 40;
        self.agenda.after(self.desk.now, flight.pace, Action::Advance(number));
        self.flights.insert(number, flight);
    }

    /// The customer withdraws a transfer, if it is not too late.
    pub(super) fn cancel(&mut self, number: FlightNumber) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        if let Some(order) = &flight.slot.state.order {
            let (transfer_id, reason) = (order.transfer_id.clone(), "Wrong amount typed".to_owned());
            let command = CancelTransfer { transfer_id, reason }.into();
            let actor = flight.source.map_or_else(String::new, |index| self.customer_actor(index));
            self.tell_transfer(&mut flight, &command, &References::default(), None, &actor);
        }
        self.agenda.after(self.desk.now, flight.pace, Action::Advance(number));
        self.flights.insert(number, flight);
    }

    /// Plans the deadline of a transfer whose process stands still.
    pub(super) fn expect_time_out(&mut self, number: FlightNumber) {
        let deadline = self.flights.get(&number).and_then(|flight| timeout_of(&flight.slot.state));
        if let Some((deadline, _)) = deadline {
            self.agenda.at(deadline, Action::TimeOut(number));
        }
    }

    pub(super) fn tell_transfer(
        &mut self,
        flight: &mut Flight,
        command: &TransferCommand,
        references: &References,
        command_id: Option<Uuid>,
        actor: &str,
    ) {
        let cause = Cause { actor: actor.to_owned(), reason: None, command_id, chain: Some(flight.chain) };
        let command_type = command.command_type();
        let slot = &mut flight.slot;
        let done = self.desk.execute::<TransferDecider>(slot, command_type, command, references, cause);
        if let Ok(Some(last)) = done.map(|done| done.last_event_id) {
            flight.chain.1 = last;
        }
    }
}

/// The quoted rate beside what else the check of a transfer looks at.
fn with_quote(references: &mut References, quote: Option<&Slot<QuoteState>>) {
    if let Some(quote) = quote {
        references.insert(quote.stream.clone(), AnyState::new(quote.state.clone()));
    }
}

/// What an account that does not exist answers. The process never comes here: such a transfer is not validated.
fn missing(flight: &Flight) -> Rejection {
    let target = flight.slot.state.order.as_ref().map_or_else(String::new, |order| order.target.to_string());
    let (code, message) = ("account_not_found".to_owned(), format!("There is no account {target}."));
    Rejection { code, message, details: BTreeMap::new() }
}

/// As much of an account as the check of a transfer or of a customer's record looks at: a whole state can be large, and there are many transfers.
pub(super) fn glimpse(state: &AccountState) -> AccountState {
    let bare = |account: &Account| Account {
        account_id: account.account_id.clone(),
        customer_id: account.customer_id.clone(),
        frozen_by: account.frozen_by.clone(),
        overdraft_proposal: None,
        holds: AgedMap::default(),
        transfers: AgedMap::default(),
        entries: AgedMap::default(),
        turnovers: Turnovers::default(),
        dormant: account.dormant.clone(),
        spending: account.spending.clone(),
        interest: account.interest.clone(),
        ..*account
    };
    match state {
        AccountState::NotOpened => AccountState::NotOpened,
        AccountState::Open(account) => AccountState::Open(bare(account)),
        AccountState::Closed(account) => AccountState::Closed(bare(account)),
    }
}
